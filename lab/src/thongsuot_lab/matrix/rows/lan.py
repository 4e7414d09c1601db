"""Rows of the site's own network: its cables, its boxes, its traffic. The commune must act."""

from thongsuot_lab.matrix.injections import OwnDownload, lab_fault
from thongsuot_lab.matrix.row import DetectionBound, ExpectedVerdict, MatrixRow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

LAN = frozenset({Segment.LAN})


def _sees(link: str, state: State, *symptoms: Symptom) -> tuple[ExpectedVerdict, ...]:
    return (
        ExpectedVerdict(link=link, state=state, segment=Segment.LAN, symptoms=frozenset(symptoms)),
    )


ROWS = (
    MatrixRow(
        name="cable-out",
        injection=lab_fault("pull-cable", site="{site}", link="fixed"),
        links=("fixed",),
        expected=_sees("fixed", State.DOWN, Symptom.CABLE_UNPLUGGED),
        faulty_segments=LAN,
        bound=DetectionBound(intervals=1),
    ),
    MatrixRow(
        name="cable-out-5g",
        injection=lab_fault("pull-cable", site="{site}", link="mobile"),
        links=("mobile",),
        expected=_sees("mobile", State.DOWN, Symptom.CABLE_UNPLUGGED),
        faulty_segments=LAN,
        bound=DetectionBound(intervals=1),
    ),
    MatrixRow(
        name="cpe-off",
        injection=lab_fault("cpe-off", site="{site}", link="fixed"),
        links=("fixed",),
        expected=_sees("fixed", State.DOWN, Symptom.CABLE_UNPLUGGED, Symptom.GATEWAY_SILENT),
        faulty_segments=LAN,
        bound=DetectionBound(intervals=1),
    ),
    MatrixRow(
        name="wan-down",
        injection=lab_fault("wan-down", site="{site}", link="mobile"),
        links=("mobile",),
        expected=(
            ExpectedVerdict(
                link="mobile",
                state=State.DOWN,
                segment=Segment.LAN,
                symptoms=frozenset({Symptom.GATEWAY_NO_UPLINK}),
            ),
        ),
        faulty_segments=LAN,
    ),
    MatrixRow(
        name="dhcp-lease-lost",
        injection=lab_fault("dhcp-lease-lost", site="{site}", link="fixed"),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.NO_ADDRESS),
        faulty_segments=LAN,
        bound=DetectionBound(intervals=4),
    ),
    MatrixRow(
        name="duplicate-address",
        injection=lab_fault("duplicate-address", site="{site}"),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.ADDRESS_CONFLICT),
        faulty_segments=LAN,
        bound=DetectionBound(intervals=12),
    ),
    MatrixRow(
        name="gateway-unresponsive",
        injection=lab_fault("gateway-unresponsive", site="{site}", link="fixed"),
        links=("fixed",),
        hold_s=15.0,
        note="a box that does not answer pings but forwards",
    ),
    MatrixRow(
        name="lan-congested",
        injection=OwnDownload(),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.LAN_CONGESTED),
        faulty_segments=LAN,
        bound=DetectionBound(intervals=20),
        note="the site's own download, through the device",
    ),
)

"""Rows of the site's own network: its cables, its boxes, its traffic. The commune must act."""

from thongsuot_lab.matrix.acts import OwnDownload, fault
from thongsuot_lab.matrix.row import Row, Sees, Within
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

LAN = frozenset({Segment.LAN})


def _sees(link: str, state: State, *symptoms: Symptom) -> tuple[Sees, ...]:
    return (Sees(link=link, state=state, segment=Segment.LAN, symptoms=frozenset(symptoms)),)


ROWS = (
    Row(
        name="cable-out",
        breaks=fault("pull-cable", site="{site}", link="fixed"),
        links=("fixed",),
        sees=_sees("fixed", State.DOWN, Symptom.CABLE_UNPLUGGED),
        segments=LAN,
        within=Within(intervals=1),
    ),
    Row(
        name="cable-out-5g",
        breaks=fault("pull-cable", site="{site}", link="mobile"),
        links=("mobile",),
        sees=_sees("mobile", State.DOWN, Symptom.CABLE_UNPLUGGED),
        segments=LAN,
        within=Within(intervals=1),
    ),
    Row(
        name="box-off",
        breaks=fault("box-off", site="{site}", link="fixed"),
        links=("fixed",),
        sees=_sees("fixed", State.DOWN, Symptom.CABLE_UNPLUGGED, Symptom.GATEWAY_SILENT),
        segments=LAN,
        within=Within(intervals=1),
    ),
    Row(
        name="wan-down",
        breaks=fault("wan-down", site="{site}", link="mobile"),
        links=("mobile",),
        sees=(
            Sees(
                link="mobile",
                state=State.DOWN,
                segment=Segment.LAN,
                symptoms=frozenset({Symptom.GATEWAY_WITHOUT_WAY}),
            ),
        ),
        segments=LAN,
    ),
    Row(
        name="dhcp-lost",
        breaks=fault("dhcp-lost", site="{site}", link="fixed"),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.NO_ADDRESS),
        segments=LAN,
        within=Within(intervals=4),
    ),
    Row(
        name="duplicate-address",
        breaks=fault("duplicate-address", site="{site}"),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.ADDRESS_CONFLICT),
        segments=LAN,
        within=Within(intervals=12),
    ),
    Row(
        name="gateway-mute",
        breaks=fault("gateway-mute", site="{site}", link="fixed"),
        links=("fixed",),
        hold_s=15.0,
        note="a box that does not answer pings does its work",
    ),
    Row(
        name="lan-congested",
        breaks=OwnDownload(),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.LAN_BUSY),
        segments=LAN,
        within=Within(intervals=20),
        note="the site's own download, through the device",
    ),
)

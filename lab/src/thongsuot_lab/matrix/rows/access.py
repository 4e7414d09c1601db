"""Rows of the line to the carrier. The carrier must act."""

from thongsuot_lab.matrix.injections import LabFaults, lab_fault
from thongsuot_lab.matrix.row import BlastRadius, DetectionBound, ExpectedVerdict, MatrixRow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ACCESS = frozenset({Segment.ACCESS})


def _sees(link: str, state: State, symptom: Symptom) -> tuple[ExpectedVerdict, ...]:
    return (
        ExpectedVerdict(
            link=link, state=state, segment=Segment.ACCESS, symptoms=frozenset({symptom})
        ),
    )


def _silent(link: str = "fixed") -> tuple[ExpectedVerdict, ...]:
    return _sees(link, State.DOWN, Symptom.ACCESS_SILENT)


ROWS = (
    MatrixRow(
        name="fibre-cut",
        injection=lab_fault("cut-fibre", site="{site}", link="fixed"),
        links=("fixed",),
        expected=_silent(),
        faulty_segments=ACCESS,
    ),
    MatrixRow(
        name="radio-lost",
        injection=lab_fault("cut-fibre", site="{site}", link="mobile"),
        links=("mobile",),
        expected=_silent("mobile"),
        faulty_segments=ACCESS,
    ),
    MatrixRow(
        name="line-black-hole",
        injection=lab_fault("access-black-hole", site="{site}", link="fixed"),
        links=("fixed",),
        expected=_silent(),
        faulty_segments=ACCESS,
        note="lit, and drops everything",
    ),
    MatrixRow(
        name="first-hop-down",
        injection=lab_fault("first-hop-down", carrier="{carrier}"),
        blast_radius=BlastRadius.CARRIER,
        expected=_silent("{link}"),
        faulty_segments=ACCESS,
    ),
    MatrixRow(
        name="loss-2",
        injection=lab_fault("loss", site="{site}", link="fixed", ratio=0.01),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.ACCESS_LOSS),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=150),
        recovers_s=120.0,
        note="1 % each way, 2 % there and back; its end takes 570 echoes to detect",
    ),
    MatrixRow(
        name="loss-20",
        injection=lab_fault("loss", site="{site}", link="fixed", ratio=0.2, direction="down"),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.ACCESS_LOSS),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=20),
        recovers_s=120.0,
    ),
    MatrixRow(
        name="slow-300-ms",
        injection=lab_fault("delay", site="{site}", link="fixed", added_s=0.3),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.ACCESS_SLOW),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=12),
    ),
    MatrixRow(
        name="rate-a-tenth",
        injection=LabFaults(
            (
                ("slow-line", {"site": "{site}", "link": "fixed", "share": 0.1}),
                ("lan-congested", {"site": "{site}"}),
            )
        ),
        links=("fixed",),
        expected=(
            ExpectedVerdict(
                link="fixed",
                state=State.UNKNOWN,
                segment=None,
                symptoms=frozenset({Symptom.SLOW_CAUSE_UNKNOWN}),
            ),
        ),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=20),
        note="under a download that no box reports: nobody at the site can tell whose queue it is",
    ),
    MatrixRow(
        name="flapping",
        injection=lab_fault("flap", site="{site}", link="fixed", every_s=20.0),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.ACCESS_FLAPPING),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=20),
        hold_s=45.0,
        note="10 s dead, 10 s alive; the second silence makes it one fault that lasts",
    ),
    MatrixRow(
        name="one-way-down",
        injection=lab_fault("one-way", site="{site}", link="fixed", dead="down"),
        links=("fixed",),
        expected=_silent(),
        faulty_segments=ACCESS,
    ),
    MatrixRow(
        name="one-way-up",
        injection=lab_fault("one-way", site="{site}", link="mobile", dead="up"),
        links=("mobile",),
        expected=_silent("mobile"),
        faulty_segments=ACCESS,
    ),
    MatrixRow(
        name="ipv6-down",
        injection=lab_fault("family-down", site="{site}", link="fixed", family="v6"),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.IPV6_DOWN),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=12),
    ),
    MatrixRow(
        name="ipv4-down",
        injection=lab_fault("family-down", site="{site}", link="fixed", family="v4"),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.IPV4_DOWN),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=12),
    ),
    MatrixRow(
        name="mtu-black-hole",
        injection=lab_fault("mtu-black-hole", site="{site}", link="fixed"),
        links=("fixed",),
        expected=_sees("fixed", State.DEGRADED, Symptom.LARGE_PACKETS_LOST),
        faulty_segments=ACCESS,
        bound=DetectionBound(intervals=6, kind="http"),
    ),
    MatrixRow(
        name="reordering",
        injection=lab_fault("reorder", site="{site}", link="fixed"),
        links=("fixed",),
        hold_s=15.0,
        note="a fact, not a fault",
    ),
)

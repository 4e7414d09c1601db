"""Rows of the device itself, and of both links at once."""

from thongsuot_lab.matrix.injections import (
    AgentKill,
    CpuStarvation,
    Failover,
    LabFaults,
    PowerCut,
    WrongClock,
    libfaketime,
)
from thongsuot_lab.matrix.row import BlastRadius, ExpectedVerdict, MatrixRow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ACCESS_SILENT = frozenset({Symptom.ACCESS_SILENT})
BOTH = ("fixed", "mobile")

_CLOCKS = (
    MatrixRow(
        name="clock-years-off",
        injection=WrongClock(((0.0, "@2019-03-01 08:00:00"), (12.0, "+0"))),
        links=BOTH,
        may_be_unknown=True,
        hold_s=20.0,
        note="at boot, corrected after 12 s",
    ),
    MatrixRow(
        name="clock-steps",
        injection=WrongClock(((0.0, "+0"), (8.0, "+3600"), (12.0, "-1800"), (16.0, "+0"))),
        links=BOTH,
        may_be_unknown=True,
        hold_s=20.0,
        note="an hour on, an hour and a half back, and right again",
    ),
)

ROWS = (
    MatrixRow(
        name="power-cut",
        injection=PowerCut(),
        links=BOTH,
        expected=tuple(
            ExpectedVerdict(
                link=link,
                state=State.UNKNOWN,
                segment=None,
                symptoms=frozenset({Symptom.AGENT_SILENT}),
            )
            for link in BOTH
        ),
        may_be_unknown=True,
        by_collector=True,
        faulty_segments=frozenset({Segment.DEVICE, Segment.LAN}),
        note="silence, and no data in the gap; only the collector can detect it",
    ),
    MatrixRow(
        name="agent-killed",
        injection=AgentKill(),
        links=BOTH,
        may_be_unknown=True,
        hold_s=10.0,
        note="nothing else is wrong",
    ),
    MatrixRow(
        name="both-lines-cut",
        injection=LabFaults(
            tuple(("cut-fibre", {"site": "{site}", "link": link}) for link in BOTH)
        ),
        links=BOTH,
        expected=tuple(
            ExpectedVerdict(
                link=link, state=State.DOWN, segment=Segment.ACCESS, symptoms=ACCESS_SILENT
            )
            for link in BOTH
        ),
        faulty_segments=frozenset({Segment.ACCESS}),
        collector_reachable=False,
        site_services=True,
        hold_s=12.0,
        note="both carriers: the record of the gap distinguishes it from a power cut",
    ),
    MatrixRow(
        name="fail-over",
        injection=Failover(),
        links=("fixed",),
        expected=(
            ExpectedVerdict(
                link="fixed", state=State.DOWN, segment=Segment.ACCESS, symptoms=ACCESS_SILENT
            ),
        ),
        faulty_segments=frozenset({Segment.ACCESS}),
        hold_s=8.0,
        note="the fixed link must not appear up through the other",
    ),
    *(_CLOCKS if libfaketime() else ()),
    MatrixRow(
        name="agents-starved",
        injection=CpuStarvation(),
        blast_radius=BlastRadius.CITY,
        may_be_unknown=True,
        hold_s=20.0,
        note="shortage of CPU: must not become latency or loss",
    ),
)

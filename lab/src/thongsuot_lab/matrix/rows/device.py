"""Rows of the device itself, and of both links at once."""

from thongsuot_lab.matrix.acts import (
    AgentKilled,
    FailOver,
    Faults,
    PowerCut,
    Starved,
    WrongClock,
    libfaketime,
)
from thongsuot_lab.matrix.row import Row, Scope, Sees
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ACCESS_SILENT = frozenset({Symptom.ACCESS_SILENT})
BOTH = ("fixed", "mobile")

_CLOCKS = (
    Row(
        name="clock-years-off",
        breaks=WrongClock(((0.0, "@2019-03-01 08:00:00"), (12.0, "+0"))),
        links=BOTH,
        restarts=True,
        hold_s=20.0,
        note="at boot, corrected after 12 s",
    ),
    Row(
        name="clock-steps",
        breaks=WrongClock(((0.0, "+0"), (8.0, "+3600"), (12.0, "-1800"), (16.0, "+0"))),
        links=BOTH,
        restarts=True,
        hold_s=20.0,
        note="an hour on, an hour and a half back, and right again",
    ),
)

ROWS = (
    Row(
        name="power-cut",
        breaks=PowerCut(),
        links=BOTH,
        sees=tuple(
            Sees(
                link=link,
                state=State.UNKNOWN,
                segment=None,
                symptoms=frozenset({Symptom.AGENT_SILENT}),
            )
            for link in BOTH
        ),
        restarts=True,
        by_collector=True,
        segments=frozenset({Segment.DEVICE, Segment.LAN}),
        note="silence, and no data in the gap; the collector alone can say so",
    ),
    Row(
        name="agent-killed",
        breaks=AgentKilled(),
        links=BOTH,
        restarts=True,
        hold_s=10.0,
        note="nothing else is wrong",
    ),
    Row(
        name="both-lines-cut",
        breaks=Faults(tuple(("cut-fibre", {"site": "{site}", "link": link}) for link in BOTH)),
        links=BOTH,
        sees=tuple(
            Sees(link=link, state=State.DOWN, segment=Segment.ACCESS, symptoms=ACCESS_SILENT)
            for link in BOTH
        ),
        segments=frozenset({Segment.ACCESS}),
        heard=False,
        site_services=True,
        hold_s=12.0,
        note="both carriers: the record of the gap tells it from a power cut",
    ),
    Row(
        name="fail-over",
        breaks=FailOver(),
        links=("fixed",),
        sees=(
            Sees(link="fixed", state=State.DOWN, segment=Segment.ACCESS, symptoms=ACCESS_SILENT),
        ),
        segments=frozenset({Segment.ACCESS}),
        hold_s=8.0,
        note="the fixed link must not look alive through the other",
    ),
    *(_CLOCKS if libfaketime() else ()),
    Row(
        name="agents-starved",
        breaks=Starved(),
        scope=Scope.CITY,
        restarts=True,
        hold_s=20.0,
        note="of CPU: must not become latency or loss",
    ),
)

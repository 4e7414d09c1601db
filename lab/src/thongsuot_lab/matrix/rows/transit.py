"""Rows of what lies beyond the carriers."""

from thongsuot_lab.matrix.acts import fault
from thongsuot_lab.matrix.row import Row, Scope, Sees, Within
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

TRANSIT = frozenset({Segment.TRANSIT})


def _both(state: State, symptom: Symptom) -> tuple[Sees, ...]:
    return tuple(
        Sees(link=link, state=state, segment=Segment.TRANSIT, symptoms=frozenset({symptom}))
        for link in ("fixed", "mobile")
    )


ROWS = (
    Row(
        name="exchange-down",
        breaks=fault("exchange-down"),
        scope=Scope.CITY,
        sees=_both(State.DEGRADED, Symptom.TRANSIT_SILENT),
        segments=TRANSIT,
        within=Within(intervals=12),
        heard=False,
        site_services=True,
        note="abroad still answers; the collector is behind the exchange itself",
    ),
    Row(
        name="foreign-transit-dead",
        breaks=fault("transit-dead"),
        scope=Scope.CITY,
        sees=_both(State.DEGRADED, Symptom.FOREIGN_TRANSIT_SILENT),
        segments=TRANSIT,
        within=Within(intervals=12),
    ),
    Row(
        name="one-anchor-mute",
        breaks=fault("anchor-mute", node="song-hong.anchor"),
        scope=Scope.CITY,
        hold_s=12.0,
        note="one silent anchor is not an outage",
    ),
)

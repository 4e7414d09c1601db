"""Rows of a carrier's core and its name servers. The carrier must act."""

from thongsuot_lab.matrix.acts import fault
from thongsuot_lab.matrix.row import Row, Scope, Sees, Within
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

CARRIER = frozenset({Segment.CARRIER})
LINK = "{link}"


def _sees(state: State, *symptoms: Symptom) -> tuple[Sees, ...]:
    return (Sees(link=LINK, state=state, segment=Segment.CARRIER, symptoms=frozenset(symptoms)),)


ROWS = (
    Row(
        name="resolver-dead",
        breaks=fault("resolver-dead", carrier="{carrier}"),
        scope=Scope.CARRIER,
        sees=_sees(State.DEGRADED, Symptom.RESOLVER_SILENT),
        segments=CARRIER,
        within=Within(intervals=3, kind="dns"),
    ),
    Row(
        name="resolver-refuses",
        breaks=fault("resolver-refuses", carrier="{carrier}"),
        scope=Scope.CARRIER,
        sees=_sees(State.DEGRADED, Symptom.RESOLVER_SILENT),
        segments=CARRIER,
        within=Within(intervals=3, kind="dns"),
        note="it answers, but no names",
    ),
    Row(
        name="resolver-slow",
        breaks=fault("resolver-slow", carrier="{carrier}", delay_s=0.7),
        scope=Scope.CARRIER,
        sees=_sees(State.DEGRADED, Symptom.RESOLVER_SLOW),
        segments=CARRIER,
        within=Within(intervals=5, kind="dns"),
    ),
    Row(
        name="resolver-lies",
        breaks=fault("resolver-lies", carrier="{carrier}", how="loopback"),
        scope=Scope.CARRIER,
        sees=_sees(State.DEGRADED, Symptom.RESOLVER_LIES),
        segments=CARRIER,
        within=Within(intervals=3, kind="dns"),
    ),
    Row(
        name="captive-portal",
        breaks=fault("resolver-lies", carrier="{carrier}", how="captive"),
        scope=Scope.CARRIER,
        sees=_sees(State.DEGRADED, Symptom.RESOLVER_LIES),
        segments=CARRIER,
        within=Within(intervals=3, kind="dns"),
    ),
    Row(
        name="core-half-dead",
        breaks=fault("core-half-dead", carrier="{carrier}"),
        scope=Scope.CARRIER,
        sees=_sees(State.DEGRADED, Symptom.CARRIER_PARTLY_SILENT),
        segments=CARRIER,
        within=Within(intervals=12),
    ),
    Row(
        name="core-dead",
        breaks=fault("core-dead", carrier="{carrier}"),
        scope=Scope.CARRIER,
        sees=_sees(State.DOWN, Symptom.CARRIER_SILENT),
        segments=CARRIER,
    ),
    Row(
        name="route-change",
        breaks=fault("route-change", carrier="{carrier}", added_s=0.04),
        scope=Scope.CARRIER,
        hold_s=12.0,
        note="40 ms more: a fact, not a fault",
    ),
    Row(
        name="carrier-outage",
        breaks=fault("carrier-outage", carrier="{carrier}"),
        scope=Scope.CARRIER,
        sees=(
            Sees(
                link=LINK,
                state=State.DOWN,
                segment=Segment.ACCESS,
                symptoms=frozenset({Symptom.ACCESS_SILENT}),
            ),
        ),
        segments=CARRIER | {Segment.ACCESS},
        note="from one site it cannot be told from a cut line; the collector sees them together",
    ),
)

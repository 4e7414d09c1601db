"""Rows of a carrier's core and its name servers. The carrier must act."""

from thongsuot_lab.matrix.injections import lab_fault
from thongsuot_lab.matrix.row import BlastRadius, DetectionBound, ExpectedVerdict, MatrixRow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

CARRIER = frozenset({Segment.CARRIER})
LINK = "{link}"


def _sees(state: State, *symptoms: Symptom) -> tuple[ExpectedVerdict, ...]:
    return (
        ExpectedVerdict(
            link=LINK, state=state, segment=Segment.CARRIER, symptoms=frozenset(symptoms)
        ),
    )


ROWS = (
    MatrixRow(
        name="resolver-down",
        injection=lab_fault("resolver-down", carrier="{carrier}"),
        blast_radius=BlastRadius.CARRIER,
        expected=_sees(State.DEGRADED, Symptom.RESOLVER_SILENT),
        faulty_segments=CARRIER,
        bound=DetectionBound(intervals=3, kind="dns"),
    ),
    MatrixRow(
        name="resolver-refuses",
        injection=lab_fault("resolver-refuses", carrier="{carrier}"),
        blast_radius=BlastRadius.CARRIER,
        expected=_sees(State.DEGRADED, Symptom.RESOLVER_SILENT),
        faulty_segments=CARRIER,
        bound=DetectionBound(intervals=3, kind="dns"),
        note="the resolver machine answers, but resolves no names",
    ),
    MatrixRow(
        name="resolver-slow",
        injection=lab_fault("resolver-slow", carrier="{carrier}", delay_s=0.7),
        blast_radius=BlastRadius.CARRIER,
        expected=_sees(State.DEGRADED, Symptom.RESOLVER_SLOW),
        faulty_segments=CARRIER,
        bound=DetectionBound(intervals=5, kind="dns"),
    ),
    MatrixRow(
        name="resolver-forged-answer",
        injection=lab_fault("resolver-forged-answer", carrier="{carrier}", how="loopback"),
        blast_radius=BlastRadius.CARRIER,
        expected=_sees(State.DEGRADED, Symptom.RESOLVER_FORGED_ANSWER),
        faulty_segments=CARRIER,
        bound=DetectionBound(intervals=3, kind="dns"),
    ),
    MatrixRow(
        name="captive-portal",
        injection=lab_fault("resolver-forged-answer", carrier="{carrier}", how="captive"),
        blast_radius=BlastRadius.CARRIER,
        expected=_sees(State.DEGRADED, Symptom.RESOLVER_FORGED_ANSWER),
        faulty_segments=CARRIER,
        bound=DetectionBound(intervals=3, kind="dns"),
    ),
    MatrixRow(
        name="core-partly-down",
        injection=lab_fault("core-partly-down", carrier="{carrier}"),
        blast_radius=BlastRadius.CARRIER,
        expected=_sees(State.DEGRADED, Symptom.CARRIER_PARTIAL_OUTAGE),
        faulty_segments=CARRIER,
        bound=DetectionBound(intervals=12),
    ),
    MatrixRow(
        name="core-down",
        injection=lab_fault("core-down", carrier="{carrier}"),
        blast_radius=BlastRadius.CARRIER,
        expected=_sees(State.DOWN, Symptom.CARRIER_SILENT),
        faulty_segments=CARRIER,
    ),
    MatrixRow(
        name="route-change",
        injection=lab_fault("route-change", carrier="{carrier}", added_s=0.04),
        blast_radius=BlastRadius.CARRIER,
        hold_s=12.0,
        note="40 ms more: a change of route, not a fault",
    ),
    MatrixRow(
        name="carrier-outage",
        injection=lab_fault("carrier-outage", carrier="{carrier}"),
        blast_radius=BlastRadius.CARRIER,
        expected=(
            ExpectedVerdict(
                link=LINK,
                state=State.DOWN,
                segment=Segment.ACCESS,
                symptoms=frozenset({Symptom.ACCESS_SILENT}),
            ),
        ),
        faulty_segments=CARRIER | {Segment.ACCESS},
        note="one site cannot tell it from a cut line; the collector sees all sites",
    ),
)

"""Rows of faults beyond the carriers."""

from thongsuot_lab.matrix.injections import lab_fault
from thongsuot_lab.matrix.row import BlastRadius, DetectionBound, ExpectedVerdict, MatrixRow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

TRANSIT = frozenset({Segment.TRANSIT})


def _both(state: State, symptom: Symptom) -> tuple[ExpectedVerdict, ...]:
    return tuple(
        ExpectedVerdict(
            link=link, state=state, segment=Segment.TRANSIT, symptoms=frozenset({symptom})
        )
        for link in ("fixed", "mobile")
    )


ROWS = (
    MatrixRow(
        name="exchange-down",
        injection=lab_fault("exchange-down"),
        blast_radius=BlastRadius.CITY,
        expected=_both(State.DEGRADED, Symptom.TRANSIT_SILENT),
        faulty_segments=TRANSIT,
        bound=DetectionBound(intervals=12),
        collector_reachable=False,
        site_services=True,
        note="abroad still answers; the collector is behind the exchange itself",
    ),
    MatrixRow(
        name="foreign-transit-down",
        injection=lab_fault("transit-down"),
        blast_radius=BlastRadius.CITY,
        expected=_both(State.DEGRADED, Symptom.INTERNATIONAL_TRANSIT_SILENT),
        faulty_segments=TRANSIT,
        bound=DetectionBound(intervals=12),
    ),
    MatrixRow(
        name="one-anchor-unresponsive",
        injection=lab_fault("anchor-unresponsive", node="song-hong.anchor"),
        blast_radius=BlastRadius.CITY,
        hold_s=12.0,
        note="one silent anchor is not an outage",
    ),
)

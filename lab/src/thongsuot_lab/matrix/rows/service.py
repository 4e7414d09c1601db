"""Rows of the portals. The portal's operator must act."""

from thongsuot_lab.matrix.injections import lab_fault
from thongsuot_lab.matrix.row import BlastRadius, DetectionBound, ExpectedVerdict, MatrixRow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SERVICE = frozenset({Segment.SERVICE})


def _row(
    name: str,
    fault_name: str,
    state: State,
    symptom: Symptom,
    intervals: float = 4.0,
    **arguments: object,
) -> MatrixRow:
    return MatrixRow(
        name=name,
        injection=lab_fault(fault_name, portal="{portal}", **arguments),
        blast_radius=BlastRadius.PORTAL,
        expected=(
            ExpectedVerdict(
                service="{portal}",
                state=state,
                segment=Segment.SERVICE,
                symptoms=frozenset({symptom}),
            ),
        ),
        faulty_segments=SERVICE,
        bound=DetectionBound(intervals=intervals, kind="http"),
    )


ROWS = (
    _row("portal-refuses", "portal-refuses", State.DOWN, Symptom.SERVICE_REFUSED),
    _row("portal-hangs", "portal-hangs", State.DOWN, Symptom.SERVICE_TIMEOUT, 5.0),
    _row("portal-500", "portal-error", State.DOWN, Symptom.SERVICE_ERROR),
    _row("portal-wrong-body", "portal-wrong-body", State.DOWN, Symptom.SERVICE_UNEXPECTED_CONTENT),
    _row("portal-gone", "portal-unreachable", State.DOWN, Symptom.SERVICE_TIMEOUT, 5.0),
    _row("portal-name-removed", "name-removed", State.DOWN, Symptom.SERVICE_NAME_UNRESOLVED),
    _row("portal-slow", "portal-slow", State.DEGRADED, Symptom.SERVICE_SLOW, 8.0, delay_s=1.8),
    _row(
        "portal-address-down",
        "portal-address-down",
        State.DEGRADED,
        Symptom.SERVICE_PARTIAL_OUTAGE,
        10.0,
    ),
    *(
        _row(f"certificate-{kind}", "portal-certificate", state, symptom, kind=kind)
        for kind, state, symptom in (
            ("expired", State.DOWN, Symptom.CERTIFICATE_EXPIRED),
            ("wrong-name", State.DOWN, Symptom.CERTIFICATE_INVALID),
            ("unknown-issuer", State.DOWN, Symptom.CERTIFICATE_INVALID),
            ("expiring", State.DEGRADED, Symptom.CERTIFICATE_EXPIRING),
        )
    ),
)

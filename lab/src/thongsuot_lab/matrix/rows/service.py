"""Rows of the portals. The portal's operator must act."""

from thongsuot_lab.matrix.acts import fault
from thongsuot_lab.matrix.row import Row, Scope, Sees, Within
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
) -> Row:
    return Row(
        name=name,
        breaks=fault(fault_name, portal="{portal}", **arguments),
        scope=Scope.PORTAL,
        sees=(
            Sees(
                service="{portal}",
                state=state,
                segment=Segment.SERVICE,
                symptoms=frozenset({symptom}),
            ),
        ),
        segments=SERVICE,
        within=Within(intervals=intervals, kind="http"),
    )


ROWS = (
    _row("portal-refuses", "portal-refuses", State.DOWN, Symptom.SERVICE_REFUSES),
    _row("portal-hangs", "portal-hangs", State.DOWN, Symptom.SERVICE_TIMES_OUT, 5.0),
    _row("portal-500", "portal-error", State.DOWN, Symptom.SERVICE_ERROR),
    _row("portal-wrong-body", "portal-wrong-body", State.DOWN, Symptom.SERVICE_WRONG_CONTENT),
    _row("portal-gone", "portal-unreachable", State.DOWN, Symptom.SERVICE_TIMES_OUT, 5.0),
    _row("portal-name-gone", "name-gone", State.DOWN, Symptom.SERVICE_NAME_GONE),
    _row("portal-slow", "portal-slow", State.DEGRADED, Symptom.SERVICE_SLOW, 8.0, delay_s=1.8),
    _row(
        "portal-address-dead",
        "portal-address-dead",
        State.DEGRADED,
        Symptom.SERVICE_PARTLY_DEAD,
        10.0,
    ),
    *(
        _row(f"certificate-{kind}", "portal-certificate", state, symptom, kind=kind)
        for kind, state, symptom in (
            ("expired", State.DOWN, Symptom.CERTIFICATE_EXPIRED),
            ("wrong-name", State.DOWN, Symptom.CERTIFICATE_WRONG),
            ("unknown-issuer", State.DOWN, Symptom.CERTIFICATE_WRONG),
            ("expiring", State.DEGRADED, Symptom.CERTIFICATE_EXPIRING),
        )
    ),
)

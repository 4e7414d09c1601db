"""Diagnosis: a fault as a value; and Suspicion: one module's observation of it in one round."""

import msgspec

from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """
    One fault of a link or a service.

    ``state`` is ``unknown`` if it is certain that nothing works but not yet where the fault is: no
    party is blamed.
    """

    state: State
    segment: Segment | None
    symptom: Symptom


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """
    A fault as observed in one round.

    ``onset_ns`` is the start of the first run that indicates it. ``nats`` is the strength of the
    evidence against mere loss (natural logarithm), ``None`` if that does not apply. Not
    ``is_sure``: one more round than usual is needed, because only one protocol indicates it so far.
    Not ``is_ripe``: a measurement is still missing before it may be confirmed.
    """

    fault: Diagnosis
    onset_ns: int
    evidence: tuple[Evidence, ...] = ()
    nats: float | None = None
    is_sure: bool = True
    is_ripe: bool = True

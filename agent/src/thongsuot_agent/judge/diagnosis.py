"""Diagnosis: what is wrong, as a value; and Suspicion: what a module saw of it in one round."""

import msgspec

from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """
    One thing that is wrong with a link or a service.

    ``state`` is ``unknown`` where it is certain that nothing works and not yet where: nobody is
    blamed.
    """

    state: State
    segment: Segment | None
    symptom: Symptom


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """
    A fault as seen in one round.

    ``onset_ns`` is the start of the first run that speaks for it. ``nats`` is how strongly the
    unanswered runs speak against mere loss (natural logarithm), ``None`` where that is not the
    question. Not ``is_sure``: one round more than usual is needed, because only one protocol has
    spoken so far. Not ``is_ripe``: something is still to be measured before it may be believed.
    """

    fault: Diagnosis
    onset_ns: int
    evidence: tuple[Evidence, ...] = ()
    nats: float | None = None
    is_sure: bool = True
    is_ripe: bool = True

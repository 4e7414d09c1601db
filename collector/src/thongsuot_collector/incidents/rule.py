"""
Rule: what kind of incident there is, as a value.

A rule says which faults are its own and what they amount to; the reducer does the rest. There are
two shapes: an incident of one fault, and one of many. Everything that places a rule among the
others stands in the rule itself, so a new one changes no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a rule makes of its faults, as far as it is known now.

    ``end_ns`` is the true end, ``None`` while it goes on. ``hold_s`` and ``limit_s`` bound
    the wait before anybody is notified (that of a group begins when it was found). ``total`` is how
    many there are of which these are some. ``variant`` names the sentences that are true of it. Not
    ``is_certain``: the fault is not what was heard last, so it notifies nobody now.
    """

    faults: tuple[Fault, ...]
    start_ns: int
    end_ns: int | None
    state: State
    segment: Segment | None
    symptom: Symptom
    party: ResponsibleParty
    severity: Severity
    hold_s: float
    limit_s: float
    total: int | None = None
    variant: str = ""
    is_notifiable: bool = True
    is_certain: bool = True

    @property
    def presumed_ns(self) -> int | None:
        """Since when it is only presumed to go on; ``None`` where it is certain, or is over."""
        presumed = [fault.presumed_ns for fault in self.faults]
        return max((at_ns for at_ns in presumed if at_ns is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSentences:
    """
    What is said of an incident; ``None`` in a rule whose incidents speak by their symptom.

    Places in braces: ``carrier``, ``service``, ``site``, ``n`` and ``m`` (of them), ``area`` (its
    communes), ``since``, ``direction``, ``symptom``. ``variants`` are said instead of a candidate
    that names one: a sentence must be true of every member of its group.
    """

    headline: Text
    situation: Text
    do: Text
    variants: Mapping[str, "RuleSentences"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFaultRule:
    """
    A rule for one fault: ``assess`` returns ``None`` for what is not its own.

    Every fault has exactly one: of those that claim it, the one with the highest ``precedence``.
    """

    code: str
    title: Text
    precedence: int
    assess: Callable[[Fault, NetworkState], Candidate | None]
    sentences: RuleSentences | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """
    A rule for many faults at once.

    ``group_key`` returns the group that a fault could belong to (``None``: none of this rule's);
    ``assess`` what the faults of one group amount to, apart in time: no candidate while they are
    too few. ``covers`` names the rules for which its open incidents stand, where they hold the same
    fault. Where several stand for one, they are named in the order of their ``precedence``, the
    highest first.
    """

    code: str
    title: Text
    precedence: int
    group_key: Callable[[Fault, NetworkState], str | None]
    assess: Callable[[str, Sequence[Fault], NetworkState], Sequence[Candidate]]
    sentences: RuleSentences
    covers: tuple[str, ...] = ()


Rule = SingleFaultRule | GroupRule

"""
Rule: a kind of incident, as a value.

A rule claims faults and makes candidates of them; the reducer does the rest. There are two forms:
rules for one fault, and rules for a group of faults. A rule's relation to the others is defined in
the rule itself, so a new one changes no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.service_reach import ServiceReach
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

GroupKey = tuple[str, str]
"""A group rule's code, and the key of one of its groups."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """
    A rule's candidate incident from its faults, at present.

    ``end_ns`` is the true end, ``None`` while it lasts. ``hold_s`` and ``limit_s`` bound the wait
    before anybody is notified (that of a group begins when it was found). ``total`` is the size of
    the affected population. ``variant`` selects the sentences that apply; ``reach`` has the counts
    in the sentences about a service. Not ``is_certain``: the fault is not the last report, so
    nobody is notified now.
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
    reach: ServiceReach | None = None
    is_notifiable: bool = True
    is_certain: bool = True

    @property
    def presumed_ns(self) -> int | None:
        """The time since which it is only presumed to last; ``None`` if it is certain, or over."""
        presumed = [fault.presumed_ns for fault in self.faults]
        return max((at_ns for at_ns in presumed if at_ns is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSentences:
    """
    The sentences about an incident; ``None`` in a rule that uses those of the symptom.

    Places in braces: ``carrier``, ``service``, ``site``, ``n`` and ``m`` (of them), ``area`` (its
    communes), ``since``, ``direction``, ``symptom``; of a service ``failing`` and ``reaching`` (its
    carriers) and ``k`` (sites that reach it). ``variants`` replace them for a candidate that
    selects one: a sentence must be true of every member of its group.
    """

    headline: Text
    situation: Text
    do: Text
    variants: Mapping[str, "RuleSentences"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFaultRule:
    """
    A rule for one fault: ``assess`` returns ``None`` for faults that it does not claim.

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
    A rule for a group of faults.

    ``group_key`` returns the group that a fault could belong to (``None``: none of this rule's);
    ``assess`` the candidates of one group's faults, separated in time: none while they are too few.
    ``covers`` names the rules whose incidents its open incidents include, if they share a fault.
    Several such incidents are listed by descending ``precedence``.
    """

    code: str
    title: Text
    precedence: int
    group_key: Callable[[Fault, NetworkState], str | None]
    assess: Callable[[str, Sequence[Fault], NetworkState], Sequence[Candidate]]
    sentences: RuleSentences
    covers: tuple[str, ...] = ()


Rule = SingleFaultRule | GroupRule

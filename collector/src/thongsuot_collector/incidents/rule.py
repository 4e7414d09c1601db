"""
Rule: what kind of incident there is, as a value.

A rule says which troubles are its own and what they amount to; the reducer does the rest. There are
two shapes: an incident of one trouble, and one of many.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    What a rule makes of its troubles, as far as it is known now.

    ``end_ns`` is the true end, ``None`` while it goes on. ``hold_s`` and ``limit_s`` bound how
    long is waited before telling (a group's counts from when it was found). ``total`` is how many
    there are of which these are some. Not ``is_certain``: the fault is not what was heard last, so
    nobody is alarmed by it now.
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
    is_notifiable: bool = True
    is_certain: bool = True

    @property
    def presumed_ns(self) -> int | None:
        """Since when it is only presumed to go on; ``None`` where it is certain, or is over."""
        presumed = [one.presumed_ns for one in self.faults if one.presumed_ns is not None]
        return max(presumed, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSentences:
    """
    What is said of an incident; ``None`` in a rule whose incidents speak by their symptom.

    Places in braces: ``carrier``, ``service``, ``site``, ``n`` and ``m`` (of them), ``area`` (its
    communes), ``since``.
    """

    headline: Text
    what: Text
    do: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFaultRule:
    """
    A rule for one trouble: ``assess`` returns ``None`` for what is not its own.

    ``depends_on`` names the rules whose open incidents stand for this one's, where they hold the
    same trouble. Exactly one single rule claims each trouble.
    """

    code: str
    title: Text
    assess: Callable[[Fault, NetworkState], Candidate | None]
    depends_on: tuple[str, ...] = ()
    sentences: RuleSentences | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """
    A rule for many troubles at once.

    ``group_key`` returns the group that a trouble could belong to (``None``: none of this rule's);
    ``assess`` what the troubles of one group amount to, apart in time: no case while they are too
    few.
    """

    code: str
    title: Text
    group_key: Callable[[Fault, NetworkState], str | None]
    assess: Callable[[str, Sequence[Fault], NetworkState], Sequence[Candidate]]
    sentences: RuleSentences
    depends_on: tuple[str, ...] = ()


Rule = SingleFaultRule | GroupRule

"""Dispute: an interval of a circuit's month for which the carrier denies responsibility."""

from enum import StrEnum
from typing import Final

import msgspec

from thongsuot_schema.localizable import Readable
from thongsuot_schema.words.language import Formatted, Text


class DisputeOutcome(StrEnum):
    """The state of a dispute, as written in the CSV."""

    OPEN = "open"
    """The city has to decide."""
    CARRIER_UPHELD = "carrier_upheld"
    """The city has decided that the fault was not the carrier's."""
    CARRIER_RESPONSIBLE = "carrier_responsible"
    """The city has decided that it was."""
    WITHDRAWN = "withdrawn"
    """The carrier has accepted the incident after all."""


class DisputedInterval(msgspec.Struct, frozen=True, kw_only=True):
    """
    The statements of both sides about an interval (Unix milliseconds; ``until_ms`` is ``None``
    while it lasts).

    ``person`` and ``reason`` are the carrier's, ``decided_by`` and ``decision`` the city's.
    """

    from_ms: int
    until_ms: int | None
    incident: str
    reference: str
    person: str
    reason: str
    outcome: DisputeOutcome
    decided_by: str = ""
    decision: str = ""

    def overlaps(self, from_ms: int, until_ms: int) -> bool:
        """Return whether it overlaps a time."""
        return self.from_ms < until_ms and (self.until_ms is None or self.until_ms > from_ms)


_OUTCOMES: Final[dict[DisputeOutcome, Text]] = {
    DisputeOutcome.OPEN: Text("collector.sla.dispute.open"),
    DisputeOutcome.CARRIER_UPHELD: Text("collector.sla.dispute.carrier_upheld"),
    DisputeOutcome.CARRIER_RESPONSIBLE: Text("collector.sla.dispute.carrier_responsible"),
    DisputeOutcome.WITHDRAWN: Text("collector.sla.dispute.withdrawn"),
}


def statement_text(disputed: DisputedInterval) -> Readable:
    """Return the carrier's statement, as a sentence."""
    known = filter(None, (disputed.person, disputed.reference))
    who = ", ".join(known)
    return Text("collector.sla.dispute.statement", reason=disputed.reason or "–", who=who or "–")


def outcome_text(disputed: DisputedInterval) -> Readable:
    """Return the state of the dispute, as a sentence."""
    text, by, decision = _OUTCOMES[disputed.outcome], disputed.decided_by, disputed.decision
    return Formatted(lambda language: text.read(language, by=by, decision=decision))

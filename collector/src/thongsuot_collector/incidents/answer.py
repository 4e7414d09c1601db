"""
Answer: a party's answer to an incident, and the city's decision if it is refused.
"""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.party import ResponsibleParty


class AnswerKind(StrEnum):
    """The possible answers of a party to an incident."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The fault is not its own."""
    EXPECTED = "expected"
    """It accepts the incident, and states the expected end of the repair."""
    MENDED = "mended"
    """It has repaired the fault; the measurements show whether that is true."""


class PartyAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One answer of a party. ``person`` is its author, ``text`` their own words.

    ``expected_ns`` is set if ``kind`` has it. ``token`` identifies the link of a message with which
    it was given: none counts twice.
    """

    kind: AnswerKind
    party: ResponsibleParty
    person: str
    at_ns: int
    text: str = ""
    expected_ns: int | None = None
    token: str = ""


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """
    The city's decision in a dispute, with who made it and why.

    ``is_upheld``: the party is right, the fault is not its own.
    """

    is_upheld: bool
    reason: str
    by: str
    at_ns: int


class Dispute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A party rejects an incident as not its own: by an answer, or by rejecting or cancelling our
    ticket.

    ``reference`` is the ticket, ``person`` who answered, ``reason`` the party's words, ``at_ns``
    when we learned of it. It lasts until the city has made its ``ruling``, or the party has
    accepted the incident after all (``withdrawn_ns``).
    """

    party: ResponsibleParty
    reference: str
    reason: str
    at_ns: int
    person: str = ""
    ruling: Ruling | None = None
    withdrawn_ns: int | None = None

    @property
    def settled_ns(self) -> int | None:
        """When it was settled; ``None``: the city has to decide."""
        return self.withdrawn_ns if self.ruling is None else self.ruling.at_ns

    @property
    def is_settled(self) -> bool:
        """Whether no decision is needed any more."""
        return self.settled_ns is not None

    @property
    def steps(self) -> int:
        """The number of its events to notify: its begin, and its settlement."""
        return 1 + self.is_settled

    def is_same(self, other: "Dispute") -> bool:
        """Return whether both are the same dispute, at any stage: a ticket is refused once."""
        if self.party != other.party or self.reference != other.reference:
            return False
        return bool(self.reference) or self.at_ns == other.at_ns


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """
    Nobody accepted the incident in time: a step of the party's chain that was taken, and when.

    ``routes`` are those that the step adds to the party's own; the step to the city has none: the
    city has its own thread.
    """

    step: int
    title: str
    at_ns: int
    routes: tuple[str, ...] = ()

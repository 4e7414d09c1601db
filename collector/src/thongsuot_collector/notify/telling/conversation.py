"""
Conversation: what one party is told of one incident, by which channels, and how far that is. Pure.

The newest entry of the incident's ledger is what is wanted; what was not told before it has been
overtaken and is not told late. A party's channels are *legs*, in order; see ``progress``.
"""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.incidents.party import Responsible
from thongsuot_collector.notify.content.comparison import Comparison


class Told(StrEnum):
    """Whether a receiver has an open notification."""

    NO = "no"
    MAYBE = "maybe"
    """It was sent and no answer came."""
    YES = "yes"


class Leg(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One channel of a party, and how far it is.

    ``route`` is the channel's name, with an address after a colon where there is one. ``name`` is
    the conversation's for the receiver, made at the first try and kept until it is over.
    ``shown`` is the number of the newest entry that got through, ``attempts`` counts the tries of
    the present one that did not, ``ready_ns`` is when the next may be. ``status`` is the receiver's
    own word for how far it is, as last noted.
    """

    route: str
    told: Told = Told.NO
    name: str = ""
    shown: int = 0
    told_ns: int = 0
    attempts: int = 0
    ready_ns: int = 0
    reference: str = ""
    memo: str = ""
    status: str = ""
    text: str = ""

    @property
    def channel(self) -> str:
        """The name of the channel."""
        return self.route.partition(":")[0]

    @property
    def address(self) -> str:
        """What stands after the channel's name; empty: the party's contacts are meant."""
        return self.route.partition(":")[2]


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """
    One party and one incident.

    ``wanted`` is the newest telling. ``reach`` legs may speak, the last of them since
    ``reached_ns``. ``began_ns`` is when what is wanted now began to be wanted at all.
    """

    audience: Responsible
    wanted: Event
    comparison: Comparison
    legs: tuple[Leg, ...]
    reach: int = 1
    reached_ns: int = 0
    began_ns: int = 0

    @property
    def incident(self) -> str:
        """The incident's name."""
        return self.wanted.incident.id

    @property
    def is_ending(self) -> bool:
        """Whether it is to be taken back."""
        return self.wanted.entry.kind is Kind.RESOLVED

    @property
    def speaking(self) -> Leg | None:
        """The leg by which the party knows."""
        return next((one for one in self.legs if one.told is Told.YES), None)

    def leg(self, route: str) -> Leg:
        """Return the leg of a route."""
        return next(one for one in self.legs if one.route == route)

    @property
    def is_open(self) -> bool:
        """Whether any receiver has, or may have, an open notification."""
        return any(one.told is not Told.NO for one in self.legs)

    @property
    def is_unreached(self) -> bool:
        """Whether the party should know and does not, although something was tried."""
        tried = any(one.attempts for one in self.legs) or not self.legs
        return not self.is_ending and self.speaking is None and tried

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to do."""
        if self.is_ending:
            return not self.is_open
        leg = self.speaking
        return leg is not None and leg.shown >= self.wanted.entry.number

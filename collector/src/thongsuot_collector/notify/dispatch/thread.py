"""
Conversation: what one party is told of one incident, by which channels, and how far that is. Pure.

The newest entry of the incident's ledger is what is wanted; what was not told before it has been
overtaken and is not told late. A party's channels are *legs*, in order; see ``progress``.
"""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.render.comparison import Comparison


class DeliveryState(StrEnum):
    """Whether a receiver has an open notification."""

    NO = "no"
    MAYBE = "maybe"
    """It was sent and no answer came."""
    YES = "yes"


class RouteState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One channel of a party, and how far it is.

    ``route`` is the channel's name, with an address after a colon where there is one. ``name``
    is the conversation's for the receiver, made at the first try and kept until it is over.
    ``delivered_number`` is the number of the newest entry that got through, ``attempts`` counts
    the tries of the present one that did not, ``not_before_ns`` is when the next may be.
    ``receiver_status`` is the receiver's own word for how far it is, as last noted.
    """

    route: str
    delivery: DeliveryState = DeliveryState.NO
    thread_id: str = ""
    delivered_number: int = 0
    notified_ns: int = 0
    attempts: int = 0
    not_before_ns: int = 0
    reference: str = ""
    memo: str = ""
    receiver_status: str = ""
    last_text: str = ""

    @property
    def channel(self) -> str:
        """The name of the channel."""
        return self.route.partition(":")[0]

    @property
    def address(self) -> str:
        """What stands after the channel's name; empty: the party's contacts are meant."""
        return self.route.partition(":")[2]


class NotificationThread(msgspec.Struct, frozen=True, kw_only=True):
    """
    One party and one incident.

    ``event`` is the newest telling. ``active_routes`` legs may speak, the last of them since
    ``escalated_ns``. ``pending_since_ns`` is when what is wanted now began to be wanted at all.
    """

    audience: ResponsibleParty
    event: NotificationEvent
    comparison: Comparison
    routes: tuple[RouteState, ...]
    active_routes: int = 1
    escalated_ns: int = 0
    pending_since_ns: int = 0

    @property
    def incident(self) -> str:
        """The incident's name."""
        return self.event.incident.id

    @property
    def is_ending(self) -> bool:
        """Whether it is to be taken back."""
        return self.event.record.kind is NotificationKind.RESOLVED

    @property
    def primary_route(self) -> RouteState | None:
        """The leg by which the party knows."""
        return next((one for one in self.routes if one.delivery is DeliveryState.YES), None)

    def route_state(self, route: str) -> RouteState:
        """Return the leg of a route."""
        return next(one for one in self.routes if one.route == route)

    @property
    def is_open(self) -> bool:
        """Whether any receiver has, or may have, an open notification."""
        return any(one.delivery is not DeliveryState.NO for one in self.routes)

    @property
    def is_unreached(self) -> bool:
        """Whether the party should know and does not, although something was tried."""
        tried = any(one.attempts for one in self.routes) or not self.routes
        return not self.is_ending and self.primary_route is None and tried

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing to do."""
        if self.is_ending:
            return not self.is_open
        leg = self.primary_route
        return leg is not None and leg.delivered_number >= self.event.record.number

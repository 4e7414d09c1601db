"""
Thread: what one party is to be notified of in one incident, by which channels, and how far that is.
Pure.

The newest notification of the incident is what is wanted; an older one that was not sent has been
overtaken and is not sent late. A party's channels are *routes*: each is told for itself, and a
fallback only while the party has not been reached; see ``transitions``.
"""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.answer import Dispute, Escalation
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


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """
    The channels of a party, each with an address after a colon where there is one.

    It is notified by ``every`` one of them; ``fallbacks`` stand in, in their order, while none of
    these gets through.
    """

    every: tuple[str, ...]
    fallbacks: tuple[str, ...] = ()


class RouteState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One channel of a party, and how far it is.

    ``route`` is the channel's name, with an address after a colon where there is one. ``thread_id``
    is what the receiver knows the thread by, made at the first attempt and kept until it is over.
    ``delivered_number`` is the number of the newest notification that got through, and
    ``delivered_news`` how much of the thread's news did; ``attempts`` counts the failed attempts at
    the present one, ``not_before_ns`` is when the next may be. ``receiver_status`` is what the
    receiver said last. ``is_fallback``: it stands in where the others do not get through.
    """

    route: str
    is_fallback: bool = False
    delivery: DeliveryState = DeliveryState.NO
    thread_id: str = ""
    delivered_number: int = 0
    delivered_news: int = 0
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

    ``event`` is the newest notification. ``active_fallbacks`` of the fallbacks may be tried, the
    last of them since ``escalated_ns``. ``pending_since_ns`` is since when the party has to be told
    what it has to be told now. ``disputes`` are told to the city, and with the city's decision to
    the party, beside what the incident says; ``escalations`` are the steps that were taken because
    nobody accepted it.
    """

    audience: ResponsibleParty
    event: NotificationEvent
    comparison: Comparison
    routes: tuple[RouteState, ...]
    active_fallbacks: int = 0
    escalated_ns: int = 0
    pending_since_ns: int = 0
    disputes: tuple[Dispute, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    @property
    def incident(self) -> str:
        """The incident's name."""
        return self.event.incident.id

    @property
    def news(self) -> int:
        """How much there is to tell beside what the incident says; it only grows."""
        # A step with routes of its own is told by these: the others have the incident already.
        escalated = sum(not escalation.routes for escalation in self.escalations)
        return sum(dispute.steps for dispute in self.disputes) + escalated

    @property
    def is_ending(self) -> bool:
        """Whether the incident is over, or not this party's any more."""
        return self.event.record.kind is NotificationKind.RESOLVED

    @property
    def is_reached(self) -> bool:
        """Whether the party knows of the incident, by whatever route."""
        return any(state.delivery is DeliveryState.YES for state in self.routes)

    @property
    def pending_routes(self) -> tuple[RouteState, ...]:
        """The routes whose receivers are to be told something now, in order."""
        if self.is_ending:
            return tuple(state for state in self.routes if state.delivery is not DeliveryState.NO)
        is_reached = self.is_reached
        active = [state.route for state in self.routes if state.is_fallback]
        active = active[: self.active_fallbacks]
        return tuple(
            state
            for state in self.routes
            if not self._is_up_to_date(state)
            # A fallback that got through tells the rest, too; one that did not is let off once
            # another has.
            and (
                not state.is_fallback
                or state.delivery is DeliveryState.YES
                or (state.route in active and not is_reached)
            )
        )

    def route_state(self, route: str) -> RouteState:
        """Return how far a route is."""
        return next(state for state in self.routes if state.route == route)

    @property
    def is_open(self) -> bool:
        """Whether any receiver has, or may have, an open notification."""
        return any(state.delivery is not DeliveryState.NO for state in self.routes)

    @property
    def is_unreached(self) -> bool:
        """Whether the party should know and does not, although something was tried."""
        is_tried = any(state.attempts for state in self.routes) or not self.routes
        return not self.is_ending and not self.is_reached and is_tried

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing to do."""
        return not self.pending_routes and (self.is_ending or self.is_reached)

    def has_route(self, polled: RouteState) -> bool:
        """Return whether a route is still in the thread of the time when its receiver was asked."""
        return any(
            state.route == polled.route and state.thread_id == polled.thread_id
            for state in self.routes
        )

    def _is_up_to_date(self, state: RouteState) -> bool:
        return (
            state.delivery is DeliveryState.YES
            and state.delivered_number >= self.event.record.number
            and state.delivered_news >= self.news
        )

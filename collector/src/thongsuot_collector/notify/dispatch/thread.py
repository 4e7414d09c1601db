"""
Thread: the notifications of one party about one incident, their channels and progress. Pure.

The newest notification of the incident is the one to deliver; an older one that was not sent is
superseded and not sent late. A party's channels are *routes*: each is notified separately, and a
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
    """It was sent, and no answer came."""
    YES = "yes"


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """
    The channels of a party, each with an optional address after a colon.

    The party is notified by all of ``every``; ``fallbacks`` stand in, in their order, while none of
    these delivers.
    """

    every: tuple[str, ...]
    fallbacks: tuple[str, ...] = ()


class RouteState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One channel of a party, and its progress.

    ``route`` is the channel's name, with an optional address after a colon. ``thread_id``
    identifies the thread to the receiver, from the first attempt until it is over. ``memo`` is the
    channel's; it is kept until the next opening, because ends are sent again, too.
    ``delivered_number`` is the number of the newest delivered notification, and ``delivered_news``
    the delivered part of the thread's news; ``attempts`` counts the failed attempts at the present
    one, ``not_before_ns`` is the earliest time of the next. ``receiver_status`` is the receiver's
    last status. ``is_fallback``: it stands in if the others do not deliver.
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
        """The address after the channel's name; empty: the party's contacts are used."""
        return self.route.partition(":")[2]


class NotificationThread(msgspec.Struct, frozen=True, kw_only=True):
    """
    One party and one incident.

    ``event`` is the newest notification. ``active_fallbacks`` of the fallbacks may be tried, the
    last of them since ``escalated_ns``. ``pending_since_ns`` is the start of the pending
    notification. ``disputes`` are reported to the city, and with the city's decision to the party,
    in addition to the incident; ``escalations`` are the steps that were taken because nobody
    accepted it.
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
        """The count of news in addition to the incident; it only grows."""
        # A step with its own routes is notified by these: the others have the incident already.
        escalated = sum(not escalation.routes for escalation in self.escalations)
        return sum(dispute.steps for dispute in self.disputes) + escalated

    @property
    def is_ending(self) -> bool:
        """Whether the incident is over, or no longer this party's."""
        return self.event.record.kind is NotificationKind.RESOLVED

    @property
    def is_reached(self) -> bool:
        """Whether any route has delivered the incident."""
        return any(state.delivery is DeliveryState.YES for state in self.routes)

    @property
    def pending_routes(self) -> tuple[RouteState, ...]:
        """The routes with something to deliver now, in order."""
        if self.is_ending:
            return tuple(state for state in self.routes if state.delivery is not DeliveryState.NO)
        is_reached = self.is_reached
        active = [state.route for state in self.routes if state.is_fallback]
        active = active[: self.active_fallbacks]
        return tuple(
            state
            for state in self.routes
            if not self._is_up_to_date(state)
            # A fallback that has delivered continues to; one that has not is dropped once another
            # has.
            and (
                not state.is_fallback
                or state.delivery is DeliveryState.YES
                or (state.route in active and not is_reached)
            )
        )

    def route_state(self, route: str) -> RouteState:
        """Return the progress of a route."""
        return next(state for state in self.routes if state.route == route)

    @property
    def is_open(self) -> bool:
        """Whether any receiver has, or may have, an open notification."""
        return any(state.delivery is not DeliveryState.NO for state in self.routes)

    @property
    def is_unreached(self) -> bool:
        """Whether attempts were made and the party is still not reached."""
        is_tried = any(state.attempts for state in self.routes) or not self.routes
        return not self.is_ending and not self.is_reached and is_tried

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing to do."""
        return not self.pending_routes and (self.is_ending or self.is_reached)

    def has_delivered_end(self, route: str) -> bool:
        """Return whether the incident is over, and a route's receiver has been told so."""
        return self.is_ending and any(
            state.route == route and state.delivery is DeliveryState.NO for state in self.routes
        )

    def has_route(self, polled: RouteState) -> bool:
        """Return whether a route is still in the same thread as when its receiver was polled."""
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

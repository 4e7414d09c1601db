"""
Progress: what is to be done next in a conversation, and what follows from what came of it. Pure.

The first leg speaks; a further one joins when the one before it is shut, refuses, or has not got
through for some time. The first leg that gets through tells the rest of it. What a leg may have
told, it also takes back.
"""

from collections.abc import Callable, Sequence

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch.thread import DeliveryState, NotificationThread, RouteState
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.notify.render.comparison import Comparison

RETRY_LIMIT_S = 300.0
REJECTED_RETRY_S = 600.0
"""A message that was refused may be taken after somebody has changed something at the receiver."""


class Send(msgspec.Struct, frozen=True):
    """Try the leg of a route now, telling it ``kind``."""

    route: str
    kind: NotificationKind


class WaitUntil(msgspec.Struct, frozen=True):
    """Nothing can be done before ``until_ns`` (Unix time); ``None``: until something changes."""

    until_ns: int | None


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """
    How long is tried: ``escalate_s`` one channel before the next joins, ``give_up_s`` before
    something is no longer taken back; the second try is after ``retry_s``.
    """

    escalate_s: float
    give_up_s: float
    retry_s: float


class ChannelReadiness(msgspec.Struct, frozen=True):
    """When a channel may be tried again, and whether it has been failing for long."""

    not_before_ns: int
    is_failing: bool


def start_thread(
    event: NotificationEvent,
    audience: ResponsibleParty,
    routes: tuple[str, ...],
    comparison: Comparison,
    *,
    now_ns: int,
) -> NotificationThread:
    """Return the conversation of an event that a party has not heard of."""
    return NotificationThread(
        audience=audience,
        event=event,
        comparison=comparison,
        routes=tuple(RouteState(route=one) for one in routes),
        escalated_ns=now_ns,
        pending_since_ns=now_ns,
    )


def continue_thread(
    conversation: NotificationThread,
    event: NotificationEvent,
    routes: tuple[str, ...],
    comparison: Comparison,
    *,
    now_ns: int,
) -> NotificationThread:
    """
    Return a conversation with a newer event; an older one, or the same again, changes nothing.

    Channels that the inventory has got since join; those it has lost stay while they have told.
    """
    if event.record.number <= conversation.event.record.number:
        return conversation
    known = {one.route: one for one in conversation.routes}
    legs = [known.get(one, RouteState(route=one)) for one in routes]
    legs += [
        one
        for one in conversation.routes
        if one.route not in routes and one.delivery is not DeliveryState.NO
    ]
    return msgspec.structs.replace(
        conversation,
        event=event,
        comparison=comparison,
        routes=tuple(msgspec.structs.replace(one, attempts=0, not_before_ns=0) for one in legs),
        active_routes=1
        if conversation.is_complete
        else max(1, min(conversation.active_routes, len(legs))),
        escalated_ns=now_ns if conversation.is_complete else conversation.escalated_ns,
        pending_since_ns=now_ns,
    )


def next_step(
    conversation: NotificationThread,
    now_ns: int,
    readiness: Callable[[str], ChannelReadiness],
    patience: RetryPolicy,
) -> tuple[NotificationThread, Send | WaitUntil]:
    """Return what to do now; the conversation may have come to further legs by it."""
    if conversation.is_complete:
        return conversation, WaitUntil(None)
    if conversation.is_ending:
        if now_ns - conversation.pending_since_ns > patience.give_up_s * NS_PER_S:
            return _given_up(conversation), WaitUntil(None)
        open_ = [leg for leg in conversation.routes if leg.delivery is not DeliveryState.NO]
        return conversation, _first(open_, now_ns, readiness, NotificationKind.RESOLVED)
    speaking = conversation.primary_route
    if speaking is not None:
        return conversation, _first([speaking], now_ns, readiness, NotificationKind.UPDATED)
    return _opening(conversation, now_ns, readiness, patience)


def mark_sending(conversation: NotificationThread, route: str) -> NotificationThread:
    """
    Return a conversation as it is written down before a try.

    The leg has its name for the receiver from now on, and the receiver may have the message: should
    the process end now, it is told again under the same name.
    """
    leg = conversation.route_state(route)
    told = DeliveryState.MAYBE if leg.delivery is DeliveryState.NO else leg.delivery
    name = leg.thread_id or conversation.event.id
    return _with_leg(conversation, msgspec.structs.replace(leg, delivery=told, thread_id=name))


def apply_result(
    conversation: NotificationThread,
    say: Send,
    tried: NotificationThread,
    answer: ChannelResult,
    *,
    now_ns: int,
    patience: RetryPolicy,
) -> NotificationThread:
    """
    Return a conversation after a try of what was wanted in ``tried``, as it was before the try.

    Something newer may be wanted by now.
    """
    leg, number = conversation.route_state(say.route), tried.event.record.number
    reference = answer.reference or leg.reference
    is_over = answer.outcome is ChannelOutcome.DELIVERED or (
        # Told again it would be refused again: what is left is known from the record.
        answer.outcome is ChannelOutcome.REJECTED and say.kind is not NotificationKind.OPENED
    )
    if is_over and say.kind is NotificationKind.RESOLVED:
        done = RouteState(
            route=leg.route, delivered_number=number, reference=reference, last_text=answer.text
        )
        return _with_leg(conversation, done)
    done = msgspec.structs.replace(
        leg,
        reference=reference,
        memo=leg.memo if answer.memo is None else answer.memo,
        last_text=answer.text,
    )
    if is_over:
        done = msgspec.structs.replace(
            done,
            delivery=DeliveryState.YES,
            delivered_number=number,
            notified_ns=leg.notified_ns or now_ns,
            attempts=0,
            not_before_ns=0,
        )
    else:
        before = tried.route_state(say.route).delivery
        is_unsure = say.kind is NotificationKind.OPENED and answer.outcome is ChannelOutcome.UNKNOWN
        done = msgspec.structs.replace(
            done,
            delivery=DeliveryState.MAYBE if is_unsure else before,
            attempts=leg.attempts + 1,
            not_before_ns=now_ns + round(_pause_s(leg.attempts, answer, patience) * NS_PER_S),
        )
    return _with_leg(conversation, done)


def with_status(conversation: NotificationThread, route: str, status: str) -> NotificationThread:
    """Return a conversation with what a receiver says of how far it is."""
    leg = msgspec.structs.replace(conversation.route_state(route), receiver_status=status)
    return _with_leg(conversation, leg)


def _opening(
    conversation: NotificationThread,
    now_ns: int,
    readiness: Callable[[str], ChannelReadiness],
    patience: RetryPolicy,
) -> tuple[NotificationThread, Send | WaitUntil]:
    """Find the first leg that may be tried; the next joins where the last does not get through."""
    if not conversation.routes:
        return conversation, WaitUntil(None)
    while True:
        reach = conversation.active_routes
        step = _first(conversation.routes[:reach], now_ns, readiness, NotificationKind.OPENED)
        if isinstance(step, Send) or reach == len(conversation.routes):
            return conversation, step
        last = conversation.routes[reach - 1]
        joins_ns = conversation.escalated_ns + round(patience.escalate_s * NS_PER_S)
        is_hopeless = readiness(last.channel).is_failing or last.not_before_ns - now_ns > (
            patience.escalate_s * NS_PER_S
        )
        if now_ns < joins_ns and not is_hopeless:
            assert step.until_ns is not None
            return conversation, WaitUntil(min(step.until_ns, joins_ns))
        conversation = msgspec.structs.replace(
            conversation, active_routes=reach + 1, escalated_ns=now_ns
        )


def _first(
    legs: Sequence[RouteState],
    now_ns: int,
    readiness: Callable[[str], ChannelReadiness],
    kind: NotificationKind,
) -> Send | WaitUntil:
    """Return the first of some legs that may be tried now, else when the first may be."""
    times = []
    for leg in legs:
        ready_ns = max(leg.not_before_ns, readiness(leg.channel).not_before_ns)
        if ready_ns <= now_ns:
            return Send(leg.route, kind)
        times.append(ready_ns)
    return WaitUntil(min(times))


def _given_up(conversation: NotificationThread) -> NotificationThread:
    legs = tuple(
        RouteState(
            route=one.route,
            delivered_number=one.delivered_number,
            reference=one.reference,
            last_text=one.last_text,
        )
        for one in conversation.routes
    )
    return msgspec.structs.replace(conversation, routes=legs)


def reset_backoff(conversation: NotificationThread, channel: str) -> NotificationThread:
    """Return a conversation that no longer waits for a channel: it works again."""
    legs = tuple(
        msgspec.structs.replace(one, not_before_ns=0) if one.channel == channel else one
        for one in conversation.routes
    )
    return msgspec.structs.replace(conversation, routes=legs)


def _pause_s(attempts: int, answer: ChannelResult, patience: RetryPolicy) -> float:
    if answer.outcome is ChannelOutcome.REJECTED:
        return REJECTED_RETRY_S
    return max(
        answer.retry_after_s, min(RETRY_LIMIT_S, patience.retry_s * 2.0 ** min(attempts, 16))
    )


def _with_leg(conversation: NotificationThread, leg: RouteState) -> NotificationThread:
    legs = tuple(leg if one.route == leg.route else one for one in conversation.routes)
    return msgspec.structs.replace(conversation, routes=legs)

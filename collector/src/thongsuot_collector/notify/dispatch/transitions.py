"""
Transitions of a thread: the next steps, and the new state after each result. Pure.

Every route of a party is notified separately, from the opening to the end, regardless of the
others. A fallback joins when no route has delivered for some time, or none can; the first that
delivers continues for the rest of the incident. A route that may have delivered an incident also
delivers its end.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from thongsuot_collector.incidents.answer import Dispute, Escalation
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch.thread import (
    DeliveryState,
    NotificationThread,
    Routes,
    RouteState,
)
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.notify.render.comparison import Comparison

RETRY_LIMIT_S = 300.0
REJECTED_RETRY_S = 600.0
"""A rejected message may be accepted after a change at the receiver."""


class Send(msgspec.Struct, frozen=True):
    """Send a message of ``kind`` by a route now."""

    route: str
    kind: NotificationKind


class NextSteps(msgspec.Struct, frozen=True):
    """
    The messages to send now, each by a different route, and when to check again.

    ``until_ns`` is Unix time; ``None``: nothing more can be done until something changes.
    """

    sends: tuple[Send, ...] = ()
    until_ns: int | None = None


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """
    Time limits: a fallback joins after ``escalate_s``, an end is retried for ``give_up_s``, and the
    first retry is after ``retry_s``.
    """

    escalate_s: float
    give_up_s: float
    retry_s: float


class ChannelReadiness(msgspec.Struct, frozen=True):
    """
    When a channel may be tried again, and whether it has been failing for long.

    ``is_quiet``: it works, and the message can wait for the end of its quiet hours.
    """

    not_before_ns: int
    is_failing: bool
    is_quiet: bool = False

    def quiet_until(self, until_ns: int) -> "ChannelReadiness":
        """Return the same with quiet hours until a moment; 0: there are none now."""
        not_before_ns = max(self.not_before_ns, until_ns)
        return ChannelReadiness(not_before_ns, self.is_failing, is_quiet=until_ns > 0)


def start_thread(
    event: NotificationEvent,
    audience: ResponsibleParty,
    routes: Routes,
    comparison: Comparison,
    *,
    now_ns: int,
) -> NotificationThread:
    """Return a new thread for an event."""
    return NotificationThread(
        audience=audience,
        event=event,
        comparison=comparison,
        routes=_route_states({}, routes),
        escalated_ns=now_ns,
        pending_since_ns=now_ns,
    )


def continue_thread(
    thread: NotificationThread,
    event: NotificationEvent,
    routes: Routes,
    comparison: Comparison,
    *,
    now_ns: int,
) -> NotificationThread:
    """
    Return a thread with a newer event; an older one, or the same again, changes nothing.

    Channels added to the inventory since then join; removed ones stay until their open
    notifications are ended. Disputes and escalations of an earlier outage do not apply to the next.
    """
    if event.record.number <= thread.event.record.number:
        return thread
    escalations = () if thread.is_ending else thread.escalations
    routes = _with_escalated(routes, escalations)
    known = {state.route: state for state in thread.routes}
    states = list(_route_states(known, routes))
    states += [
        state
        for state in thread.routes
        if state.route not in (*routes.every, *routes.fallbacks)
        and state.delivery is not DeliveryState.NO
    ]
    return msgspec.structs.replace(
        thread,
        event=event,
        comparison=comparison,
        routes=tuple(
            msgspec.structs.replace(state, attempts=0, not_before_ns=0) for state in states
        ),
        active_fallbacks=0 if thread.is_complete else thread.active_fallbacks,
        escalated_ns=now_ns if thread.is_complete else thread.escalated_ns,
        pending_since_ns=now_ns,
        disputes=() if thread.is_ending else thread.disputes,
        escalations=escalations,
    )


def next_steps(
    thread: NotificationThread,
    now_ns: int,
    readiness: Callable[[str], ChannelReadiness],
    policy: RetryPolicy,
    *,
    busy: Collection[str] = (),
) -> tuple[NotificationThread, NextSteps]:
    """
    Return the next steps, and the thread, which may have activated a fallback.

    ``busy`` are the routes with an attempt in progress.
    """
    if thread.is_ending:
        if now_ns - thread.pending_since_ns > policy.give_up_s * NS_PER_S:
            thread = _given_up(thread)
        joins_ns = None
    else:
        thread, joins_ns = _with_fallbacks(thread, now_ns, readiness, policy)
    sends, times = [], [] if joins_ns is None else [joins_ns]
    for state in thread.pending_routes:
        ready_ns = max(state.not_before_ns, readiness(state.channel).not_before_ns)
        if state.route in busy:
            continue
        if ready_ns <= now_ns:
            sends.append(Send(state.route, _wanted_kind(thread, state)))
        else:
            times.append(ready_ns)
    return thread, NextSteps(tuple(sends), min(times, default=None))


def mark_sending(thread: NotificationThread, route: str) -> NotificationThread:
    """
    Return a thread in the state to store before an attempt.

    From now on the route has its thread id, and the receiver may have the message: if the process
    ends now, it is sent again under the same id.
    """
    state = thread.route_state(route)
    delivery = DeliveryState.MAYBE if state.delivery is DeliveryState.NO else state.delivery
    if state.thread_id:
        sending = msgspec.structs.replace(state, delivery=delivery)
    else:
        # The memo is of what is over.
        sending = msgspec.structs.replace(
            state, delivery=delivery, thread_id=thread.event.id, memo=""
        )
    return _with_state(thread, sending)


def apply_result(
    thread: NotificationThread,
    step: Send,
    tried: NotificationThread,
    result: ChannelResult,
    *,
    now_ns: int,
    policy: RetryPolicy,
) -> NotificationThread:
    """
    Return a thread after an attempt; ``tried`` is the thread from before it.

    By now the thread may have something newer to deliver.
    """
    state, number = thread.route_state(step.route), tried.event.record.number
    reference = result.reference or state.reference
    is_over = result.outcome is ChannelOutcome.DELIVERED or (
        # Repeating it would be rejected again; the delivery log has it.
        result.outcome is ChannelOutcome.REJECTED and step.kind is not NotificationKind.OPENED
    )
    if is_over and step.kind is NotificationKind.RESOLVED:
        done = RouteState(
            route=state.route,
            is_fallback=state.is_fallback,
            delivered_number=number,
            reference=reference,
            memo=state.memo if result.memo is None else result.memo,
            last_text=result.text,
        )
        return _with_state(thread, done)
    done = msgspec.structs.replace(
        state,
        reference=reference,
        memo=state.memo if result.memo is None else result.memo,
        last_text=result.text,
    )
    if is_over:
        done = msgspec.structs.replace(
            done,
            delivery=DeliveryState.YES,
            delivered_number=number,
            delivered_news=tried.news,
            notified_ns=state.notified_ns or now_ns,
            attempts=0,
            not_before_ns=0,
        )
    else:
        before = tried.route_state(step.route).delivery
        # After an end that may have arrived, a reopening is sent as an opening: a receiver that has
        # closed its ticket refuses updates, and would miss it.
        is_unknown = (
            step.kind is not NotificationKind.UPDATED and result.outcome is ChannelOutcome.UNKNOWN
        )
        done = msgspec.structs.replace(
            done,
            delivery=DeliveryState.MAYBE if is_unknown else before,
            attempts=state.attempts + 1,
            not_before_ns=now_ns + round(_pause_s(state.attempts, result, policy) * NS_PER_S),
        )
    return _with_state(thread, done)


def with_dispute(
    thread: NotificationThread, dispute: Dispute, *, now_ns: int
) -> NotificationThread:
    """
    Return a thread with the state of a dispute to deliver to its party; repeating a call changes
    nothing.
    """
    if dispute in thread.disputes:
        return thread
    others = tuple(other for other in thread.disputes if not other.is_same(dispute))
    return msgspec.structs.replace(thread, disputes=(*others, dispute), pending_since_ns=now_ns)


def with_escalation(thread: NotificationThread, escalation: Escalation) -> NotificationThread:
    """Return a thread with one more step of the chain; a step is taken once."""
    if any(taken.step == escalation.step for taken in thread.escalations):
        return thread
    known = {state.route for state in thread.routes}
    added = tuple(RouteState(route=route) for route in escalation.routes if route not in known)
    return msgspec.structs.replace(
        thread,
        routes=(*thread.routes, *added),
        escalations=(*thread.escalations, escalation),
        pending_since_ns=escalation.at_ns,
    )


def with_status(thread: NotificationThread, route: str, status: str) -> NotificationThread:
    """Return a thread with the receiver's last status."""
    state = msgspec.structs.replace(thread.route_state(route), receiver_status=status)
    return _with_state(thread, state)


def _with_escalated(routes: Routes, escalations: Iterable[Escalation]) -> Routes:
    """Return the routes of a party with those that its chain has added."""
    added = (route for escalation in escalations for route in escalation.routes)
    every = tuple(dict.fromkeys((*routes.every, *added)))
    fallbacks = tuple(route for route in routes.fallbacks if route not in every)
    return Routes(every=every, fallbacks=fallbacks)


def _route_states(known: Mapping[str, RouteState], routes: Routes) -> tuple[RouteState, ...]:
    """Return the states of a party's routes; existing states are kept."""
    wanted = [(route, False) for route in routes.every]
    wanted += [(route, True) for route in routes.fallbacks]
    return tuple(
        msgspec.structs.replace(known.get(route, RouteState(route=route)), is_fallback=is_fallback)
        for route, is_fallback in wanted
    )


def _wanted_kind(thread: NotificationThread, state: RouteState) -> NotificationKind:
    if thread.is_ending:
        return NotificationKind.RESOLVED
    is_delivered = state.delivery is DeliveryState.YES
    return NotificationKind.UPDATED if is_delivered else NotificationKind.OPENED


def _with_fallbacks(
    thread: NotificationThread,
    now_ns: int,
    readiness: Callable[[str], ChannelReadiness],
    policy: RetryPolicy,
) -> tuple[NotificationThread, int | None]:
    """Return a thread with the fallbacks that are due, and the time of the next one."""
    if any(readiness(state.channel).is_quiet for state in thread.pending_routes):
        # Nothing has failed: the wait for a fallback begins at the end of the quiet hours.
        return msgspec.structs.replace(thread, escalated_ns=now_ns), None
    escalate_ns = policy.escalate_s * NS_PER_S
    fallbacks = sum(state.is_fallback for state in thread.routes)
    while not thread.is_reached and thread.active_fallbacks < fallbacks:
        is_hopeless = all(
            readiness(state.channel).is_failing or state.not_before_ns - now_ns > escalate_ns
            for state in thread.pending_routes
        )
        joins_ns = thread.escalated_ns + round(escalate_ns)
        if now_ns < joins_ns and not is_hopeless:
            return thread, joins_ns
        thread = msgspec.structs.replace(
            thread, active_fallbacks=thread.active_fallbacks + 1, escalated_ns=now_ns
        )
    return thread, None


def _given_up(thread: NotificationThread) -> NotificationThread:
    states = tuple(
        RouteState(
            route=state.route,
            is_fallback=state.is_fallback,
            delivered_number=state.delivered_number,
            reference=state.reference,
            last_text=state.last_text,
        )
        for state in thread.routes
    )
    return msgspec.structs.replace(thread, routes=states)


def reset_backoff(thread: NotificationThread, channel: str) -> NotificationThread:
    """Return a thread that no longer waits for a channel, which works again."""
    states = tuple(
        msgspec.structs.replace(state, not_before_ns=0) if state.channel == channel else state
        for state in thread.routes
    )
    return msgspec.structs.replace(thread, routes=states)


def _pause_s(attempts: int, result: ChannelResult, policy: RetryPolicy) -> float:
    if result.outcome is ChannelOutcome.REJECTED:
        return REJECTED_RETRY_S
    return max(result.retry_after_s, min(RETRY_LIMIT_S, policy.retry_s * 2.0 ** min(attempts, 16)))


def _with_state(thread: NotificationThread, state: RouteState) -> NotificationThread:
    states = tuple(state if other.route == state.route else other for other in thread.routes)
    return msgspec.structs.replace(thread, routes=states)

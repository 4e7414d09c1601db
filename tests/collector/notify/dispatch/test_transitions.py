"""Which message a channel sends next, for any answer and any order of news."""

from collections.abc import Callable

import msgspec

from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    restore_fibre,
    steady_city,
)
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.notify.dispatch.thread import DeliveryState, NotificationThread, Routes
from thongsuot_collector.notify.dispatch.transitions import (
    REJECTED_RETRY_S,
    ChannelReadiness,
    NextSteps,
    RetryPolicy,
    Send,
    apply_result,
    continue_thread,
    mark_sending,
    next_steps,
    start_thread,
)
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.notify.render.comparison import Comparison

POLICY = RetryPolicy(escalate_s=30.0, give_up_s=3_600.0, retry_s=1.0)
BOTH = Routes(every=("tickets", "email"))
FALLBACK = Routes(every=("tickets",), fallbacks=("email",))
ONE = Routes(every=("tickets",))
NOTHING = Comparison()


def events() -> tuple[NotificationEvent, NotificationEvent]:
    """Return the opening and the end of one incident."""
    made = steady_city(city_inventory())
    return cut_fibre(made), restore_fibre(made)


OPENED, RESOLVED = events()


def numbered(event: NotificationEvent, number: int, kind: NotificationKind) -> NotificationEvent:
    """Return an event as a later entry of the same incident."""
    cause = {
        NotificationKind.OPENED: NotificationCause.STARTED,
        NotificationKind.UPDATED: NotificationCause.WORSE,
        NotificationKind.RESOLVED: NotificationCause.ENDED,
    }
    entry = msgspec.structs.replace(event.record, number=number, kind=kind, cause=cause[kind])
    return msgspec.structs.replace(event, record=entry)


def well(_channel: str) -> ChannelReadiness:
    return ChannelReadiness(0, is_failing=False)


class ThreadSimulation:
    """One thread, and a clock in seconds; answers are given by hand."""

    def __init__(self, routes: Routes = ONE) -> None:
        self.now_s = 0.0
        self.routes = routes
        self.readiness: Callable[[str], ChannelReadiness] = well
        self.thread = start_thread(OPENED, OPENED.record.party, routes, NOTHING, now_ns=0)

    @property
    def now_ns(self) -> int:
        return round(self.now_s * NS_PER_S)

    def next(self) -> NextSteps:
        self.thread, steps = next_steps(self.thread, self.now_ns, self.readiness, POLICY)
        return steps

    def sends(self) -> set[Send]:
        """Return what may be sent now."""
        return set(self.next().sends)

    def answers(
        self,
        outcome: ChannelOutcome,
        *,
        route: str = "",
        reference: str = "",
        memo: str | None = None,
    ) -> Send:
        """Let the next try (by a route) have an outcome, waiting for it if need be; return it."""
        while True:
            steps = self.next()
            step = next((send for send in steps.sends if route in {"", send.route}), None)
            if step is not None:
                break
            assert steps.until_ns is not None
            assert steps.until_ns > self.now_ns
            self.now_s = steps.until_ns / NS_PER_S
        tried = self.thread
        answer = ChannelResult(outcome=outcome, text="so", reference=reference, memo=memo)
        self.thread = apply_result(
            mark_sending(tried, step.route), step, tried, answer, now_ns=self.now_ns, policy=POLICY
        )
        return step

    def hears(self, event: NotificationEvent) -> None:
        self.thread = continue_thread(self.thread, event, self.routes, NOTHING, now_ns=self.now_ns)


def test_every_channel_of_a_party_gets_every_notification_of_an_incident() -> None:
    desk = ThreadSimulation(BOTH)
    later = (NotificationKind.UPDATED, NotificationKind.RESOLVED)
    for event in (OPENED, *(numbered(OPENED, n, kind) for n, kind in enumerate(later, 2))):
        desk.hears(event)
        kind = event.record.kind
        assert desk.sends() == {Send("tickets", kind), Send("email", kind)}
        desk.answers(ChannelOutcome.DELIVERED, route="email")
        assert desk.sends() == {Send("tickets", kind)}
        assert not desk.thread.is_complete
        desk.answers(ChannelOutcome.DELIVERED)
        assert desk.thread.is_complete
    assert not desk.thread.is_open


def test_a_channel_that_fails_is_retried_while_the_others_continue() -> None:
    desk = ThreadSimulation(BOTH)
    desk.answers(ChannelOutcome.RETRY, route="tickets")
    desk.answers(ChannelOutcome.DELIVERED, route="email")
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    assert not desk.thread.is_unreached
    desk.answers(ChannelOutcome.REJECTED, route="tickets")
    assert desk.answers(ChannelOutcome.DELIVERED, route="email").kind is NotificationKind.UPDATED
    assert desk.next() == NextSteps(until_ns=desk.now_ns + round(REJECTED_RETRY_S * NS_PER_S))
    step = desk.answers(ChannelOutcome.DELIVERED)
    assert step == Send("tickets", NotificationKind.OPENED)
    assert desk.thread.route_state("tickets").delivered_number == 2
    assert desk.thread.is_complete


def test_a_message_being_sent_is_not_sent_again_meanwhile() -> None:
    thread = start_thread(OPENED, OPENED.record.party, BOTH, NOTHING, now_ns=0)
    _, steps = next_steps(thread, 0, well, POLICY, busy={"tickets"})
    assert steps.sends == (Send("email", NotificationKind.OPENED),)


def test_a_fallback_that_delivered_gets_the_later_notifications_too() -> None:
    desk = ThreadSimulation(FALLBACK)
    assert desk.answers(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.OPENED)
    assert desk.next() == NextSteps()
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    assert desk.answers(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.UPDATED)
    desk.hears(numbered(RESOLVED, 3, NotificationKind.RESOLVED))
    assert desk.answers(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.RESOLVED)
    assert desk.thread.is_complete
    assert not desk.thread.is_open


def test_a_busy_channel_is_tried_again_with_longer_waits_and_then_its_fallback_joins() -> None:
    desk = ThreadSimulation(FALLBACK)
    times = []
    while desk.answers(ChannelOutcome.RETRY).route == "tickets":
        times.append(desk.now_s)
    assert times == [0, 1, 3, 7, 15]
    assert desk.now_s == 30
    before = desk.thread
    assert desk.answers(ChannelOutcome.DELIVERED, route="email").kind is NotificationKind.OPENED
    assert (before.is_unreached, desk.thread.is_unreached) == (True, False)
    # What the party's contract names goes on being tried.
    assert desk.answers(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.OPENED)
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    updated = NotificationKind.UPDATED
    assert desk.sends() == {Send("tickets", updated), Send("email", updated)}


def test_a_fallback_that_failed_is_dropped_once_the_party_is_reached() -> None:
    desk = ThreadSimulation(FALLBACK)
    while desk.answers(ChannelOutcome.RETRY).route == "tickets":
        pass
    desk.answers(ChannelOutcome.DELIVERED, route="tickets")
    assert desk.next() == NextSteps()
    assert desk.thread.is_complete


def test_a_party_that_only_has_fallbacks_is_notified_by_the_first_at_once() -> None:
    desk = ThreadSimulation(Routes(every=(), fallbacks=("email", "sms")))
    assert desk.sends() == {Send("email", NotificationKind.OPENED)}


def test_the_fallback_of_a_channel_that_is_shut_or_refuses_joins_at_once() -> None:
    for outcome in (ChannelOutcome.REJECTED, ChannelOutcome.CHANNEL_UNAVAILABLE):
        desk = ThreadSimulation(FALLBACK)
        desk.answers(outcome)
        is_shut = outcome is ChannelOutcome.CHANNEL_UNAVAILABLE
        desk.readiness = lambda channel, is_shut=is_shut: ChannelReadiness(  # type: ignore[misc]
            10**18 if channel == "tickets" and is_shut else 0, is_shut and channel == "tickets"
        )
        assert desk.answers(ChannelOutcome.DELIVERED) == Send("email", NotificationKind.OPENED)
        assert desk.now_s == 0


def test_a_notification_refused_by_all_channels_is_retried_later() -> None:
    desk = ThreadSimulation(BOTH)
    desk.answers(ChannelOutcome.REJECTED)
    desk.answers(ChannelOutcome.REJECTED)
    assert desk.next() == NextSteps(until_ns=round(REJECTED_RETRY_S * NS_PER_S))
    desk.answers(ChannelOutcome.DELIVERED)
    assert desk.now_s == REJECTED_RETRY_S


def test_a_fault_that_ends_before_anybody_was_notified_is_not_reported_late() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.RETRY)
    desk.hears(RESOLVED)
    assert desk.thread.is_complete
    assert desk.next() == NextSteps()


def test_notifications_that_may_have_been_received_are_resolved() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.UNKNOWN)
    desk.hears(RESOLVED)
    assert desk.answers(ChannelOutcome.RETRY) == Send("tickets", NotificationKind.RESOLVED)
    assert desk.answers(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.RESOLVED)
    assert desk.thread.is_complete


def test_a_resolution_goes_to_every_channel_that_may_have_delivered_the_opening() -> None:
    desk = ThreadSimulation(FALLBACK)
    while desk.answers(ChannelOutcome.UNKNOWN).route == "tickets":
        pass
    desk.hears(RESOLVED)
    steps = {desk.answers(ChannelOutcome.DELIVERED) for _ in range(2)}
    assert steps == {
        Send("tickets", NotificationKind.RESOLVED),
        Send("email", NotificationKind.RESOLVED),
    }
    assert desk.thread.is_complete


def test_a_notification_interrupted_by_a_crash_is_repeated_with_the_same_id() -> None:
    desk = ThreadSimulation()
    (step,) = desk.next().sends
    desk.thread = mark_sending(desk.thread, step.route)
    name = desk.thread.route_state("tickets").thread_id
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(desk.thread), type=NotificationThread)
    assert again.route_state("tickets").delivery is DeliveryState.MAYBE
    desk.thread = again
    assert desk.answers(ChannelOutcome.DELIVERED) == step
    assert desk.thread.route_state("tickets").thread_id == name == OPENED.id


def test_pending_news_is_overtaken_by_newer_news() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.RETRY)
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    desk.hears(numbered(OPENED, 3, NotificationKind.UPDATED))
    assert desk.answers(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.OPENED)
    assert desk.thread.route_state("tickets").delivered_number == 3
    assert desk.thread.is_complete


def test_repeated_and_older_events_change_nothing() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.DELIVERED)
    before = desk.thread
    desk.hears(OPENED)
    assert desk.thread is before
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    newer = desk.thread
    desk.hears(OPENED)
    assert desk.thread is newer


def test_an_incident_opened_again_gets_a_new_thread() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.DELIVERED, reference="TT-1", memo="of the first")
    desk.hears(numbered(RESOLVED, 2, NotificationKind.RESOLVED))
    assert not desk.thread.has_delivered_end("tickets")
    desk.answers(ChannelOutcome.DELIVERED)
    assert desk.thread.has_delivered_end("tickets")
    ended = desk.thread.route_state("tickets")
    assert (ended.reference, ended.memo) == ("TT-1", "of the first")
    again = numbered(OPENED, 3, NotificationKind.OPENED)
    desk.hears(again)
    assert desk.answers(ChannelOutcome.DELIVERED, reference="TT-2") == Send(
        "tickets", NotificationKind.OPENED
    )
    assert desk.thread.route_state("tickets").thread_id == again.id != OPENED.id
    assert desk.thread.route_state("tickets").memo == ""
    assert not desk.thread.has_delivered_end("tickets")


def test_an_undelivered_resolution_of_a_reopened_incident_becomes_an_update() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.DELIVERED)
    desk.hears(numbered(RESOLVED, 2, NotificationKind.RESOLVED))
    desk.answers(ChannelOutcome.RETRY)
    desk.hears(numbered(OPENED, 3, NotificationKind.OPENED))
    assert desk.answers(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.UPDATED)


def test_a_refused_update_or_end_is_not_repeated() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.DELIVERED)
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    desk.answers(ChannelOutcome.REJECTED)
    assert desk.thread.is_complete
    assert desk.thread.is_open
    desk.hears(numbered(RESOLVED, 3, NotificationKind.RESOLVED))
    desk.answers(ChannelOutcome.REJECTED)
    assert not desk.thread.is_open


def test_a_notification_that_cannot_be_resolved_for_days_is_given_up() -> None:
    desk = ThreadSimulation()
    desk.answers(ChannelOutcome.DELIVERED)
    desk.hears(RESOLVED)
    desk.answers(ChannelOutcome.RETRY)
    desk.now_s += POLICY.give_up_s
    desk.now_s += 1
    assert desk.next() == NextSteps()
    assert desk.thread.is_complete


def test_a_wait_that_a_receiver_asks_for_is_kept() -> None:
    desk = ThreadSimulation(Routes(every=("email",)))
    (step,) = desk.next().sends
    answer = ChannelResult(outcome=ChannelOutcome.RETRY, text="later", retry_after_s=77.0)
    tried = desk.thread
    desk.thread = apply_result(
        mark_sending(desk.thread, "email"), step, tried, answer, now_ns=0, policy=POLICY
    )
    assert desk.next() == NextSteps(until_ns=77 * NS_PER_S)


def test_channels_of_the_inventory_that_come_and_go_are_followed() -> None:
    desk = ThreadSimulation(Routes(every=("old",)))
    desk.answers(ChannelOutcome.DELIVERED)
    desk.routes = BOTH
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    assert desk.sends() == {
        Send("tickets", NotificationKind.OPENED),
        Send("email", NotificationKind.OPENED),
        Send("old", NotificationKind.UPDATED),
    }


def test_a_party_without_a_channel_is_not_reached() -> None:
    desk = ThreadSimulation(Routes(every=()))
    assert desk.next() == NextSteps()
    assert desk.thread.is_unreached
    assert not desk.thread.is_complete

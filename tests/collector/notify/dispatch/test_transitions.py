"""Progress: who is told what next, whatever receivers answer and in whatever order news come."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    restore_fibre,
    steady_city,
)
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.notify.dispatch.thread import DeliveryState, NotificationThread
from thongsuot_collector.notify.dispatch.transitions import (
    REJECTED_RETRY_S,
    ChannelReadiness,
    RetryPolicy,
    Send,
    WaitUntil,
    apply_result,
    continue_thread,
    mark_sending,
    next_step,
    start_thread,
)
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.notify.render.comparison import Comparison

POLICY = RetryPolicy(escalate_s=30.0, give_up_s=3_600.0, retry_s=1.0)
ROUTES = ("tickets", "email")
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
    """One conversation, and a clock in seconds; answers are given by hand."""

    def __init__(self, routes: tuple[str, ...] = ROUTES) -> None:
        self.now_s = 0.0
        self.readiness: Callable[[str], ChannelReadiness] = well
        self.one = start_thread(OPENED, OPENED.record.party, routes, NOTHING, now_ns=0)

    @property
    def now_ns(self) -> int:
        return round(self.now_s * NS_PER_S)

    def next(self) -> Send | WaitUntil:
        self.one, step = next_step(self.one, self.now_ns, self.readiness, POLICY)
        return step

    def says(self, outcome: ChannelOutcome, *, reference: str = "") -> Send:
        """Let the next try have an outcome; return what was tried, waiting for it if need be."""
        step = self.next()
        while isinstance(step, WaitUntil):
            assert step.until_ns is not None
            assert step.until_ns > self.now_ns
            self.now_s = step.until_ns / NS_PER_S
            step = self.next()
        tried = self.one
        self.one = mark_sending(self.one, step.route)
        answer = ChannelResult(outcome=outcome, text="so", reference=reference)
        self.one = apply_result(self.one, step, tried, answer, now_ns=self.now_ns, policy=POLICY)
        return step

    def hears(self, event: NotificationEvent) -> None:
        self.one = continue_thread(self.one, event, ROUTES, NOTHING, now_ns=self.now_ns)


def test_the_first_channel_that_gets_through_tells_the_rest() -> None:
    desk = ThreadSimulation()
    assert desk.says(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.OPENED)
    assert desk.next() == WaitUntil(None)
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    assert desk.says(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.UPDATED)
    desk.hears(numbered(RESOLVED, 3, NotificationKind.RESOLVED))
    assert desk.says(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.RESOLVED)
    assert desk.one.is_complete
    assert not desk.one.is_open


def test_a_busy_channel_is_tried_again_with_longer_waits_and_then_the_next_joins() -> None:
    desk = ThreadSimulation()
    times = []
    while desk.says(ChannelOutcome.RETRY).route == "tickets":
        times.append(desk.now_s)
    assert times == [0, 1, 3, 7, 15]
    assert desk.now_s == 30
    assert desk.one.is_unreached
    assert desk.says(ChannelOutcome.DELIVERED) in (
        Send("tickets", NotificationKind.OPENED),
        Send("email", NotificationKind.OPENED),
    )
    assert not desk.one.is_unreached


def test_a_channel_that_is_shut_or_refuses_hands_over_at_once() -> None:
    for outcome in (ChannelOutcome.REJECTED, ChannelOutcome.CHANNEL_UNAVAILABLE):
        desk = ThreadSimulation()
        desk.says(outcome)
        is_shut = outcome is ChannelOutcome.CHANNEL_UNAVAILABLE
        desk.readiness = lambda channel, is_shut=is_shut: ChannelReadiness(  # type: ignore[misc]
            10**18 if channel == "tickets" and is_shut else 0, is_shut and channel == "tickets"
        )
        assert desk.says(ChannelOutcome.DELIVERED) == Send("email", NotificationKind.OPENED)
        assert desk.now_s == 0


def test_what_is_refused_by_all_is_tried_again_when_somebody_may_have_mended_it() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.REJECTED)
    desk.says(ChannelOutcome.REJECTED)
    assert desk.next() == WaitUntil(round(REJECTED_RETRY_S * NS_PER_S))
    desk.says(ChannelOutcome.DELIVERED)
    assert desk.now_s == REJECTED_RETRY_S


def test_a_fault_that_ends_before_anybody_was_told_is_not_told_late() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.RETRY)
    desk.hears(RESOLVED)
    assert desk.one.is_complete
    assert desk.next() == WaitUntil(None)


def test_what_may_have_been_received_is_taken_back() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.UNKNOWN)
    desk.hears(RESOLVED)
    assert desk.says(ChannelOutcome.RETRY) == Send("tickets", NotificationKind.RESOLVED)
    assert desk.says(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.RESOLVED)
    assert desk.one.is_complete


def test_an_end_is_told_by_every_channel_that_may_have_told_the_beginning() -> None:
    desk = ThreadSimulation()
    while desk.says(ChannelOutcome.UNKNOWN).route == "tickets":
        pass
    desk.hears(RESOLVED)
    told = {desk.says(ChannelOutcome.DELIVERED) for _ in range(2)}
    assert told == {
        Send("tickets", NotificationKind.RESOLVED),
        Send("email", NotificationKind.RESOLVED),
    }
    assert desk.one.is_complete


def test_a_crash_in_the_middle_of_a_try_tells_it_again_under_the_same_name() -> None:
    desk = ThreadSimulation()
    step = desk.next()
    assert isinstance(step, Send)
    desk.one = mark_sending(desk.one, step.route)
    name = desk.one.route_state("tickets").thread_id
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(desk.one), type=NotificationThread)
    assert again.route_state("tickets").delivery is DeliveryState.MAYBE
    desk.one = again
    assert desk.says(ChannelOutcome.DELIVERED) == step
    assert desk.one.route_state("tickets").thread_id == name == OPENED.id


def test_news_that_are_not_told_yet_are_overtaken_by_newer_ones() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.RETRY)
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    desk.hears(numbered(OPENED, 3, NotificationKind.UPDATED))
    assert desk.says(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.OPENED)
    assert desk.one.route_state("tickets").delivered_number == 3
    assert desk.one.is_complete


def test_the_same_event_again_and_an_older_one_change_nothing() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.DELIVERED)
    before = desk.one
    desk.hears(OPENED)
    assert desk.one is before
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    newer = desk.one
    desk.hears(OPENED)
    assert desk.one is newer


def test_a_fault_that_comes_back_is_another_conversation_for_the_receiver() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.DELIVERED, reference="TT-1")
    desk.hears(numbered(RESOLVED, 2, NotificationKind.RESOLVED))
    desk.says(ChannelOutcome.DELIVERED)
    assert desk.one.route_state("tickets").reference == "TT-1"
    again = numbered(OPENED, 3, NotificationKind.OPENED)
    desk.hears(again)
    assert desk.says(ChannelOutcome.DELIVERED, reference="TT-2") == Send(
        "tickets", NotificationKind.OPENED
    )
    assert desk.one.route_state("tickets").thread_id == again.id != OPENED.id


def test_an_end_that_did_not_get_through_before_it_came_back_is_an_update() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.DELIVERED)
    desk.hears(numbered(RESOLVED, 2, NotificationKind.RESOLVED))
    desk.says(ChannelOutcome.RETRY)
    desk.hears(numbered(OPENED, 3, NotificationKind.OPENED))
    assert desk.says(ChannelOutcome.DELIVERED) == Send("tickets", NotificationKind.UPDATED)


def test_an_update_or_an_end_that_is_refused_is_not_said_again() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.DELIVERED)
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    desk.says(ChannelOutcome.REJECTED)
    assert desk.one.is_complete
    assert desk.one.is_open
    desk.hears(numbered(RESOLVED, 3, NotificationKind.RESOLVED))
    desk.says(ChannelOutcome.REJECTED)
    assert not desk.one.is_open


def test_what_cannot_be_taken_back_for_days_is_given_up() -> None:
    desk = ThreadSimulation()
    desk.says(ChannelOutcome.DELIVERED)
    desk.hears(RESOLVED)
    desk.says(ChannelOutcome.RETRY)
    desk.now_s += POLICY.give_up_s
    desk.now_s += 1
    assert desk.next() == WaitUntil(None)
    assert desk.one.is_complete


def test_a_wait_that_a_receiver_asks_for_is_kept() -> None:
    desk = ThreadSimulation(("email",))
    step = desk.next()
    assert isinstance(step, Send)
    answer = ChannelResult(outcome=ChannelOutcome.RETRY, text="later", retry_after_s=77.0)
    tried = desk.one
    desk.one = apply_result(
        mark_sending(desk.one, "email"), step, tried, answer, now_ns=0, policy=POLICY
    )
    assert desk.next() == WaitUntil(77 * NS_PER_S)


def test_channels_of_the_inventory_that_come_and_go_are_followed() -> None:
    desk = ThreadSimulation(("old",))
    desk.says(ChannelOutcome.DELIVERED)
    desk.hears(numbered(OPENED, 2, NotificationKind.UPDATED))
    assert [route.route for route in desk.one.routes] == [*ROUTES, "old"]
    assert desk.says(ChannelOutcome.DELIVERED) == Send("old", NotificationKind.UPDATED)


def test_a_party_without_a_channel_is_not_reached() -> None:
    desk = ThreadSimulation(())
    assert desk.next() == WaitUntil(None)
    assert desk.one.is_unreached
    assert not desk.one.is_complete


@pytest.mark.parametrize("routes", [("a",), ("a", "b", "c")])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_answered_nobody_is_told_twice_and_all_is_taken_back(
    routes: tuple[str, ...], data: st.DataObject
) -> None:
    desk = ThreadSimulation(routes)
    has: dict[str, bool] = dict.fromkeys(routes, False)
    number, kind = 1, NotificationKind.OPENED
    for _ in range(data.draw(st.integers(1, 25))):
        if data.draw(st.booleans()):
            number += 1
            after = {
                NotificationKind.OPENED: (NotificationKind.UPDATED, NotificationKind.RESOLVED),
                NotificationKind.UPDATED: (NotificationKind.UPDATED, NotificationKind.RESOLVED),
                NotificationKind.RESOLVED: (NotificationKind.OPENED,),
            }
            kind = data.draw(st.sampled_from(after[kind]))
            event = numbered(OPENED, number, kind)
            desk.one = continue_thread(desk.one, event, routes, NOTHING, now_ns=desk.now_ns)
        if desk.one.is_complete:
            continue
        outcome = data.draw(st.sampled_from(ChannelOutcome))
        said = desk.says(outcome)
        # UNSURE may mean either.
        arrives = outcome is ChannelOutcome.DELIVERED or (
            outcome is ChannelOutcome.UNKNOWN and data.draw(st.booleans())
        )
        if arrives:
            has[said.route] = said.kind is not NotificationKind.RESOLVED
        if outcome is ChannelOutcome.REJECTED and said.kind is NotificationKind.RESOLVED:
            has[said.route] = False  # it says that it does not want to know
        told = [route for route in desk.one.routes if route.delivery is DeliveryState.YES]
        assert len(told) <= 1
    if kind is not NotificationKind.RESOLVED:
        event = numbered(RESOLVED, number + 1, NotificationKind.RESOLVED)
        desk.one = continue_thread(desk.one, event, routes, NOTHING, now_ns=desk.now_ns)
    while not desk.one.is_complete:
        has[desk.says(ChannelOutcome.DELIVERED).route] = False
    assert not any(has.values())

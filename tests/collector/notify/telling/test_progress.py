"""Progress: who is told what next, whatever receivers answer and in whatever order news come."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.notify.making import city, cut, mend, town
from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.ledger import Cause, Kind
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify.content.comparison import Comparison
from thongsuot_collector.notify.telling.conversation import Conversation, Told
from thongsuot_collector.notify.telling.message import Answer, Outcome
from thongsuot_collector.notify.telling.progress import (
    REFUSED_AGAIN_S,
    Patience,
    Readiness,
    Say,
    Wait,
    advanced,
    answered,
    continued,
    started,
    trying,
)

PATIENCE = Patience(escalate_s=30.0, give_up_s=3_600.0, retry_s=1.0)
ROUTES = ("tickets", "email")
NOTHING = Comparison()


def events() -> tuple[Event, Event]:
    """Return the opening and the end of one incident."""
    made = town(city())
    return cut(made), mend(made)


OPENED, RESOLVED = events()


def numbered(event: Event, number: int, kind: Kind) -> Event:
    """Return an event as a later entry of the same incident."""
    cause = {Kind.OPENED: Cause.STARTED, Kind.UPDATED: Cause.WORSE, Kind.RESOLVED: Cause.ENDED}
    entry = msgspec.structs.replace(event.entry, number=number, kind=kind, cause=cause[kind])
    return msgspec.structs.replace(event, entry=entry)


def well(_channel: str) -> Readiness:
    return Readiness(0, is_ill=False)


class Desk:
    """One conversation, and a clock in seconds; answers are given by hand."""

    def __init__(self, routes: tuple[str, ...] = ROUTES) -> None:
        self.now_s = 0.0
        self.readiness: Callable[[str], Readiness] = well
        self.one = started(OPENED, OPENED.entry.party, routes, NOTHING, now_ns=0)

    @property
    def now_ns(self) -> int:
        return round(self.now_s * NS_PER_S)

    def next(self) -> Say | Wait:
        self.one, step = advanced(self.one, self.now_ns, self.readiness, PATIENCE)
        return step

    def says(self, outcome: Outcome, *, reference: str = "") -> Say:
        """Let the next try have an outcome; return what was tried, waiting for it if need be."""
        step = self.next()
        while isinstance(step, Wait):
            assert step.until_ns is not None
            assert step.until_ns > self.now_ns
            self.now_s = step.until_ns / NS_PER_S
            step = self.next()
        tried = self.one
        self.one = trying(self.one, step.route)
        answer = Answer(outcome=outcome, text="so", reference=reference)
        self.one = answered(self.one, step, tried, answer, now_ns=self.now_ns, patience=PATIENCE)
        return step

    def hears(self, event: Event) -> None:
        self.one = continued(self.one, event, ROUTES, NOTHING, now_ns=self.now_ns)


def test_the_first_channel_that_gets_through_tells_the_rest() -> None:
    desk = Desk()
    assert desk.says(Outcome.DELIVERED) == Say("tickets", Kind.OPENED)
    assert desk.next() == Wait(None)
    desk.hears(numbered(OPENED, 2, Kind.UPDATED))
    assert desk.says(Outcome.DELIVERED) == Say("tickets", Kind.UPDATED)
    desk.hears(numbered(RESOLVED, 3, Kind.RESOLVED))
    assert desk.says(Outcome.DELIVERED) == Say("tickets", Kind.RESOLVED)
    assert desk.one.is_settled
    assert not desk.one.is_open


def test_a_busy_channel_is_tried_again_with_longer_waits_and_then_the_next_joins() -> None:
    desk = Desk()
    times = []
    while desk.says(Outcome.BUSY).route == "tickets":
        times.append(desk.now_s)
    assert times == [0, 1, 3, 7, 15]
    assert desk.now_s == 30
    assert desk.one.is_unreached
    assert desk.says(Outcome.DELIVERED) in (Say("tickets", Kind.OPENED), Say("email", Kind.OPENED))
    assert not desk.one.is_unreached


def test_a_channel_that_is_shut_or_refuses_hands_over_at_once() -> None:
    for outcome in (Outcome.REFUSED, Outcome.SHUT):
        desk = Desk()
        desk.says(outcome)
        is_shut = outcome is Outcome.SHUT
        desk.readiness = lambda channel, is_shut=is_shut: Readiness(  # type: ignore[misc]
            10**18 if channel == "tickets" and is_shut else 0, is_shut and channel == "tickets"
        )
        assert desk.says(Outcome.DELIVERED) == Say("email", Kind.OPENED)
        assert desk.now_s == 0


def test_what_is_refused_by_all_is_tried_again_when_somebody_may_have_mended_it() -> None:
    desk = Desk()
    desk.says(Outcome.REFUSED)
    desk.says(Outcome.REFUSED)
    assert desk.next() == Wait(round(REFUSED_AGAIN_S * NS_PER_S))
    desk.says(Outcome.DELIVERED)
    assert desk.now_s == REFUSED_AGAIN_S


def test_a_fault_that_ends_before_anybody_was_told_is_not_told_late() -> None:
    desk = Desk()
    desk.says(Outcome.BUSY)
    desk.hears(RESOLVED)
    assert desk.one.is_settled
    assert desk.next() == Wait(None)


def test_what_may_have_been_received_is_taken_back() -> None:
    desk = Desk()
    desk.says(Outcome.UNSURE)
    desk.hears(RESOLVED)
    assert desk.says(Outcome.BUSY) == Say("tickets", Kind.RESOLVED)
    assert desk.says(Outcome.DELIVERED) == Say("tickets", Kind.RESOLVED)
    assert desk.one.is_settled


def test_an_end_is_told_by_every_channel_that_may_have_told_the_beginning() -> None:
    desk = Desk()
    while desk.says(Outcome.UNSURE).route == "tickets":
        pass
    desk.hears(RESOLVED)
    told = {desk.says(Outcome.DELIVERED) for _ in range(2)}
    assert told == {Say("tickets", Kind.RESOLVED), Say("email", Kind.RESOLVED)}
    assert desk.one.is_settled


def test_a_crash_in_the_middle_of_a_try_tells_it_again_under_the_same_name() -> None:
    desk = Desk()
    step = desk.next()
    assert isinstance(step, Say)
    desk.one = trying(desk.one, step.route)
    name = desk.one.leg("tickets").name
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(desk.one), type=Conversation)
    assert again.leg("tickets").told is Told.MAYBE
    desk.one = again
    assert desk.says(Outcome.DELIVERED) == step
    assert desk.one.leg("tickets").name == name == OPENED.id


def test_news_that_are_not_told_yet_are_overtaken_by_newer_ones() -> None:
    desk = Desk()
    desk.says(Outcome.BUSY)
    desk.hears(numbered(OPENED, 2, Kind.UPDATED))
    desk.hears(numbered(OPENED, 3, Kind.UPDATED))
    assert desk.says(Outcome.DELIVERED) == Say("tickets", Kind.OPENED)
    assert desk.one.leg("tickets").shown == 3
    assert desk.one.is_settled


def test_the_same_event_again_and_an_older_one_change_nothing() -> None:
    desk = Desk()
    desk.says(Outcome.DELIVERED)
    before = desk.one
    desk.hears(OPENED)
    assert desk.one is before
    desk.hears(numbered(OPENED, 2, Kind.UPDATED))
    newer = desk.one
    desk.hears(OPENED)
    assert desk.one is newer


def test_a_fault_that_comes_back_is_another_conversation_for_the_receiver() -> None:
    desk = Desk()
    desk.says(Outcome.DELIVERED, reference="TT-1")
    desk.hears(numbered(RESOLVED, 2, Kind.RESOLVED))
    desk.says(Outcome.DELIVERED)
    assert desk.one.leg("tickets").reference == "TT-1"
    again = numbered(OPENED, 3, Kind.OPENED)
    desk.hears(again)
    assert desk.says(Outcome.DELIVERED, reference="TT-2") == Say("tickets", Kind.OPENED)
    assert desk.one.leg("tickets").name == again.id != OPENED.id


def test_an_end_that_did_not_get_through_before_it_came_back_is_an_update() -> None:
    desk = Desk()
    desk.says(Outcome.DELIVERED)
    desk.hears(numbered(RESOLVED, 2, Kind.RESOLVED))
    desk.says(Outcome.BUSY)
    desk.hears(numbered(OPENED, 3, Kind.OPENED))
    assert desk.says(Outcome.DELIVERED) == Say("tickets", Kind.UPDATED)


def test_an_update_or_an_end_that_is_refused_is_not_said_again() -> None:
    desk = Desk()
    desk.says(Outcome.DELIVERED)
    desk.hears(numbered(OPENED, 2, Kind.UPDATED))
    desk.says(Outcome.REFUSED)
    assert desk.one.is_settled
    assert desk.one.is_open
    desk.hears(numbered(RESOLVED, 3, Kind.RESOLVED))
    desk.says(Outcome.REFUSED)
    assert not desk.one.is_open


def test_what_cannot_be_taken_back_for_days_is_given_up() -> None:
    desk = Desk()
    desk.says(Outcome.DELIVERED)
    desk.hears(RESOLVED)
    desk.says(Outcome.BUSY)
    desk.now_s += PATIENCE.give_up_s
    desk.now_s += 1
    assert desk.next() == Wait(None)
    assert desk.one.is_settled


def test_a_wait_that_a_receiver_asks_for_is_kept() -> None:
    desk = Desk(("email",))
    step = desk.next()
    assert isinstance(step, Say)
    answer = Answer(outcome=Outcome.BUSY, text="later", retry_after_s=77.0)
    tried = desk.one
    desk.one = answered(trying(desk.one, "email"), step, tried, answer, now_ns=0, patience=PATIENCE)
    assert desk.next() == Wait(77 * NS_PER_S)


def test_channels_of_the_inventory_that_come_and_go_are_followed() -> None:
    desk = Desk(("old",))
    desk.says(Outcome.DELIVERED)
    desk.hears(numbered(OPENED, 2, Kind.UPDATED))
    assert [one.route for one in desk.one.legs] == [*ROUTES, "old"]
    assert desk.says(Outcome.DELIVERED) == Say("old", Kind.UPDATED)


def test_a_party_without_a_channel_is_not_reached() -> None:
    desk = Desk(())
    assert desk.next() == Wait(None)
    assert desk.one.is_unreached
    assert not desk.one.is_settled


@pytest.mark.parametrize("routes", [("a",), ("a", "b", "c")])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_answered_nobody_is_told_twice_and_all_is_taken_back(
    routes: tuple[str, ...], data: st.DataObject
) -> None:
    desk = Desk(routes)
    has: dict[str, bool] = dict.fromkeys(routes, False)
    number, kind = 1, Kind.OPENED
    for _ in range(data.draw(st.integers(1, 25))):
        if data.draw(st.booleans()):
            number += 1
            after = {
                Kind.OPENED: (Kind.UPDATED, Kind.RESOLVED),
                Kind.UPDATED: (Kind.UPDATED, Kind.RESOLVED),
                Kind.RESOLVED: (Kind.OPENED,),
            }
            kind = data.draw(st.sampled_from(after[kind]))
            event = numbered(OPENED, number, kind)
            desk.one = continued(desk.one, event, routes, NOTHING, now_ns=desk.now_ns)
        if desk.one.is_settled:
            continue
        outcome = data.draw(st.sampled_from(Outcome))
        said = desk.says(outcome)
        # UNSURE may mean either.
        arrives = outcome is Outcome.DELIVERED or (
            outcome is Outcome.UNSURE and data.draw(st.booleans())
        )
        if arrives:
            has[said.route] = said.kind is not Kind.RESOLVED
        if outcome is Outcome.REFUSED and said.kind is Kind.RESOLVED:
            has[said.route] = False  # it says that it does not want to know
        told = [one for one in desk.one.legs if one.told is Told.YES]
        assert len(told) <= 1
    if kind is not Kind.RESOLVED:
        event = numbered(RESOLVED, number + 1, Kind.RESOLVED)
        desk.one = continued(desk.one, event, routes, NOTHING, now_ns=desk.now_ns)
    while not desk.one.is_settled:
        has[desk.says(Outcome.DELIVERED).route] = False
    assert not any(has.values())

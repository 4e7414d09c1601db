"""Whatever receivers answer, nobody is notified twice and everything is resolved."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.notify.dispatch.test_transitions import (
    ONE,
    OPENED,
    RESOLVED,
    ThreadSimulation,
    numbered,
)
from tests.timing import examples
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.dispatch.thread import DeliveryState, Routes
from thongsuot_collector.notify.message import ChannelOutcome


def test_after_an_unconfirmed_resolution_the_next_incident_is_sent_as_new() -> None:
    desk = ThreadSimulation(ONE)
    desk.answers(ChannelOutcome.DELIVERED)
    desk.hears(numbered(RESOLVED, 2, NotificationKind.RESOLVED))
    # It arrives, and its answer does not: the receiver has closed what it had.
    assert desk.answers(ChannelOutcome.UNKNOWN).kind is NotificationKind.RESOLVED
    desk.hears(numbered(OPENED, 3, NotificationKind.OPENED))
    assert desk.answers(ChannelOutcome.REJECTED).kind is NotificationKind.OPENED
    assert not desk.thread.is_complete
    assert desk.answers(ChannelOutcome.DELIVERED).kind is NotificationKind.OPENED
    assert desk.thread.is_complete


@pytest.mark.parametrize(
    "routes",
    [
        Routes(every=("a",)),
        Routes(every=("a", "b", "c")),
        Routes(every=("a",), fallbacks=("b", "c")),
        Routes(every=("a", "b"), fallbacks=("c",)),
    ],
)
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_whatever_is_answered_nobody_is_notified_twice_and_everything_is_resolved(
    routes: Routes, data: st.DataObject
) -> None:
    desk = ThreadSimulation(routes)
    has: dict[str, bool] = dict.fromkeys((*routes.every, *routes.fallbacks), False)
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
            desk.hears(numbered(OPENED, number, kind))
        if desk.thread.is_complete:
            continue
        outcome = data.draw(st.sampled_from(ChannelOutcome))
        was_told = {state.route: state.delivery for state in desk.thread.routes}
        event = desk.answers(outcome)
        # Who knows of it for sure is not told of its beginning again.
        if event.kind is NotificationKind.OPENED:
            assert was_told[event.route] is not DeliveryState.YES
        # An answer that did not come may mean either.
        arrives = outcome is ChannelOutcome.DELIVERED or (
            outcome is ChannelOutcome.UNKNOWN and data.draw(st.booleans())
        )
        if arrives:
            has[event.route] = event.kind is not NotificationKind.RESOLVED
        if outcome is ChannelOutcome.REJECTED and event.kind is NotificationKind.RESOLVED:
            has[event.route] = False  # it says that it does not want to know
        after_answer = desk.thread
        if after_answer.is_complete and not after_answer.is_ending:
            assert all(has[route] for route in routes.every)
    if kind is not NotificationKind.RESOLVED:
        desk.hears(numbered(RESOLVED, number + 1, NotificationKind.RESOLVED))
    while not desk.thread.is_complete:
        has[desk.answers(ChannelOutcome.DELIVERED).route] = False
    assert not any(has.values())

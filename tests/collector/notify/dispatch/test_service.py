"""Notifications with real receivers whose channels fail, hang or recover."""

from pathlib import Path

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.channel_contract import (
    ServiceFixture,
    attempts_for,
    running_service,
)
from tests.collector.notify.dispatch.webhook_receivers import (
    WebhookReceiver,
    both,
    one_and_a_fallback,
    settings,
    two_channels,
)
from tests.collector.notify.incident_events import (
    CITY,
    carrier_outage,
    city_inventory,
    cut_fibre,
    restore_fibre,
    steady_city,
    unplug_cable,
)
from tests.collector.notify.receiver_process import WELL
from tests.collector.running import WITHIN_S, eventually
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationKind, NotificationRecord
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.dispatch import delivery_log
from thongsuot_collector.notify.dispatch.thread import DeliveryState
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
)
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.store.engine import open_store


def metric(fixture: ServiceFixture, name: str, **labels: str) -> float | None:
    fixture.service.update_metrics()
    return fixture.registry.get_sample_value(f"thongsuot_collector_notify_{name}", labels)


async def test_the_fallback_of_a_channel_that_is_shut_joins_at_once_and_that_is_seen(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    first.behave("403")
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(event)
        await eventually(lambda: fixture.service.notified_parties("s0"))
        # And written into the incident, a moment after the receiver has it.
        await eventually(
            lambda: any(
                incident.notified_s is not None
                for incident in fixture.service.site_incidents("s0", made.registry.incidents)
            )
        )
        assert (first.received_kinds(), second.received_kinds()) == ([], [NotificationKind.OPENED])
        assert metric(fixture, "escalations_total", channel="second") == 1
        unavailable = metric(
            fixture, "attempts_total", channel="first", outcome="channel_unavailable"
        )
        assert (unavailable or 0) >= 1
        assert (metric(fixture, "failing_since_timestamp_seconds", channel="first") or 0) > 0
        assert metric(fixture, "failing_since_timestamp_seconds", channel="second") == 0
        assert metric(fixture, "unreached") == 0
        incidents = fixture.service.site_notifications("s0")
        assert {(note.party, note.channel, note.about) for note in incidents} == {
            ("carrier", "webhook", "fiber")
        }
        assert sorted(note.is_delivered for note in incidents) == [False, True]
        assert fixture.service.site_notifications("s1") == ()
        (incident,) = fixture.service.site_incidents("s0", made.registry.incidents)
        assert (incident.party, incident.about, incident.sites) == ("carrier", ("fiber",), 1)
        assert incident.notified_s is not None
        assert (incident.accepted_s, incident.is_disputed) == (None, False)
        assert fixture.service.site_incidents("s1", {}) == ()
        # The party's answer is on the page at once, though nobody gets a new notification.
        actions.acknowledge(made.registry, event.incident.id, "carrier:vnpt", 7 * NS_PER_S)
        (incident,) = fixture.service.site_incidents("s0", made.registry.incidents)
        assert incident.accepted_s == 7
        # It stays shut to the end: one that is open again before that is told of the beginning.
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
    assert (first.received_kinds(), second.received_kinds()) == (
        [],
        [NotificationKind.OPENED, NotificationKind.RESOLVED],
    )


async def test_a_busy_channel_is_still_retried_while_its_fallback_joins(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    first.behave("503")
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings(0.2)) as fixture:
        await fixture.accept(event)
        await eventually(lambda: fixture.service.notified_parties("s0"))
        assert second.received_kinds() == [NotificationKind.OPENED]
        await eventually(lambda: channels_tried(fixture, event) == {"first", "second"})
        assert metric(fixture, "escalations_total", channel="second") == 1


async def test_a_party_is_notified_by_every_channel_of_its_contract_from_beginning_to_end(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = two_channels()
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(event)
        await eventually(fixture.is_idle)
        incidents = fixture.service.site_notifications("s0")
        assert [(note.party, note.is_delivered) for note in incidents] == [("carrier", True)] * 2
        assert len(fixture.service.notified_parties("s0")) == 2
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
    both_ends = [NotificationKind.OPENED, NotificationKind.RESOLVED]
    assert (first.received_kinds(), second.received_kinds()) == (both_ends, both_ends)
    opening, end = made.registry.incidents[event.incident.id].notifications
    for entry in (opening, end):
        assert {(item.channel, item.is_delivered) for item in entry.by_channel()} == {
            ("first", True),
            ("second", True),
        }


async def test_a_channel_that_fails_keeps_its_own_state_and_no_other_from_telling(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = two_channels()
    event = cut_fibre(made)
    first.behave("503")
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(event)
        await eventually(lambda: second.received_kinds() == [NotificationKind.OPENED])
        await eventually(lambda: deliveries_of(fixture) == [False, True])
        assert metric(fixture, "unreached") == 0
        assert metric(fixture, "waiting") == 1
        await eventually(lambda: len(notifications_of(made, event)[0].by_channel()) == 2)
        (entry,) = notifications_of(made, event)
        assert {(item.channel, item.is_delivered) for item in entry.by_channel()} == {
            ("first", False),
            ("second", True),
        }
        assert not entry.is_done
        first.behave(WELL)
        await eventually(lambda: notifications_of(made, event)[0].is_done)
    assert first.received_kinds() == second.received_kinds() == [NotificationKind.OPENED]


async def test_a_receiver_that_hangs_does_not_delay_the_other_channels_of_its_party(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = two_channels()
    first.behave("hang")
    channels = both(first, second, timeout_s=10 * WITHIN_S)
    async with running_service(made, tmp_path, channels, settings()) as fixture:
        await fixture.accept(cut_fibre(made))
        # Long before the first channel's attempt is given up.
        await eventually(lambda: second.received_kinds() == [NotificationKind.OPENED])
        await eventually(lambda: first.received_kinds() == [NotificationKind.OPENED])
        (thread,) = fixture.service.threads
        assert thread.route_state("first").delivery is DeliveryState.MAYBE


def deliveries_of(fixture: ServiceFixture) -> list[bool]:
    """Return for each notification on the page of the site whether it is delivered."""
    return sorted(note.is_delivered for note in fixture.service.site_notifications("s0"))


def channels_tried(fixture: ServiceFixture, event: NotificationEvent) -> set[str]:
    return {attempt.channel for attempt in attempts_for(fixture, event)}


def notifications_of(made: CityFixture, event: NotificationEvent) -> tuple[NotificationRecord, ...]:
    """Return what an incident has to tell by now, and what became of it."""
    return made.registry.incidents[event.incident.id].notifications


async def test_while_nobody_is_reached_the_page_and_the_metrics_report_it(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    first.behave("400")
    second.behave("400")
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(cut_fibre(made))
        await eventually(lambda: metric(fixture, "unreached") == 1)
        await eventually(lambda: fixture.service.site_notifications("s0"))
        await eventually(lambda: len(fixture.service.site_notifications("s0")) == 2)
        incidents = fixture.service.site_notifications("s0")
        assert [note.is_delivered for note in incidents] == [False, False]
        assert fixture.service.notified_parties("s0") == ()
        assert metric(fixture, "waiting") == 1


async def test_notifications_that_a_silent_receiver_may_have_are_resolved_there_too(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    first.behave("hang")
    channels = both(first, second, timeout_s=0.1)
    async with running_service(made, tmp_path, channels, settings(0.2)) as fixture:
        await fixture.accept(cut_fibre(made))
        for receiver in (first, second):
            await eventually(lambda at=receiver: at.received_kinds() == [NotificationKind.OPENED])
        first.behave(WELL)
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
    assert (
        first.received_kinds()
        == second.received_kinds()
        == [NotificationKind.OPENED, NotificationKind.RESOLVED]
    )


async def test_a_notification_interrupted_by_a_stop_is_repeated_under_the_same_key(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    event = cut_fibre(made)
    first.behave("hang")
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(event)
        await eventually(lambda: first.received_kinds() == [NotificationKind.OPENED])
    assert tries_of(tmp_path, event) == []
    first.behave(WELL)
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await eventually(fixture.is_idle)
        (tried,) = attempts_for(fixture, event)
        assert tried.outcome is ChannelOutcome.DELIVERED
    assert (first.received_kinds(), second.received_kinds()) == ([NotificationKind.OPENED], [])


def tries_of(path: Path, event: NotificationEvent) -> list[delivery_log.DeliveryLogEntry]:
    store = open_store(path / "store.sqlite")
    try:
        return delivery_log.load_attempts(store, event.incident.id)
    finally:
        store.dispose()


async def test_a_fault_over_before_anybody_was_reached_is_not_notified(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    first.peer.stop()
    second.peer.stop()
    opened = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(opened)
        await eventually(lambda: len(attempts_for(fixture, opened)) > 1)
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
        first.peer.start()
        second.peer.start()
        other = cut_fibre(made, "s3")
        await fixture.accept(other)
        await eventually(lambda: first.received_kinds() or second.received_kinds())
        await eventually(lambda: all(thread.is_complete for thread in fixture.service.threads))
    incidents = [body.incident.incident for body in (*first.bodies(), *second.bodies())]
    assert incidents == [other.incident.id]
    entries = made.registry.incidents[opened.incident.id].notifications
    assert [entry.is_done for entry in entries] == [True, True]


async def test_each_notification_of_a_storm_is_delivered_once_after_the_receiver_recovers(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    event = cut_fibre(made)
    first.behave("503")
    second.behave("503")
    events = [renamed(event, number) for number in range(60)]
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(*events)
        await eventually(lambda: len(fixture.recorder.deliveries) > 8)
        first.behave(WELL)
        await eventually(lambda: all(thread.is_complete for thread in fixture.service.threads))
    incidents = sorted(body.incident.incident for body in first.bodies())
    assert incidents == sorted(opened_event.incident.id for opened_event in events)
    assert second.received_kinds() == []


def renamed(event: NotificationEvent, number: int) -> NotificationEvent:
    incident = msgspec.structs.replace(event.incident, id=f"{event.incident.id}-{number}")
    return msgspec.structs.replace(event, incident=incident)


async def test_the_city_is_notified_by_its_own_channel_and_the_incident_notes_who_must_act(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = steady_city(city_inventory(carrier_channels=("first",), city_channels=("second",)))
    wanted = NotifySettings(channels=("first",), city=CITY, retry_s=0.01)
    event = carrier_outage(made)
    async with running_service(made, tmp_path, both(first, second), wanted) as fixture:
        await fixture.accept(event)
        await eventually(
            lambda: first.received_kinds() and second.received_kinds() and fixture.is_idle()
        )
        await eventually(lambda: len(fixture.service.site_notifications("s0")) == 2)
        # One incident, though two are told of it: every site's page says how wide it is.
        (incident,) = fixture.service.site_incidents("s0", made.registry.incidents)
        assert incident.sites == len({member.subject.site for member in event.incident.members})
        assert incident.sites > 1
        assert (incident.affected, incident.total) == (
            event.incident.open_members,
            event.incident.total,
        )
    (theirs,), (ours,) = first.bodies(), second.bodies()
    assert (theirs.audience.party, ours.audience.party) == ("carrier", "city")
    assert theirs.delivery != ours.delivery
    (entry,) = made.registry.incidents[event.incident.id].notifications
    assert [delivery.channel for delivery in entry.deliveries] == ["first"]


async def test_staff_are_told_who_else_knows(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = steady_city(city_inventory(site_channels=("first",), carrier_channels=("second",)))
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(cut_fibre(made))
        await eventually(fixture.is_idle)
        await fixture.accept(unplug_cable(made, "s0", "5g"))
        await eventually(lambda: first.received_kinds() == [NotificationKind.OPENED])
    (body,) = first.bodies()
    assert "Hệ thống đã báo:\n- VNPT (tin tự động), về đường cáp quang VNPT, " in body.text


async def test_a_party_without_a_channel_is_reported_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = steady_city(city_inventory(carrier_channels=()))
    async with running_service(made, tmp_path, {}, NotifySettings()) as fixture:
        event = cut_fibre(made)
        await fixture.accept(event)
        assert metric(fixture, "unreached") == 1
    assert f"cannot notify incident={event.incident.id} party=carrier:vnpt" in caplog.text


async def test_the_fallback_of_a_channel_that_left_the_configuration_joins(
    second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    channels = {"second": second.channel()}
    async with running_service(made, tmp_path, channels, settings()) as fixture:
        event = cut_fibre(made)
        await fixture.accept(event)
        await eventually(lambda: second.received_kinds() == [NotificationKind.OPENED])
        assert attempts_for(fixture, event)[0].text == "channel 'first' no longer exists"
    assert second.received_kinds() == [NotificationKind.OPENED]


class RaisingChannel:
    """A channel with a bug."""

    display_name = "broken"

    async def send(self, message: NotificationMessage) -> ChannelResult:
        raise RuntimeError(f"a bug with {message.title}")

    async def close(self) -> None:
        """Nothing was opened."""


async def test_a_bug_in_one_channel_does_not_stop_notifications_by_others(
    second: WebhookReceiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = one_and_a_fallback()
    channels: dict[str, Channel] = {"first": RaisingChannel(), "second": second.channel()}
    async with running_service(made, tmp_path, channels, settings()) as fixture:
        event = cut_fibre(made)
        await fixture.accept(event)
        await eventually(lambda: second.received_kinds() == [NotificationKind.OPENED])
        assert attempts_for(fixture, event)[0].text == "an internal error: RuntimeError"
    assert second.received_kinds() == [NotificationKind.OPENED]
    assert "RuntimeError" in caplog.text

"""How long the service keeps its notifications, and how it restores them."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

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
)
from tests.collector.notify.incident_events import (
    cut_fibre,
    restore_fibre,
)
from tests.collector.running import eventually, let_go
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.store.tables import NOTIFICATION_THREADS


async def test_notifications_are_forgotten_only_when_their_fault_is_long_over(
    first: WebhookReceiver,
    second: WebhookReceiver,
    tmp_path: Path,
    open_each_store: Callable[[], Engine],
) -> None:
    made, store = one_and_a_fallback(), open_each_store()
    async with running_service(made, tmp_path, both(first, second), settings(), store) as fixture:
        over = cut_fibre(made)
        await fixture.accept(over)
        await eventually(fixture.is_idle)
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
        goes_on = cut_fibre(made, "s3")
        await fixture.accept(goes_on)
        # A thread is complete in memory before its attempt is in the store.
        await eventually(lambda: len(attempts_for(fixture, goes_on)) == 1)
        await fixture.service.prune(before_ns=time.time_ns() + 10**12)
        assert attempts_for(fixture, over) == []
        assert len(attempts_for(fixture, goes_on)) == 1


async def test_events_accepted_before_the_service_runs_are_sent_once_it_does(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    fixture = ServiceFixture(made, tmp_path, both(first, second), settings())
    await fixture.service.load()
    await fixture.accept(cut_fibre(made))
    running = asyncio.create_task(fixture.service.run(fixture.recorder))
    await eventually(fixture.is_idle)
    running.cancel()
    await asyncio.wait((running,))
    await fixture.service.close()
    await let_go(fixture.store)
    assert first.received_kinds() == [NotificationKind.OPENED]


async def test_news_that_arrives_during_a_notification_is_sent_next(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = one_and_a_fallback()
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        opened, resolved = cut_fibre(made), restore_fibre(made)
        await fixture.accept(opened)
        # The dispatcher is about to tell of the beginning when the end comes.
        await asyncio.sleep(0)
        await fixture.accept(resolved)
        await eventually(lambda: not fixture.service.threads)
    assert first.received_kinds() in ([], [NotificationKind.OPENED, NotificationKind.RESOLVED])
    for body in first.bodies():
        assert (body.kind, body.incident.change) in {
            (NotificationKind.OPENED, NotificationKind.OPENED),
            (NotificationKind.RESOLVED, NotificationKind.RESOLVED),
        }


async def test_unreadable_rows_of_the_store_do_not_keep_the_collector_from_starting(
    first: WebhookReceiver,
    second: WebhookReceiver,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    open_each_store: Callable[[], Engine],
) -> None:
    made, store = one_and_a_fallback(), open_each_store()
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings(), store) as fixture:
        await fixture.accept(event)
        await eventually(fixture.is_idle)
    # When it is closed and writes nothing more.
    store = open_each_store()
    with store.begin() as connection:
        connection.execute(update(NOTIFICATION_THREADS).values(state=b"\xc0"))
    async with running_service(made, tmp_path, both(first, second), settings(), store) as fixture:
        assert not fixture.service.threads
        await fixture.accept(event)
        await eventually(fixture.is_idle)
    assert "cannot read a thread" in caplog.text
    # Told again, under the same key: a receiver that knows keys has it once.
    assert first.received_kinds() == [NotificationKind.OPENED]

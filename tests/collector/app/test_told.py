"""A running collector notifies a carrier of a push exactly once, even when killed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collector.app.stage import SITE, NotifyingStack
from tests.collector.running import eventually
from thongsuot_schema.state import State


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[NotifyingStack]:
    made = NotifyingStack(tmp_path)
    try:
        await made.collector.start()
        yield made
    finally:
        await made.close()


async def test_a_crash_before_a_notification_is_sent_causes_exactly_one_and_its_resolution(
    stage: NotifyingStack,
) -> None:
    await stage.report(State.UP)
    await stage.report(State.DOWN)
    await stage.crash()  # acknowledged, and nobody told yet
    await stage.is_notified(1)
    await stage.crash()
    # The next push is answered with whom the system has told, for the page on the LAN.
    answer = (await stage.report(State.DOWN)).json()
    assert [
        (notification["party"], notification["channel"], notification["link"])
        for notification in answer["notifications"]
    ] == [("carrier", "webhook", "fiber")]
    page = (await stage.get(f"/sites/{SITE}.json")).json()
    assert [
        (notification["party"], notification["about"]) for notification in page["notifications"]
    ] == [("carrier", "fiber")]
    await stage.report(State.UP)
    await stage.crash()
    await stage.is_notified(2)
    assert (await stage.report(State.UP)).json().get("notifications") is None
    assert await stage.collector.end() == 0, stage.collector.log()
    opened, resolved = stage.notifications()
    assert (opened.kind, resolved.kind) == ("opened", "resolved")
    assert opened.thread_id == resolved.thread_id
    assert str(opened.audience.name) == "vnpt"
    (shown,) = opened.incident.subject_evidence
    assert [batch.number for batch in shown.batches] == [2]
    assert "Traceback" not in stage.collector.log()


async def test_the_outcome_of_notifications_is_measured(stage: NotifyingStack) -> None:
    await stage.report(State.UP)
    stage.hook.folder.behave("503")
    await stage.report(State.DOWN)

    async def is_seen() -> bool:
        lines = (await stage.get("/metrics")).text.splitlines()
        return "thongsuot_collector_notify_unreached 1.0" in lines

    await eventually(is_seen)
    (notification,) = (await stage.get(f"/sites/{SITE}.json")).json()["notifications"]
    assert notification["is_delivered"] is False
    stage.hook.folder.behave("well")
    await stage.is_notified(1)
    lines = (await stage.get("/metrics")).text.splitlines()
    assert "thongsuot_collector_notify_unreached 0.0" in lines
    lag = 'thongsuot_collector_consumer_lag_entries{consumer="incidents"} 0.0'
    assert lag in lines

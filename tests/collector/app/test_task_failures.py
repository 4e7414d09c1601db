"""A collector one of whose tasks fails again and again says so."""

from pathlib import Path

import pytest

from tests.collector.app.test_cluster import CollectorPair, page
from tests.collector.journal.test_postgres import name_of
from tests.collector.running import eventually
from tests.postgres import PostgresServer
from thongsuot_collector.app.task_failures import TaskFailures
from thongsuot_runtime.supervisor import FailedTask
from thongsuot_schema.state import State


def test_failures_in_a_row_count_until_there_are_no_more() -> None:
    now_s = 1_000.0
    failures = TaskFailures(clock=lambda: now_s)
    task = FailedTask(name="notifications", error="RuntimeError: denied\nmore")
    for _ in range(2):
        failures.note(task)
        assert failures.reason("notifications") == ""
        now_s += 20.0
    failures.note(task)
    assert failures.reason("notifications") == "RuntimeError: denied"
    assert failures.reason("state") == ""
    now_s += 40.0
    assert failures.reason("notifications") == ""
    failures.note(task)
    assert failures.reason("notifications") == ""


@pytest.mark.servers
async def test_a_leader_that_cannot_keep_what_it_notifies_is_not_ready(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """It judged, was `ready`, and nobody was notified of anything."""
    url = postgres.new_database_of("plain")
    name = name_of(url)
    cluster = CollectorPair(tmp_path, url, count=1)
    (collector,) = cluster.collectors
    try:
        await cluster.start()
        await cluster.report(State.UP)
        postgres.execute("REVOKE INSERT ON notification_threads FROM plain", database=name)
        await cluster.report(State.DOWN)

        async def says_why() -> bool:
            ready = await page(collector, "/readyz")
            is_told = ready.text.startswith("nobody is notified: ")
            is_why = "permission denied for table notification_threads" in ready.text
            return ready.status_code == 503 and is_told and is_why

        await eventually(says_why)
        assert cluster.notifications() == []
        postgres.execute("GRANT INSERT ON notification_threads TO plain", database=name)
        await cluster.is_notified(1)
    finally:
        await cluster.close()

"""A PostgreSQL that answers nothing and refuses nothing: stopped, or waiting for a broken disk."""

from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.app.test_cluster import CollectorPair, page
from tests.collector.running import eventually
from tests.postgres import PostgresServer
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store.postgresql import open_database
from thongsuot_schema.state import State

pytestmark = pytest.mark.servers


async def test_a_primary_that_only_stopped_is_left_for_the_server_that_takes_over(
    own_pair: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    primary, standby = own_pair
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
    primary.execute("SELECT pg_reload_conf()")
    url = primary.url_with(standby, primary.new_database())
    cluster = CollectorPair(tmp_path, url, count=2)
    try:
        await cluster.start()
        await cluster.report(State.UP)
        term = cluster.term()
        cluster.store.dispose()
        primary.pause()
        standby.execute("SELECT pg_promote()")
        # Those of the test, too, would wait for the one that is stopped.
        cluster.store = open_database(PostgresDatabase(url=standby.url("test1")))
        await eventually(lambda: cluster.leader() is not None and cluster.term() > term)
        await cluster.report(State.DOWN)
        await cluster.is_notified(1)
        for collector in cluster.collectors:

            async def shows_pages(collector: CollectorProcess = collector) -> bool:
                try:
                    shown = [await page(collector, path) for path in ("/readyz", "/sites")]
                except httpx.TransportError:
                    return False
                return [answer.status_code for answer in shown] == [200, 200]

            await eventually(shows_pages)
            assert collector.process is not None
            assert collector.process.returncode is None, "it was not even restarted"
        kept = standby.execute(
            "SELECT number FROM journal.entries ORDER BY sequence", database="test1"
        )
        # One that a collector did not answer while the primary was stopped has no acknowledgement,
        # and is pushed under another number: it is kept or not, but what was acknowledged is.
        numbers = [number for (number,) in kept]
        assert (numbers[0], numbers[-1]) == (1, cluster.agent.sealer.number)
        assert len(set(numbers)) == len(numbers)
        assert len(cluster.notifications()) == 1
    finally:
        await cluster.close()
        primary.resume()

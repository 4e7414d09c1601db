"""A database that is dropped and restored from a backup while collectors run and are started."""

from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.app.test_cluster import CollectorPair, client_of, page
from tests.collector.journal.test_postgres import name_of
from tests.collector.running import eventually
from tests.postgres import PostgresServer
from thongsuot_schema.batch import push
from thongsuot_schema.state import State

pytestmark = pytest.mark.servers

_REFUSED = "is empty, and this collector has used it before"
_UNFINISHED = "its table cursors has no key yet"


async def refuses(collector: CollectorProcess) -> bool:
    """Return whether a collector leaves the database alone, and asks agents to come again."""
    if _REFUSED not in collector.log():
        return False
    async with client_of(collector, auth=None) as client:
        answer = await client.post(push.PATH_BATCHES, content=b"")
    return answer.status_code == 503


async def is_ready(collector: CollectorProcess) -> bool:
    try:
        return (await page(collector, "/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def test_an_empty_database_is_left_for_its_backup_by_those_that_run_and_those_that_start(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Or their new tables fail the restore, and no agent's token is known meanwhile."""
    url = postgres.new_database()
    database = name_of(url)
    cluster = CollectorPair(tmp_path, url, count=2)
    try:
        await cluster.start()
        await cluster.report(State.UP)
        await cluster.report(State.UP)
        dump = postgres.dump(database)
        terms = postgres.execute("SELECT term FROM leadership", database=database)
        cluster.store.dispose()
        postgres.empty(database)
        for collector in cluster.collectors:
            await eventually(lambda each=collector: refuses(each))
        started = cluster.collectors[0]
        await started.kill()
        with pytest.raises(AssertionError, match=_REFUSED):
            await started.start()
        await started.kill()
        tables = "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'journal')"
        assert postgres.execute(tables, database=database) == []
        running = cluster.collectors[1]
        postgres.restore(dump, database, "pre-data", "data")
        # All rows are there, and no key: what is written now makes the restore fail at the key.
        await eventually(lambda: _UNFINISHED in running.log())
        assert await refuses(running)
        with pytest.raises(AssertionError, match=_UNFINISHED):
            await started.start()
        await started.kill()
        assert postgres.execute("SELECT term FROM leadership", database=database) == terms
        postgres.restore(dump, database, "post-data")
        await started.start()
        await eventually(lambda: cluster.leader() is not None)
        await cluster.report(State.DOWN)
        await cluster.is_notified(1)
        for collector in cluster.collectors:
            await eventually(lambda each=collector: is_ready(each))
        kept = postgres.execute("SELECT number FROM journal.entries ORDER BY 1", database=database)
        assert kept == [(1,), (2,), (3,)]
    finally:
        await cluster.close()


@pytest.mark.parametrize("of_second", [("journal",), ("journal", "store")])
async def test_a_journal_is_not_shared_by_collectors_that_do_not_share_their_store(
    of_second: tuple[str, ...], postgres: PostgresServer, tmp_path: Path
) -> None:
    """A test's and a city's, or two cities': each would judge and notify by itself."""
    url = postgres.new_database()
    places = [tmp_path / "first", tmp_path / "second"]
    for place in places:
        place.mkdir()
    first = CollectorProcess(places[0], f'[journal]\nurl = "{url}"\n')
    second = CollectorProcess(
        places[1], "".join(f'[{table}]\nurl = "{url}"\n' for table in of_second)
    )
    await first.start()
    try:
        assert first.process is not None
        with pytest.raises(
            AssertionError, match=rf"used by another collector, .* {first.process.pid} "
        ):
            await second.start()
        await second.kill()
        assert await is_ready(first)
        # What a machine that was killed has held ends with its connections.
        await first.kill()
        await second.start()
        await eventually(lambda: is_ready(second))
    finally:
        for process in (first, second):
            if process.process is not None:
                await process.kill()

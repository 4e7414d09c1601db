"""Pages that a disk has lost or spoiled below a PostgreSQL: found without anybody reading them."""

import re
from pathlib import Path

import pytest

from tests.collector.app.test_cluster import CollectorPair, page
from tests.collector.command_line import run_command
from tests.collector.journal.journal_contract import entry
from tests.collector.journal.test_postgres import name_of, opened_at
from tests.collector.running import eventually
from tests.postgres import PostgresServer
from thongsuot_collector.app.journal_check import JournalCheck
from thongsuot_schema.state import State

pytestmark = pytest.mark.servers

PAGE_BYTES = 8192


def spoil_first_page(postgres: PostgresServer, database: str, content: bytes) -> None:
    """Overwrite the first page of the entries while the server is down."""
    # Now an index alone answers what it can: its rows are known to be visible.
    postgres.execute("VACUUM journal.entries", database=database)
    rows = postgres.execute("SELECT pg_relation_filepath('journal.entries')", database=database)
    ((path,),) = rows
    postgres.stop()
    with (postgres.folder / "data" / str(path)).open("r+b") as file:
        file.write(content)
    postgres.start()


async def test_entries_that_are_gone_without_an_error_are_counted_alerted_and_named(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    """A page of zeros is valid, also with checksums; only `verify` noticed, if somebody ran it."""
    own_postgres.start()
    url = own_postgres.new_database()
    cluster = CollectorPair(tmp_path, url, count=1)
    (collector,) = cluster.collectors
    try:
        await cluster.start()
        for _ in range(40):
            await cluster.report(State.UP)

        async def is_accounted() -> bool:
            lag = r'^thongsuot_collector_consumer_lag_entries\{consumer="accounts"\} 0\.0$'
            return bool(re.search(lag, (await page(collector, "/metrics")).text, re.MULTILINE))

        await eventually(is_accounted)
        assert await collector.end() == 0
        first_page = "SELECT count(*) FROM journal.entries WHERE (ctid::text::point)[0] = 0"
        ((lost,),) = own_postgres.execute(first_page, database=name_of(url))
        cluster.store.dispose()
        spoil_first_page(own_postgres, name_of(url), bytes(PAGE_BYTES))
        said = f"{lost} stored entries ("
        for is_known in (False, True):
            size = len(collector.log())
            await collector.start()
            await eventually(lambda since=size: said in collector.log()[since:])

            async def is_alerted() -> bool:
                metric = r"^thongsuot_collector_journal_damaged_timestamp_seconds [1-9]"
                text = (await page(collector, "/metrics")).text
                return bool(re.search(metric, text, re.MULTILINE))

            if is_known:  # at once; else the gauges are read ten seconds later
                await eventually(is_alerted)
            assert await collector.end() == 0
        damage = own_postgres.execute("SELECT forgotten FROM journal.damage", database=name_of(url))
        assert len(damage) == 1, "recorded once"
        status, text = await run_command("verify", "--config", collector.config)
        assert status == 1
        assert f"LOST: {said}" in text
        assert f"batch 1 to {lost} was stored, lost to a broken disk" in text
    finally:
        await cluster.close()


async def test_a_page_that_cannot_be_read_keeps_no_collector_from_taking_pushes(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    own_postgres.start()
    url = own_postgres.new_database()
    cluster = CollectorPair(tmp_path, url, count=1)
    (collector,) = cluster.collectors
    try:
        await cluster.start()
        for _ in range(40):
            await cluster.report(State.UP)

        async def is_read() -> bool:
            lags = re.findall(r"lag_entries\{.*\} (\S+)", (await page(collector, "/metrics")).text)
            return bool(lags) and not any(map(float, lags))

        await eventually(is_read)
        assert await collector.end() == 0
        cluster.store.dispose()
        spoil_first_page(own_postgres, name_of(url), b"\xff" * PAGE_BYTES)
        for _ in range(2):
            size = len(collector.log())
            await collector.start()
            await eventually(lambda since=size: "cannot be read" in collector.log()[since:])
            await cluster.report(State.UP)
            assert await collector.end() == 0
        assert "compared with the journal later" in collector.log()
        assert "its own date may jump" in collector.log()
        status, text = await run_command("verify", "--config", collector.config)
        assert (status, "invalid page in block 0" in text) == (1, True)
    finally:
        await cluster.close()


async def test_a_page_that_cannot_be_read_is_recorded_before_anybody_needs_it(
    own_postgres: PostgresServer,
) -> None:
    own_postgres.start()
    url = own_postgres.new_database()
    journal = await opened_at(url)
    await journal.append(entry(1))
    check = JournalCheck(journal)
    await check.check()
    assert (await journal.damage()).lost == ()
    await journal.close()
    spoil_first_page(own_postgres, name_of(url), b"\xff" * PAGE_BYTES)
    journal = await opened_at(url)
    check = JournalCheck(journal)
    for _ in range(2):
        await check.check()
    (lost,) = (await journal.damage()).lost
    assert re.fullmatch(
        r"stored entries on a page that cannot be read \(invalid .*\)", lost.forgotten
    )
    await journal.close()

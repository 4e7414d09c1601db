"""The journal in a PostgreSQL that is not well: locked by an administrator, or with a bad page."""

import asyncio
from contextlib import suppress

import pytest

from tests.collector.journal.journal_contract import entry
from tests.collector.journal.test_postgres import appended, database_at, name_of, opened_at
from tests.collector.running import eventually
from tests.cutting_proxy import cutting_proxy
from tests.postgres import PASSWORD, USER, PostgresServer
from thongsuot_collector.errors import JournalDamaged, JournalRefused
from thongsuot_collector.journal.entry import AppendOutcome
from thongsuot_collector.journal.postgres_tables import KEYED, prepare_tables

pytestmark = pytest.mark.servers


async def test_a_cursor_is_not_saved_while_somebody_has_locked_the_entries(
    postgres: PostgresServer,
) -> None:
    """Or the leader would take it for proof that devices can be heard, and call them silent."""
    url = postgres.new_database()
    journal = await opened_at(url, commit_within_s=0.5)
    await journal.append(entry(1))
    with database_at(url).connect() as administrator:
        # As VACUUM FULL does, for as long as it takes.
        administrator.execute("LOCK TABLE entries IN ACCESS EXCLUSIVE MODE")
        for refused in (journal.append(entry(2)), journal.commit("incidents", 1)):
            # Either limit may be the first: its own, or the server's for locks.
            said = "did not commit within 0.5 s: it waits .* locked|due to lock timeout"
            with pytest.raises(JournalRefused, match=said):
                await refused
    await appended(journal, 2)
    await journal.commit("incidents", 1)
    assert (await journal.cursor("incidents")).sequence == 1
    await journal.close()


async def test_a_right_that_is_revoked_is_logged_a_few_times_however_often_the_journal_is_asked(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The listener asked again at once, thousands of times a second, and logged each answer."""
    url = postgres.new_database_of("plain")
    database = name_of(url)
    journal = await opened_at(url)
    postgres.execute(f"ALTER SCHEMA journal OWNER TO {USER}", database=database)
    for _ in range(3):
        with pytest.raises(JournalRefused, match="permission denied for schema journal"):
            await journal.check_append()
        await asyncio.sleep(0.5)
    assert 1 <= len(caplog.messages) < 20
    postgres.execute("ALTER SCHEMA journal OWNER TO plain", database=database)

    async def may_append() -> bool:
        with suppress(JournalRefused):
            await journal.check_append()
            return True
        return False

    await eventually(may_append)
    other = await opened_at(url)
    await other.append(entry(1))
    assert await journal.wait(0) == 1
    for each in (journal, other):
        await each.close()


async def test_a_process_that_has_read_what_the_new_primary_lacks_notices_it_after_others_append(
    postgres: PostgresServer,
) -> None:
    """Its caches are of entries and layouts that are in no journal, although the head is higher."""
    url = postgres.new_database()
    appender, reader = await opened_at(url), await opened_at(url)
    for number in (1, 2, 3):
        await appender.append(entry(number))
    await reader.wait(2)
    assert len(await reader.read(0, through=3, limit=9, size_bytes=1 << 20)) == 3
    # A standby that had not received the third takes over; every connection is a new one.
    database = name_of(url)
    postgres.execute("DELETE FROM journal.entries WHERE sequence = 3", database=database)
    postgres.execute("UPDATE journal.journal SET head = 2, entries = 2", database=database)
    other = await opened_at(url)
    for number in (4, 5):
        assert await appended(other, number) is AppendOutcome.APPENDED
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", database
    )
    for ask in (lambda: appended(appender, 6), lambda: reader.cursor("sink")):
        with pytest.raises(JournalDamaged, match="another entry 3"):
            await ask()
    assert await appended(other, 7) is AppendOutcome.APPENDED
    for journal in (appender, reader, other):
        await journal.close()


async def test_connections_that_a_proxy_cut_while_nobody_pushed_refuse_no_push(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first push after each pause was refused, and came again seconds later."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    database = name_of(postgres.new_database())
    with cutting_proxy(postgres.port) as proxy:
        journal = await opened_at(f"postgresql://{USER}@127.0.0.1:{proxy.port}/{database}")
        for number in (1, 2, 3):
            assert (await journal.append(entry(number))).outcome is AppendOutcome.APPENDED
            proxy.cut_all()
        await journal.close()


async def test_an_append_whose_answer_was_lost_is_repeated_and_kept_once(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    database = name_of(postgres.new_database())
    with cutting_proxy(postgres.port) as proxy:
        journal = await opened_at(f"postgresql://{USER}@127.0.0.1:{proxy.port}/{database}")
        await journal.append(entry(1))
        proxy.is_cut = lambda sent: b"COMMIT" in sent
        with pytest.raises(JournalRefused):
            await journal.append(entry(2))
        assert proxy.cuts > 0
        proxy.is_cut = lambda _sent: False
        assert await appended(journal, 2) is AppendOutcome.REPEATED
        assert await appended(journal, 3) is AppendOutcome.APPENDED
        await journal.close()
    kept = postgres.execute("SELECT number FROM journal.entries ORDER BY 1", database=database)
    assert kept == [(1,), (2,), (3,)]


async def test_a_journal_that_lacks_any_of_its_keys_is_left_to_its_restore(
    postgres: PostgresServer,
) -> None:
    url = postgres.new_database()
    database = name_of(url)
    await (await opened_at(url)).close()
    keys = postgres.execute(
        "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'p' "
        "AND connamespace = 'journal'::regnamespace",
        database=database,
    )
    assert {table for (table,) in keys} == {f"journal.{table}" for table in KEYED}
    for table in sorted(str(table) for (table,) in keys):
        postgres.execute(f"ALTER TABLE {table} RENAME TO kept", database=database)
        postgres.execute(f"CREATE TABLE {table} AS SELECT * FROM journal.kept", database=database)
        name = table.removeprefix("journal.")
        with pytest.raises(JournalRefused, match=f"its table {name} has no key yet"):
            prepare_tables(database_at(url))
        postgres.execute(f"DROP TABLE {table}", database=database)
        postgres.execute(f"ALTER TABLE journal.kept RENAME TO {name}", database=database)
    prepare_tables(database_at(url))

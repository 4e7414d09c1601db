"""The journal in PostgreSQL: the contract, and what only a server that others share can suffer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from tests.collector.journal.generations_contract import *  # noqa: F403 - of the contract, too
from tests.collector.journal.journal_contract import *  # noqa: F403 - the contract's tests
from tests.collector.journal.journal_contract import MAX, Reopen, entry, everything
from tests.collector.journal.neighbours_contract import *  # noqa: F403 - of the contract, too
from tests.collector.journal.readers import readers
from tests.collector.journal.trimming_contract import *  # noqa: F403 - what a trim takes
from tests.collector.running import eventually
from tests.postgres import PostgresServer
from thongsuot_collector import postgresql
from thongsuot_collector.errors import JournalDamaged, JournalError, JournalRefused
from thongsuot_collector.journal.entry import AppendOutcome, StoredEntry
from thongsuot_collector.journal.postgres import PostgresJournal, open_postgres_journal
from thongsuot_collector.journal.postgres_session import JournalConnection
from thongsuot_collector.journal.postgres_tables import JournalIdentity, identity
from thongsuot_collector.postgresql import JOURNAL_SCHEMA, PostgresDatabase, abort

pytestmark = pytest.mark.servers


def database_at(url: str, password_file: str = "") -> PostgresDatabase:
    return PostgresDatabase(url=url, password_file=password_file, schema=JOURNAL_SCHEMA)


def ignore(_jobs: int, _took_s: float) -> None:
    """Nobody listens to the commits."""


@pytest.fixture
async def reopen(postgres: PostgresServer) -> AsyncIterator[Reopen]:
    opened: list[PostgresJournal] = []
    url = postgres.new_database()

    async def again() -> PostgresJournal:
        if opened:
            await opened[-1].close()
        opened.append(await opened_at(url))
        return opened[-1]

    yield again
    if opened:
        await opened[-1].close()
        whole = await opened_at(url)
        # Whatever was appended, trimmed and taken out: nothing is called lost for it.
        assert await whole.flaw() == ""
        await whole.close()


async def opened_at(
    url: str, *, commit_within_s: float = 60.0, gather_s: float = 0.0
) -> PostgresJournal:
    return await open_postgres_journal(
        database_at(url), committed=ignore, commit_within_s=commit_within_s, gather_s=gather_s
    )


async def appended(journal: PostgresJournal, number: int) -> AppendOutcome:
    """Append an entry as an agent pushes it: until it is acknowledged."""
    while True:
        try:
            return (await journal.append(entry(number))).outcome
        except JournalRefused:
            await asyncio.sleep(0.05)


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


async def test_several_processes_append_at_once_and_a_reader_steps_over_nothing(
    postgres: PostgresServer,
) -> None:
    url = postgres.new_database()
    writers = [await opened_at(url) for _ in range(3)]
    reader = await opened_at(url)
    read: list[StoredEntry] = []

    async def follow() -> None:
        after = 0
        while len(read) < 300:
            await reader.wait(after)
            read.extend(await reader.read(after, through=MAX, limit=7, size_bytes=MAX))
            after = read[-1].sequence

    async def push(writer: PostgresJournal, of: int) -> None:
        for first in range(0, 100, 10):
            numbers = range(100 * of + first, 100 * of + first + 10)
            await asyncio.gather(*(writer.append(entry(number)) for number in numbers))

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(follow())
        for of, writer in enumerate(writers):
            group.create_task(push(writer, of))
    assert [kept.sequence for kept in read] == list(range(1, 301))
    assert sorted(kept.entry.number for kept in read) == list(range(300))
    for journal in (*writers, reader):
        await journal.close()


async def test_the_same_push_to_two_processes_is_kept_once(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    first, second = await opened_at(url), await opened_at(url)
    pushed = [entry(number) for number in range(1, 101)]
    results = await asyncio.gather(
        *(journal.append(each) for journal in (first, second) for each in pushed)
    )
    outcomes = Counter(result.outcome for result in results)
    assert outcomes == {AppendOutcome.APPENDED: 100, AppendOutcome.REPEATED: 100}
    while (await second.trim(readers(), received_before_ns=MAX, max_bytes=MAX)).removed:
        pass
    assert (await first.append(entry(7))).outcome is AppendOutcome.REPEATED
    for journal in (first, second):
        await journal.close()


async def test_a_group_keeps_the_first_of_what_has_one_identity(postgres: PostgresServer) -> None:
    journal = await opened_at(postgres.new_database(), gather_s=0.05)
    results = await asyncio.gather(
        journal.append(entry(1, body=b"true")),
        journal.append(entry(1, body=b"forged")),
        journal.append(entry(1, body=b"true")),
    )
    assert [result.outcome.value for result in results] == ["appended", "conflict", "repeated"]
    assert [kept.entry.body for kept in await everything(journal)] == [b"true"]
    await journal.close()


async def test_a_group_that_is_complete_waits_for_no_more(postgres: PostgresServer) -> None:
    journal = await open_postgres_journal(
        database_at(postgres.new_database()), committed=ignore, gather_s=3600.0
    )
    appending = asyncio.create_task(journal.append(entry(1)))
    await asyncio.sleep(0)
    journal.commit_soon()
    assert (await appending).sequence == 1
    await journal.close()


async def test_a_server_that_is_away_costs_answers_and_nothing_that_was_acknowledged(
    own_postgres: PostgresServer,
) -> None:
    own_postgres.start()
    url = own_postgres.new_database()
    journal, reader = await opened_at(url), await opened_at(url)
    acknowledged: list[int] = []
    refused = 0
    for number in range(1, 41):
        if number == 20:
            own_postgres.kill()
        if number == 30:
            own_postgres.start()
        async with asyncio.timeout(60):
            while True:
                try:
                    await journal.append(entry(number))
                except JournalRefused:
                    refused += 1
                    if 20 <= number < 30:
                        break  # its agent keeps it
                    await asyncio.sleep(0.05)
                else:
                    acknowledged.append(number)
                    break
    assert refused >= 10
    assert acknowledged == [*range(1, 20), *range(30, 41)]
    async with asyncio.timeout(60):
        while reader.head < len(acknowledged):
            await reader.wait(reader.head)
        read = await everything(reader)
    assert [kept.entry.number for kept in read] == acknowledged
    for opened in (journal, reader):
        await opened.close()


async def test_a_commit_that_no_standby_has_confirmed_is_not_acknowledged(
    own_postgres: PostgresServer,
) -> None:
    own_postgres.start()
    url = own_postgres.new_database()
    journal, impatient = await opened_at(url), await opened_at(url, commit_within_s=0.5)
    await journal.append(entry(1))
    own_postgres.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own_postgres.execute("SELECT pg_reload_conf()")
    # Somebody cancels the wait: for the server that is a success.
    number, appending = 2, asyncio.create_task(journal.append(entry(2)))
    waiting = "wait_event = 'SyncRep' AND query = 'COMMIT'"
    async with asyncio.timeout(60):
        cancelled: list[tuple[object, ...]] = []
        while not cancelled:
            if appending.done():  # the server had not come to the new setting yet
                number += 1
                appending = asyncio.create_task(journal.append(entry(number)))
            cancelled = await asyncio.to_thread(
                own_postgres.execute,
                f"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE {waiting}",
            )
        with pytest.raises(JournalRefused, match="came with a notice"):
            await appending
    # It is there, and on one disk: who pushes it again is not told that it is kept.
    assert own_postgres.execute("SELECT count(*) FROM journal.entries", database=name_of(url)) == [
        (number,)
    ]
    for pushed, said in ((number, "standby"), (1, "journal"), (number + 1, "journal")):
        with pytest.raises(JournalRefused, match=said):
            await impatient.append(entry(pushed))
    # What gave up does not queue up in the server: one waits for the standby, the rest has gone.
    queueing = "wait_event_type = 'Lock' OR wait_event = 'SyncRep'"
    async with asyncio.timeout(60):
        waiters: list[tuple[object, ...]] = [()] * 3
        while len(waiters) > 1:
            waiters = await asyncio.to_thread(
                own_postgres.execute, f"SELECT pid FROM pg_stat_activity WHERE {queueing}"
            )
    own_postgres.execute("ALTER SYSTEM RESET synchronous_standby_names")
    own_postgres.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(60):
        assert await appended(impatient, number) is AppendOutcome.REPEATED
        await appended(impatient, number + 1)
        await impatient.wait((await journal.append(entry(number + 2))).sequence - 1)
    numbers = [kept.entry.number for kept in await everything(impatient)]
    assert sorted(numbers) == list(range(1, number + 3))
    for opened in (journal, impatient):
        await opened.close()


async def test_acknowledged_batches_are_on_the_standby_that_takes_over(
    own_pair: tuple[PostgresServer, PostgresServer],
) -> None:
    primary, standby = own_pair
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
    primary.execute("SELECT pg_reload_conf()")
    journal = await opened_at(primary.url_with(standby, primary.new_database()))

    async def waits() -> bool:
        return (await journal.extent()).waits_for_standby

    await eventually(waits)
    acknowledged: list[int] = []

    async def push(first: int) -> None:
        for number in range(first, first + 100, 4):
            while number not in acknowledged:
                try:
                    await journal.append(entry(number))
                except JournalRefused:
                    await asyncio.sleep(0.02)
                else:
                    acknowledged.append(number)

    async def fail_over() -> None:
        await eventually(lambda: len(acknowledged) >= 30)
        await asyncio.to_thread(primary.kill)
        await asyncio.to_thread(standby.execute, "SELECT pg_promote()")

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(fail_over())
        for writer in range(4):
            group.create_task(push(writer))
    await journal.close()
    # Another process, which knows only what is on the disk of the new primary.
    journal = await opened_at(standby.url("test1"))
    assert not await waits(), "the new primary has no standby yet"
    kept = await everything(journal)
    assert sorted(stored.entry.number for stored in kept) == list(range(100))
    assert [stored.sequence for stored in kept] == list(range(1, 101))
    await journal.close()


async def test_a_row_that_is_not_what_was_appended_is_named_counted_and_not_handed_out(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    url = postgres.new_database()
    journal = await opened_at(url)
    for number in range(1, 11):
        await journal.append(entry(number, site="tay-ho", body=bytes([number]) * 3000))
    await journal.commit("fast", 10)
    await journal.commit("slow", 2)
    for number in (4, 5, 10):
        postgres.execute(
            f"UPDATE journal.entries SET body = set_byte(body, 1000, 77) WHERE number = {number}",
            database=name_of(url),
        )
    await journal.close()
    journal = await opened_at(url)
    # One by one: what is bad must not look like the end.
    read, after = list[int](), 0
    while entries := await journal.read(after, through=MAX, limit=1, size_bytes=MAX):
        after = entries[-1].sequence
        read.append(entries[-1].entry.number)
    assert read == [1, 2, 3, 6, 7, 8, 9]
    assert caplog.text.count("journal damaged") == 3
    damage = await journal.damage()
    assert [(part.site, part.first_number, part.last_number) for part in damage.lost] == [
        ("tay-ho", number, number) for number in (4, 5, 10)
    ]
    assert damage.lost_entries == 3
    assert (await journal.cursor("slow")).lost == 3
    assert (await journal.cursor("fast")).lost == 0
    lost = await journal.tallies(from_day=0)
    assert sum(tally.lost for tally in lost["slow"]) == 3
    # Whoever has it may bring it again, and what is there is still recognised.
    body = bytes([4]) * 3000
    again = await journal.append(entry(4, site="tay-ho", body=body))
    assert again.outcome is AppendOutcome.APPENDED
    assert again.sequence == 11
    body = bytes([3]) * 3000
    known = await journal.append(entry(3, site="tay-ho", body=body))
    assert known.outcome is AppendOutcome.REPEATED
    await journal.close()


async def test_a_journal_of_a_newer_collector_is_left_alone(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    await (await opened_at(url)).close()
    postgres.execute("UPDATE journal.journal SET version = 99", database=name_of(url))
    with pytest.raises(JournalError, match="version 99"):
        await opened_at(url)


@pytest.mark.parametrize("change", ["name = 'another'", "head = 1"])
async def test_a_journal_that_is_another_or_has_gone_back_ends_the_process(
    postgres: PostgresServer, change: str
) -> None:
    url = postgres.new_database()
    journal = await opened_at(url)
    for number in (1, 2, 3):
        await journal.append(entry(number))
    postgres.execute(f"UPDATE journal.journal SET {change}", database=name_of(url))
    # As after a failover: every connection is a new one.
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name_of(url)
    )
    async with asyncio.timeout(60):
        with pytest.raises(JournalDamaged):
            await journal.wait(3)
        with pytest.raises(JournalDamaged):
            await journal.cursor("sink")
    await journal.close()


async def test_a_journal_that_grows_while_a_connection_is_made_has_not_gone_back(
    postgres: PostgresServer,
) -> None:
    database = database_at(postgres.new_database())
    journal = await opened_at(database.url)
    loop = asyncio.get_running_loop()

    def known() -> JournalIdentity:
        """Return what this process knows, of which another one has just appended the newest."""
        append = asyncio.run_coroutine_threadsafe(journal.append(entry(1)), loop)
        append.result()
        with database.connect(autocommit=True) as connection:
            return identity(connection)

    reconnecting = JournalConnection(database, known, autocommit=True)
    await asyncio.to_thread(reconnecting.get)
    reconnecting.close()
    await journal.close()


async def test_a_database_that_cannot_be_opened_is_named_without_its_password(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("wrong-password")
    with pytest.raises(JournalRefused, match="authentication failed") as refused:
        await open_postgres_journal(
            database_at(f"{postgres.tcp_url()}?connect_timeout=60", str(tmp_path / "password")),
            committed=ignore,
        )
    assert postgres.tcp_url().removeprefix("postgresql+psycopg") in str(refused.value)
    assert "wrong-password" not in str(refused.value)


async def test_a_reader_without_its_server_reports_since_when_it_waits(
    postgres: PostgresServer,
) -> None:
    database = database_at(postgres.new_database())
    journal = await opened_at(database.url)
    known = JournalIdentity(name=journal.name, head=journal.head)
    # A writer may have waited for a standby: that says nothing of its server.
    for reads in (False, True):
        connection = JournalConnection(database, lambda: known, autocommit=reads)
        abort(connection.get())
        with pytest.raises(psycopg.OperationalError) as raised:
            connection.get().execute("SELECT 1")
        connection._asked_s -= 5.0
        connection.fail(raised.value)
        assert postgresql._choices[database.url]._are_silent == [reads]
        connection.close()
    await journal.close()

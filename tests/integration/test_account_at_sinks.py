"""
Entries that a sink will never receive: each is named by the account until a person accepts it.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.agent.spool.making import spool_at
from tests.collector.running import eventually
from tests.collector.sinks.receiver import always, receiver
from tests.integration.device import drain, pushing
from tests.integration.device_and_collector import DeviceAndCollector

LAN = ("--by", "Lan")
ACCEPT_SINK = ("accept-loss", "--sink", "database", *LAN)
ACCEPTED_LINES = (
    'sink_batches{fate="lost",sink="database"} 0.0',
    'sink_batches{fate="accepted",sink="database"} 5.0',
    'record_acceptances{kind="undelivered"} 1.0',
)


@pytest.fixture
async def record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[DeviceAndCollector]:
    async with receiver(always(204)) as sink:
        yield DeviceAndCollector(tmp_path, sink, capsys)


async def trimmed_unread(record: DeviceAndCollector) -> None:
    """Have five batches trimmed that a sink has not taken."""
    record.sink.script = always(503)
    async with record.running() as client:
        spool = spool_at(record.root / "device")
        await spool.open()
        record.make(spool, 5)
        async with pushing(spool, str(client.base_url), record.secret) as uplink:
            await drain(spool, uplink)
        await spool.close()
    record.config += "[journal]\nmax_bytes = 1048576\n"
    with closing(sqlite3.connect(record.journal)) as connection:
        # As much as the limit is, so that the next trim needs room.
        connection.execute("CREATE TABLE ballast (body BLOB)")
        connection.execute("INSERT INTO ballast VALUES (zeroblob(1048576))")
        connection.commit()
    async with record.running() as client:

        async def is_trimmed() -> bool:
            text = (await client.get("/metrics")).text
            return 'consumer_lost_entries{consumer="database"} 5.0' in text

        await eventually(is_trimmed)


async def test_entries_trimmed_before_a_sink_has_them_are_lost_to_that_sink(
    record: DeviceAndCollector,
) -> None:
    await trimmed_unread(record)
    assert record.missing() == (
        1,
        ["NOT DELIVERED to database: 5 entries, lost before it read them"],
    )
    assert record.came()[1:] == ["5", "database", "0", "0", "0", "5", "0", "0", "0"]
    # A person answers for them: the account closes, on the site's day too, and says so.
    assert record.say(*ACCEPT_SINK, "--reason", " ")[0] == 2
    status, line = record.say(*ACCEPT_SINK, "--reason", "the database is gone")
    assert (status, line) == (0, record.say("verify")[1].splitlines()[0] + "\n")
    assert line.startswith("ACCEPTED: NOT DELIVERED to database: 5 entries, lost before it read ")
    assert line.endswith("Z): the database is gone\n")
    assert record.missing() == (0, [])
    assert record.came()[1:] == ["5", "database", "0", "0", "0", "0", "0", "0", "5"]
    assert "5 entries lost before it read them, 0 passed over, by Lan" in record.say("audit")[1]
    assert record.say(*ACCEPT_SINK, "--reason", "again")[0] == 1
    async with record.running() as client:
        page = (await client.get("/account", params={"lang": "en"})).text
        assert "database: will never receive 5 entries" in page
        assert "the database is gone" in page

        async def is_measured() -> bool:
            text = (await client.get("/metrics")).text
            return all(line in text for line in ACCEPTED_LINES)

        await eventually(is_measured)
    # The sink loses two more: these alone are open. So are those of a sink that was removed.
    with closing(sqlite3.connect(record.journal)) as connection:
        connection.execute("UPDATE cursors SET lost = lost + 2 WHERE consumer = 'database'")
        connection.execute("UPDATE tallies SET lost = lost + 2 WHERE consumer = 'database'")
        connection.execute(
            "INSERT INTO cursors (consumer, sequence, note, lost, begun) "
            "VALUES ('former', 0, x'', 3, 0)"
        )
        connection.commit()
    why = "lost before it read them"
    assert record.missing() == (
        1,
        [f"NOT DELIVERED to {sink} entries, {why}" for sink in ("database: 2", "former: 3")],
    )
    assert record.say(*ACCEPT_SINK, "--reason", "gone for good")[0] == 0
    assert record.missing() == (1, [f"NOT DELIVERED to former: 3 entries, {why}"])
    assert record.say("accept-loss", "--sink", "former", *LAN, "--reason", "replaced")[0] == 0
    assert record.missing() == (0, [])


async def test_entries_skipped_by_a_sink_are_found(record: DeviceAndCollector) -> None:
    record.sink.script = always(503)
    async with record.running() as client:
        spool = spool_at(record.root / "device")
        await spool.open()
        record.make(spool, 5)
        async with pushing(spool, str(client.base_url), record.secret) as uplink:
            await drain(spool, uplink)
        await spool.close()
    with closing(sqlite3.connect(record.journal)) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO cursors (consumer, sequence, note, begun) "
            "VALUES ('database', 3, x'', 0)"
        )
        connection.commit()
    record.sink.script = always(204)
    async with record.running() as client:
        await record.delivered(client)
    assert record.missing() == (1, ["NOT DELIVERED to database: 3 entries, passed over"])
    assert record.came()[1:] == ["5", "database", "2", "0", "0", "0", "0", "3", "0"]
    assert record.say(*ACCEPT_SINK, "--reason", "moved by hand")[0] == 0
    assert record.missing() == (0, [])
    assert record.came()[1:] == ["5", "database", "2", "0", "0", "0", "0", "0", "3"]

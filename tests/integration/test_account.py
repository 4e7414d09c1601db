"""
The account of a record: each kind of silent loss is made for real, and is named by the account.

A real agent's spool and uplink, a real collector, a sink over HTTP; between them what goes wrong.
"""

import json
import os
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.agent.spool.making import spool_at
from tests.collector.running import eventually
from tests.collector.sinks.gate import fault_proxy
from tests.collector.sinks.receiver import (
    Answer,
    ReceivedRequest,
    always,
    receiver,
)
from tests.integration.device import drain, pushing
from tests.integration.device_and_collector import SITE, DeviceAndCollector
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.rejected import Rejection
from thongsuot_schema.batch import push


@pytest.fixture
async def record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[DeviceAndCollector]:
    async with receiver(always(204)) as sink:
        yield DeviceAndCollector(tmp_path, sink, capsys)


async def test_the_account_of_a_complete_record_closes(record: DeviceAndCollector) -> None:
    await record.pushed(6)
    assert record.missing() == (0, [])
    _, totals = record.say("account")
    assert totals.splitlines()[1].split() == [SITE, "6", "6", "0", "-", "yes"]
    assert totals.splitlines()[-1].split() == ["database", "6", "0", "0", "0", "0", "0"]
    _, days = record.say("account", SITE)
    made, came = (block.splitlines()[1].split() for block in days.split("\n\n"))
    assert made[1:] == ["6", "6", "0", "-", "yes"]
    assert came[1:] == ["6", "database", "6", "0", "0", "0", "0", "0", "0"]
    city = json.loads(record.say("account", "--json")[1])
    assert [(site["site"], site["made"], site["closes"]) for site in city["sites"]] == [
        (SITE, 6, True)
    ]
    assert [(sink["sink"], sink["delivered"]) for sink in city["sinks"]] == [("database", 6)]
    (day,) = json.loads(record.say("account", SITE, "--json")[1])["days"]
    assert (day["day"], day["fates"], day["arrived"]) == (made[0], {"kept": 6}, 6)
    assert record.say("account", "nowhere")[0] == record.say("verify", "nowhere")[0] == 1


async def test_batches_waiting_on_a_device_are_reported_as_waiting(
    record: DeviceAndCollector,
) -> None:
    async with record.running() as client:
        spool = spool_at(record.root / "device")
        await spool.open()
        record.make(spool, 3)
        newest = spool.newest_recent()
        assert newest is not None
        layout = await spool.layout(newest.layout)
        headers = {"Authorization": f"Bearer {record.secret}", "Thongsuot-Boot": "b"}
        for path, content_type, body in (
            (push.PATH_LAYOUTS, push.CONTENT_TYPE_LAYOUT, layout),
            (push.PATH_BATCHES, push.CONTENT_TYPE_BATCH, newest.body),
        ):
            headers |= {"Content-Type": content_type, push.HEADER_BOOTTIME: "1"}
            headers[push.HEADER_RECORD] = spool.record_report(newest.key)
            assert (await client.post(path, content=body, headers=headers)).status_code == 200
        await spool.close()
    assert record.missing() == (0, [])
    assert record.say("account")[1].splitlines()[1].split()[:4] == [SITE, "3", "1", "2"]


async def test_a_box_on_the_way_that_acknowledges_for_the_collector_is_found_out(
    record: DeviceAndCollector,
) -> None:
    swallowed: list[int] = []

    def second(request: ReceivedRequest) -> Answer | None:
        """Swallow the second batch that comes, with the acknowledgement that its sender wants."""
        number = int(request.headers[push.HEADER_RECORD.lower()].split(":")[1])
        if request.path != push.PATH_BATCHES or swallowed or number != 2:
            return None
        swallowed.append(number)
        sent_ns = int(request.headers[push.HEADER_BOOTTIME.lower()])
        answer = {"acknowledged": number, "answered_boottime_ns": sent_ns}
        return 200, {}, json.dumps(answer).encode()

    async with record.running() as client, fault_proxy(str(client.base_url).rstrip("/")) as box:
        box.refuses = lambda request: (
            second(request) if push.HEADER_RECORD.lower() in request.headers else None
        )
        spool = spool_at(record.root / "device")
        await spool.open()
        async with pushing(spool, box.url, record.secret) as uplink:
            for _ in range(4):
                record.make(spool, 1)
                await drain(spool, uplink)
        await spool.close()

        async def is_shown() -> bool:
            pages = [
                (await client.get(path, params={"lang": "en"})).text
                for path in ("/account", f"/sites/{SITE}/account")
            ]
            return all("1 are gone, and nobody knows why" in page for page in pages)

        await eventually(is_shown)
    assert swallowed == [2]
    assert record.missing() == (
        1,
        [f"MISSING: {SITE}: batch 2 never arrived, and its device considers it delivered"],
    )
    assert "1 unexplained" in record.say("account", SITE)[1]
    # Its reason is found out, and a person answers for it: the account closes, and says so.
    stream = record.stream_missing()
    accept = ("accept-loss", SITE, stream, "1-4", "--by", "Lan")
    assert record.say(*accept, "--reason", " ")[0] == 2
    status, accepted = record.say(*accept, "--reason", "the proxy of the ward")
    assert status == 0
    assert accepted.startswith(f"ACCEPTED: {SITE} {stream}: batch 2 by Lan, 20")
    assert accepted.endswith("Z): the proxy of the ward\n")
    assert record.missing() == (0, [])
    assert accepted in record.say("verify")[1]
    assert "1 accepted" in record.say("account", SITE)[1]
    audited = record.say("audit")[1]
    assert "loss_accepted" in audited
    assert "by Lan: the proxy of the ward" in audited
    # Nothing is left to accept, and what is not missing cannot be.
    assert record.say(*accept, "--reason", "again")[0] == 1


async def test_batches_lost_to_a_broken_disk_are_named_one_by_one(
    record: DeviceAndCollector,
) -> None:
    await record.pushed(300)
    with closing(sqlite3.connect(record.journal)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
        (body,) = connection.execute("SELECT body FROM entries WHERE number = 150").fetchone()
    # The page that holds this batch, and no page of an index: that would cost nothing.
    place = record.journal.read_bytes().index(body)
    with record.journal.open("r+b") as file:
        file.seek(place // page_bytes * page_bytes)
        file.write(os.urandom(page_bytes))
    async with record.running():
        pass
    status, lines = record.missing()
    assert status == 1
    assert lines
    assert all(
        line.endswith("was stored, lost to a broken disk of the collector") for line in lines
    )
    lost = _numbers(lines)
    with closing(sqlite3.connect(record.journal)) as connection:
        kept = {row[0] for row in connection.execute("SELECT number FROM entries")}
    assert kept
    assert lost == set(range(1, 301)) - kept
    accept = ("accept-loss", SITE, record.stream_missing(), "--by", "Lan", "--reason", "bad disk")
    assert record.say(*accept)[0] == 0
    status, text = record.say("verify")
    assert (status, "MISSING" in text, "LOST: " in text) == (0, False, True)


async def test_an_older_copy_of_the_journal_is_found_out(record: DeviceAndCollector) -> None:
    await record.pushed(4)
    copy = record.root / "copy"
    with closing(sqlite3.connect(record.journal)) as source, closing(sqlite3.connect(copy)) as to:
        source.backup(to)
    await record.pushed(3)
    for suffix in ("", "-wal", "-shm"):
        record.journal.with_name(record.journal.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, record.journal)
    assert record.missing()[0] == 1, "also before a collector has run with it"
    async with record.running():
        pass
    status, lines = record.missing()
    assert status == 1
    sentence = "was stored in another journal than the present one"
    assert lines == [f"MISSING: {SITE}: batch 5 to 7 {sentence}"]
    # And what comes from now on is accounted for as always.
    await record.pushed(2)
    assert record.missing() == (status, lines)
    accept = ("accept-loss", SITE, record.stream_missing(), "--by", "Lan", "--reason", "restored")
    assert record.say(*accept)[0] == 0
    assert record.missing() == (0, [])


async def test_batches_that_a_device_gives_up_are_named_and_balance(
    record: DeviceAndCollector,
) -> None:
    async with record.running() as client:
        spool = spool_at(record.root / "device", config=SpoolConfig(max_runtime_bytes=1 << 16))
        await spool.open()
        record.make(spool, 1)
        refused = spool.newest_recent()
        assert refused is not None
        assert await spool.set_aside_rejected(refused, Rejection(status=422, error="no"))
        while not spool.status().dropped_batches:
            record.make(spool, 50)
            await spool.maintain()
        made = int(spool.record_report(refused.key).split(":")[1])
        async with pushing(spool, str(client.base_url), record.secret) as uplink:
            await drain(spool, uplink)
            spool.seal()
            await drain(spool, uplink)
        await spool.close()
    assert record.missing() == (0, []), record.say("verify")
    line = record.say("account")[1].splitlines()[1]
    numbers = re.fullmatch(rf"{SITE} +(\d+) +(\d+) +0 +(\d+) dropped, 1 rejected +yes", line)
    assert numbers is not None, line
    whole, kept, dropped = map(int, numbers.groups())
    assert whole >= made
    assert dropped > 0
    assert whole == kept + dropped + 1


DELIVERED = 'sink_batches{fate="delivered",sink="database"} 3.0'


async def test_the_metrics_say_where_all_batches_are(record: DeviceAndCollector) -> None:
    await record.pushed(3)
    async with record.running() as client:

        async def has_gauges() -> bool:
            text = (await client.get("/metrics")).text
            # Each sink says in its own time what it has delivered.
            wanted = ('record_batches{fate="kept"} 3.0', DELIVERED)
            return all(line in text for line in wanted)

        await eventually(has_gauges)
        text = (await client.get("/metrics")).text
    assert "thongsuot_collector_record_open_sites 0.0" in text
    assert 'record_batches{fate="unexplained"} 0.0' in text


def _numbers(lines: list[str]) -> set[int]:
    numbers: set[int] = set()
    for line in lines:
        match = re.search(r"batch (\d+)(?: to (\d+))?", line)
        assert match is not None
        numbers |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    return numbers


async def test_batches_on_a_device_whose_spool_lost_its_content_are_counted_and_have_a_reason(
    record: DeviceAndCollector,
) -> None:
    """Made in an outage, so that no report has named them; then the card returns an empty file."""
    device = record.root / "device"
    await record.pushed(2)
    spool = spool_at(device)
    await spool.open()
    record.make(spool, 3)
    await spool.close()
    for path in (device / "state").glob("spool.db*"):
        path.write_bytes(b"")
    shutil.rmtree(device / "run")
    await record.pushed(1)
    assert record.missing() == (0, [])
    made, came = (block.splitlines()[1] for block in record.say("account", SITE)[1].split("\n\n"))
    assert "3 lost by the device's file system" in made
    assert made.split()[-1] == "yes"
    assert came.split()[2] == "database"

"""A whole collector whose journal is in PostgreSQL: its server goes away, and commands read it."""

import asyncio
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, icmp_result, usual_results
from tests.collector.journal.journal_contract import everything
from tests.collector.journal.readers import readers
from tests.collector.running import Pusher, collector, eventually, token
from tests.postgres import PostgresServer
from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.cli.main import main
from thongsuot_collector.journal.entry import AppendOutcome
from thongsuot_collector.journal.postgres import open_postgres_journal
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.postgresql import JOURNAL_SCHEMA, PostgresDatabase
from thongsuot_schema.batch import push
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.enrolment import TOKEN_PREFIX

pytestmark = pytest.mark.servers

SITE = "hoan-kiem"
NOW = 5000 * S


def configured(folder: Path, url: str) -> str:
    """Write the configuration of the commands; return what the collector's has more than it."""
    text = f'[journal]\nurl = "{url}"\n'
    (folder / "collector.toml").write_text(f'state_dir = "state"\n{text}')
    (folder / "state").mkdir(exist_ok=True)
    return text


async def run(
    capsys: pytest.CaptureFixture[str], folder: Path, *words: str
) -> tuple[int, list[str], str]:
    """Run a command; return its exit status, and what it printed."""
    capsys.readouterr()
    command = [*words, "--config", str(folder / "collector.toml")]
    status = await asyncio.to_thread(main, command)
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def sealed(device: BatchSealer, number: int) -> Batch:
    """Return a batch of a device, with results."""
    at = NOW + number * 15 * S
    return device.batch(at, usual_results(at - 15 * S, seed=number))


async def test_pushes_wait_for_a_server_that_is_away_and_none_is_lost(
    own_postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_postgres.start()
    config = configured(tmp_path, own_postgres.new_database())
    device = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW - 200 * S)
    async with collector(tmp_path / "state", config=config) as client:
        pusher = Pusher(client, device, token(tmp_path / "state", SITE))
        for number in range(1, 4):
            assert (await pusher.batch(sealed(device, number))).status_code == 200
        own_postgres.kill()
        waiting = sealed(device, 4)
        refused = await pusher.batch(waiting)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        # So is a batch whose layout is not in memory, and is looked for there.
        stranger = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW, stream="f" * 16)
        body, _ = stranger.sealed(stranger.batch(NOW, [icmp_result(NOW - S)]))
        assert (await pusher.body(body)).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        own_postgres.start()

        async def is_taken() -> bool:
            return (await pusher.batch(waiting)).status_code == 200

        await eventually(is_taken)
        assert (await pusher.batch(sealed(device, 5))).status_code == 200

        async def is_ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await eventually(is_ready)
        # Beside the running collector.
        status, lines, _ = await run(capsys, tmp_path, "verify")
        assert status == 0, lines
        assert " 1 to 5; " in lines[0]
        assert lines[0].endswith("; intact")
    assert not (tmp_path / "state" / JOURNAL_FILE).exists()
    # Started again, it goes on with what there is.
    async with collector(tmp_path / "state", config=config) as client:
        pusher = Pusher(client, device, token(tmp_path / "state", SITE))
        again = await pusher.batch(waiting)
        assert again.status_code == 200
    status, lines, _ = await run(capsys, tmp_path, "journal", "status")
    assert status == 0
    assert "entries  5 (sequences 1 to 5)" in "\n".join(lines)


async def test_while_the_database_is_away_every_request_is_told_to_come_again(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    own_postgres.start()
    database = own_postgres.new_database()
    (tmp_path / "state").mkdir()
    config = f'[journal]\nurl = "{database}"\n\n[store]\nurl = "{database}"\n'
    async with collector(tmp_path / "state", config=config) as client:
        headers = {
            "Authorization": f"Bearer {TOKEN_PREFIX}{'0' * 43}",
            "Content-Type": push.CONTENT_TYPE_BATCH,
        }

        async def asked(method: str, path: str) -> httpx.Response | None:
            """Return the answer; ``None`` for a connection that ends with the collector's role."""
            try:
                return await client.request(method, path, content=b"noise", headers=headers)
            except httpx.TransportError as error:
                if isinstance(error, httpx.TimeoutException):
                    pytest.fail(f"{path}: nobody answers")
                return None

        async def leads() -> bool:
            response = await asked("GET", "/leader")
            return response is not None and response.status_code == 200

        await eventually(leads)
        unknown = await asked("POST", push.PATH_BATCHES)
        assert unknown is not None
        assert unknown.status_code == 401
        own_postgres.kill()

        async def is_told_by_the_waiting_collector() -> bool:
            told = ""
            for path in (push.PATH_BATCHES, push.PATH_LAYOUTS):
                response = await asked("POST", path)
                if response is None:
                    return False
                # Nobody is called unknown because he cannot be looked up.
                assert response.status_code == 503, response.text
                assert int(response.headers["Retry-After"]) >= 1
                told = response.text
            return "its database" in told

        await eventually(is_told_by_the_waiting_collector)
        page = await asked("GET", "/sites")
        assert page is not None
        assert page.status_code == 503
        assert "cơ sở dữ liệu" in page.text
        assert int(page.headers["Retry-After"]) >= 1
        own_postgres.start()

        async def is_looked_up() -> bool:
            response = await asked("POST", push.PATH_BATCHES)
            return response is not None and response.status_code == 401

        await eventually(is_looked_up)


async def test_commands_read_a_journal_in_a_database_or_say_what_to_do_instead(
    postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.new_database()
    config = configured(tmp_path, url)
    device = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW - 200 * S)
    status, _, error = await run(capsys, tmp_path, "journal", "status")
    assert status == 1
    assert "there is no journal yet" in error
    async with collector(tmp_path / "state", config=config) as client:
        pusher = Pusher(client, device, token(tmp_path / "state", SITE))
        for number in range(1, 5):
            assert (await pusher.batch(sealed(device, number))).status_code == 200
    status, lines, _ = await run(capsys, tmp_path, "check-config")
    shown = url.partition("?")[0].replace("+psycopg", "")
    assert status == 0
    assert f"journal: {shown}" in lines
    status, lines, _ = await run(capsys, tmp_path, "account", SITE)
    assert status == 0
    out = tmp_path / "out.csv"
    export = ("export", "--from", "2020-01-01", "--format", "csv", "--out", str(out))
    status, _, _ = await run(capsys, tmp_path, *export)
    assert status == 0
    rows = len(out.read_text().splitlines())
    assert rows > 4

    status, lines, _ = await run(capsys, tmp_path, "backup", "--to", str(tmp_path / "backups"))
    assert status == 0
    assert f"The journal is not in it: it is in {shown}." in lines[-1]
    assert "journal up to entry" not in lines[0]
    (copy,) = (tmp_path / "backups").rglob(STORE_FILE)
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    connection.close()
    status, _, error = await run(capsys, tmp_path, "salvage", url, "--to", str(tmp_path / "new"))
    assert status == 2
    assert "standby or its backup" in error

    # One byte of one row: named by `verify`, left out by `export`, which says so.
    name = url.partition("?")[0].rpartition("/")[2]
    postgres.execute(
        "UPDATE journal.entries SET body = set_byte(body, 40, 0) WHERE number = 2", database=name
    )
    status, lines, _ = await run(capsys, tmp_path, "verify")
    assert status == 1
    assert any("batch 2 is not the accepted one" in line for line in lines)
    status, _, error = await run(capsys, tmp_path, *export)
    assert status == 1
    assert "it is not what was taken in" in error
    assert 1 < len(out.read_text().splitlines()) < rows
    # A store that is gone is not started again beside a record that is there.
    (tmp_path / "state" / STORE_FILE).unlink()
    with pytest.raises(Exception, match="no store in"):
        async with collector(tmp_path / "state", config=config):
            pass


async def test_the_file_of_one_machine_moves_into_a_database_and_everybody_continues(
    postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    url = postgres.new_database()
    device = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW - 200 * S)
    async with collector(state) as client:
        pusher = Pusher(client, device, token(state, SITE))
        for number in range(1, 6):
            assert (await pusher.batch(sealed(device, number))).status_code == 200
    opened = open_journal(state / JOURNAL_FILE, committed=lambda _jobs, _took_s: None)
    name = opened.name
    await opened.commit("gone", 3, b"note")
    await opened.trim(readers("gone"), received_before_ns=1 << 62, max_bytes=1 << 40)
    before = {consumer: await opened.cursor(consumer) for consumer in ("gone", "accounts")}
    kept, entries = await opened.kept(), await everything(opened)
    assert [stored.sequence for stored in entries] == [4, 5]
    await opened.close()
    config = configured(tmp_path, url)
    with pytest.raises(Exception, match="journal copy"):
        async with collector(state, config=config):
            pass
    status, lines, _ = await run(capsys, tmp_path, "journal", "copy")
    assert status == 0
    assert "2 entries, up to sequence 5" in lines[0]
    status, _, error = await run(capsys, tmp_path, "journal", "copy")
    assert status == 1
    assert "copied into an empty one" in error

    database = PostgresDatabase(url=url, schema=JOURNAL_SCHEMA)
    moved = await open_postgres_journal(database, committed=lambda _jobs, _took_s: None)
    assert (moved.name, moved.head) == (name, 5)
    assert await everything(moved) == entries
    assert await moved.kept() == kept
    assert {consumer: await moved.cursor(consumer) for consumer in before} == before
    assert (await moved.append(entries[0].entry)).outcome is AppendOutcome.REPEATED
    await moved.close()
    async with collector(state, config=config) as client:
        pusher = Pusher(client, device, token(state, SITE))
        assert (await pusher.batch(sealed(device, 6))).status_code == 200
    status, lines, _ = await run(capsys, tmp_path, "verify")
    assert status == 0, lines
    assert " 4 to 6; removed for their age: 1 to 3; " in lines[0]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            'url = "postgresql+psycopg://c:sesame@localhost/t"',  # no secret: made up
            "it holds a password",
        ),
        ('url = "postgresql+psycopg://c@db1.city/t"', "sslmode=verify-full"),
        ('url = "postgresql+psycopg://c@/t"\npassword_file = "none"', "there is no file"),
        ('password_file = "none"', "a SQLite file has no password"),
    ],
)
def test_check_config_says_where_a_url_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: str, complaint: str
) -> None:
    file = tmp_path / "collector.toml"
    file.write_text(f'state_dir = "state"\n\n[journal]\n{settings}\n')
    assert main(["check-config", "--config", str(file)]) == 2
    captured = capsys.readouterr()
    assert f"{file}:" in captured.err
    assert complaint in captured.err
    assert "sesame" not in captured.err + captured.out

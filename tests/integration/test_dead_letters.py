"""
Dead letters that are tried again: what failed for a reason that is gone arrives after all, once.

A real collector with a sink over HTTP; what fails fails for real: a layout that is not there.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.receiver import ScriptedReceiver, always, receiver
from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.cli.main import main
from thongsuot_collector.journal.dead_letters import NOT_IN_JOURNAL
from thongsuot_collector.store import audit, dead_letters
from thongsuot_collector.store.dead_letters import DeadLetter
from thongsuot_collector.store.engine import open_store
from thongsuot_lab.matrix.journal_reader import stored_batches

SITE = "hoan-kiem"
NOW_NS = 1_795_000_000 * S


def config_of(sink: ScriptedReceiver) -> str:
    return (
        '[[sinks]]\nkind = "remote_write"\nname = "database"\nlinger_s = 0.0\n'
        f'min_backoff_s = 0.05\nmax_backoff_s = 0.05\nurl = "{sink.url}"\n'
    )


def letters(state: Path) -> list[DeadLetter]:
    store = open_store(state / STORE_FILE)
    try:
        return dead_letters.listed(store)
    finally:
        store.dispose()


async def metric(client: httpx.AsyncClient, name: str) -> float:
    text = (await client.get("/metrics")).text
    match = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(match[1]) if match else 0.0


async def test_entries_that_a_sink_could_not_read_are_delivered_once_the_reason_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    agent = BatchSealer(SITE, epoch_ns=NOW_NS)
    secret = token(state, SITE)
    async with receiver(always(503)) as sink:
        file = tmp_path / "collector.toml"
        file.write_text(f'state_dir = "{state}"\n{config_of(sink)}')
        batch = agent.batch(20 * S, [icmp_result(10 * S), icmp_result(15 * S)])
        _, layout = agent.sealed(batch)
        async with collector(state, config=config_of(sink)) as client:
            assert (await Pusher(client, agent, secret).batch(batch)).status_code == 200
        with closing(sqlite3.connect(state / JOURNAL_FILE)) as connection:
            connection.execute("DELETE FROM layouts")
            connection.commit()
        sink.script = always(204)
        sent = len(sink.requests)
        async with collector(state, config=config_of(sink)) as client:
            await eventually(lambda: [letter.consumer for letter in letters(state)] == ["database"])
            words = ("dead-letters", "retry", "--site", SITE, "--config", str(file))
            assert main(words) == 0
            assert capsys.readouterr().out.startswith("1 dead letters are tried again")
            # Not yet: the layout is still missing, so it fails again, and stays.
            await eventually(lambda: letters(state)[0].retry_ns is None)
            assert len(sink.requests) == sent
            assert (await Pusher(client, agent, secret).layout(layout)).status_code == 200
            assert main(words) == 0
            assert main(words) == 0, "asked twice"
            await eventually(lambda: letters(state) == [])
        assert len(sink.requests) == sent + 1
        capsys.readouterr()
        assert main(["verify", "--config", str(file)]) == 0
        assert main(["account", SITE, "--config", str(file)]) == 0
        came = capsys.readouterr().out.split("\n\n")[-1].splitlines()[1].split()
        assert came[1:] == ["1", "database", "1", "0", "0", "0", "0", "0", "0"]
    store = open_store(state / STORE_FILE)
    try:
        lines = [line for line in audit.listed(store) if line.action == "dead_letters_retried"]
    finally:
        store.dispose()
    assert [(line.subject, line.detail) for line in lines] == [(SITE, "1"), (SITE, "1")]


async def test_a_batch_whose_number_was_taken_is_put_back_when_somebody_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    secret = token(state, SITE)
    file = tmp_path / "collector.toml"
    file.write_text(f'state_dir = "{state}"\n')
    agent = BatchSealer(SITE, epoch_ns=NOW_NS)
    first = agent.batch(20 * S, [icmp_result(10 * S, rtt_s=0.01)], number=1)
    second = agent.batch(20 * S, [icmp_result(10 * S, rtt_s=0.02)], number=1)
    async with collector(state) as client:
        pusher = Pusher(client, agent, secret)
        assert (await pusher.batch(first)).status_code == 200
        assert (await pusher.batch(second)).status_code == 409
        await eventually(lambda: len(letters(state)) == 1)
        assert main(["dead-letters", "retry", "--config", str(file)]) == 0
        assert capsys.readouterr().out.startswith("0 dead letters"), "not without looking at it"
        assert main(["dead-letters", "retry", "1", "--config", str(file)]) == 0
        await eventually(lambda: letters(state) == [])
    kept = [stored.batch for stored in stored_batches(state / JOURNAL_FILE)]
    assert [batch.results for batch in kept] == [first.results, second.results]
    assert {batch.number for batch in kept} == {1}
    assert len({batch.stream for batch in kept}) == 2
    assert main(["verify", "--config", str(file)]) == 0


async def test_a_missing_entry_to_retry_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    token(state, SITE)
    file = tmp_path / "collector.toml"
    file.write_text(f'state_dir = "{state}"\n')
    assert main(["dead-letters", "retry", "7", "--config", str(file)]) == 1
    assert "tried again already: 7" in capsys.readouterr().err


async def test_a_dead_letter_stays_when_its_number_in_the_journal_is_that_of_another_batch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A journal restored from a copy gives its next sequences out again."""
    state = tmp_path / "state"
    state.mkdir()
    secret = token(state, SITE)
    lost, another = (
        BatchSealer(SITE, stream=stream, epoch_ns=NOW_NS) for stream in ("0" * 16, "1" * 16)
    )
    async with receiver(always(204)) as sink:
        config = config_of(sink)
        file = tmp_path / "collector.toml"
        file.write_text(f'state_dir = "{state}"\n{config}')
        async with collector(state, config=config):
            pass
        copy = (state / JOURNAL_FILE).read_bytes()
        sink.script = always(503)
        async with collector(state, config=config) as client:
            batch = lost.batch(20 * S, [icmp_result(10 * S)])
            assert (await Pusher(client, lost, secret).batch(batch)).status_code == 200
        with closing(sqlite3.connect(state / JOURNAL_FILE)) as connection:
            connection.execute("DELETE FROM layouts")
            connection.commit()
        async with collector(state, config=config):
            await eventually(lambda: [letter.sequence for letter in letters(state)] == [1])
        (state / JOURNAL_FILE).write_bytes(copy)
        sink.script = always(204)
        async with collector(state, config=config) as client:
            batch = another.batch(40 * S, [icmp_result(30 * S)])
            assert (await Pusher(client, another, secret).batch(batch)).status_code == 200
            assert main(["dead-letters", "retry", "--site", SITE, "--config", str(file)]) == 0
            await eventually(lambda: letters(state)[0].retry_ns is None)
        (letter,) = letters(state)
        assert (letter.stream, letter.error) == (lost.stream, NOT_IN_JOURNAL)
        capsys.readouterr()

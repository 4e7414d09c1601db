"""``journal``, ``verify`` and ``dead-letters``: what the record holds, and whether it is whole."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.collector.journal.journal_contract import entry
from tests.collector.journal.test_hash_chain import keep, sealed
from thongsuot_collector.cli.main import main
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.dead_letters import DeadLetter
from thongsuot_collector.store.engine import open_store


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.toml"
    path.write_text('state_dir = "state"\n')
    return path


def say(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


async def test_verify_passes_until_a_stored_byte_is_changed(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").mkdir()
    file = tmp_path / "state" / "journal.sqlite"
    await keep(file, [*sealed("hoan-kiem", 3), *sealed("tay-ho", 2, stream="00112233445566aa")])
    status, out, _ = say(capsys, "verify", "--config", config)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["hoan-kiem", "tay-ho"]
    with sqlite3.connect(file) as connection:
        (table,) = connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%body%' AND type = 'table'"
        ).fetchone()
        connection.execute(f"UPDATE {table} SET body = X'00' WHERE number = 2 AND site = 'tay-ho'")
    connection.close()
    status, out, _ = say(capsys, "verify", "--config", config)
    assert status == 1
    assert "tay-ho" in out
    assert say(capsys, "verify", "hoan-kiem", "--config", config)[0] == 0, "the other is whole"
    status, out, _ = say(capsys, "verify", "--json", "--config", config)
    report = json.loads(out)
    assert (status, report["is_intact"]) == (1, False)
    assert [(stream["site"], stream["kept"]) for stream in report["streams"]] == [
        ("hoan-kiem", [[1, 3]]),
        ("tay-ho", [[1, 2]]),
    ]
    flawed = {
        (stream["site"], flaw["number"]) for stream in report["streams"] for flaw in stream["flaws"]
    }
    assert flawed == {("tay-ho", 2)}


async def test_a_site_that_the_record_does_not_know_is_refused_with_the_nearest_name(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").mkdir()
    await keep(tmp_path / "state" / "journal.sqlite", sealed("hoan-kiem", 1))
    status, _, error = say(capsys, "verify", "hoan-kien", "--config", config)
    assert status == 1
    assert "hoan-kiem" in error


def keep_letter(
    folder: Path, number: int, *, consumer: str, sequence: int, cause: str = "1"
) -> None:
    """Put a batch that a consumer could not process into the store of a collector."""
    store = open_store(folder / "state" / "store.sqlite")
    failed = entry(number)
    letter = DeadLetter(
        site=failed.site,
        stream=failed.stream,
        number=failed.number,
        consumer=consumer,
        sequence=sequence,
        error=f"Traceback:\n  x\nKeyError: {cause}",
        body=failed.body,
        at_ns=1,
    )
    dead_letters.put(store, letter)
    store.dispose()


def test_dead_letters_are_listed_and_shown_and_their_bytes_given(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_letter(tmp_path, 7, consumer="prometheus", sequence=3)
    _, out, _ = say(capsys, "dead-letters", "list", "--config", config)
    assert "hoan-kiem" in out
    assert "KeyError: 1" in out
    body = tmp_path / "body"
    status, out, _ = say(capsys, "dead-letters", "show", 1, "--body", body, "--config", config)
    assert status == 0
    assert "Traceback:" in out
    assert body.read_bytes() == b"body 7"
    assert say(capsys, "dead-letters", "show", 99, "--config", config)[0] == 1
    report = json.loads(say(capsys, "dead-letters", "show", 1, "--json", "--config", config)[1])
    assert (report["number"], report["sequence"], report["body_bytes"]) == (7, 3, 6)


def test_text_of_a_device_does_not_control_the_terminal(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cause = "\x1b[2J\x9b1m\u202e"
    keep_letter(tmp_path, 7, consumer="prometheus", sequence=3, cause=cause)
    out = ""
    for words in (["list"], ["show", 1], ["list", "--json"]):
        status, out, _ = say(capsys, "dead-letters", *words, "--config", config)
        assert status == 0
        assert "KeyError: \\u001b[2J\\u009b1m\\u202e" in out
        assert {letter for letter in out if not letter.isprintable()} == {"\n"}
    assert f"KeyError: {cause}" in json.loads(out)[0].values()


def test_dead_letters_are_retried_by_id_and_those_that_are_not_there_are_named(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_letter(tmp_path, 1, consumer="prometheus", sequence=1)
    keep_letter(tmp_path, 2, consumer="prometheus", sequence=2)
    status, out, error = say(capsys, "dead-letters", "retry", 2, 99, "--json", "--config", config)
    assert status == 1
    assert json.loads(out) == {"retried": [2], "unknown": [99]}
    assert "99" in error
    store = open_store(tmp_path / "state" / "store.sqlite")
    asked = [letter.id for letter in dead_letters.retries(store, "prometheus", 10)]
    store.dispose()
    assert asked == [2]
    assert say(capsys, "dead-letters", "retry", "--site", "hoan-kiem", "--config", config)[0] == 0


async def test_the_journal_tells_what_it_holds_and_who_is_behind(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(capsys, "journal", "status", "--config", config)[0] == 1
    journal = open_journal(
        tmp_path / "state" / "journal.sqlite", committed=lambda _jobs, _took_s: None
    )
    for number in range(1, 6):
        await journal.append(entry(number))
    await journal.commit("prometheus", 2)
    # Also while a collector has it open.
    status, out, _ = say(capsys, "journal", "status", "--config", config)
    report = json.loads(say(capsys, "journal", "status", "--json", "--config", config)[1])
    await journal.close()
    assert status == 0
    assert "entries  5 (sequences 1 to 5)" in out
    assert out.splitlines()[-1].split() == ["prometheus", "2", "3", "0"]
    assert (report["entries"], report["first_sequence"], report["last_sequence"]) == (5, 1, 5)
    assert report["consumers"] == [{"name": "prometheus", "sequence": 2, "behind": 3, "lost": 0}]
    assert report["lost"] == []

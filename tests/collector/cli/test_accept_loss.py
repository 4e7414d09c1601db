"""``accept-loss``: what a broken disk has cost is accepted by a person, and ``verify`` closes."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.cli.test_journal import say
from tests.collector.journal.test_hash_chain import keep, sealed
from thongsuot_collector.cli.accept_record import accepted_flaw_line
from thongsuot_collector.store.acceptances import AcceptedFlaw
from thongsuot_collector.store.engine import open_store

WHO = ("--by", "Lan", "--reason", "bad disk")
FOUND_NS = 1_764_583_200_000_000_000


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    """A collector whose journal has two whole streams."""
    path = tmp_path / "collector.toml"
    path.write_text('state_dir = "state"\n')
    (tmp_path / "state").mkdir()
    open_store(tmp_path / "state" / "store.sqlite").dispose()
    streams = [*sealed("hoan-kiem", 3), *sealed("tay-ho", 2, stream="00112233445566aa")]
    await keep(tmp_path / "state" / "journal.sqlite", streams)
    return path


def note_damage(config: Path, **columns: object) -> None:
    """Have a recovery find what a broken disk has cost."""
    row = {"found_ns": FOUND_NS, "file": "", "first": 0, "last": 0, "entries": 0}
    row |= {"site": "", "stream": "", "first_number": 0, "last_number": 0} | columns
    with closing(sqlite3.connect(config.parent / "state" / "journal.sqlite")) as connection:
        connection.execute(
            f"INSERT INTO damage ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        connection.commit()


def test_damage_that_belongs_to_no_site_is_accepted_once_and_counts_anew_when_found_again(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--config", config)
    assert say(capsys, "verify", *place)[0] == 0
    note_damage(config, forgotten="trimmed")
    note_damage(config, first=4, last=6, entries=3)
    note_damage(config)
    assert say(capsys, "verify", *place)[0] == 1
    status, out, _ = say(capsys, "accept-loss", "--damage", *WHO, *place)
    lines = out.splitlines()
    assert (status, len(lines)) == (0, 3)
    found = "found 2025-12-01 17:00:00+0700 (10:00:00Z)"
    for what in ("a whole journal", "entries 4 to 6 of the journal", "some of table trimmed"):
        (line,) = [line for line in lines if what in line]
        assert line.startswith("ACCEPTED: ")
        assert found in line
        assert " by Lan, " in line
        assert line.endswith(": bad disk")
    # It is accepted for each site, and it is still named.
    status, out, _ = say(capsys, "verify", *place)
    assert (status, out.count("ACCEPTED: "), out.count("LOST: ")) == (0, 3, 3)
    assert say(capsys, "verify", "tay-ho", *place)[0] == 0
    report = json.loads(say(capsys, "verify", "--json", *place)[1])
    assert report["is_intact"]
    assert {part["forgotten"] for part in report["accepted"]} == {"", "trimmed"}
    assert {part["by"] for part in report["accepted"]} == {"Lan"}
    assert all(part["at_ns"] > FOUND_NS for part in report["accepted"])
    audited = say(capsys, "audit", *place)[1]
    assert "trimmed, by Lan: bad disk" in audited
    assert "4 to 6, by Lan: bad disk" in audited
    # Nothing is left; what is lost later is another loss.
    assert say(capsys, "accept-loss", "--damage", *WHO, *place)[0] == 1
    note_damage(config, forgotten="trimmed", found_ns=FOUND_NS + 1)
    assert say(capsys, "verify", *place)[0] == 1
    assert say(capsys, "accept-loss", "--damage", *WHO, *place)[0] == 0
    assert say(capsys, "verify", *place)[0] == 0


def test_batches_of_a_device_without_an_account_are_accepted_too(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--config", config)
    lost = {"site": "tay-ho", "stream": "00112233445566aa"}
    note_damage(config, first=6, last=9, entries=4, first_number=3, last_number=6, **lost)
    assert say(capsys, "verify", *place)[0] == 1
    accept = ("accept-loss", "tay-ho", "00112233445566aa")
    assert say(capsys, *accept, "8-9", *WHO, *place)[0] == 1, "these are not lost"
    assert say(capsys, *accept, "3-5", *WHO, *place)[0] == 0
    assert say(capsys, "verify", *place)[0] == 1, "one is not accepted"
    status, out, _ = say(capsys, *accept, *WHO, *place)
    assert (status, "batch 6 by Lan" in out) == (0, True)
    assert say(capsys, "verify", *place)[0] == 0
    assert say(capsys, *accept, *WHO, *place)[0] == 1


def change_body(config: Path, number: int, body: bytes) -> None:
    """Replace what the journal has of a batch of tay-ho, as somebody with an editor does."""
    with closing(sqlite3.connect(config.parent / "state" / "journal.sqlite")) as connection:
        connection.execute(
            "UPDATE entries SET body = ? WHERE site = 'hoan-kiem' AND number = ?", (body, number)
        )
        connection.commit()


def test_a_broken_chain_is_accepted_and_what_changes_later_is_another_flaw(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--config", config)
    stream = sealed("hoan-kiem", 3)[0].stream
    accept = ("accept-loss", "hoan-kiem", stream, "--flaws", *WHO, *place)
    assert say(capsys, *accept)[0] == 1, "there is none yet"
    change_body(config, 2, b"not a batch")
    assert say(capsys, "verify", *place)[0] == 1
    assert say(capsys, *accept[:3], "1", *accept[3:])[0] == 1, "it is intact"
    status, out, _ = say(capsys, *accept)
    lines = out.splitlines()
    assert status == 0
    assert lines
    flaw = f"ACCEPTED, not intact: hoan-kiem {stream}: batch 2 is not the accepted one; by Lan, 20"
    assert lines[0].startswith(flaw)
    assert all(line.endswith("Z): bad disk") for line in lines)
    # It is still named, and nothing is taken away.
    status, out, _ = say(capsys, "verify", *place)
    assert (status, "batch 2 is not the accepted one (accepted)" in out) == (0, True)
    assert "not intact, and accepted" in out
    assert all(line in out for line in lines)
    assert say(capsys, "verify", "tay-ho", *place)[1].count("ACCEPTED") == 0
    report = json.loads(say(capsys, "verify", "--json", *place)[1])
    assert report["is_intact"]
    assert {flaw["by"] for flaw in report["accepted_flaws"]} == {"Lan"}
    assert (
        f"{stream} 2 is not the accepted one, by Lan: bad disk" in say(capsys, "audit", *place)[1]
    )
    # Another change of the same batch, or of its neighbour, is not what was accepted.
    for number, body in ((2, b"not a BATCH"), (3, b"nor this"), (3, b"NOR THIS")):
        change_body(config, number, body)
        assert say(capsys, "verify", *place)[0] == 1
        assert say(capsys, *accept)[0] == 0
        assert say(capsys, "verify", *place)[0] == 0
    assert say(capsys, *accept)[0] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("does not follow the previous batch", "lô 5 không nối tiếp lô trước nó; người xác nhận"),
        ("cannot be read: {odd}", "lô 5 cannot be read: {odd}; người xác nhận Lan"),
    ],
)
def test_an_accepted_flaw_is_read_in_vietnamese_where_it_can_be(
    monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    flaw = AcceptedFlaw(
        site="tay-ho",
        stream="a1",
        number=5,
        evidence="00",
        text=text,
        by="Lan",
        reason="khôi phục",
        at_ns=FOUND_NS,
    )
    assert said in accepted_flaw_line(flaw)


def test_flaws_are_those_of_a_stream(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = say(capsys, "accept-loss", "--damage", "--flaws", *WHO, "--config", config)
    assert (status, "--flaws needs a site and a stream" in err) == (2, True)


def test_a_sink_that_lacks_nothing_has_nothing_to_accept(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = say(capsys, "accept-loss", "--sink", "database", *WHO, "--config", config)
    assert (status, "lacks no entries that nobody has accepted" in err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("tay-ho",),
        ("--damage", "tay-ho", "00112233445566aa"),
        ("--damage", "tay-ho"),
        ("--damage", "--sink", "database"),
    ],
)
def test_either_a_stream_or_damage_is_named(
    config: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    status, _, err = say(capsys, "accept-loss", *words, *WHO, "--config", config)
    assert (status, "name a site and a stream, or --sink, or --damage" in err) == (2, True)

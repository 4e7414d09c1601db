"""The hash chain detects batches that were changed, replaced or inserted."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    steady_city,
)
from thongsuot_collector.cli import evidence, record_lines
from thongsuot_collector.cli.main import main
from thongsuot_collector.journal import hash_chain
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_collector.journal.sqlite_view import SqliteView
from thongsuot_collector.notify.render.document import (
    BatchReference,
    IncidentDocument,
    encode_document,
)
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.batch.digest import digest_of

NOW_NS = 1_795_000_000 * S


def sealed(site: str, batches: int, *, stream: str = "5d1f0c9a77e2b304") -> list[JournalEntry]:
    """Return a stream's batches as they come in, each naming the one before it."""
    agent = BatchSealer(site, stream=stream, epoch_ns=NOW_NS)
    entries, previous = [], b""
    for number in range(1, batches + 1):
        at_ns = number * 15 * S
        batch = agent.batch(at_ns, usual_results(at_ns - 15 * S, seed=number))
        body, _ = agent.sealed(msgspec.structs.replace(batch, previous=previous))
        previous = digest_of(body)
        entries.append(
            JournalEntry(
                site=site,
                stream=stream,
                number=number,
                digest=previous,
                layout=b"L" * 16,
                received_ns=NOW_NS + at_ns,
                epoch_ns=NOW_NS,
                clock=ClockQuality.TRUSTED,
                body=body,
            )
        )
    return entries


async def keep(path: Path, entries: list[JournalEntry]) -> None:
    journal = open_journal(path, committed=lambda _jobs, _took_s: None)
    for entry in entries:
        await journal.append(entry)
    await journal.close()


@pytest.fixture
async def journal(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "journal.sqlite"
    await keep(path, sealed("s0", 6) + sealed("s1", 3))
    return path


@pytest.fixture
def connection(journal: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(journal, writable=True)
    yield opened
    opened.close()


def said(connection: sqlite3.Connection, site: str = "") -> list[str]:
    view = SqliteView(connection)
    return [
        record_lines.stream_lines(check)
        for check in hash_chain.verify_streams(view.batches(site), view.trimmed(site))
    ]


def test_received_batches_are_intact(connection: sqlite3.Connection) -> None:
    assert said(connection) == [
        "s0 5d1f0c9a77e2b304: 1 to 6; intact",
        "s1 5d1f0c9a77e2b304: 1 to 3; intact",
    ]
    assert said(connection, "s1") == ["s1 5d1f0c9a77e2b304: 1 to 3; intact"]


def test_a_changed_byte_is_found_even_if_its_digest_is_made_to_fit(
    connection: sqlite3.Connection,
) -> None:
    other = sealed("s0", 6)[3]
    agent = BatchSealer("s0", epoch_ns=NOW_NS)
    batch = agent.batch(60 * S, usual_results(45 * S, seed=99), number=4)
    forged, _ = agent.sealed(msgspec.structs.replace(batch, previous=sealed("s0", 3)[2].digest))
    assert forged != other.body
    where = "WHERE site = 's0' AND number = 4"
    connection.execute(f"UPDATE entries SET body = ? {where}", (forged,))
    assert said(connection, "s0")[0].splitlines() == [
        "s0 5d1f0c9a77e2b304: 1 to 6; NOT INTACT",
        "  batch 4 is not the accepted one",
        "  batch 4 claims to be 4 of 00112233445566aa of s0",
        "  batch 5 does not follow the previous batch",
    ]
    connection.execute(f"UPDATE entries SET digest = ? {where}", (digest_of(forged),))
    assert "batch 5 does not follow the previous batch" in said(connection, "s0")[0]


def test_a_batch_replaced_a_second_time_is_another_flaw_of_its_successor(
    connection: sqlite3.Connection,
) -> None:
    flaws: list[hash_chain.BatchFlaw] = []
    for seed in (98, 99):
        agent = BatchSealer("s0", stream="5d1f0c9a77e2b304", epoch_ns=NOW_NS)
        batch = agent.batch(60 * S, usual_results(45 * S, seed=seed), number=4)
        previous = sealed("s0", 3)[2].digest
        forged, _ = agent.sealed(msgspec.structs.replace(batch, previous=previous))
        connection.execute(
            "UPDATE entries SET body = ?, digest = ? WHERE site = 's0' AND number = 4",
            (forged, digest_of(forged)),
        )
        view = SqliteView(connection)
        (stream,) = hash_chain.verify_streams(view.batches("s0"), view.trimmed("s0"))
        flaws += stream.flaws
    first, second = flaws
    assert (first.number, first.text) == (second.number, second.text)
    assert first.text == "does not follow the previous batch"
    assert first.evidence != second.evidence


def test_two_batches_that_changed_places_are_found(connection: sqlite3.Connection) -> None:
    for now, then in ((2, 99), (3, 2), (99, 3)):
        connection.execute(
            "UPDATE entries SET number = ? WHERE site = 's0' AND number = ?", (then, now)
        )
    (line,) = said(connection, "s0")
    assert "batch 2 claims to be 3 of 5d1f0c9a77e2b304 of s0" in line
    assert "NOT INTACT" in line


def test_bytes_that_are_no_batch_are_found(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE entries SET body = x'00' WHERE site = 's1' AND number = 2")
    (line,) = said(connection, "s1")
    assert "batch 2 cannot be read" in line


def test_missing_and_expired_batches_are_not_flaws(
    connection: sqlite3.Connection,
) -> None:
    connection.execute("DELETE FROM entries WHERE site = 's0' AND number IN (1, 2, 4)")
    connection.execute("INSERT INTO trimmed VALUES ('s0', '5d1f0c9a77e2b304', 1, 2)")
    assert said(connection, "s0") == [
        "s0 5d1f0c9a77e2b304: 3, 5 to 6; removed for their age: 1 to 2; not arrived: 4; intact"
    ]


async def test_batches_pushed_by_hand_are_counted_as_not_chained(tmp_path: Path) -> None:
    agent = BatchSealer("s2", epoch_ns=NOW_NS)
    entries = []
    for number in (1, 2):
        body, _ = agent.sealed(agent.batch(number * S, usual_results(0, rounds=1)))
        entry = sealed("s2", 1)[0]
        entries.append(
            msgspec.structs.replace(
                entry, stream=agent.stream, number=number, body=body, digest=digest_of(body)
            )
        )
    path = tmp_path / "journal.sqlite"
    await keep(path, entries)
    connection = connect(path, writable=False)
    assert said(connection) == ["s2 00112233445566aa: 1 to 2; not chained: 1; intact"]
    connection.close()


def evidence_naming(number: int, digest: str) -> IncidentDocument:
    """Return an incident's document that names one batch of s0."""
    made = steady_city(city_inventory())
    document = message_of(cut_fibre(made), made).document
    (shown,) = document.subject_evidence
    named = BatchReference(stream="5d1f0c9a77e2b304", number=number, digest=digest)
    return msgspec.structs.replace(
        document, subject_evidence=(msgspec.structs.replace(shown, batches=(named,)),)
    )


def test_evidence_is_compared_with_the_record(connection: sqlite3.Connection) -> None:
    digest = sealed("s0", 6)[3].digest.hex()

    def told() -> str:
        (check,) = evidence.compare_evidence(SqliteView(connection), evidence_naming(4, digest))
        return record_lines.evidence_line(check)

    head = "s0 5d1f0c9a77e2b304/4: "
    assert told() == f"{head}intact; the journal has the batch named in the evidence"
    connection.execute("DELETE FROM entries WHERE site = 's0' AND number = 4")
    assert told() == f"{head}intact; it was removed for its age; the batch after it names the same"
    connection.execute("DELETE FROM entries WHERE site = 's0' AND number = 5")
    assert told().startswith(f"{head}cannot be told; neither it nor")
    (broken_check,) = evidence.compare_evidence(SqliteView(connection), evidence_naming(3, digest))
    assert record_lines.evidence_line(broken_check).endswith(
        "NOT INTACT; the journal has another batch in its place"
    )
    connection.execute("DELETE FROM entries WHERE site = 's0' AND number = 1")
    (broken_check,) = evidence.compare_evidence(SqliteView(connection), evidence_naming(1, digest))
    assert record_lines.evidence_line(broken_check).endswith("the batch after it names another")


def test_the_command_says_what_is_intact_and_ends_so(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n')
    assert main(["verify", "--config", str(config)]) == 0
    assert capsys.readouterr().out.count("intact") == 2
    file = tmp_path / "evidence.json"
    document = evidence_naming(4, sealed("s0", 6)[3].digest.hex())
    file.write_bytes(encode_document(document))
    assert main(["verify", "--evidence", str(file), "--config", str(config)]) == 0
    assert "intact" in capsys.readouterr().out
    file.write_text(
        json.dumps({"incident": json.loads(encode_document(document)), "delivery": "x"})
    )
    assert main(["verify", "--evidence", str(file), "--config", str(config)]) == 0
    connection = connect(journal, writable=True)
    connection.execute("UPDATE entries SET body = x'00' WHERE site = 's0' AND number = 4")
    connection.close()
    capsys.readouterr()
    assert main(["verify", "s0", "--config", str(config)]) == 1
    assert "NOT INTACT" in capsys.readouterr().out
    assert main(["verify", "--evidence", str(file), "--config", str(config)]) == 1
    file.write_text("{}")
    assert main(["verify", "--evidence", str(file), "--config", str(config)]) == 2
    with pytest.raises(ConfigInvalid, match="is no document of an incident"):
        evidence.read_incident_document(file)

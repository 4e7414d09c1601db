"""The store: hashed tokens, dead letters, boots, versions, and a file that is broken."""

import logging
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.collector.journal.journal_contract import entry
from thongsuot_collector.errors import StoreError, TokenError
from thongsuot_collector.store import boots, dead_letters, tokens
from thongsuot_collector.store.dead_letters import DeadLetter
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.enrolment import TOKEN_PREFIX


def letter(number: int, *, sequence: int, error: str, site: str = "hoan-kiem") -> DeadLetter:
    """A batch that the states failed to process."""
    failed = entry(number, site=site)
    return DeadLetter(
        site=failed.site,
        stream=failed.stream,
        number=failed.number,
        consumer="state",
        sequence=sequence,
        error=error,
        body=failed.body,
        at_ns=1,
    )


@pytest.fixture
def store(open_each_store: Callable[[], Engine]) -> Engine:
    return open_each_store()


@pytest.fixture
def store_file(tmp_path: Path) -> Iterator[Engine]:
    """A store as a file: what only that can be."""
    engine = open_store(tmp_path / "store.sqlite")
    yield engine
    engine.dispose()


def test_a_token_is_stored_only_as_its_digest(store_file: Engine, tmp_path: Path) -> None:
    secret = tokens.create(store_file, "hoan-kiem")
    assert secret.startswith(TOKEN_PREFIX)
    assert len(secret) > 40
    assert tokens.site_of(store_file, tokens.digest_of(secret.encode())) == "hoan-kiem"
    store_file.dispose()
    for part in tmp_path.iterdir():
        assert secret.encode() not in part.read_bytes()
        assert part.stat().st_mode & 0o077 == 0


def test_two_tokens_of_a_site_are_good_until_revoked_one_by_one(store: Engine) -> None:
    first, second = tokens.create(store, "hoan-kiem"), tokens.create(store, "hoan-kiem")
    tokens.create(store, "ba-dinh")
    assert [token.site for token in tokens.listed(store)] == ["hoan-kiem", "hoan-kiem", "ba-dinh"]
    mark = tokens.change_mark(store)
    revoked = next(
        token
        for token in tokens.listed(store, "hoan-kiem")
        if token.digest == tokens.digest_of(first.encode())
    )
    assert tokens.revoke(store, "hoan-kiem", revoked.id) == 1
    assert tokens.change_mark(store) != mark
    assert tokens.site_of(store, tokens.digest_of(first.encode())) is None
    assert tokens.site_of(store, tokens.digest_of(second.encode())) == "hoan-kiem"
    assert tokens.revoke(store, "hoan-kiem") == 1
    assert tokens.listed(store, "hoan-kiem")[0].revoked_ns is not None


def test_revoking_something_missing_is_reported(store: Engine) -> None:
    secret = tokens.create(store, "hoan-kiem")
    with pytest.raises(TokenError, match="hoan-kiem"):
        tokens.revoke(store, "hoan-kiem", "ffffffff")
    with pytest.raises(TokenError, match="ba-dinh"):
        tokens.revoke(store, "ba-dinh")
    assert tokens.site_of(store, tokens.digest_of(secret.encode())) == "hoan-kiem"


def test_a_dead_letter_stays_whole_and_is_bounded(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "KEPT_PER_SITE", 3)
    for number in range(1, 6):
        dead_letters.put(store, letter(number, sequence=number, error="bad\nvery bad"))
    dead_letters.put(store, letter(1, site="ba-dinh", sequence=9, error="bad"))
    assert [row.number for row in dead_letters.listed(store)] == [3, 4, 5, 1]
    newest = dead_letters.get(store, dead_letters.listed(store)[2].id)
    assert newest is not None
    assert (newest.body, newest.error, newest.sequence) == (b"body 5", "bad\nvery bad", 5)
    assert dead_letters.get(store, 12345) is None


def test_boots_are_replaced_and_forgotten(store: Engine) -> None:
    def boot(boot_id: str, epoch_ns: int, heard_ns: int) -> boots.DeviceBoot:
        return boots.DeviceBoot(site="a", boot_id=boot_id, epoch_ns=epoch_ns, heard_ns=heard_ns)

    boots.put(store, [boot("x", 1, 100), boot("y", 2, 50)], forget_before_ns=0)
    boots.put(store, [boot("x", 3, 200)], forget_before_ns=60)
    assert boots.all_known(store) == [boot("x", 3, 200)]


def test_a_store_of_a_newer_collector_is_left_alone(
    store: Engine, open_each_store: Callable[[], Engine]
) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE store_version SET version = 99"))
    store.dispose()
    with pytest.raises(StoreError, match="version 99"):
        open_each_store()


def test_opening_again_keeps_everything(
    store: Engine, open_each_store: Callable[[], Engine]
) -> None:
    tokens.create(store, "hoan-kiem")
    store.dispose()
    again = open_each_store()
    assert len(tokens.listed(again)) == 1


def test_an_unreadable_store_is_replaced_only_if_that_is_allowed_explicitly(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"this was a store once" * 500)
    with pytest.raises(StoreError, match="--accept-empty-store"):
        open_store(path)
    assert path.read_bytes().startswith(b"this was a store once")
    engine = open_store(path, accept_empty=True)
    assert tokens.listed(engine) == []
    engine.dispose()
    (broken,) = tmp_path.glob("store.sqlite.damaged-*")
    assert broken.read_bytes().startswith(b"this was a store once")


def test_bad_pages_of_a_store_cost_only_what_stood_on_them(
    store_file: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "store.sqlite"
    for number in range(1, 400):
        dead_letters.put(store_file, letter(number, sequence=number, error="bad" * 300))
    secrets = [tokens.create(store_file, f"site-{number}") for number in range(50)]
    store_file.dispose()
    content = path.read_bytes()
    of_letters = [
        start
        for start in range(0, len(content), 4096)
        if content[start : start + 4096].count(b"bad") > 300
    ]
    with path.open("r+b") as file:
        file.seek(of_letters[len(of_letters) // 2])
        file.write(bytes(4096))
    with caplog.at_level(logging.ERROR):
        engine = open_store(path)
    good = {tokens.site_of(engine, tokens.digest_of(secret.encode())) for secret in secrets}
    assert good == {f"site-{number}" for number in range(50)}
    assert 350 < len(dead_letters.listed(engine)) < 399
    assert "rows of dead_letters that cannot be read" in caplog.text
    engine.dispose()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()


@pytest.mark.parametrize("how", ["noise", "zeros", "one more page of the schema"])
def test_a_bad_first_page_of_a_store_costs_nothing(
    store_file: Engine, tmp_path: Path, how: str
) -> None:
    path = tmp_path / "store.sqlite"
    secrets = [tokens.create(store_file, f"site-{number}") for number in range(50)]
    store_file.dispose()
    content = bytearray(path.read_bytes())
    content[:4096] = bytes(4096) if how == "zeros" else random.Random(1).randbytes(4096)
    if how == "one more page of the schema":
        start = next(start for start in range(0, len(content), 4096) if is_schema(content, start))
        content[start : start + 4096] = random.Random(2).randbytes(4096)
    path.write_bytes(content)
    engine = open_store(path)
    good = {tokens.site_of(engine, tokens.digest_of(secret.encode())) for secret in secrets}
    assert good == {f"site-{number}" for number in range(50)}
    engine.dispose()
    (broken,) = tmp_path.glob("store.sqlite.damaged-*")
    assert broken.read_bytes() == content, "it is kept as it was found"
    assert {file.name for file in tmp_path.iterdir()} == {path.name, broken.name}


def is_schema(content: bytearray, start: int) -> bool:
    return content[start : start + 4096].count(b"CREATE ") > 5


def test_a_bad_first_page_of_a_store_made_by_an_earlier_collector_costs_nothing(
    store_file: Engine, tmp_path: Path
) -> None:
    """Its tables begin at other pages than in a new store, and only its own schema says where."""
    path = tmp_path / "store.sqlite"
    secret = tokens.create(store_file, "hoan-kiem")
    with store_file.begin() as connection:
        # As a migration does that makes a table again.
        made = "SELECT sql FROM sqlite_schema WHERE name = 'tokens'"
        statement = connection.execute(text(made)).scalar_one()
        connection.execute(text("ALTER TABLE tokens RENAME TO former_tokens"))
        connection.execute(text(statement))
        connection.execute(text("INSERT INTO tokens SELECT * FROM former_tokens"))
        connection.execute(text("DROP TABLE former_tokens"))
    store_file.dispose()
    content = bytearray(path.read_bytes())
    content[:4096] = random.Random(1).randbytes(4096)
    path.write_bytes(content)
    engine = open_store(path)
    assert tokens.site_of(engine, tokens.digest_of(secret.encode())) == "hoan-kiem"
    engine.dispose()


def test_a_store_without_a_readable_schema_is_not_recovered_as_an_empty_one(
    store_file: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "store.sqlite"
    tokens.create(store_file, "hoan-kiem")
    store_file.dispose()
    content = bytearray(path.read_bytes())
    for start in range(0, len(content), 4096):
        if start == 0 or is_schema(content, start):
            content[start : start + 4096] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="--accept-empty-store"):
        open_store(path)
    assert path.read_bytes() == content


def test_every_commit_of_the_store_is_flushed(store_file: Engine) -> None:
    with store_file.connect() as connection:
        full = 2
        assert connection.execute(text("PRAGMA synchronous")).scalar() == full
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_the_file_is_one_that_sqlite_itself_calls_whole(store_file: Engine, tmp_path: Path) -> None:
    tokens.create(store_file, "hoan-kiem")
    store_file.dispose()
    connection = sqlite3.connect(tmp_path / "store.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()

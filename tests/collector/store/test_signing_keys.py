"""Keys of devices: recorded at the first signature, and refused for good once they are retired."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from thongsuot_collector.store import signing_keys
from thongsuot_collector.store.engine import open_store

SITE, OTHER = "hoan-kiem", "ba-dinh"
FIRST, SECOND = b"first public key", b"second public key"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(tmp_path / "store.sqlite")
    yield engine
    engine.dispose()


def retire(store: Engine, site: str, digest_hex: str = "") -> int:
    with store.begin() as connection:
        return signing_keys.retire(connection, site, 5, digest_hex=digest_hex, why="lost")


def test_a_key_is_recorded_once_and_found_again(store: Engine) -> None:
    noted = signing_keys.note_first_use(store, SITE, FIRST)
    assert noted is not None
    assert noted.digest == hashlib.sha256(FIRST).digest()
    assert signing_keys.note_first_use(store, SITE, FIRST) == noted
    assert signing_keys.listed(store, SITE) == [noted]
    assert signing_keys.listed(store, OTHER) == []


def test_a_retired_key_is_refused_for_good_and_the_others_stay(store: Engine) -> None:
    for site, key in ((SITE, FIRST), (SITE, SECOND), (OTHER, FIRST)):
        assert signing_keys.note_first_use(store, site, key) is not None
    before = signing_keys.change_mark(store)
    assert retire(store, SITE, hashlib.sha256(FIRST).hexdigest()[:8]) == 1
    assert signing_keys.change_mark(store) != before
    assert signing_keys.note_first_use(store, SITE, FIRST) is None
    assert signing_keys.note_first_use(store, SITE, SECOND) is not None
    assert signing_keys.note_first_use(store, OTHER, FIRST) is not None
    assert retire(store, SITE) == 1, "all that were left"
    assert {key.retired_ns for key in signing_keys.listed(store, SITE)} == {5}
    assert {key.retired_ns for key in signing_keys.listed(store, OTHER)} == {None}

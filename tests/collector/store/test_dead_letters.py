"""Dead letters: stored once, retried when a person says so, and gone when they were processed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.dead_letters import BADLY_SIGNED, CONFLICTS, DeadLetter
from thongsuot_collector.store.engine import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(tmp_path / "store.sqlite")
    yield engine
    engine.dispose()


def put(store: Engine, number: int, *, consumer: str = "state", site: str = "hoan-kiem") -> int:
    """Store a dead letter; return its id."""
    letter = DeadLetter(
        site=site,
        stream="s",
        number=number,
        consumer=consumer,
        sequence=number,
        error="cannot decode",
        body=b"batch %d" % number,
        at_ns=number,
    )
    dead_letters.put(store, letter)
    return dead_letters.listed(store)[-1].id


def waiting(store: Engine, consumer: str = "state") -> list[int]:
    return [letter.number for letter in dead_letters.retries(store, consumer, 10)]


def test_an_entry_that_fails_again_is_stored_once_and_completely(store: Engine) -> None:
    assert put(store, 1) == put(store, 1)
    (listed,) = dead_letters.listed(store)
    assert listed.body == b""
    kept = dead_letters.get(store, listed.id)
    assert kept is not None
    assert kept.body == b"batch 1"
    assert dead_letters.get(store, listed.id + 1) is None


def test_a_site_is_retried_without_what_a_person_has_to_check(store: Engine) -> None:
    for number, consumer in enumerate(("state", CONFLICTS, BADLY_SIGNED), 1):
        put(store, number, consumer=consumer)
    put(store, 4, site="ba-dinh")
    (asked,) = dead_letters.request_retry(store, site="hoan-kiem")
    assert dead_letters.request_retry(store, [asked]) == [], "it was asked for before"
    assert waiting(store) == [1]
    assert len(dead_letters.request_retry(store, consumer=CONFLICTS)) == 1
    assert dead_letters.request_retry(store, consumer=BADLY_SIGNED) == []
    assert waiting(store, CONFLICTS) == [2]


def test_a_retry_that_fails_waits_for_the_next_request_and_one_that_works_is_gone(
    store: Engine,
) -> None:
    first, second = put(store, 1), put(store, 2)
    dead_letters.request_retry(store, [first, second])
    dead_letters.note_failure(store, first, "cannot decode either: damaged")
    dead_letters.remove(store, second)
    assert waiting(store) == []
    (left,) = dead_letters.listed(store)
    assert (left.number, left.error) == (1, "cannot decode either: damaged")
    assert dead_letters.request_retry(store, [first]) == [first]

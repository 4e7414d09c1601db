"""Who writes to a store waits for others of the process, however long they take, and in order."""

import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.exc import OperationalError

from tests.collector.running import WITHIN_S
from thongsuot_collector.store import write_queue
from thongsuot_collector.store.tables import METADATA, SITES
from thongsuot_collector.store.write_queue import WriteQueue

PATIENCE_MS = 50
"""How long SQLite itself looks for its turn here; in a collector 30 s."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    """A store in a file, whose SQLite loses patience soon."""
    engine = create_engine(f"sqlite+pysqlite:///{tmp_path / 'store.sqlite'}")

    def lose_patience(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")

    event.listen(engine, "connect", lose_patience)
    METADATA.create_all(engine, tables=[SITES])
    yield engine
    engine.dispose()


def put(store: Engine, site: str) -> None:
    with store.begin() as connection:
        connection.execute(insert(SITES).values(site=site, state=b""))


def sites(store: Engine) -> list[str]:
    with store.connect() as connection:
        return list(connection.execute(select(SITES.c.site).order_by(SITES.c.site)).scalars())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.001)


def waiting_threads() -> int:
    """Return how many threads have a place in a queue and wait for their turn."""
    enter, wait = WriteQueue.enter.__code__, threading.Condition.wait.__code__
    stacks = [
        {frame.f_code for frame, _ in traceback.walk_stack(frame)}
        for frame in sys._current_frames().values()
    ]
    return sum({enter, wait} <= stack for stack in stacks)


def write_beside_a_long_transaction(store: Engine, *, is_queued: bool) -> None:
    """Begin to write while another transaction does, and end that when patience is over."""
    with ThreadPoolExecutor() as threads:
        with store.begin() as connection:
            connection.execute(insert(SITES).values(site="long", state=b""))
            other = threads.submit(put, store, "other")
            if is_queued:
                wait_for(lambda: waiting_threads() == 1)
                until_s = time.monotonic() + 5 * PATIENCE_MS / 1000
                wait_for(lambda: time.monotonic() > until_s)
            else:
                wait_for(other.done)
        other.result(timeout=WITHIN_S)


def test_without_a_queue_a_long_transaction_makes_others_fail(store: Engine) -> None:
    with pytest.raises(OperationalError, match="database is locked"):
        write_beside_a_long_transaction(store, is_queued=False)


def test_with_a_queue_others_wait_for_a_long_transaction(store: Engine) -> None:
    write_queue.attach(store)
    write_beside_a_long_transaction(store, is_queued=True)
    assert sites(store) == ["long", "other"]


def test_writers_are_served_in_the_order_of_their_arrival(store: Engine) -> None:
    write_queue.attach(store)
    order: list[int] = []

    def write(number: int) -> None:
        with store.begin() as connection:
            connection.execute(insert(SITES).values(site=f"s{number}", state=b""))
            order.append(number)

    with ThreadPoolExecutor(max_workers=8) as threads, store.begin() as connection:
        connection.execute(insert(SITES).values(site="first", state=b""))
        for number in range(8):
            threads.submit(write, number)
            wait_for(lambda: waiting_threads() == number + 1)  # noqa: B023 - called at once
    assert order == list(range(8))


def test_a_failed_transaction_releases_the_queue(store: Engine) -> None:
    write_queue.attach(store)
    put(store, "s1")
    with pytest.raises(Exception, match="UNIQUE"):
        put(store, "s1")
    put(store, "s2")
    assert sites(store) == ["s1", "s2"]


def test_readers_do_not_wait_for_writers(store: Engine) -> None:
    write_queue.attach(store)
    put(store, "s1")
    with store.begin() as connection:
        connection.execute(insert(SITES).values(site="s2", state=b""))
        assert sites(store) == ["s1"]


def test_a_second_transaction_of_the_same_thread_is_refused(store: Engine) -> None:
    write_queue.attach(store)
    with store.begin() as connection:
        connection.execute(insert(SITES).values(site="s1", state=b""))
        with pytest.raises(RuntimeError, match="two transactions"):
            put(store, "s2")
    assert sites(store) == ["s1"]


def test_a_connection_kept_across_commits_releases_the_queue_in_the_end(store: Engine) -> None:
    write_queue.attach(store)
    with store.connect() as connection:
        connection.execute(insert(SITES).values(site="s1", state=b""))
        connection.commit()
        connection.execute(insert(SITES).values(site="s2", state=b""))
        connection.commit()
    another = threading.Thread(target=put, args=(store, "s3"))
    another.start()
    wait_for(lambda: sites(store) == ["s1", "s2", "s3"])
    # Else it may give its connection back when the store has been closed.
    another.join()

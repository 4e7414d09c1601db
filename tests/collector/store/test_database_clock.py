"""Elections at a server whose clock is set by hours."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.collector.running import WITHIN_S
from tests.collector.store.test_leadership import Deciders, Standing, decided_by, soon
from tests.postgres import PostgresServer
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store import leadership
from thongsuot_collector.store.cluster_tables import LEADERSHIP
from thongsuot_collector.store.postgresql import open_database
from thongsuot_collector.store.term import LEASE_S, LeaderObserver, current_leader
from thongsuot_lab.matrix.injections import libfaketime

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(libfaketime() is None, reason="libfaketime is not installed"),
]

HOUR_S = 3600.0


class WrongClock:
    """The wall clock of a PostgreSQL; what it measures intervals with stays right."""

    def __init__(self, folder: Path, patched: pytest.MonkeyPatch) -> None:
        # The server is another user.
        folder.chmod(0o755)
        self._file = folder / "clock"
        self.set("+0")
        for name, value in (
            ("LD_PRELOAD", str(libfaketime())),
            ("FAKETIME_TIMESTAMP_FILE", str(self._file)),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DISABLE_SHM", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ):
            patched.setenv(name, value)

    @property
    def is_set(self) -> bool:
        return self._file.exists()

    def set(self, offset: str) -> None:
        whole = self._file.with_suffix(".new")
        whole.write_text(offset)
        whole.chmod(0o644)
        whole.rename(self._file)


@pytest.fixture
def clock(own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> WrongClock:
    """The clock of ``own_postgres``, which is started with it."""
    # Not below pytest's folder of the test: that is closed to other users.
    folder = Path(own_postgres.url().partition("host=")[2].partition("&")[0])
    with monkeypatch.context() as patched:
        made = WrongClock(folder, patched)
        own_postgres.start()
    return made


@pytest.fixture
def database(own_postgres: PostgresServer, clock: WrongClock) -> PostgresDatabase:
    assert clock.is_set, "it is started with the server"
    return PostgresDatabase(url=own_postgres.new_database())


@pytest.fixture
def store(database: PostgresDatabase) -> Iterator[Engine]:
    engine = open_database(database)
    yield engine
    engine.dispose()


def test_a_stopped_leader_is_ended_although_the_clock_was_set_back_meanwhile(
    clock: WrongClock, database: PostgresDatabase, store: Engine
) -> None:
    deciders = Deciders(database.url)
    try:
        for name in ("d1", "d2"):
            deciders.start(name)
        soon(lambda: bool(decided_by(store)))
        stopped = decided_by(store)[-1].by
        deciders.send(stopped, signal.SIGSTOP)
        clock.set("-3h")
        soon(lambda: decided_by(store)[-1].by != stopped)
    finally:
        deciders.end()


def test_a_leader_that_beats_is_not_ended_because_the_clock_was_set_forward(
    clock: WrongClock,
    database: PostgresDatabase,
    store: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Or a paused machine would have it ended.
    monkeypatch.setattr(leadership, "LEASE_S", HOUR_S)
    candidates = [Standing(database, name) for name in ("first", "second")]

    def has_beaten(*, after_ns: int) -> bool:
        row = current_leader(store)
        return row is not None and row.beat_ns > after_ns

    try:
        soon(lambda: any(candidate.terms for candidate in candidates))
        for hours in range(3, 30, 3):
            clock.set(f"+{hours}h")
            soon(partial(has_beaten, after_ns=time.time_ns() + (hours - 1) * 3600 * 10**9))
        assert sum(len(candidate.terms) for candidate in candidates) == 1
    finally:
        for candidate in candidates:
            candidate.candidate.stop()


@pytest.mark.parametrize("offset", ["-3h", "+3h"])
def test_followers_notice_that_nobody_leads_whatever_the_clock_says(
    offset: str, clock: WrongClock, store: Engine
) -> None:
    with store.begin() as connection:
        connection.execute(
            LEADERSHIP.insert().values(
                term=7, holder="gone", since_ns=0, beat_ns=time.time_ns(), revision=0
            )
        )
    observer = LeaderObserver(store)

    def age_s() -> float:
        leader = observer.look()
        assert leader is not None
        return leader.age_s

    began_s = time.monotonic()
    first_s = age_s()
    assert first_s < WITHIN_S
    clock.set(offset)
    soon(lambda: age_s() > first_s + LEASE_S / 10)
    assert age_s() <= first_s + time.monotonic() - began_s

"""One of several leads: elected by a lock, fenced by a term, ended when it seems dead."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import pairwise

import pytest
from sqlalchemy import Engine, select

from tests.collector.running import WITHIN_S
from tests.patience import awake_s
from tests.postgres import PostgresServer
from thongsuot_collector.errors import Deposed, StoreError
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store import audit, leadership
from thongsuot_collector.store.audit import AuditAction, AuditLine
from thongsuot_collector.store.cluster_tables import LEADERSHIP
from thongsuot_collector.store.leadership import LeaderCandidate, PostgresConnection, fence
from thongsuot_collector.store.postgresql import engine_for, open_database
from thongsuot_collector.store.term import LEASE_S, Leader, Term, current_leader

pytestmark = pytest.mark.servers


LOOK_EVERY_S = 0.05


def soon(condition: Callable[[], bool]) -> int:
    """Wait for something; return how often it was looked for in vain."""
    deadline_s, looks = time.monotonic() + WITHIN_S, 0
    while not condition():
        assert time.monotonic() < deadline_s, "it never happened"
        looks += 1
        time.sleep(LOOK_EVERY_S)
    return looks


@pytest.fixture
def database(postgres: PostgresServer) -> PostgresDatabase:
    """A database that has the tables."""
    made = PostgresDatabase(url=postgres.new_database())
    open_database(made).dispose()
    return made


@pytest.fixture
def store(database: PostgresDatabase) -> Iterator[Engine]:
    engine = open_database(database)
    yield engine
    engine.dispose()


class Standing:
    """A candidate in this process, with the terms that it had."""

    def __init__(self, database: PostgresDatabase, name: str) -> None:
        self.terms: list[Term] = []
        self.is_alive = True
        named = PostgresDatabase(url=database.url, application=name)
        self.candidate = LeaderCandidate(
            named, changed=self._change, is_alive=lambda: self.is_alive
        )
        self.candidate.start()

    def _change(self, term: Term | None) -> None:
        if term is not None:
            self.terms.append(term)

    def leads(self) -> bool:
        return bool(self.terms) and self.terms[-1].is_leading()

    def leads_by(self, row: Leader | None) -> bool:
        """Return whether it leads, and is the leader of the database with a sign of life."""
        if row is None or not self.leads():
            return False
        own = self.candidate.name, self.terms[-1].number
        return (row.holder, row.term) == own and row.age_s < LEASE_S


@pytest.fixture
def stand(database: PostgresDatabase) -> Iterator[Callable[[str], Standing]]:
    standing: list[Standing] = []

    def one_more(name: str) -> Standing:
        standing.append(Standing(database, name))
        return standing[-1]

    yield one_more
    for candidate in standing:
        candidate.candidate.stop()


def test_one_leads_and_the_next_one_follows_it_with_a_higher_term(
    stand: Callable[[str], Standing], store: Engine
) -> None:
    everyone = [stand(f"c{number}") for number in range(3)]
    candidates, led = list(everyone), list[int]()

    def leaders() -> list[Standing]:
        row = current_leader(store)
        return [candidate for candidate in candidates if candidate.leads_by(row)]

    while candidates:
        # On a machine that is paused the lead may change at any time.
        soon(lambda: bool(leaders()))
        for leader in leaders():
            led.append(leader.terms[-1].number)
            leader.candidate.stop()
            candidates.remove(leader)
    assert led == sorted(set(led))
    given = [term.number for candidate in everyone for term in candidate.terms]
    assert sorted(given) == list(range(1, len(given) + 1)), "each term is led by one"


def test_a_beat_tells_followers_how_much_is_not_judged(
    stand: Callable[[str], Standing], store: Engine
) -> None:
    def unjudged() -> int | None:
        row = current_leader(store)
        return None if row is None else row.unjudged

    first = stand("first")
    soon(first.leads)
    assert unjudged() == 0

    def tells() -> bool:
        first.terms[-1].count_unjudged = lambda: 7
        return unjudged() == 7

    soon(tells)
    first.candidate.stop()
    second = stand("second")
    soon(second.leads)
    confirmed_s = second.terms[-1].confirmed_s
    soon(lambda: second.terms[-1].confirmed_s > confirmed_s)
    assert unjudged() == 7, "what the one before has left, until it is known better"


def test_a_new_candidate_tries_at_once(
    stand: Callable[[str], Standing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "_TRY_EVERY_S", 10 * WITHIN_S)
    candidate = stand("c0")
    soon(candidate.leads)


def test_a_new_database_is_not_a_failure_and_a_failure_is_logged_once(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "_TRY_EVERY_S", 0.01)
    tries: list[int] = []

    class Tried(PostgresDatabase, frozen=True, kw_only=True):
        def connect(self, *, autocommit: bool = False) -> PostgresConnection:
            tries.append(len(tries))
            return super().connect(autocommit=autocommit)

    terms: list[Term | None] = []

    def started(database: PostgresDatabase) -> LeaderCandidate:
        candidate = LeaderCandidate(database, changed=terms.append, is_alive=lambda: True)
        candidate.start()
        return candidate

    new = Tried(url=postgres.new_database(), application="c0")
    candidate = started(new)
    soon(lambda: len(tries) > 3)
    assert "does not exist" not in caplog.text
    open_database(new).dispose()
    soon(lambda: bool(terms))
    candidate.stop()
    caplog.clear()
    tries.clear()
    missing = Tried(url=postgres.new_database().replace("@/test", "@/missing"), application="c1")
    candidate = started(missing)
    soon(lambda: len(tries) > 3)
    candidate.stop()
    assert [message.startswith("election: ") for message in caplog.messages] == [True]


def test_no_term_begins_and_no_store_is_opened_before_the_last_key_of_a_restore_is_there(
    postgres: PostgresServer,
    database: PostgresDatabase,
    stand: Callable[[str], Standing],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A dump has its keys after all rows: a term written in between makes the restore fail."""
    name = database.url.partition("?")[0].rpartition("/")[2]
    dump = postgres.dump(name)
    postgres.empty(name)
    postgres.restore(dump, name, "pre-data", "data")
    candidate = stand("a")
    soon(lambda: "election: the database" in caplog.text)
    assert "is being restored, or that failed: its table api_tokens has no key yet" in caplog.text
    with pytest.raises(StoreError, match="has no key yet"):
        open_database(database)
    assert not candidate.terms
    postgres.restore(dump, name, "post-data")
    soon(candidate.leads)


def test_decisions_of_a_deposed_leader_are_not_kept(
    database: PostgresDatabase, store: Engine, stand: Callable[[str], Standing]
) -> None:
    leader = stand("first")
    soon(leader.leads)
    # Or it would soon lead again.
    leader.candidate.stop()
    number = leader.terms[-1].number
    term = Term(number=number, holder="first", confirmed_s=time.monotonic() + 10 * WITHIN_S)
    assert term.is_leading()
    decisions = engine_for(database)
    fence(decisions, term)
    with decisions.begin() as connection:
        audit.write(connection, AuditAction.ENROLLED, "decided")
    with store.begin() as connection:
        connection.execute(LEADERSHIP.update().values(term=term.number + 1))
    with pytest.raises(Deposed), decisions.begin() as connection:
        audit.write(connection, AuditAction.ENROLLED, "too late")
    assert not term.is_leading()
    with decisions.connect() as connection:
        assert connection.execute(select(LEADERSHIP.c.term)).scalar() == term.number + 1
    assert [line.subject for line in audit.listed(store)] == ["decided"]
    decisions.dispose()


def test_a_number_given_twice_is_the_term_of_its_holder_alone(
    database: PostgresDatabase, store: Engine
) -> None:
    """A standby that lacked the last term takes over, and the next leader raises the one before."""
    with store.begin() as connection:
        connection.execute(
            LEADERSHIP.insert().values(term=7, holder="new", since_ns=0, beat_ns=0, revision=0)
        )
    in_force = Term(number=7, holder="new", confirmed_s=time.monotonic())
    own_earlier = Term(number=7, holder="new", confirmed_s=time.monotonic(), is_over=True)
    of_another = Term(number=7, holder="old", confirmed_s=time.monotonic())
    for term in (of_another, own_earlier, in_force):
        decisions = engine_for(database)
        fence(decisions, term)
        expected = nullcontext() if term is in_force else pytest.raises(Deposed)
        with expected, decisions.begin() as connection:
            audit.write(connection, AuditAction.ENROLLED, f"decided by {term.holder}")
        decisions.dispose()
    assert [line.subject for line in audit.listed(store)] == ["decided by new"]


def test_a_term_begins_after_the_decisions_of_the_one_before_are_finished(
    database: PostgresDatabase, store: Engine
) -> None:
    with store.begin() as connection:
        connection.execute(
            LEADERSHIP.insert().values(term=7, holder="old", since_ns=0, beat_ns=0, revision=0)
        )
    decisions = engine_for(database)
    fence(decisions, Term(number=7, holder="old", confirmed_s=time.monotonic()))
    raised = threading.Event()

    def raise_term() -> None:
        with store.begin() as connection:
            connection.execute(LEADERSHIP.update().values(term=8))
        raised.set()

    raising = threading.Thread(target=raise_term)
    with decisions.begin() as connection:
        audit.write(connection, AuditAction.ENROLLED, "in the middle")
        raising.start()
        with store.begin() as beat:
            # A beat waits for no decision.
            beat.execute(LEADERSHIP.update().where(LEADERSHIP.c.term == 7).values(beat_ns=1))
        assert not raised.wait(0.3)
    raising.join()
    assert [line.subject for line in audit.listed(store)] == ["in the middle"]
    decisions.dispose()


def test_a_collector_whose_loop_stands_still_gives_up_the_lead(
    stand: Callable[[str], Standing],
) -> None:
    first = stand("first")
    soon(first.leads)
    second = stand("second")
    first.is_alive = False
    soon(second.leads)
    assert not first.leads()


class Deciders:
    """Processes that decide while they lead."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        words = [sys.executable, "-m", "tests.collector.store.deciding", self._url, name]
        self.processes[name] = subprocess.Popen(words)

    def send(self, name: str, number: signal.Signals) -> None:
        self.processes[name].send_signal(number)

    def pids(self, *, but: Sequence[str]) -> list[int]:
        return [process.pid for name, process in self.processes.items() if name not in but]

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def deciders(database: PostgresDatabase) -> Iterator[Deciders]:
    processes = Deciders(database.url)
    yield processes
    processes.end()


def decided_by(store: Engine) -> list[AuditLine]:
    return [line for line in audit.listed(store) if line.by.startswith("d")]


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
def test_two_never_decide_whether_the_leader_is_killed_or_only_stopped(
    fault: signal.Signals, deciders: Deciders, store: Engine
) -> None:
    for name in ("d1", "d2", "d3"):
        deciders.start(name)
    stopped: list[str] = []
    for _ in range(2):
        soon(lambda: bool(decided_by(store)) and decided_by(store)[-1].by not in stopped)
        leader = decided_by(store)[-1].by
        deciders.send(leader, fault)
        stopped.append(leader)
        left = deciders.pids(but=stopped)
        began_s = awake_s(*left)
        looks = soon(lambda: decided_by(store)[-1].by not in stopped)
        # A pause of the whole machine is one look.
        took_s = min(awake_s(*left) - began_s, looks * LOOK_EVERY_S)
        assert took_s < 10 * float(os.environ.get("THONGSUOT_TEST_PATIENCE", "1"))
    if fault is signal.SIGSTOP:
        # They wake up in the middle of a decision of a term that is over.
        for name in stopped:
            deciders.send(name, signal.SIGCONT)
        last = decided_by(store)[-1]
        soon(lambda: len(decided_by(store)) > len(stopped) + 20 + last.id)
    lines = decided_by(store)
    by_term: dict[str, set[str]] = {}
    for line in lines:
        by_term.setdefault(line.subject, set()).add(line.by)
    assert all(len(names) == 1 for names in by_term.values()), by_term
    terms = [int(line.subject) for line in sorted(lines, key=lambda line: line.id)]
    assert all(earlier <= later for earlier, later in pairwise(terms))
    assert set(stopped) <= {line.by for line in lines}

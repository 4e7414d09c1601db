"""The term of a leader: fences its decisions, and names the leader in the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Engine, select

from thongsuot_collector.errors import Deposed
from thongsuot_collector.store.cluster_tables import LEADERSHIP

if TYPE_CHECKING:
    # A single collector needs no driver.
    from psycopg import Connection
    from psycopg.rows import TupleRow

LEASE_S = 3.0
"""Without a beat for this long, others terminate a leader, and it regards itself as deposed."""

_NOW_NS = "SELECT (extract(epoch FROM clock_timestamp()) * 1e9)::bigint"
_FENCE = "SELECT 1 FROM public.leadership WHERE term = %s AND holder = %s FOR KEY SHARE"


class Leader(msgspec.Struct, frozen=True, kw_only=True):
    """
    The leader according to the database: ``age_s`` is the age of its last sign of life, at
    ``beat_ns`` of the server's clock.

    ``revision`` counts its decisions: a changed number means new data to read. ``unjudged`` is the
    number of journal entries that it had yet to judge then.
    """

    term: int
    holder: str
    since_ns: int
    beat_ns: int
    age_s: float
    revision: int
    unjudged: int


def current_leader(engine: Engine) -> Leader | None:
    """Return the present or last leader; ``None`` if there never was one."""
    with engine.connect() as connection:
        row = connection.execute(select(LEADERSHIP)).mappings().first()
        if row is None:
            return None
        now_ns = connection.exec_driver_sql(_NOW_NS).scalar_one()
    return Leader(
        term=row["term"],
        holder=row["holder"],
        since_ns=row["since_ns"],
        beat_ns=row["beat_ns"],
        age_s=max(0.0, (now_ns - row["beat_ns"]) / 1e9),
        revision=row["revision"],
        unjudged=row["unjudged"],
    )


class LeaderObserver:
    """
    Reads who leads, repeatedly: ``age_s`` of what it returns is by the clock of this process, from
    the first look on. The server's clock may be set by hours between two signs of life.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._beat: tuple[int, str, int] | None = None
        self._beaten_s = 0.0

    def look(self) -> Leader | None:
        """Return the present or last leader; ``None`` if there never was one."""
        leader = current_leader(self._engine)
        if leader is None:
            return None
        looked_s, beat = time.monotonic(), (leader.term, leader.holder, leader.beat_ns)
        if self._beat is None:
            self._beaten_s = looked_s - leader.age_s
        elif beat != self._beat:
            self._beaten_s = looked_s
        self._beat = beat
        return msgspec.structs.replace(leader, age_s=looked_s - self._beaten_s)


@dataclass(eq=False, slots=True)
class Term:
    """
    One term of a leader. ``number`` increases with every term, ``holder`` is the leader.

    After a failover to a server that lacks the last term a number may be given twice: only with its
    holder it names a term.

    ``confirmed_s`` is the start of the last successful beat, by the monotonic clock, which also
    runs while a process is stopped.
    """

    number: int
    holder: str
    confirmed_s: float
    is_over: bool = False
    revision: int = 0
    """The number of decisions begun in it; ``beat`` publishes it to the followers."""
    count_unjudged: Callable[[], int] | None = None
    """
    Returns how many entries the leader has yet to judge; published, too, and called in the thread
    of the beats. ``None``: not known yet, what was published last stays.
    """

    def is_leading(self) -> bool:
        """
        Return whether no other collector can lead now: call it before actions that no transaction
        fences.
        """
        return not self.is_over and time.monotonic() - self.confirmed_s < LEASE_S

    def lock(self, connection: "Connection[TupleRow]") -> None:
        """
        Lock the row of the term in a transaction with a decision.

        Not an update, which would make decisions wait for each other: the key lock admits others of
        this term and beats, and a new leader waits until the transaction ends.

        Raises:
            Deposed: the term is over.
        """
        # Once over, always over: the same process may lead again, by the same number.
        is_over = self.is_over
        if is_over or connection.execute(_FENCE, (self.number, self.holder)).fetchone() is None:
            self.is_over = True
            raise Deposed(f"term {self.number} is over: another collector leads")
        self.revision += 1

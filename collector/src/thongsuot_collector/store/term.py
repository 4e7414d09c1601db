"""The term of a leader: what fences its decisions, and who leads by the row in the database."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Engine, select

from thongsuot_collector.errors import Deposed
from thongsuot_collector.store.cluster_tables import LEADERSHIP

if TYPE_CHECKING:
    # A collector that is alone needs no driver.
    from psycopg import Connection
    from psycopg.rows import TupleRow

LEASE_S = 3.0
"""Without a beat for so long a leader is ended by others, and takes itself for none."""

_NOW_NS = "SELECT (extract(epoch FROM clock_timestamp()) * 1e9)::bigint"
_FENCE = "SELECT 1 FROM public.leadership WHERE term = %s FOR KEY SHARE"


class Leader(msgspec.Struct, frozen=True, kw_only=True):
    """
    Who leads, by the row in the database: ``age_s`` is how old its last sign of life is.

    ``revision`` counts what it has decided: another number, and there is something new to read.
    """

    term: int
    holder: str
    since_ns: int
    age_s: float
    revision: int


def current_leader(engine: Engine) -> Leader | None:
    """Return who leads or led last; ``None`` where nobody ever did."""
    with engine.connect() as connection:
        row = connection.execute(select(LEADERSHIP)).mappings().first()
        if row is None:
            return None
        now_ns = connection.exec_driver_sql(_NOW_NS).scalar_one()
    return Leader(
        term=row["term"],
        holder=row["holder"],
        since_ns=row["since_ns"],
        age_s=max(0.0, (now_ns - row["beat_ns"]) / 1e9),
        revision=row["revision"],
    )


@dataclass(eq=False, slots=True)
class Term:
    """
    One time of leading. ``number`` grows with every leader that there ever is.

    ``confirmed_s`` is when the last beat that was taken had begun, by the monotonic clock, which
    goes on while a process is stopped.
    """

    number: int
    confirmed_s: float
    is_over: bool = False
    revision: int = 0
    """How many decisions were begun in it; ``beat`` makes it known to those who follow."""

    def is_leading(self) -> bool:
        """Whether nobody else can lead now: to be asked before what no transaction fences."""
        return not self.is_over and time.monotonic() - self.confirmed_s < LEASE_S

    def lock(self, connection: "Connection[TupleRow]") -> None:
        """
        Lock the row of the term in a transaction that decides something.

        No update, as that would let decisions wait for each other: the lock of the key lets others
        of this term and beats pass, and who would raise the term waits until the transaction ends.

        Raises:
            Deposed: the term is over.
        """
        if connection.execute(_FENCE, (self.number,)).fetchone() is None:
            self.is_over = True
            raise Deposed(f"term {self.number} is over: another collector leads")
        self.revision += 1

"""
Leader election. A single collector always leads; of several on one database one is elected, and
the others follow: they ingest, and show the leader's results.
"""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.config.read import Configuration
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store.term import Term

if TYPE_CHECKING:
    from thongsuot_collector.store.leadership import LeaderCandidate

_TICK_S = 0.5
_STILL_S = 10.0
"""If the event loop does not run for this time, the collector gives up the lead."""

_FIRST_S = 2.0
"""A start waits this long for the lock; without other collectors it gets it at once."""

_NAME_BYTES = 63
"""PostgreSQL truncates longer names of sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorRole:
    """The role of a collector, from one change to the next."""

    is_shared: bool = False
    term: Term | None = None

    @property
    def leads(self) -> bool:
        """Whether it judges, delivers and notifies."""
        return self.term is not None or not self.is_shared

    def may_decide(self) -> bool:
        """Whether it still leads, as far as it knows without the database."""
        return not self.is_shared or (self.term is not None and self.term.is_leading())


LONE = CollectorRole()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """
    The store twice: ``decisions`` is for data that only the leader writes, and ends with its term,
    that of ``role``.
    """

    role: CollectorRole
    store: Engine
    decisions: Engine


def decisions_of(
    store: Engine, configuration: Configuration, role: CollectorRole, name: str
) -> Engine:
    """Return the engine for the decisions of a collector in a role; for a single one, the store."""
    if role.term is None:
        return store
    from thongsuot_collector.store.leadership import fence  # noqa: PLC0415 - the driver
    from thongsuot_collector.store.postgresql import engine_for  # noqa: PLC0415 - the driver

    engine = engine_for(named(configuration.settings.store.database, name))
    fence(engine, role.term)
    return engine


def process_name() -> str:
    """Return a unique name for this process."""
    name = f"thongsuot-collector {socket.gethostname()[:24]} {os.getpid()} {secrets.token_hex(4)}"
    return name[:_NAME_BYTES]


class Election:
    """The changing role of a collector; ``role`` is the current one."""

    def __init__(self, *, is_shared: bool) -> None:
        self.role = CollectorRole(is_shared=is_shared)
        self._changed = asyncio.Event()
        self._ticked_s = time.monotonic()

    async def wait_for_change(self) -> None:
        """Return when the role has changed since ``acknowledge_role``."""
        await self._changed.wait()

    def acknowledge_role(self) -> CollectorRole:
        """Return the role; ``wait_for_change`` waits for the next one from now on."""
        self._changed.clear()
        return self.role

    def change(self, term: Term | None) -> None:
        """Apply the outcome of an election; called in the event loop."""
        self.role = CollectorRole(is_shared=self.role.is_shared, term=term)
        self._changed.set()

    def is_alive(self) -> bool:
        """Whether the event loop is running; called from another thread."""
        return time.monotonic() - self._ticked_s < _STILL_S

    async def tick(self, candidate: "LeaderCandidate") -> None:
        """
        Signal that the event loop is running, and check that the database answers, until cancelled.

        If it does not, the role ends, also that of a follower: everything is opened anew.
        """
        while True:
            self._ticked_s = time.monotonic()
            if candidate.give_up_silent_server() and self.role.term is None:
                self.change(None)
            await asyncio.sleep(_TICK_S)


@asynccontextmanager
async def open_election(configuration: Configuration, name: str) -> AsyncIterator[Election]:
    """Take part in elections, if several collectors share a database by the configuration."""
    election = Election(is_shared=configuration.is_shared)
    if not configuration.is_shared:
        yield election
        return
    from thongsuot_collector.store.leadership import LeaderCandidate  # noqa: PLC0415 - the driver

    loop = asyncio.get_running_loop()
    database = named(configuration.settings.store.database, name)
    candidate = LeaderCandidate(
        database,
        changed=lambda term: _tell(loop, election, term),
        is_alive=election.is_alive,
    )
    ticking = asyncio.create_task(election.tick(candidate))
    candidate.start()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_S):
                await election.wait_for_change()
        yield election
    finally:
        await asyncio.to_thread(candidate.stop)
        ticking.cancel()


def named(database: PostgresDatabase, name: str) -> PostgresDatabase:
    """Return a database whose sessions have the name of a process."""
    return msgspec.structs.replace(database, application=name)


def _tell(loop: asyncio.AbstractEventLoop, election: Election, term: Term | None) -> None:
    # Closed: the process ends.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(election.change, term)

"""
The servers of a PostgreSQL URL: the order in which they are tried, and whether one can be used.
"""

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A collector with embedded files needs no driver.
    from psycopg import Connection
    from psycopg.rows import TupleRow

DEFAULT_PORT = 5432

_SILENT_S = 2.0
"""A running server answers or refuses within milliseconds, or a second under load."""

_AVOIDED_S = 3.0
"""
A server that did not answer is tried again after this: a missing machine must not delay every
connection by the time-out.
"""

_ACCEPTED_S = 0.5
"""
And then it has to accept a TCP connection within this, for which the kernel needs nothing of the
server. By libpq's time-out every second try of a take-over waited three seconds for the machine
that was lost, while the other one was not a primary yet.
"""


class ServerChoice:
    """
    The order in which servers are tried. A server is its own part of libpq's settings.

    Its state is only a hint: concurrent changes by threads are harmless.
    """

    def __init__(self, servers: "list[dict[str, str]]") -> None:
        self._servers = servers
        self._avoided_until_s = [0.0] * len(servers)
        self._are_silent = [False] * len(servers)
        self._preferred = 0

    def order(self, now_s: float) -> "list[dict[str, str]]":
        """Return the servers to try; a recently silent one only if all were."""
        places = sorted(
            range(len(self._servers)),
            key=lambda place: (self._are_silent[place], place != self._preferred),
        )
        answering = [place for place in places if self._avoided_until_s[place] <= now_s]
        return [self._servers[place] for place in answering or places]

    def was_silent(self, server: Mapping[str, str]) -> bool:
        """Return whether a server did not answer when it was tried last."""
        return self._are_silent[self._servers.index(dict(server))]

    def note_success(self, server: Mapping[str, str]) -> None:
        """Try a server first from now on."""
        self._preferred = self._servers.index(dict(server))
        self._are_silent[self._preferred] = False

    def note_failure(self, server: Mapping[str, str], asked_s: float, failed_s: float) -> None:
        """
        Avoid a server for a while if it did not answer; one that refuses is alive.

        A quick failure does not prove that a silent one answers: where a machine is gone, its
        neighbours are soon told that there is no route to it.
        """
        if failed_s - asked_s >= _SILENT_S:
            self.note_silence(server, failed_s)

    def note_answer(self, server: Mapping[str, str]) -> None:
        """Treat a server like the others: it has answered."""
        self._are_silent[self._servers.index(dict(server))] = False

    def note_silence(self, server: Mapping[str, str], now_s: float) -> None:
        """Avoid a server for a while."""
        place = self._servers.index(dict(server))
        self._avoided_until_s[place] = now_s + _AVOIDED_S
        self._are_silent[place] = True

    def note_lost(self, asked_s: float, lost_s: float) -> None:
        """The same of the server that was in use, when a connection of it has ended."""
        self.note_failure(self._servers[self._preferred], asked_s, lost_s)


def servers_of(settings: Mapping[str, str]) -> list[dict[str, str]]:
    """Return each server's own part of the settings, which may name several."""
    parts = {
        name: settings[name].split(",") for name in ("host", "hostaddr", "port") if name in settings
    }
    count = max((len(values) for values in parts.values()), default=1)
    return [
        {name: values[place] if len(values) > 1 else values[0] for name, values in parts.items()}
        for place in range(count)
    ]


def accepts(server: Mapping[str, str]) -> bool:
    """Return whether a server accepts a TCP connection at once; sockets of this machine do."""
    host = server.get("hostaddr") or server.get("host", "")
    if not host or host.startswith(("/", "@")):
        return True
    try:
        with socket.create_connection((host, int(server.get("port") or DEFAULT_PORT)), _ACCEPTED_S):
            return True
    except OSError:
        return False


def session_problem(connection: "Connection[TupleRow]") -> str:
    """
    Return why a session of a server cannot be used, for a person; empty if it can.

    A connection pooler lends each transaction another session of the server: locks that last, and
    notifications, are then those of others or of nobody, and the settings of a session are lost.
    The process id that it gives its client is none of the server's (PostgreSQL's message protocol,
    BackendKeyData).
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None, "a function has a result"
    if row[0] != connection.info.backend_pid:
        return (
            "this is a connection pooler (pgbouncer or the like), not PostgreSQL itself: locks, "
            "notifications and settings do not last there; put the address of the server into url"
        )
    if connection.info.parameter_status("in_hot_standby") == "on":
        return "this server is a standby, which takes no writes: is the primary in url?"
    if connection.info.parameter_status("default_transaction_read_only") == "on":
        return "default_transaction_read_only is on: this server, database or user is read-only"
    return ""

"""
Connections to PostgreSQL, shared by the journal and the store.

A URL names one server or several (``h1:5432,h2:5432``): of those the one that accepts writes is
used. A server whose machine is cut off does not answer, so every connection has time-outs that make
both ends close it within seconds.

A URL contains no password: it is in a file, or where libpq searches it (``PGPASSWORD``,
``PGPASSFILE``).
"""

import contextlib
import ipaddress
import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from weakref import WeakSet

import msgspec

from thongsuot_collector.clients import Scrubber, read_secret
from thongsuot_schema.localizable import Localizable

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import TupleRow

    PostgresConnection = Connection[TupleRow]

SCHEME = "postgresql+psycopg://"
JOURNAL_SCHEMA = "journal"
"""The journal's tables are separate from others of the same database."""

_LIBPQ_SCHEME = "postgresql://"
_PORT = 5432
_USER_INFO = re.compile(r"[a-z+]+://(?:[^/?#@]*:[^/?#]*@|.*[?&](?:ssl)?password=)")

_CLIENT = {
    "target_session_attrs": "read-write",
    "connect_timeout": "3",
    "tcp_user_timeout": "3000",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "2",
    "client_encoding": "UTF8",
}
"""
Defaults that a URL may override. A machine that is cut off is detected after four seconds (measured
2026-11: 3.7), not after the system's quarter of an hour.
"""

_SERVER = {
    # A commit is only acknowledged when a synchronous standby, if there is one, also has it on its
    # disk.
    "synchronous_commit": "on",
    # A client that was stopped in a transaction loses its locks after this.
    "idle_in_transaction_session_timeout": "10s",
    # What an administrator has locked is waited for no longer than a standby: the threads that wait
    # are also those of everything else.
    "lock_timeout": "10s",
    # A client that disappeared while it waited for a lock stops waiting.
    "client_connection_check_interval": "2s",
    "tcp_user_timeout": "3000",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
}


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


class PostgresDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """
    A database, and its connection settings.

    ``url`` is valid according to ``url_mistake``; ``schema`` is that of unqualified tables. The
    file of the password is read for every connection, so that a new password needs no restart.
    """

    url: str
    password_file: str = ""
    schema: str = "public"
    application: str = "thongsuot-collector"

    @property
    def shown(self) -> str:
        """The URL without its settings, for messages."""
        return self.url.partition("?")[0].replace(SCHEME, _LIBPQ_SCHEME)

    def connect(self, *, autocommit: bool = False) -> "PostgresConnection":
        """
        Return a new connection; of several servers the last successful one is tried first.

        Raises:
            psycopg.OperationalError: no server that accepts writes can be reached, or it refuses.
            OSError: the file of the password cannot be read.
            ValueError: it is empty.
        """
        import psycopg  # noqa: PLC0415 - a collector with embedded files needs none of it

        settings = self._settings()
        choice = _choices.setdefault(self.url, ServerChoice(_servers(settings)))
        failure: psycopg.OperationalError | None = None
        for server in choice.order(time.monotonic()):
            asked_s = time.monotonic()
            if choice.was_silent(server):
                if not _accepts(server):
                    choice.note_silence(server, time.monotonic())
                    failure = psycopg.OperationalError(f"{server.get('host')}: still no answer")
                    continue
                choice.note_answer(server)
            try:
                connection = psycopg.connect(**{**settings, **server}, autocommit=autocommit)  # type: ignore[arg-type]
            except psycopg.OperationalError as error:
                failure = error
                choice.note_failure(server, asked_s, time.monotonic())
            else:
                choice.note_success(server)
                with _opened_lock:
                    _opened.add(connection)
                return connection
        assert failure is not None
        raise failure

    def note_lost(self, asked_s: float) -> None:
        """
        Note that the server of the last connection has lost it, asked at a moment: if it has not
        answered for a while the others come first.
        """
        choice = _choices.get(self.url)
        if choice is not None:
            choice.note_lost(asked_s, time.monotonic())

    def message_of(self, error: BaseException) -> str:
        """Return the first line of an error, without the password."""
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return self._scrubber().scrub(lines[0])

    def _settings(self) -> dict[str, str]:
        settings = {**_CLIENT, "application_name": self.application, **_parsed(self.url)}
        server = {**_SERVER, "search_path": self.schema}
        options = " ".join(f"-c {name}={value}" for name, value in server.items())
        settings["options"] = f"{options} {settings.get('options', '')}".strip()
        if self.password_file:
            settings["password"] = read_secret(self.password_file)
        return settings

    def _scrubber(self) -> Scrubber:
        secrets = [os.environ.get("PGPASSWORD", "")]
        if self.password_file:
            # An unreadable password was not sent, and cannot be in a message.
            with contextlib.suppress(OSError, ValueError):
                secrets.append(read_secret(self.password_file))
        return Scrubber(secret for secret in secrets if secret)


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


_SILENT_S = 2.0
"""A running server answers or refuses within milliseconds, or a second under load."""

_choices: dict[str, ServerChoice] = {}

_opened: "WeakSet[PostgresConnection]" = WeakSet()
_opened_lock = threading.Lock()


def url_mistake(url: str, password_file: str = "") -> str:
    """Return the error of a database's URL, for a person; empty if it is valid."""
    if not url.startswith((SCHEME, _LIBPQ_SCHEME)):
        return Localizable('a database is named as in "{scheme}user@host/database"', scheme=SCHEME)
    if _USER_INFO.match(url):
        return Localizable("it holds a password: put that into a file that password_file names")
    try:
        settings = _parsed(url)
    except ValueError as error:
        return str(error)
    if not settings.get("dbname"):
        return Localizable(
            'it names no database, as in "{scheme}user@host/database"', scheme=SCHEME
        )
    distant = [host for host in _hosts(settings) if not _is_here(host)]
    if distant and "sslmode" not in settings:
        return Localizable(
            "say how it is kept from others on the way to {distant}: add "
            "?sslmode=verify-full (with sslrootcert=FILE for an authority of "
            "your own), or sslmode=disable where nobody else is on that network",
            distant=distant[0],
        )
    return _password_mistake(password_file) if password_file else ""


def _password_mistake(file: str) -> str:
    try:
        read_secret(file)
    except PermissionError:
        return ""  # the user of the collector may be able to read it
    except FileNotFoundError:
        return Localizable("its password cannot be read: there is no file {file}", file=file)
    except OSError as error:
        return Localizable(
            "its password cannot be read: {file}: {strerror}", file=file, strerror=error.strerror
        )
    except ValueError as error:
        return Localizable("its password cannot be read: {why}", why=error)
    return ""


def was_emptied(database: PostgresDatabase) -> Localizable:
    """Return why an empty database is refused that has been used before, for a person."""
    return Localizable(
        "the database {database} is empty, and this collector has used it before: restore it from "
        "a backup; or run `thongsuot-collector run --accept-empty-store`: the record begins anew, "
        "every agent then needs a new token, and every person a new password",
        database=database.shown,
    )


def abort(connection: "PostgresConnection") -> None:
    """
    End a connection that another thread waits for: that one gets an ``OperationalError``.

    This is the only way to end a commit that waits for a standby without counting it as done: a
    cancelled one is reported as a success.
    """
    import psycopg  # noqa: PLC0415 - as above

    with contextlib.suppress(psycopg.Error, OSError):  # it has already ended
        descriptor = os.dup(connection.fileno())
        with socket.socket(fileno=descriptor) as wire:
            wire.shutdown(socket.SHUT_RDWR)


def abort_all(like: "PostgresConnection") -> None:
    """End all connections of this process to the server of a connection, including that one."""
    server = _server_of(like)
    with _opened_lock:
        opened = list(_opened)
    for connection in opened:
        if _server_of(connection) == server:
            abort(connection)


def _server_of(connection: "PostgresConnection") -> tuple[str, str, int] | None:
    """Return the server of a connection; ``None``: it has ended."""
    import psycopg  # noqa: PLC0415 - as above

    try:
        return connection.info.host, connection.info.hostaddr, connection.info.port
    except psycopg.OperationalError:
        return None


def _parsed(url: str) -> dict[str, str]:
    """
    Return libpq's settings in a URL.

    Raises:
        ValueError: libpq cannot parse it; the text has the reason.
    """
    import psycopg  # noqa: PLC0415 - as above
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - as above

    plain = url.replace(SCHEME, _LIBPQ_SCHEME, 1)
    try:
        settings = conninfo_to_dict(plain)
    except psycopg.ProgrammingError as error:
        # libpq repeats the whole URL, including a password in a wrong place.
        raise ValueError(str(error).strip().replace(f'"{plain}"', "the URL")) from error
    return {name: str(value) for name, value in settings.items() if value is not None}


def _servers(settings: Mapping[str, str]) -> list[dict[str, str]]:
    """Return each server's own part of the settings, which may name several."""
    parts = {
        name: settings[name].split(",") for name in ("host", "hostaddr", "port") if name in settings
    }
    count = max((len(values) for values in parts.values()), default=1)
    return [
        {name: values[place] if len(values) > 1 else values[0] for name, values in parts.items()}
        for place in range(count)
    ]


def _hosts(settings: dict[str, str]) -> Iterator[str]:
    for host in settings.get("hostaddr", settings.get("host", "")).split(","):
        yield host.strip("[]")


def _accepts(server: Mapping[str, str]) -> bool:
    """Return whether a server accepts a TCP connection at once; sockets of this machine do."""
    host = server.get("hostaddr") or server.get("host", "")
    if not host or host.startswith(("/", "@")):
        return True
    try:
        with socket.create_connection((host, int(server.get("port") or _PORT)), _ACCEPTED_S):
            return True
    except OSError:
        return False


def _is_here(host: str) -> bool:
    """
    Return whether a host is this machine: no name (a socket), a path of a socket, or loopback.
    """
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

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
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING
from weakref import WeakSet

import msgspec

from thongsuot_collector.clients import Scrubber, read_secret
from thongsuot_collector.postgresql_servers import (
    DEFAULT_PORT,
    ServerChoice,
    accepts,
    servers_of,
    session_problem,
)
from thongsuot_schema.localizable import Localizable

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import TupleRow

    PostgresConnection = Connection[TupleRow]

SCHEME = "postgresql+psycopg://"
JOURNAL_SCHEMA = "journal"
"""The journal's tables are separate from others of the same database."""

_LIBPQ_SCHEME = "postgresql://"
_WITHOUT_KEY = """
SELECT relname FROM pg_class
WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind = 'r' AND relname = ANY(%(tables)s)
    AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)
ORDER BY relname LIMIT 1
"""
_USER_INFO = re.compile(r"[a-z+]+://(?:[^/?#@]*:[^/?#]*@|.*[?&](?:ssl)?password=)")

_CLIENT = {
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
    # Limits that an administrator has set for the role or the database would end what is long by
    # its nature (migrations, a scan of the whole record), or a session that waits for a push.
    "statement_timeout": "0",
    "idle_session_timeout": "0",
    # In a stricter one a writer that has waited for its turn does not see what was written before.
    "default_transaction_isolation": r"read\ committed",
    # A client that disappeared while it waited for a lock stops waiting.
    "client_connection_check_interval": "2s",
    "tcp_user_timeout": "3000",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
}

_HAS_TRANSACTION_TIMEOUT = 170_000
"""An older server refuses a connection that names this setting."""


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
        choice = _choices.setdefault(self.url, ServerChoice(servers_of(settings)))
        failures: list[psycopg.OperationalError] = []
        for server in choice.order(time.monotonic()):
            asked_s = time.monotonic()
            if choice.was_silent(server):
                if not accepts(server):
                    choice.note_silence(server, time.monotonic())
                    failures.append(
                        psycopg.OperationalError(f"{server.get('host')}: still no answer")
                    )
                    continue
                choice.note_answer(server)
            try:
                connection = _connected({**settings, **server})
            except psycopg.OperationalError as error:
                failures.append(error)
                choice.note_failure(server, asked_s, time.monotonic())
            else:
                connection.autocommit = autocommit
                choice.note_success(server)
                with _opened_lock:
                    _opened.add(connection)
                return connection
        if len(failures) == 1:
            raise failures[0]
        raise psycopg.OperationalError("; ".join(map(_first_line, failures)))

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
        return self._scrubber().scrub(_first_line(error))

    def _settings(self) -> dict[str, str]:
        settings = {**_CLIENT, "application_name": self.application, **_parsed(self.url)}
        # ``session_problem`` refuses a server that takes no writes, and says which, and why.
        settings["target_session_attrs"] = "any"
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


def unfinished_restore(
    connection: "PostgresConnection", database: PostgresDatabase, keyed: Collection[str]
) -> Localizable | None:
    """
    Return why a database must be left alone whose backup is still being restored, for a person;
    ``None``: it is complete, or has none of these tables.

    A dump has rows first and keys after all of them: what is written in between makes the restore
    fail at the key. ``keyed`` are the tables that have one when they are complete.
    """
    asked = {"schema": database.schema, "tables": list(keyed)}
    row = connection.execute(_WITHOUT_KEY, asked).fetchone()
    if row is None:
        return None
    return Localizable(
        "the database {database} is being restored, or that failed: its table {table} has no key "
        "yet. Wait until it is complete",
        database=database.shown,
        table=row[0],
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


def _connected(settings: Mapping[str, str]) -> "PostgresConnection":
    """
    Return a connection in autocommit mode to the one server of libpq's settings.

    Raises:
        psycopg.OperationalError: it cannot be reached, refuses, or cannot be used.
    """
    import psycopg  # noqa: PLC0415 - as above

    connection = psycopg.connect(**settings, autocommit=True)  # type: ignore[arg-type]
    # libpq's own limit ends here: a server that is stopped now would be waited for forever.
    limit_s = float(settings["connect_timeout"])
    limit = threading.Timer(limit_s if limit_s > 0 else threading.TIMEOUT_MAX, abort, (connection,))
    limit.start()
    try:
        problem = session_problem(connection)
        if connection.info.server_version >= _HAS_TRANSACTION_TIMEOUT:
            connection.execute("SET transaction_timeout = 0")
    except BaseException:
        connection.close()
        raise
    finally:
        limit.cancel()
    if problem:
        connection.close()
        place = f"{settings.get('host', 'this machine')}, port {settings.get('port', DEFAULT_PORT)}"
        raise psycopg.OperationalError(f"{place}: {problem}")
    return connection


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0]


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


def _hosts(settings: dict[str, str]) -> Iterator[str]:
    for host in settings.get("hostaddr", settings.get("host", "")).split(","):
        yield host.strip("[]")


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

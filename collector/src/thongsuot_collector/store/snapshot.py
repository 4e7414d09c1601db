"""Snapshot: several reads of a store that see the same moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def snapshot(store: Engine) -> Iterator[Connection]:
    """
    Yield a connection whose reads all see the store of the first one; nothing is written by it.

    Between two transactions of its own a reader may see an outage before a batch that has arrived
    meanwhile, and the notifications after it.
    """
    with store.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Python's driver begins no transaction for a SELECT. A savepoint is one that reads: a
            # BEGIN would take its place in the queue of writers.
            connection.exec_driver_sql("SAVEPOINT snapshot")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def reading(store: Engine | Connection) -> Iterator[Connection]:
    """Yield a connection for one read: that of a snapshot, or a new one."""
    if isinstance(store, Connection):
        yield store
    else:
        with store.connect() as connection:
            yield connection

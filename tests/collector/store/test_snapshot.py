"""Reads of one snapshot see one moment, while others write."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine

from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.snapshot import reading, snapshot
from thongsuot_collector.store.tables import AUDIT


def count(store: Engine | Connection) -> int:
    with reading(store) as connection:
        return len(connection.execute(AUDIT.select()).all())


def note(store: Engine) -> None:
    with store.begin() as connection:
        audit.write(connection, AuditAction.WORK_PLANNED, "w", by="person:lan", detail="")


def test_what_is_written_meanwhile_is_seen_by_the_next_snapshot(
    open_each_store: Callable[[], Engine],
) -> None:
    store = open_each_store()
    note(store)
    with snapshot(store) as first:
        assert count(first) == 1
        note(store)
        assert count(first) == 1
        assert count(store) == 2, "a read of its own sees the present"
    with snapshot(store) as second:
        assert count(second) == 2
    note(store)
    assert count(store) == 3, "the connection goes back without a transaction"

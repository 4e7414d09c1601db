"""Copies one store into another: from the file of one machine into a database."""

from sqlalchemy import Connection, Engine, Integer, Table, func, insert, select, text

from thongsuot_collector.errors import StoreError
from thongsuot_collector.store.tables import METADATA

_AT_ONCE = 1_000


def copy_store(source: Engine, target: Engine) -> dict[str, int]:
    """
    Copy every row, in one transaction of each store; return the number of rows by table.

    Raises:
        StoreError: the target is not empty; nothing was copied.
    """
    copied: dict[str, int] = {}
    with source.connect() as read, target.begin() as write:
        for table in METADATA.sorted_tables:
            if write.execute(select(table).limit(1)).first() is not None:
                raise StoreError(
                    f"the database has rows in {table.name} already: a store is copied into an "
                    "empty one"
                )
            copied[table.name] = _copy_table(read, write, table)
            _continue_numbers(write, table)
    return copied


def _copy_table(read: Connection, write: Connection, table: Table) -> int:
    count = 0
    rows = read.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for part in rows.mappings().partitions():
        write.execute(insert(table), [dict(row) for row in part])
        count += len(part)
    return count


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Make a table that numbers its rows continue after the highest number copied."""
    number = table.autoincrement_column
    if connection.dialect.name != "postgresql" or number is None:
        return
    if not isinstance(number.type, Integer) or number.autoincrement is not True:
        return
    highest = connection.execute(select(func.max(number))).scalar()
    if highest is not None:
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)"),
            {"table": table.name, "column": number.name, "highest": highest},
        )

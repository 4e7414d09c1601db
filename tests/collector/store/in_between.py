"""Something that another process writes between two reads of one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine, event


def once_before_reading(store: Engine, table: str, write: Callable[[], object]) -> list[str]:
    """
    Call a function in another thread just before a table is read for the first time; the returned
    list has the statement once that has happened.
    """
    seen: list[str] = []

    def intervene(
        _connection: Connection,
        _cursor: object,
        sql: str,
        _parameters: object,
        _context: object,
        _is_many: bool,
    ) -> None:
        if f"FROM {table}" in sql and not seen:
            seen.append(sql)
            with ThreadPoolExecutor() as other:
                other.submit(write).result()

    event.listen(store, "before_cursor_execute", intervene)
    return seen

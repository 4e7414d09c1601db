"""What tests of several folders of the collector share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.postgres import PostgresServer
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.postgresql import open_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def open_each_store(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Engine]]:
    """Opens the store of a test, as often as it is called: once in a file, once in a database."""
    engines: list[Engine] = []
    database = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        assert isinstance(server, PostgresServer)
        database = PostgresDatabase(url=server.new_database())

    def opened() -> Engine:
        file = tmp_path / "store.sqlite"
        engines.append(open_store(file) if database is None else open_database(database))
        return engines[-1]

    yield opened
    for engine in engines:
        engine.dispose()

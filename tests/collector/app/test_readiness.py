"""What a collector says of itself when its database takes pushes and refuses what it decides."""

from pathlib import Path

import pytest

from tests.collector.app.test_cluster import CollectorPair, page
from tests.collector.journal.test_postgres import database_at, name_of
from tests.collector.running import eventually
from tests.postgres import PostgresServer
from thongsuot_schema.state import State

pytestmark = pytest.mark.servers


async def test_a_leader_whose_decisions_the_store_refuses_is_not_ready_although_pushes_are_kept(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """A full disk whose journal has room left, or a table that an administrator has locked."""
    url = postgres.new_database()
    cluster = CollectorPair(tmp_path, url, count=1)
    (collector,) = cluster.collectors
    try:
        await cluster.start()
        await cluster.report(State.UP)

        async def readiness() -> tuple[int, str]:
            answer = await page(collector, "/readyz")
            return answer.status_code, answer.text

        async def is_ready() -> bool:
            return (await readiness())[0] == 200

        async def names_the_refusal() -> bool:
            status, text = await readiness()
            return status == 503 and text.startswith("nothing can be stored") and "lock" in text

        await eventually(is_ready)
        with database_at(url).connect() as administrator:
            administrator.execute("LOCK TABLE public.faults IN ACCESS EXCLUSIVE MODE")
            await cluster.report(State.DOWN)
            await eventually(names_the_refusal)
            assert cluster.notifications() == []
        await cluster.is_notified(1)
        await eventually(is_ready)
        kept = postgres.execute("SELECT count(*) FROM journal.entries", database=name_of(url))
        assert kept == [(2,)]
    finally:
        await cluster.close()

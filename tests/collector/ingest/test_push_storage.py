"""A database that answers, and refuses what pushes need: said by every collector, and once."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.app.test_cluster import CollectorPair, client_of, page
from tests.collector.batches import S
from tests.collector.journal.test_postgres import name_of
from tests.collector.running import Pusher, eventually
from tests.postgres import PostgresServer
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.ingest.push_storage import PushStorage
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_schema.batch.push import LONGEST_WAIT_S
from thongsuot_schema.state import State

OWNER = "plain"


@pytest.mark.servers
@pytest.mark.parametrize(
    "right",
    [
        "INSERT ON journal.entries",
        pytest.param("SELECT ON journal.entries", marks=pytest.mark.nightly),
        pytest.param("UPDATE ON journal.journal", marks=pytest.mark.nightly),
    ],
)
async def test_collectors_that_may_not_append_any_more_are_not_ready_and_say_why(
    right: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    """They were `ready`, wrote nothing into their logs, and had devices reported as silent."""
    url = postgres.new_database_of(OWNER)
    name = name_of(url)
    cluster = CollectorPair(tmp_path, url, count=2)
    denied = "permission denied for table"
    try:
        await cluster.start()
        for collector in cluster.collectors:
            await cluster.report(State.UP, first=collector)
        postgres.execute(f"REVOKE {right} FROM {OWNER}", database=name)
        agent = cluster.agent.sealer
        waiting = agent.batch(9_000 * S)
        for collector in cluster.collectors:
            async with client_of(collector, auth=None) as client:
                refused = await Pusher(client, agent, cluster.agent.secret).batch(waiting)
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) >= 1

            async def says_why(collector: CollectorProcess = collector) -> bool:
                ready = await page(collector, "/readyz")
                metrics = (await page(collector, "/metrics")).text
                is_counted = "\nthongsuot_collector_ready 0.0" in metrics
                is_said = ready.text.startswith("nothing can be stored") and denied in ready.text
                return ready.status_code == 503 and is_said and is_counted

            await eventually(says_why)
            assert len(re.findall(f"a push is refused.*{denied}", collector.log())) == 1
            assert len(re.findall(f"nothing can be stored, agents.*{denied}", collector.log())) == 1
        postgres.execute(f"GRANT {right} TO {OWNER}", database=name)
        for collector in cluster.collectors:

            async def is_ready(collector: CollectorProcess = collector) -> bool:
                async with client_of(collector, auth=None) as client:
                    pushed = await Pusher(client, agent, cluster.agent.secret).batch(waiting)
                ready = await page(collector, "/readyz")
                return pushed.status_code == 200 and ready.status_code == 200

            await eventually(is_ready)
        kept = postgres.execute("SELECT number FROM journal.entries ORDER BY 1", database=name)
        assert kept == [(1,), (2,), (3,)]
        assert cluster.notifications() == []
    finally:
        await cluster.close()


@pytest.mark.servers
async def test_a_page_that_a_database_refuses_asks_its_reader_to_come_again(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """It was an internal error, with a traceback for each request."""
    url = postgres.new_database_of(OWNER)
    name = name_of(url)
    cluster = CollectorPair(tmp_path, url, count=1)
    (collector,) = cluster.collectors
    try:
        await cluster.start()
        postgres.execute(f"REVOKE SELECT ON public.incidents FROM {OWNER}", database=name)
        for _ in range(3):
            refused = await page(collector, "/api/v1/incidents?lang=en")
            assert (refused.status_code, "database" in refused.text) == (503, True)
            assert int(refused.headers["Retry-After"]) >= 1
        assert collector.log().count("cannot answer path=/api/v1/incidents: ") == 1
        postgres.execute(f"GRANT SELECT ON public.incidents TO {OWNER}", database=name)
        assert (await page(collector, "/api/v1/incidents")).status_code == 200
    finally:
        await cluster.close()


@pytest.mark.servers
async def test_a_store_that_may_not_be_read_at_the_start_is_named_in_one_sentence(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.new_database_of(OWNER)
    places = f'[journal]\nurl = "{url}"\n[store]\nurl = "{url}"\n'
    collector = CollectorProcess(tmp_path, places)
    await collector.start()
    assert await collector.end() == 0
    postgres.execute(f"REVOKE SELECT ON public.tokens FROM {OWNER}", database=name_of(url))
    with pytest.raises(AssertionError, match="permission denied for table tokens"):
        await collector.start()
    assert await collector.end() != 0
    last = collector.log().splitlines()[-1]
    assert re.fullmatch("thongsuot-collector: cannot use the store at .*: permission .*", last)
    assert "Traceback" not in collector.log()


async def test_refusals_that_last_count_until_a_push_is_accepted_or_agents_must_have_come_back(
    tmp_path: Path,
) -> None:
    now_s = 1_000.0
    path = tmp_path / JOURNAL_FILE
    journal = open_journal(path, committed=lambda _jobs, _took_s: None)
    storage = PushStorage(journal, clock=lambda: now_s)
    storage.note_refused("too many clients")
    assert storage.problem == "", "a moment is not yet a problem"
    now_s += 10
    storage.note_refused("too many clients")
    assert storage.problem == "pushes are refused: too many clients"
    storage.note_accepted()
    assert storage.problem == ""
    for _ in range(2):
        storage.note_refused("too many clients")
        now_s += 10
    now_s += LONGEST_WAIT_S
    assert storage.problem != ""
    now_s += LONGEST_WAIT_S
    assert storage.problem == ""
    storage.note_refused("too many clients")
    assert storage.problem == "", "that of minutes ago is over"
    now_s += 10
    storage.note_refused("too many clients")
    assert storage.problem != ""
    with closing(sqlite3.connect(path)) as administrator:
        administrator.execute("ALTER TABLE journal RENAME TO elsewhere")
        await storage.check()
        assert storage.problem.startswith("nothing can be stored: ")
        storage.note_refused("no such table: journal")
        administrator.execute("ALTER TABLE elsewhere RENAME TO journal")
    await storage.check()
    assert storage.problem == ""
    await journal.close()

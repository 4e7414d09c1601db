"""A site that floods a sink, over real HTTP: others do not wait for it, and it loses nothing."""

import time
from contextlib import closing
from functools import partial
from pathlib import Path

import cramjam
import httpx

from tests.collector.batches import BatchSealer, S, icmp_result, usual_results
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.receiver import ReceivedRequest, ScriptedReceiver, always, receiver
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.journal import sqlite_rows
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_collector.sinks.delivery.progress import progress_of

NOW = 5_000 * S
LOUD, QUIET = "loud-site", "quiet-site"
FLOOD = 40
VALUES = 2_000 * 4
"""Of one batch of the flood: 2,000 runs of one series in some hundred bytes."""


def sites_in(request: ReceivedRequest) -> set[str]:
    text = bytes(cramjam.snappy.decompress_raw(request.body))
    return {site for site in (LOUD, QUIET) if site.encode() in text}


def sink_table(there: ScriptedReceiver) -> str:
    return (
        f'[[sinks]]\nkind = "remote_write"\nname = "database"\nurl = "{there.url}"\n'
        "linger_s = 0.01\nmin_backoff_s = 0.01\nmax_backoff_s = 0.05\n"
    )


async def test_nobody_waits_for_a_site_that_floods_the_sink_and_it_loses_nothing(
    tmp_path: Path,
) -> None:
    async with (
        receiver(always(503)) as there,
        collector(tmp_path, config=sink_table(there)) as client,
    ):
        agents = {site: BatchSealer(site, epoch_ns=time.time_ns() - NOW) for site in (LOUD, QUIET)}
        pushers = {
            site: Pusher(client, agent, token(tmp_path, site)) for site, agent in agents.items()
        }
        # While the database is away a flood gathers, and behind it one batch of another site.
        for place in range(FLOOD):
            results = [icmp_result(NOW - S - place * 1_000_000)] * 2_000
            pushed = await pushers[LOUD].batch(agents[LOUD].batch(NOW + place, results))
            assert pushed.status_code == 200
        usual = agents[QUIET].batch(NOW, usual_results(NOW - 15 * S))
        assert (await pushers[QUIET].batch(usual)).status_code == 200
        refused = len(there.requests)
        there.script = always(204)
        await eventually(partial(is_delivered, client))
        taken = there.requests[refused:]
        before = next(place for place, request in enumerate(taken) if QUIET in sites_in(request))
        loud_after = sum(LOUD in sites_in(request) for request in taken[before + 1 :])
        # What went out before the quiet site is one share of the flood, or a turn of its lane.
        assert loud_after > 2 * (before + 1)
    with closing(connect(tmp_path / JOURNAL_FILE, writable=False)) as connection:
        cursor = sqlite_rows.cursor(connection, "database")
        progress = progress_of("database", cursor, sqlite_rows.last_sequence(connection))
    assert (progress.delivered, progress.behind, progress.skipped) == (FLOOD + 1, 0, 0)


async def is_delivered(client: httpx.AsyncClient) -> bool:
    text = (await client.get("/metrics")).text
    samples = FLOOD * VALUES + 36 * 4
    return (
        f'sink_samples_total{{sink="database"}} {samples}.0' in text
        and 'consumer_lag_entries{consumer="database"} 0.0' in text
    )

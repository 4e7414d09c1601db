"""What it costs to read a push is charged to its site, before anything of it is known."""

from pathlib import Path

from msgspec.structs import replace

from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher, collector, token
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence

SITE, NEIGHBOUR = "hoan-kiem", "ba-dinh"
NOW = 5_000 * S


async def test_pushes_that_are_refused_are_charged_for_the_time_that_it_took_to_read_them(
    tmp_path: Path,
) -> None:
    """Some hundred bytes with 50,000 pieces of evidence, and one name that is none."""
    config = "[ingest]\nwork_ratio = 0.0001\nwork_burst_s = 0.1\n"
    async with collector(tmp_path, config=config) as client:
        pushers = {
            site: Pusher(client, BatchSealer(site, epoch_ns=0), token(tmp_path, site))
            for site in (SITE, NEIGHBOUR)
        }
        down = change(NOW - S, State.DOWN)
        verdict = replace(down.verdict, evidence=(Evidence(kind=""),) * 50)
        unprintable = change(NOW - S, State.DOWN, link="fiber\0")
        changes = [*[replace(down, verdict=verdict)] * 999, unprintable]
        batch = pushers[SITE].agent.batch(NOW, changes=changes)
        body, _ = pushers[SITE].agent.sealed(batch)
        assert len(body) < 1_000
        answers = [await pushers[SITE].body(body) for _ in range(20)]
        assert answers[0].status_code == 400
        # On a busy machine the last one may come when the site may push again: once a second.
        refused = [answer.json()["error"] for answer in answers if answer.status_code == 429]
        assert any("can work through" in error for error in refused)
        good = pushers[NEIGHBOUR].agent.batch(NOW, [icmp_result(NOW - S)])
        assert (await pushers[NEIGHBOUR].batch(good)).status_code == 200


async def test_a_push_is_not_refused_because_reading_it_has_used_up_the_budget(
    tmp_path: Path,
) -> None:
    """It would be refused each time that it is pushed, and all behind it."""
    async with collector(
        tmp_path, config="[ingest]\nwork_ratio = 0.0001\nwork_burst_s = 0.002\n"
    ) as client:
        pusher = Pusher(client, BatchSealer(SITE, epoch_ns=0), token(tmp_path, SITE))
        down = change(NOW - S, State.DOWN)
        verdict = replace(down.verdict, evidence=(Evidence(kind="icmp"),) * 20)
        batch = pusher.agent.batch(NOW, changes=[replace(down, verdict=verdict)] * 1000)
        body, _ = pusher.agent.sealed(batch)
        assert (await pusher.body(body)).status_code == 200

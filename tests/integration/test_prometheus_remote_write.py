"""From an agent's push to what a real Prometheus answers: the samples, at their own times."""

import time
from pathlib import Path

import httpx

from tests.collector.batches import (
    BatchSealer,
    S,
    change,
    failed,
    icmp_result,
    unmeasured,
    usual_results,
)
from tests.collector.running import Pusher, collector, eventually, token
from tests.servers import PrometheusServer
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Inventory, Link, Site
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

HOUR = 3600 * S


def sink(server: PrometheusServer, extra: str = "") -> str:
    return (
        f'[[sinks]]\nkind = "remote_write"\nname = "prometheus"\nurl = "{server.write_url}"\n'
        f"linger_s = 0.0\n{extra}\n"
    )


def inventory(site: str) -> Inventory:
    return Inventory(
        sites=(
            Site(
                name=site,
                commune="00070",
                links=(
                    Link(name="fiber", interface="eth0", medium=Medium.FIBER, carrier="vnpt"),
                    Link(name="5g", interface="wwan0", medium=Medium.RADIO_5G, carrier="viettel"),
                ),
            ),
        )
    )


async def metric(client: httpx.AsyncClient, name: str) -> float:
    """Return the sum of one of the collector's own metrics over its labels."""
    text = (await client.get("/metrics")).text
    return sum(
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith((f"{name} ", f"{name}{{"))
    )


def stored(server: PrometheusServer, site: str, now_ns: int, range_s: int) -> dict[str, int]:
    """Return how many samples the database holds of each metric of a site."""
    counts: dict[str, int] = {}
    samples = server.samples(f'{{site="{site}"}}', at_s=now_ns / 1e9 + 1, range_s=range_s)
    for name, values in samples.items():
        metric_name = name.partition(",")[0].removeprefix("__name__=")
        counts[metric_name] = counts.get(metric_name, 0) + len(values)
    return counts


async def all_sent(client: httpx.AsyncClient, batches: int) -> None:
    async def nothing_waits() -> bool:
        accepted = await metric(client, "thongsuot_collector_pushes_total")
        lag = await metric(client, "thongsuot_collector_consumer_lag_entries")
        return accepted >= batches and lag == 0

    await eventually(nothing_waits)


async def test_every_result_is_in_the_database_at_its_own_time(
    prometheus: PrometheusServer, tmp_path: Path
) -> None:
    site = "own-time"
    now_ns = time.time_ns()
    agent = BatchSealer(site, epoch_ns=now_ns - 5000 * S)
    results = [
        icmp_result(4990 * S + 123_000_000, rtt_s=0.0213),
        failed(4992 * S),
        unmeasured(4994 * S),
    ]
    async with collector(tmp_path, config=sink(prometheus), inventory=inventory(site)) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        batch = agent.batch(4999 * S, results)
        response = await pusher.batch(batch, boottime_ns=agent.uptime_ns())
        assert response.status_code == 200, response.text
        await all_sent(client, 1)
    samples = prometheus.samples(f'{{site="{site}"}}', at_s=now_ns / 1e9 + 1, range_s=60)
    labels = (
        "carrier=vnpt,commune=00070,family=ip4,link=fiber,medium=fiber,site=own-time,"
        "target=exchange"
    )
    at = [round((agent.epoch_ns + result.boottime_ns) // 1_000_000 / 1000, 3) for result in results]
    assert samples == {
        f"__name__=thongsuot_icmp_rtt_seconds,{labels}": [[at[0], "0.0213"]],
        f"__name__=thongsuot_icmp_loss_ratio,{labels}": [[at[0], "0"], [at[1], "1"]],
        f"__name__=thongsuot_icmp_reply_hop_limit_number,{labels}": [[at[0], "57"]],
        f"__name__=thongsuot_icmp_success,{labels}": [[at[0], "1"], [at[1], "0"]],
        f"__name__=thongsuot_icmp_unmeasured,{labels}": [[at[2], "1"]],
    }


async def test_verdicts_are_series_that_end_when_nothing_is_known_any_more(
    prometheus: PrometheusServer, tmp_path: Path
) -> None:
    site = "verdicts"
    now_ns = time.time_ns()
    agent = BatchSealer(site, epoch_ns=now_ns - 5000 * S)
    async with collector(tmp_path, config=sink(prometheus), inventory=inventory(site)) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        down = change(4955 * S, State.DOWN, before=State.UP, segment=Segment.ACCESS)
        for sealed, changes in (
            (4930, [change(4925 * S, State.UP)]),
            (4945, []),
            (4960, [down]),
            (4975, [change(4970 * S, State.UNKNOWN, before=State.DOWN)]),
            (4990, []),
        ):
            batch = agent.batch(sealed * S, changes=changes)
            await pusher.batch(batch, boottime_ns=agent.uptime_ns())
        await all_sent(client, 5)

    def at(second: int) -> float:
        return round((agent.epoch_ns + second * S) // 1_000_000 / 1000, 3)

    samples = prometheus.samples(f'{{site="{site}"}}', at_s=now_ns / 1e9 + 1, range_s=120)
    labels = "carrier=vnpt,commune=00070,link=fiber,medium=fiber,site=verdicts"
    state = samples[f"__name__=thongsuot_verdict_state_number,{labels}"]
    segment = samples[f"__name__=thongsuot_verdict_segment_number,{labels}"]
    assert state == [
        [at(4925), "0"],
        [at(4930), "0"],
        [at(4945), "0"],
        [at(4955), "2"],
        [at(4960), "2"],
    ]
    assert [value for _, value in segment] == ["0", "0", "0", "3", "3"]
    # The staleness marker ends the series at once, not five minutes later.
    name = f'thongsuot_verdict_state_number{{site="{site}"}}'
    assert prometheus.query(name, at_s=at(4969))
    assert prometheus.query(name, at_s=at(4971)) == []


async def test_a_backlog_is_delivered_after_newer_batches_and_completely(
    prometheus: PrometheusServer, tmp_path: Path
) -> None:
    site = "backlog"
    now_ns = time.time_ns()
    agent = BatchSealer(site, epoch_ns=now_ns - 30 * HOUR)
    now = 30 * HOUR
    async with collector(tmp_path, config=sink(prometheus), inventory=inventory(site)) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        # Six hours of outage wait on the device; the newest batch is pushed first.
        sealed = [now - 6 * HOUR + place * 900 * S for place in range(24)]
        backlog = [
            agent.batch(at, usual_results(at - 15 * S, seed=place))
            for place, at in enumerate(sealed)
        ]
        fresh = agent.batch(now - S, usual_results(now - 16 * S, seed=99))
        for batch in (fresh, *backlog):
            pushed = await pusher.batch(batch, boottime_ns=agent.uptime_ns())
            assert pushed.status_code == 200, pushed.text
        await all_sent(client, 25)
        assert await metric(client, "thongsuot_collector_sink_dropped_samples_total") == 0
        sent = await metric(client, "thongsuot_collector_sink_samples_total")
    held = stored(prometheus, site, now_ns, 7 * 3600)
    # 25 batches of 18 icmp results (3 metrics and success) and 18 of dns (3 and success).
    assert sent == 25 * 36 * 4
    assert sum(held.values()) == 25 * 36 * 4


async def test_one_bad_sample_costs_no_other_and_is_counted(
    own_prometheus: PrometheusServer, tmp_path: Path
) -> None:
    own_prometheus.start()
    site = "one-bad"
    now_ns = time.time_ns()
    agent = BatchSealer(site, epoch_ns=now_ns - 5000 * S)
    async with collector(
        tmp_path, config=sink(own_prometheus), inventory=inventory(site)
    ) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        first = icmp_result(4980 * S, rtt_s=0.010)
        assert (await pusher.batch(agent.batch(4981 * S, [first]))).status_code == 200
        await all_sent(client, 1)
        # The same series and time with another value: Prometheus refuses the whole request.
        clash = icmp_result(4980 * S, rtt_s=0.999)
        others = [icmp_result(4980 * S, target=f"anchor-{n}") for n in range(40)]
        assert (await pusher.batch(agent.batch(4999 * S, [clash, *others]))).status_code == 200
        await all_sent(client, 2)
        assert await metric(client, "thongsuot_collector_sink_dropped_samples_total") == 1
        assert await metric(client, "thongsuot_collector_sink_samples_total") == 4 + 41 * 4 - 1
    samples = own_prometheus.samples(
        f'thongsuot_icmp_rtt_seconds{{site="{site}"}}', at_s=now_ns / 1e9 + 1, range_s=60
    )
    assert len(samples) == 41
    kept = next(values for name, values in samples.items() if name.endswith("target=exchange"))
    assert [value for _, value in kept] == ["0.01"]


async def test_entries_older_than_the_window_are_dropped_counted_and_cheap_to_find(
    own_prometheus: PrometheusServer, tmp_path: Path
) -> None:
    own_prometheus.start()
    site = "too-old"
    now_ns = time.time_ns()
    agent = BatchSealer(site, epoch_ns=now_ns - 100 * HOUR)
    now = 100 * HOUR
    async with collector(
        tmp_path, config=sink(own_prometheus), inventory=inventory(site)
    ) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        await pusher.batch(agent.batch(now - S, usual_results(now - 16 * S)))
        await all_sent(client, 1)
        results = [
            result
            for hours in (30, 26, 23, 20)
            for result in usual_results(now - hours * HOUR, seed=hours)
        ]
        results.sort(key=lambda result: result.boottime_ns)
        assert (await pusher.batch(agent.batch(now, results))).status_code == 200
        await all_sent(client, 2)
        dropped = await metric(client, "thongsuot_collector_sink_dropped_samples_total")
        requests = await metric(client, "thongsuot_collector_sink_requests_total")
    assert dropped == 2 * 36 * 4
    # 576 samples, half of them refused: the edge is found by halving, not one by one.
    assert requests < 30
    held = stored(own_prometheus, site, now_ns, 90000)
    assert sum(held.values()) == 3 * 36 * 4


async def test_a_known_window_spares_the_receiver_what_it_would_refuse(
    own_prometheus: PrometheusServer, tmp_path: Path
) -> None:
    own_prometheus.start()
    site = "window"
    now = 100 * HOUR
    agent = BatchSealer(site, epoch_ns=time.time_ns() - now)
    async with collector(
        tmp_path, config=sink(own_prometheus, "window_s = 86000"), inventory=inventory(site)
    ) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        results = usual_results(now - 30 * HOUR) + usual_results(now - 16 * S)
        assert (await pusher.batch(agent.batch(now, results))).status_code == 200
        await all_sent(client, 1)
        assert await metric(client, "thongsuot_collector_sink_dropped_samples_total") == 36 * 4
        assert await metric(client, "thongsuot_collector_sink_samples_total") == 36 * 4
        assert await metric(client, "thongsuot_collector_sink_requests_total") == 1


async def test_a_receiver_that_was_away_gets_everything_once_it_is_back(
    own_prometheus: PrometheusServer, tmp_path: Path
) -> None:
    own_prometheus.start()
    own_prometheus.stop()
    site = "away"
    now_ns = time.time_ns()
    now = 5000 * S
    agent = BatchSealer(site, epoch_ns=now_ns - now)
    async with collector(
        tmp_path, config=sink(own_prometheus), inventory=inventory(site)
    ) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        for place in range(20):
            at = now - 300 * S + place * 15 * S
            batch = agent.batch(at, usual_results(at - 15 * S, seed=place))
            assert (await pusher.batch(batch)).status_code == 200

        async def refused() -> bool:
            return await metric(client, "thongsuot_collector_sink_requests_total") >= 1

        await eventually(refused)
        # The agents never notice: what they push is acknowledged.
        own_prometheus.start()
        await all_sent(client, 20)
    held = stored(own_prometheus, site, now_ns, 600)
    assert sum(held.values()) == 20 * 36 * 4


async def test_a_collector_that_starts_again_continues_at_the_position_of_its_sink(
    own_prometheus: PrometheusServer, tmp_path: Path
) -> None:
    own_prometheus.start()
    own_prometheus.stop()
    site = "restart"
    now_ns = time.time_ns()
    now = 5000 * S
    agent = BatchSealer(site, epoch_ns=now_ns - now)
    secret = token(tmp_path, site)
    async with collector(tmp_path, config=sink(own_prometheus)) as client:
        pusher = Pusher(client, agent, secret)
        up = [change(now - 100 * S, State.UP)]
        batch = agent.batch(now - 90 * S, usual_results(now - 106 * S), changes=up)
        assert (await pusher.batch(batch)).status_code == 200
    own_prometheus.start()
    async with collector(tmp_path, config=sink(own_prometheus)) as client:
        pusher = Pusher(client, agent, secret)
        batch = agent.batch(now - 75 * S, usual_results(now - 90 * S))
        assert (await pusher.batch(batch)).status_code == 200
        await all_sent(client, 1)
    counts = stored(own_prometheus, site, now_ns, 600)
    assert counts["thongsuot_icmp_success"] == 36
    # The verdict still stands after the restart: once at the change, and at the end of each batch.
    assert counts["thongsuot_verdict_state_number"] == 3

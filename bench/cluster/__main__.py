"""
``./run cluster``: two collectors on a pair of PostgreSQL servers, killed and stopped at random.

What it plays: two collector processes, a primary and a synchronous standby, simulated devices that
push to whichever collector answers, and a single collector with embedded files that gets the same
batches. Every few seconds a collector is killed (and started again) or stopped (and let go on);
half-way the primary is killed, and the standby takes over.

What it does not: all runs on this machine, on loopback, so no wire is cut and no machine is lost;
this program promotes the standby at once, where a tool such as pg_auto_failover needs about ten
seconds; after that there is no standby. Nothing is flushed to the disk.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psycopg
from bench.cluster.devices import Device, Target
from sqlalchemy import Engine
from tests.collector.app.process import CollectorProcess
from tests.collector.app.stage import CONFIG, SECRET
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.postgres import PostgresServer, postgres_binaries

from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.postgresql import open_database
from thongsuot_collector.store.term import current_leader

DOWN_S, APART_S = 20.0, 25.0
"""A fault outlasts every fault of ours, and is over before the next of its site."""

_ENDED = "collector ended by itself"
_SETTLE_S = 15.0
_TOLD_GOAL_S = 15.0
"""From the push of a fault until the carrier has it, through the loss of a process."""


class City:
    """Inventory, receivers and configurations of the cluster and of the collector that is alone."""

    def __init__(self, folder: Path, url: str, sites: int) -> None:
        self.sites = [f"site-{number:03}" for number in range(sites)]
        links = "".join(
            f'[[sites]]\nname = "{site}"\n[[sites.links]]\nname = "fiber"\ninterface = "eth0"\n'
            f'medium = "fiber"\ncarrier = "carrier-{site}"\n'
            for site in self.sites
        )
        carriers = "".join(f'[[carriers]]\nname = "carrier-{site}"\n' for site in self.sites)
        self._inventory = carriers + links
        module = "tests.collector.notify.webhook_receiver"
        self.hooks = {
            name: ReceiverProcess(module, folder / f"hook-{name}", SECRET).start()
            for name in ("cluster", "alone")
        }
        database = f'[journal]\nurl = "{url}"\n[store]\nurl = "{url}"\n'
        self.cluster = [self._collector(folder / f"c{n}", "cluster", database) for n in range(2)]
        self.alone = self._collector(folder / "alone", "alone", "")
        self.alone_state = folder / "alone" / "state"

    def _collector(self, folder: Path, hook: str, database: str) -> CollectorProcess:
        (folder / "inventory").mkdir(parents=True)
        (folder / "inventory" / "city.toml").write_text(self._inventory, encoding="utf-8")
        secret_file(folder, "secret", SECRET)
        secret_file(folder, "password", "xem")
        (folder / "state").mkdir()
        secret_file(folder / "state", "links.key", "ab" * 32)
        limits = "[ingest]\npushes_per_s = 10000\n"
        return CollectorProcess(
            folder, CONFIG.format(port=self.hooks[hook].port) + limits + database
        )

    def told(self, hook: str) -> list[WebhookBody]:
        """Return what the carriers' receiver has, in order."""
        requests = self.hooks[hook].folder.received()
        return [msgspec.json.decode(request["body"], type=WebhookBody) for request in requests]

    async def close(self) -> None:
        """End everything."""
        for collector in (*self.cluster, self.alone):
            if collector.process is not None and collector.process.returncode is None:
                collector.process.send_signal(signal.SIGCONT)
                await collector.end(signal.SIGKILL)
        for hook in self.hooks.values():
            hook.stop()


class Faults:
    """What befalls the cluster, at random."""

    def __init__(
        self, city: City, pair: tuple[PostgresServer, PostgresServer], chance: random.Random
    ) -> None:
        self._city = city
        self._pair = pair
        self._chance = chance
        self.played: Counter[str] = Counter()

    async def play(self, ends_s: float) -> None:
        """Kill and stop until a time; half-way the primary is lost."""
        began_s, is_promoted = time.monotonic(), False
        while (now_s := time.monotonic() - began_s) < ends_s:
            await asyncio.sleep(self._chance.uniform(4, 8))
            if now_s > ends_s / 2 and not is_promoted:
                is_promoted = True
                self.played["primary killed, standby promoted"] += 1
                await asyncio.to_thread(self._fail_over)
                continue
            collector = self._chance.choice(self._city.cluster)
            if collector.process is None or collector.process.returncode is not None:
                # None may: it is counted, and started as systemd would.
                self.played[_ENDED] += 1
                print(collector.log()[-2000:], file=sys.stderr)
                await collector.start()
            elif self._chance.random() < 0.5:
                self.played["collector killed"] += 1
                await collector.kill()
                await asyncio.sleep(self._chance.uniform(0, 3))
                await collector.start()
            else:
                self.played["collector stopped"] += 1
                assert collector.process is not None
                collector.process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(self._chance.uniform(1, 8))
                collector.process.send_signal(signal.SIGCONT)

    def _fail_over(self) -> None:
        primary, standby = self._pair
        primary.kill()
        standby.execute("SELECT pg_promote()")
        # As a tool for failover does when there is no other standby: else nothing is acknowledged.
        standby.execute("ALTER SYSTEM RESET synchronous_standby_names")
        standby.execute("SELECT pg_reload_conf()")


async def play(options: argparse.Namespace, folder: Path) -> int:
    """Play, print, and return the exit status."""
    primary = PostgresServer(postgres_binaries()).start()
    standby = PostgresServer(postgres_binaries(), standby_of=primary).start()
    try:
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
        primary.execute("SELECT pg_reload_conf()")
        url = primary.url_with(standby, primary.new_database())
        return await _play_on((primary, standby), url, options, folder)
    finally:
        primary.remove()
        standby.remove()


async def _play_on(
    pair: tuple[PostgresServer, PostgresServer],
    url: str,
    options: argparse.Namespace,
    folder: Path,
) -> int:
    chance, ends_s = random.Random(options.seed), options.minutes * 60
    city = City(folder, url, options.sites)
    store, alone = (
        open_database(PostgresDatabase(url=url)),
        open_store(city.alone_state / STORE_FILE),
    )
    try:
        cluster = Target(
            lambda: [collector.url for collector in city.cluster], _secrets(store, city.sites)
        )
        lone = Target(lambda: [city.alone.url], _secrets(alone, city.sites))
        for collector in (*city.cluster, city.alone):
            await collector.start()
        devices = [Device(site, (cluster, lone)) for site in city.sites]
        faults = Faults(city, pair, chance)
        seen: dict[tuple[str, str], float] = {}
        watching = asyncio.create_task(_watch(city, seen))
        await asyncio.gather(
            faults.play(ends_s), *(_live(device, ends_s, chance) for device in devices)
        )
        await asyncio.sleep(_SETTLE_S)
        watching.cancel()
        leader = current_leader(store)
        print(f"played: {dict(faults.played)}; terms: {0 if leader is None else leader.term}")
        kept = _kept(url)
        status = _report(city, devices, (cluster, lone), kept, seen)
        return 1 if faults.played[_ENDED] else status
    finally:
        store.dispose()
        alone.dispose()
        await city.close()


async def _live(device: Device, ends_s: float, chance: random.Random) -> None:
    falls_s = []
    at_s = chance.uniform(5, APART_S)
    while at_s + DOWN_S + APART_S / 2 < ends_s:
        falls_s.append(at_s)
        at_s += DOWN_S + APART_S + chance.uniform(0, 10)
    await device.live(ends_s, falls_s, DOWN_S)


def _secrets(store: Engine, sites: Sequence[str]) -> dict[str, str]:
    return {site: tokens.create(store, site) for site in sites}


def _kept(url: str) -> Counter[tuple[str, int]]:
    place = url.replace("postgresql+psycopg://", "postgresql://")
    place += "&target_session_attrs=read-write"
    with psycopg.connect(place) as connection:
        rows = connection.execute("SELECT site, number FROM journal.entries").fetchall()
    return Counter((str(site), int(number)) for site, number in rows)


async def _watch(city: City, seen: dict[tuple[str, str], float]) -> None:
    """Note when each notification of an incident's beginning was at the carrier."""
    while True:
        for body in city.told("cluster"):
            if str(body.kind) == "opened":
                seen.setdefault((body.thread_id, body.audience.name), time.monotonic())
        await asyncio.sleep(0.2)


def _report(
    city: City,
    devices: Sequence[Device],
    targets: tuple[Target, Target],
    kept: Counter[tuple[str, int]],
    seen: dict[tuple[str, str], float],
) -> int:
    cluster, _ = targets
    acknowledged = {
        (site, number) for site, numbers in cluster.acknowledged.items() for number in numbers
    }
    lost, doubled = len(acknowledged - set(kept)), sum(count - 1 for count in kept.values())
    told, alone = (
        Counter((body.audience.name, str(body.kind)) for body in city.told(name))
        for name in ("cluster", "alone")
    )
    waits_s = sorted(_waits_s(devices, seen))
    p95_s = waits_s[int(len(waits_s) * 0.95)] if waits_s else float("inf")
    falls = sum(len(device.fell_s) for device in devices)
    print(f"acknowledged: {len(acknowledged)}, lost: {lost}, doubled: {doubled}")
    print(f"longest wait for an acknowledgement: {cluster.longest_s:.1f} s")
    print(f"faults: {falls}, told p50 {waits_s[len(waits_s) // 2]:.1f} s, p95 {p95_s:.1f} s")
    print(f"notifications: {told.total()}, of the one alone: {alone.total()}")
    different = {key: (told[key], alone[key]) for key in told | alone if told[key] != alone[key]}
    for (carrier, kind), counts in sorted(different.items()):
        print(f"DIFFERENT: {carrier} {kind}: {counts[0]}, of the one alone {counts[1]}")
    is_good = not (lost or doubled or different) and p95_s <= _TOLD_GOAL_S
    print("good" if is_good else "NOT GOOD")
    return 0 if is_good else 1


def _waits_s(devices: Sequence[Device], seen: dict[tuple[str, str], float]) -> list[float]:
    waits_s = []
    for device in devices:
        told_s = sorted(at for (_, who), at in seen.items() if who == f"carrier-{device.site}")
        waits_s += [at - fell for at, fell in zip(told_s, device.fell_s, strict=False)]
    return waits_s


def main() -> int:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(
        prog="./run cluster", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=3.0, help="default %(default)s")
    parser.add_argument("--sites", type=int, default=20, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="of what happens when")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="thongsuot-cluster-") as folder:
        return asyncio.run(play(options, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())

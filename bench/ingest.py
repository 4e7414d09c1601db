"""
CPU of the collector per million samples, compared with that of a receiver of the same samples.

From the socket through the journal to an encoded remote-write request that was answered.

    python bench/ingest.py [--agents N] [--rounds N] [--rate N]

First with the compiled kernel and with the same functions in Python, in turns (decision 0041).

``--rate``: this many pushes per second, evenly spaced, as a city's agents send them (10,000 sites
every 15 s are 667), instead of as many as possible. Each push then arrives alone; the same is
measured with commits that do not wait for others (``journal.gather_s = 0``), in turns.

A batch holds 120 series with four samples each, as in the published comparison of receivers. Goal:
at most 0.5 s per million samples. Absolute times differ between machines; the ratio to the peer
measured beside it is what counts.
"""

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import httpx
from bench.peer_databases import PEERS, PeerDatabase, running
from tools.bench_gate import print_ratio

from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.config.model import JournalSettings
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch import push
from thongsuot_schema.batch.encode import (
    LayoutIndex,
    encode_batch,
    encode_layout,
    index_layout,
)
from thongsuot_schema.batch.kernel import IMPLEMENTATION, NOT_COMPILED_BECAUSE
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Batch, ClockReading
from thongsuot_schema.catalogue import dns, icmp
from thongsuot_schema.result import Family, Result, Series, ok_finding

S = 1_000_000_000
LINKS = ("fiber", "5g")
TARGETS = tuple(f"anchor-{number}" for number in range(5))
RUNS = 4
BOOT = "7f3c1a52-93f4-4f0e-8d53-0c2f6a1b9e77"
CONNECTIONS = 64
PACED_CONNECTIONS = 200
GOAL_S = 0.5
PACED_GOAL_S = 0.7

_FRESH_S = 40.0
"""The age of the oldest batch: with some seconds of preparation it stays below a minute."""


_UNBOUNDED = (
    "[ingest]\npushes_per_s = 1000.0\nvalues_per_s = 1e9\nvalues_burst = 1e9\n"
    "backlog_lag_entries = 1e9\n"
)
"""Settings with which a few simulated agents may push as much as a city does."""


def series() -> list[Series]:
    """30 series of results, four samples each run (three metrics and success): 120 series."""
    kinds = ((icmp.KIND, Family.IP4), (icmp.KIND, Family.IP6), (dns.KIND, Family.IP4))
    return [
        Series(kind=kind.name, revision=kind.revision, link=link, target=target, family=family)
        for kind, family in kinds
        for link in LINKS
        for target in TARGETS
    ]


@cache
def layout_index() -> LayoutIndex:
    """Return the layout of all agents."""
    return index_layout(sorted_layout(series()))


SAMPLES_PER_BATCH = len(series()) * RUNS * 4


class SimulatedAgent:
    """One site's requests, encoded beforehand: the generator must not be what is measured."""

    def __init__(self, number: int, secret: str) -> None:
        self.site = f"site-{number:05d}"
        self.secret = secret
        self.seed = number
        self.index = layout_index()

    def layout(self) -> bytes:
        """Return the request that carries the layout."""
        return self._request(
            push.PATH_LAYOUTS, push.CONTENT_TYPE_LAYOUT, encode_layout(self.index.layout)
        )

    def batch(
        self, number: int, boot_ns: int, sealed_ns: int, *, run_every_s: float = 5.0
    ) -> bytes:
        """Return the request of the batch that was sealed at a boottime."""
        run_every_ns = round(run_every_s * S)
        apart_ns = min(40_000_000, run_every_ns // 40)
        results = [
            Result(
                series=series_key,
                boottime_ns=sealed_ns - (RUNS - run) * run_every_ns + place * apart_ns,
                finding=ok_finding(self._values(series_key.kind, place, run + number)),
            )
            for place, series_key in enumerate(series())
            for run in range(RUNS)
        ]
        batch = Batch(
            site=self.site,
            stream=f"{self.seed:016x}",
            number=number,
            boot_id=BOOT,
            clock=ClockReading(boottime_ns=sealed_ns, wall_ns=boot_ns + sealed_ns, error_s=0.001),
            results=tuple(results),
        )
        return self.batch_request(encode_batch(batch, self.index))

    def batch_request(self, body: bytes) -> bytes:
        """Return the request with the body of a batch."""
        return self._request(push.PATH_BATCHES, push.CONTENT_TYPE_BATCH, body)

    def _values(self, kind: str, place: int, run: int) -> dict:  # type: ignore[type-arg]
        noise = (hash((self.seed, place, run)) % 10_000) * 1e-6
        if kind == "icmp":
            return {icmp.RTT: 0.02 + noise, icmp.LOSS: 0.0, icmp.HOP_LIMIT: 57.0}
        return {dns.LOOKUP: 0.02 + noise, dns.ANSWERS: 2.0, dns.TTL: 300.0}

    def _request(self, path: str, content_type: str, body: bytes) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: collector\r\nAuthorization: Bearer {self.secret}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """
    The load: ``rate`` pushes per second (0: as many as possible), and how long a commit waits for
    others. ``kernel`` is the collector's setting: ``python``, or empty.
    """

    agents: int
    rounds: int
    rate: float = 0.0
    gather_s: float = JournalSettings().gather_s
    kernel: str = ""


async def send_requests(port: int, requests: Sequence[bytes], rate: float = 0.0) -> list[float]:
    """
    Send requests over persistent connections, each after the answer to the previous one; return the
    delay of each answer from the time when the request was due.
    """
    waiting = iter(enumerate(requests))
    started = time.monotonic()
    took_s: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, request in waiting:
            due = started + number / rate if rate else time.monotonic()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length.group(1)) if length else 0)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"refused: {head!r} {body!r}")
            took_s.append(time.monotonic() - due)
        writer.close()
        await writer.wait_closed()

    connections = PACED_CONNECTIONS if rate else CONNECTIONS
    await asyncio.gather(*(connection() for _ in range(connections)))
    return took_s


def quantile_ms(values_s: Sequence[float], share: float) -> float:
    """Return a quantile of times, in milliseconds."""
    return sorted(values_s)[min(len(values_s) - 1, int(len(values_s) * share))] * 1000


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match.group(1)) / 1024 if match else 0.0


async def discard_requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A receiver that accepts everything and stores nothing."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length.group(1)) if length else 0)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    except asyncio.IncompleteReadError:
        writer.close()


@asynccontextmanager
async def collector(
    folder: Path,
    sink_url: str,
    gather_s: float,
    *,
    more: str = _UNBOUNDED,
    inventory_dir: str = "",
    kernel: str = "",
) -> AsyncIterator[tuple[int, int]]:
    """Run the real program, with ``more`` settings; yields its process id and port."""
    config = folder / "collector.toml"
    config.write_text(
        f'state_dir = "{folder / "state"}"\ninventory_dir = "{inventory_dir}"\n'
        '[listen]\naddress = "127.0.0.1:0"\n'
        f"[journal]\ngather_s = {gather_s}\n{more}"
        '[[sinks]]\nkind = "remote_write"\nname = "database"\n'
        f'url = "{sink_url}"\n'
    )
    program = Path(sys.executable).with_name("thongsuot-collector")
    process = await asyncio.create_subprocess_exec(
        *(program, "run", "--config", config, "--log-level", "warning"),
        stdout=subprocess.PIPE,
        env={**os.environ, "THONGSUOT_KERNEL": kernel},
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    try:
        yield process.pid, int(line.rstrip("/\n").rpartition(":")[2])
    finally:
        process.terminate()
        await process.wait()


async def wait_until_drained(port: int) -> None:
    """Return when the sink has delivered everything."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        while True:
            text = (await client.get("/metrics")).text
            lags = re.findall(
                r"^thongsuot_collector_consumer_lag_entries\{.*\} (\S+)", text, re.MULTILINE
            )
            if lags and all(float(lag) == 0 for lag in lags):
                return
            # Each reading costs the collector 20 ms of the CPU time measured here.
            await asyncio.sleep(0.5)


async def measure(folder: Path, sink_url: str, load: Load, peer: int | None) -> tuple[float, float]:
    """
    Return CPU seconds per million samples: of the collector, and of the database behind its sink.
    """
    agents, rounds = load.agents, load.rounds
    store = open_store(folder / "state" / STORE_FILE)
    fleet = [
        SimulatedAgent(number, tokens.create(store, f"site-{number:05d}"))
        for number in range(agents)
    ]
    store.dispose()
    now_ns = time.time_ns()
    boot_ns = now_ns - 86_400 * S
    # All of them fresh: a collector defers older batches while it is judging others.
    step_s = min(20.0, _FRESH_S / (rounds + 1))
    sealed = [
        86_400 * S - round((rounds + 1 - number) * step_s * S) for number in range(rounds + 1)
    ]
    waves = [
        [agent.batch(number + 1, boot_ns, sealed_ns, run_every_s=step_s / RUNS) for agent in fleet]
        for number, sealed_ns in enumerate(sealed)
    ]
    body_bytes = sum(len(body) for body in waves[-1]) / agents
    async with collector(folder, sink_url, load.gather_s, kernel=load.kernel) as (pid, port):
        await send_requests(port, [agent.layout() for agent in fleet])
        await send_requests(port, waves[0])  # first contact: layouts, labels and series are new
        await wait_until_drained(port)
        before = cpu_s(pid), cpu_s(peer) if peer else 0.0
        started = time.monotonic()
        took_s: list[float] = []
        for wave in waves[1:]:
            took_s += await send_requests(port, wave, load.rate)
        pushed_s = time.monotonic() - started
        await wait_until_drained(port)
        samples = agents * rounds * SAMPLES_PER_BATCH
        spent = (cpu_s(pid) - before[0]) / samples * 1e6
        peer_spent = ((cpu_s(peer) if peer else 0.0) - before[1]) / samples * 1e6
        print(
            f"  {samples} samples in {agents * rounds} batches ({body_bytes:.0f} bytes with "
            f"headers); {agents * rounds / pushed_s:.0f} pushes/s; answered after "
            f"{quantile_ms(took_s, 0.5):.0f} ms (p99 {quantile_ms(took_s, 0.99):.0f}); "
            f"{resident_mb(pid):.0f} MB"
        )
    return spent, peer_spent


async def main() -> int:
    """Measure, print, and return 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0.0, metavar="PUSHES_PER_S")
    options = parser.parse_args()
    load = Load(agents=options.agents, rounds=options.rounds, rate=options.rate)
    goal_s = PACED_GOAL_S if load.rate else GOAL_S
    server = await asyncio.start_server(discard_requests, "127.0.0.1", 0, limit=1 << 26)
    null_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/write"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if load.rate:
            await compare_gathering(folder, null_url, load)
        else:
            await compare_kernels(folder, null_url, load)
        print("collector, sink that keeps nothing:")
        alone, _ = await measure(folder / "alone", null_url, load, None)
        reached = "reached" if alone <= goal_s else "missed"
        print(f"  {alone:.3f} CPU s per million samples (goal {goal_s}): {reached}")
        for peer in PEERS:
            await beside(peer, folder / peer.name, load)
    server.close()
    return 0 if alone <= goal_s else 1


async def compare_gathering(folder: Path, sink_url: str, load: Load) -> None:
    """Measure with and without commits that wait for others, in turns."""
    spent: dict[float, list[float]] = {load.gather_s: [], 0.0: []}
    for turn in range(4):
        gather_s = (0.0, load.gather_s)[turn % 2]
        print(f"commits gathered for {gather_s * 1000:.0f} ms:")
        cost, _ = await measure(
            folder / f"gathering-{turn}", sink_url, replace(load, gather_s=gather_s), None
        )
        spent[gather_s].append(cost)
        print(f"  {cost:.3f} CPU s per million samples")
    alone, gathered = (sum(spent[gather_s]) / 2 for gather_s in (0.0, load.gather_s))
    print(f"gathered {gathered:.3f}, not {alone:.3f}: {1 - gathered / alone:.0%} less")


async def compare_kernels(folder: Path, sink_url: str, load: Load) -> None:
    """Measure with the compiled kernel and without, in turns."""
    if IMPLEMENTATION != "compiled":
        print(f"no compiled kernel here ({NOT_COMPILED_BECAUSE}): no ratio")
        return
    spent: dict[str, list[float]] = {"python": [], "": []}
    for turn in range(4):
        kernel = ("python", "")[turn % 2]
        print(f"inner loops {'in Python' if kernel else 'compiled'}:")
        cost, _ = await measure(
            folder / f"kernel-{turn}", sink_url, replace(load, kernel=kernel), None
        )
        spent[kernel].append(cost)
        print(f"  {cost:.3f} CPU s per million samples")
    python, compiled = (sum(spent[kernel]) / 2 for kernel in ("python", ""))
    print(f"compiled {compiled:.3f}, in Python {python:.3f}: {1 - compiled / python:.0%} less")
    print_ratio("ingest.compiled_of_python", compiled / python)


async def beside(peer: PeerDatabase, folder: Path, load: Load) -> None:
    """Send the same samples to a real receiver, and compare the costs of both."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    if shutil.which(peer.program) is None:
        print(f"{peer.name} is not installed: no ratio")
        return
    with running(peer, folder) as (pid, url):
        print(f"collector, sink a {peer.name}:")
        spent, theirs = await measure(folder / "beside", url, load, pid)
        print(
            f"  {spent:.3f} CPU s per million samples; {peer.name} takes the same with "
            f"{theirs:.3f}: {theirs / spent:.1f} times as much"
        )
        print_ratio(f"ingest.of_{peer.name.lower()}", spent / theirs)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""
Round-trip times against the wire: ours, fping and blackbox_exporter, idle and with eight busy
loops.

    python -m bench.rtt [--echoes N] [--only CONDITION ...]

Two namespaces are joined by a wire with delay and loss. The truth comes from tcpdump's nanosecond
timestamps, of requests at the *far* end of the prober's veth, of replies at its near end: both are
taken as a packet arrives, before any program has seen it. (At the near end a request is stamped
before it is copied for tcpdump, which takes 5 to 15 µs: that appeared as an error of the tools.)
They come from the same kernel clock, so the difference is what each tool adds above the driver.
Errors have signs: a negative one is a round trip reported too short. Loss is counted on the wire as
requests without a reply.

Goals: |error| at p99 at most 5 µs, idle and busy; at least 4 times better than fping and 10 times
better than blackbox_exporter, on a path below a millisecond, because fping reports three digits;
loss counted exactly. Each table shows the load, and the time that the hypervisor took away
meanwhile: a core that was taken away between two timestamps appears as an error.
"""

import argparse
import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.echo_recordings import OWN_BYTES, Rtts, wire

from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.icmp.probe import Settings, run
from thongsuot_lab.lab import Lab
from thongsuot_lab.node import RunningNode
from thongsuot_lab.testing import pair
from thongsuot_lab.topology.model import Impairment
from thongsuot_lab.topology.small import RIGHT_V4
from thongsuot_lab.wires.kernel import middle_names
from thongsuot_schema.inventory.model import Link, Role, Target
from thongsuot_schema.result import Family, QualityFlag
from thongsuot_schema.segment import Segment

GOAL_US = 5.0
GOAL_OVER = {"fping": 4.0, "blackbox_exporter": 10.0}
TIMEOUT_S = 0.4

BLACKBOX = """\
modules:
  icmp: {prober: icmp, timeout: 0.4s, icmp: {preferred_ip_protocol: ip4}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The properties of the path and the load of the machine."""

    name: str
    echoes: int
    every_s: float
    path: Impairment
    busy: bool = False
    compared: bool = False
    """Whether the other tools report the round trip as finely as it is measured."""


def conditions(echoes: int) -> list[Condition]:
    slow, lossy, worse = (
        Impairment(delay_s=0.010),
        Impairment(delay_s=0.0025, loss_ratio=0.01),
        Impairment(delay_s=0.0025, loss_ratio=0.10),
    )
    near = Impairment(delay_s=0.0001)
    return [
        Condition(name="near", echoes=echoes, every_s=0.05, path=near, compared=True),
        Condition(name="near, busy", echoes=echoes, every_s=0.05, path=near, busy=True),
        Condition(name="idle", echoes=echoes, every_s=0.05, path=slow),
        Condition(name="busy", echoes=echoes, every_s=0.05, path=slow, busy=True),
        Condition(name="loss 1 %", echoes=3 * echoes, every_s=0.01, path=lossy),
        Condition(name="loss 10 %", echoes=3 * echoes, every_s=0.01, path=worse),
    ]


# The tools


def ours(node: RunningNode, condition: Condition) -> Rtts:
    """The agent's own icmp probe, in a process of its own."""
    arguments = ["--probe", str(condition.echoes), str(condition.every_s)]
    done = node.run([sys.executable, "-m", "bench.rtt", *arguments])
    rtts, unstamped = json.loads(done.stdout)
    print(f"\n{condition.name}: {unstamped} of our round trips are not by the kernel's stamps")
    return list(rtts)


async def probe(echoes: int, every_s: float) -> tuple[Rtts, int]:
    """Run the icmp probe at a steady pace; return its results, and how many the kernel left out."""
    target = Target(name="right", role=Role.ANCHOR, segment=Segment.TRANSIT, addresses=(RIGHT_V4,))
    settings = Settings(timeout_s=TIMEOUT_S, payload_bytes=OWN_BYTES)
    with LinkMonitor((Link(name="left", interface="eth0"),)) as monitor:
        link = monitor.links["left"]
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        runs = []
        for _ in range(echoes):
            runs.append(asyncio.ensure_future(run(link, target, Family.IP4, settings)))
            due_s += every_s
            await asyncio.sleep(max(0.0, due_s - loop.time()))
        findings = await asyncio.gather(*runs)
    seconds = [finding.values.get("icmp_rtt_seconds") for finding in findings]
    unstamped = sum(QualityFlag.SOFTWARE_STAMP in finding.doubts for finding in findings)
    return [None if rtt_s is None else rtt_s * 1e6 for rtt_s in seconds], unstamped


def fping(node: RunningNode, condition: Condition) -> Rtts:
    every_ms = f"{condition.every_s * 1000:g}"
    timeout_ms = f"{TIMEOUT_S * 1000:g}"
    command = ["fping", "-q", "-i", "1", "-C", str(condition.echoes), "-p", every_ms]
    done = node.run([*command, "-t", timeout_ms, RIGHT_V4], check=False)
    line = next(line for line in done.stderr.splitlines() if line.startswith(RIGHT_V4))
    return [None if word == "-" else float(word) * 1000 for word in line.split(":")[1].split()]


def blackbox_exporter(node: RunningNode, condition: Condition) -> Rtts:
    """
    Queried over HTTP as Prometheus does; its own value of the round trip is the phase ``rtt``.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        config.write(BLACKBOX)
        config.flush()
        Path(config.name).chmod(0o644)
        command = ["prometheus-blackbox-exporter", f"--config.file={config.name}"]
        listen = "--web.listen-address=127.0.0.1:9115"
        process = node.popen([*command, listen], stderr=subprocess.DEVNULL)
        try:
            return scraped(node, condition)
        finally:
            process.terminate()
            process.wait()


def scraped(node: RunningNode, condition: Condition) -> Rtts:
    phase = re.compile(rb'^probe_icmp_duration_seconds\{phase="rtt"\} (\S+)', re.MULTILINE)
    connection = http.client.HTTPConnection("127.0.0.1", 9115)
    connection.sock = connected(node)
    rtts: Rtts = []
    due_s = time.monotonic()
    for _ in range(condition.echoes):
        connection.request("GET", f"/probe?module=icmp&target={RIGHT_V4}")
        body = connection.getresponse().read()
        figure = phase.search(body) if b"\nprobe_success 1" in body else None
        rtts.append(None if figure is None else float(figure[1]) * 1e6)
        due_s += condition.every_s
        time.sleep(max(0.0, due_s - time.monotonic()))
    connection.close()
    return rtts


def connected(node: RunningNode) -> socket.socket:
    """A connection to the exporter, as soon as it listens."""
    for _ in range(200):
        opened = node.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            opened.connect(("127.0.0.1", 9115))
        except ConnectionRefusedError:
            opened.close()
            time.sleep(0.05)
        else:
            return opened
    raise SystemExit("blackbox_exporter does not listen")


TOOLS: dict[str, tuple[Callable[[RunningNode, Condition], Rtts], str]] = {
    "ours": (ours, "tcpdump"),
    "fping": (fping, "fping"),
    "blackbox_exporter": (blackbox_exporter, "prometheus-blackbox-exporter"),
}


# The truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """Where tcpdump listens, its filter, and its output file."""

    prefix: tuple[str, ...]
    interface: str
    wanted: str
    file: Path


def taps(lab: Lab, folder: Path) -> tuple[Tap, Tap]:
    """Return the taps of requests and of replies, each where they arrive."""
    middle, _ = middle_names(0)
    return (
        Tap(
            prefix=("nsenter", f"--net={lab.wires_network}"),
            interface=middle,
            wanted="icmp[icmptype] == icmp-echo",
            file=folder / "requests.pcap",
        ),
        Tap(
            prefix=("nsenter", f"--net={lab.node('left').network}"),
            interface="eth0",
            wanted="icmp[icmptype] == icmp-echoreply",
            file=folder / "replies.pcap",
        ),
    )


@contextmanager
def recorded(tap: Tap) -> Iterator[None]:
    """Record arriving packets at a tap while the block lasts."""
    options = ("-Q", "in", "-j", "host", "--time-stamp-precision=nano", "-U", "-s", "96")
    process = subprocess.Popen(
        [
            *(*tap.prefix, "tcpdump", "-Z", "root", "-i", tap.interface, "-B", "8192"),
            *(*options, "-w", str(tap.file), tap.wanted),
        ],
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    with process.stderr:
        while b"listening" not in (line := process.stderr.readline()):
            if not line:
                raise SystemExit("tcpdump did not start")
        time.sleep(0.3)
        yield
        time.sleep(1.5)  # libpcap delivers a block after a second at most
        process.send_signal(signal.SIGINT)
        process.wait()


# The comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    Errors against the wire in µs, sorted; losses on the wire and as reported; the share of the time
    that the hypervisor took away.
    """

    errors_us: list[float]
    lost: int
    told_lost: int
    stolen: float

    def at(self, share: float) -> float:
        """Return the |error| that is not exceeded by this share of the answers."""
        return _quantile([abs(error) for error in self.errors_us], share)

    def signed_at(self, share: float) -> float:
        """Return the error below which this share of the answers lies."""
        return _quantile(self.errors_us, share)


def _quantile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def stolen_s() -> float:
    """Return the time that the hypervisor has taken from all processors since the start."""
    fields = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


def measure(lab: Lab, tool: str, condition: Condition, folder: Path) -> Measured:
    requests, replies = taps(lab, folder)
    began_s, before_s = time.monotonic(), stolen_s()
    with recorded(requests), recorded(replies):
        durations = TOOLS[tool][0](lab.node("left"), condition)
    stolen = (stolen_s() - before_s) / (time.monotonic() - began_s) / (os.cpu_count() or 1)
    truth = wire(requests.file, replies.file)
    if len(truth) != len(durations):
        raise SystemExit(f"{tool} told of {len(durations)} echoes, {len(truth)} were on the wire")
    pairs = zip(durations, truth, strict=True)
    errors = [mine - real for mine, real in pairs if mine is not None and real is not None]
    return Measured(
        errors_us=sorted(errors),
        lost=truth.count(None),
        told_lost=durations.count(None),
        stolen=stolen,
    )


@contextmanager
def load(busy: bool) -> Iterator[None]:
    """Run eight busy processes, or none."""
    endless = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(endless) for _ in range(8 if busy else 0)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def report(condition: Condition, measured: dict[str, Measured]) -> bool:
    """Print one condition's table; return whether ours reached its goals there."""
    print(
        f"\n{condition.name}: {condition.echoes} echoes, one in {condition.every_s * 1000:g} ms; "
        f"load {os.getloadavg()[0]:.1f}"
    )
    heads = ("p1", "p50", "p99", "largest", "|error| p99")
    print(f"  {'error in µs':18}" + "".join(f"{head:>12}" for head in heads) + "   lost / told")
    for tool, rtts in measured.items():
        largest = max(rtts.errors_us, key=abs)
        signed = [*map(rtts.signed_at, (0.01, 0.5, 0.99)), largest]
        figures = "".join(f"{figure:+12.1f}" for figure in signed) + f"{rtts.at(0.99):12.1f}"
        print(f"  {tool:18}{figures}   {rtts.lost} / {rtts.told_lost}; stolen {rtts.stolen:.1%}")
    mine = measured["ours"]
    reached = mine.lost == mine.told_lost
    print(f"  loss counted exactly: {verdict(reached)}")
    if "loss" in condition.name:
        return reached
    within = mine.at(0.99) <= GOAL_US
    print(f"  |error| p99 {mine.at(0.99):.1f} µs (goal {GOAL_US:g}): {verdict(within)}")
    for tool, goal in GOAL_OVER.items():
        if tool in measured and condition.compared:
            times = measured[tool].at(0.99) / mine.at(0.99)
            ratio = f"{times:.1f} times better than {tool} (goal {goal:g})"
            print(f"  {ratio}: {verdict(times >= goal)}")
            within = within and times >= goal
    return reached and within


def verdict(reached: bool) -> str:
    return "reached" if reached else "missed"


def main() -> int:
    """Measure every condition with every installed tool; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--echoes", type=int, default=300)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--probe", nargs=2, metavar=("N", "S"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        echoes, every_s = options.probe
        print(json.dumps(asyncio.run(probe(int(echoes), float(every_s)))))
        return 0
    installed = [tool for tool, (_, program) in TOOLS.items() if shutil.which(program)]
    for tool in TOOLS.keys() - set(installed):
        print(f"{tool} is not compared: {TOOLS[tool][1]} is not installed")
    reached = True
    for condition in conditions(options.echoes):
        if options.only and condition.name not in options.only:
            continue
        back = Impairment(delay_s=condition.path.delay_s)
        with (
            tempfile.TemporaryDirectory() as folder,
            pair(condition.path, back) as lab,
            load(condition.busy),
        ):
            measured = {tool: measure(lab, tool, condition, Path(folder)) for tool in installed}
        reached = report(condition, measured) and reached
    print(f"\nall goals: {verdict(reached)}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())

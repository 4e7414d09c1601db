"""
The agent while every uplink is dead: the response time and size of its page, and its disk writes.

    python -m bench.outage [--minutes N] [--outage-minutes M]

One service point of a lab. First healthy, then with both access lines cut. Written bytes are those
that the kernel charged to the agent for the disk below its state folder (/proc/PID/io,
write_bytes), scaled to a day; the growth of the record is what the agent itself reports. The page
is requested over loopback inside the device, one request at a time on a new connection, both
languages in turn.

Takes N and M minutes and five more: before each measurement the agent settles for 130 s. What is
being done, and the bytes of each minute, are printed as it goes. M is 16 unless told otherwise: the
record's log is copied into its file about that often (64 pages, 5 in each transaction, one every
75 s), so a shorter time counts either none of that or too much.

Goals: at most 50 ms (p99) and 60 KB with every uplink dead; at most 60 MiB a day written in an
outage, and near zero while healthy.
"""

import argparse
import http.client
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from thongsuot_lab.lab import Lab
from thongsuot_lab.stack.city import AGENT_PAGE_PORT, CityStack, StackOptions
from thongsuot_lab.topology.city import city

SITE = "s1"
REQUESTS = 300
GOAL_S = 0.050
GOAL_BYTES = 60_000
GOAL_OUTAGE_BYTES = 60 << 20
GOAL_HEALTHY_BYTES = 1_000_000
SETTLE_S = 130
"""
Until every portal was probed once and the verdicts on them, which are stored at once, were given.
"""
DAY_S = 86_400


def ask(paths: tuple[str, ...], count: int) -> tuple[list[float], int]:
    """Return the duration of each request, sorted, and the size of the largest page."""
    took, largest = [], 0
    for number in range(count):
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", AGENT_PAGE_PORT, timeout=10)
        connection.request("GET", paths[number % len(paths)])
        response = connection.getresponse()
        body = response.read()
        took.append(time.monotonic() - started)
        connection.close()
        if response.status != 200:
            raise SystemExit(f"the page answered {response.status}")
        largest = max(largest, len(body))
    return sorted(took), largest


def written(pid: int) -> int:
    """Return the bytes that the process caused to be written to a disk so far."""
    lines = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(lines["write_bytes"])


def recorded() -> int:
    """Return the size of the record on the disk, as the agent's metrics have it."""
    connection = http.client.HTTPConnection("127.0.0.1", AGENT_PAGE_PORT, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    size = re.search(r"^thongsuot_agent_spool_disk_bytes(?:\{.*\})? (\S+)$", text, re.MULTILINE)
    if size is None:
        raise SystemExit("the agent has no metric of the record's size")
    return int(float(size[1]))


def a_day(pid: int, minutes: float, doing: str) -> float:
    """Let minutes pass; return the bytes written meanwhile, scaled to a day."""
    progress(f"{doing}: {minutes:g} min")
    before, started = written(pid), time.monotonic()
    last = before
    while (left_s := minutes * 60 - (time.monotonic() - started)) > 0:
        time.sleep(min(60.0, left_s))
        now = written(pid)
        progress(f"  {doing}: {(now - last) / 1024:.0f} KiB in the last minute")
        last = now
    return (last - before) * DAY_S / (time.monotonic() - started)


def settle(why: str) -> None:
    """Let the agent settle before it is measured."""
    progress(f"{why}; {SETTLE_S} s until the agent has settled")
    time.sleep(SETTLE_S)


def progress(text: str) -> None:
    """Print what is done now, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def on_disk_and_in_memory(folder: Path) -> None:
    """Put the agent's runtime folder where a device has it: in memory."""
    run = folder / "run"
    if os.path.ismount(run):
        return
    if os.system(f"mount -t tmpfs -o size=16m none {run}") != 0:
        raise SystemExit("cannot mount a tmpfs for the agent's runtime folder; root is needed")
    stat = folder.stat()
    os.chown(run, stat.st_uid, stat.st_gid)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--outage-minutes", type=float, default=16.0)
    options = parser.parse_args()
    outage_minutes = options.outage_minutes
    all_minutes = 5 + options.minutes + outage_minutes
    progress(f"a lab with one site; all of it takes about {all_minutes:.0f} min")
    with tempfile.TemporaryDirectory(prefix="thongsuot-bench-") as folder, Lab(city(1)) as lab:
        stack = CityStack(lab, Path(folder), StackOptions(with_prometheus=False))
        own = stack.agent_folder(SITE)
        try:
            stack.start()
            stack.processes.pop(f"agent-{SITE}").stop()
            on_disk_and_in_memory(own)
            stack.start_agent(SITE)
            agent = stack.processes[f"agent-{SITE}"]
            settle("the agent runs")
            pid = agent.child.pid
            device = lab.node(lab.topology.site(SITE).device)
            healthy = a_day(pid, options.minutes, "healthy")
            for link in ("fixed", "mobile"):
                lab.fault("cut-fibre", site=SITE, link=link)
            settle("both lines are cut")
            before = device.call(recorded)
            outage = a_day(pid, outage_minutes, "outage")
            grown = (device.call(recorded) - before) * DAY_S / (outage_minutes * 60)
            progress(f"{REQUESTS} requests to the page")
            took, largest = device.call(lambda: ask(("/", "/?lang=en"), REQUESTS))
        finally:
            stack.stop()
            os.system(f"umount {own / 'run'} 2>/dev/null")
    return report(healthy, outage, grown, took, largest)


def report(healthy: float, outage: float, grown: float, took: list[float], largest: int) -> int:
    """Print the results and the goals; return 0 if they are met."""
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    print(
        f"page, every uplink dead: p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, {largest} bytes"
    )
    print(f"written to disk, healthy: {healthy / 1e6:.2f} MB a day")
    print(
        f"written to disk, outage:  {outage / 1e6:.2f} MB a day (record grows {grown / 1e6:.2f} MB)"
    )
    goals = {
        f"p99 at most {GOAL_S * 1e3:.0f} ms": p99 <= GOAL_S,
        f"at most {GOAL_BYTES} bytes": largest <= GOAL_BYTES,
        "at most 1 MB a day written while healthy": healthy <= GOAL_HEALTHY_BYTES,
        "at most 60 MiB a day written in an outage": outage <= GOAL_OUTAGE_BYTES,
    }
    for goal, met in goals.items():
        print(f"goal: {goal}: {'met' if met else 'MISSED'}")
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

"""
The journal's two engines side by side: the same pushes, appended to a file and to PostgreSQL.

    python bench/journal_engines.py [--rows N] [--bytes N] [--at-once N]

Both flush each commit to the same disk; PostgreSQL has no standby here. Groups form as in a
collector: ``--at-once`` pushes wait together. CPU time is that of this process and, for PostgreSQL,
of the server and all its children; the rounds of the two alternate.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.postgres import PostgresServer, postgres_binaries
from tools.bench_gate import print_ratio

from thongsuot_collector.journal.entry import AppendOutcome, ClockQuality, JournalEntry
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.postgres import open_postgres_journal
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.postgresql import JOURNAL_SCHEMA, PostgresDatabase
from thongsuot_schema.batch.digest import digest_of

ROUNDS = 4
SITES = 500
_TICKS = os.sysconf("SC_CLK_TCK")


def pushes(first: int, count: int, size_bytes: int) -> list[JournalEntry]:
    """Return pushes of agents of many sites, each with different bytes."""
    entries = []
    for number in range(first, first + count):
        body = os.urandom(size_bytes)
        entries.append(
            JournalEntry(
                site=f"site-{number % SITES}",
                stream="00112233445566aa",
                number=number,
                digest=digest_of(body),
                layout=b"L" * 16,
                received_ns=time.time_ns(),
                epoch_ns=0,
                clock=ClockQuality.TRUSTED,
                body=body,
            )
        )
    return entries


def tree_cpu_s(root: int) -> float:
    """Return the CPU seconds of a process and its children, including those that have ended."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(folder.name) == root or int(fields[1]) == root:
            total += sum(int(fields[place]) for place in range(11, 15))
    return total / _TICKS


async def append(journal: Journal, entries: list[JournalEntry], at_once: int) -> list[float]:
    """Append everything in groups of this size; return the duration of each group in seconds."""
    waits = []
    for first in range(0, len(entries), at_once):
        began_s = time.perf_counter()
        results = await asyncio.gather(
            *(journal.append(entry) for entry in entries[first : first + at_once])
        )
        waits.append(time.perf_counter() - began_s)
        assert all(result.outcome is AppendOutcome.APPENDED for result in results)
    return waits


async def measure(folder: Path, server: PostgresServer, options: argparse.Namespace) -> None:
    """Append to both in turns, and print the durations."""
    database = PostgresDatabase(url=server.new_database(), schema=JOURNAL_SCHEMA)
    journals: dict[str, Journal] = {
        "sqlite": open_journal(folder / "journal.sqlite", committed=lambda _jobs, _took_s: None),
        "postgresql": await open_postgres_journal(database, committed=lambda _jobs, _took_s: None),
    }
    own_s, server_s = dict.fromkeys(journals, 0.0), dict.fromkeys(journals, 0.0)
    waits: dict[str, list[float]] = {name: [] for name in journals}
    count = options.rows // ROUNDS
    for number in range(ROUNDS + 1):
        if number == 1:  # the first round fills caches and plans
            own_s, server_s = dict.fromkeys(journals, 0.0), dict.fromkeys(journals, 0.0)
            waits = {name: [] for name in journals}
        entries = pushes(1 + number * count, count, options.bytes)
        for name, journal in journals.items():
            began_s, began_server_s = time.process_time(), tree_cpu_s(server.pid)
            waits[name] += await append(journal, entries, options.at_once)
            own_s[name] += time.process_time() - began_s
            server_s[name] += tree_cpu_s(server.pid) - began_server_s
    rows = ROUNDS * count
    for name in journals:
        taken = sorted(waits[name])
        print(
            f"{name:10s}  {own_s[name] / rows * 1e6:6.1f} µs here, "
            f"{server_s[name] / rows * 1e6:6.1f} µs in the server a push; a group of "
            f"{options.at_once}: p50 {taken[len(taken) // 2] * 1e3:.1f} ms, "
            f"p99 {taken[len(taken) * 99 // 100] * 1e3:.1f} ms; "
            f"{rows / sum(taken):.0f} pushes/s unpaced"
        )
    both = own_s["postgresql"] + server_s["postgresql"]
    print_ratio("journal_engines.postgresql_of_sqlite", both / own_s["sqlite"])
    for journal in journals.values():
        await journal.close()


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--bytes", type=int, default=600, help="size of a push")
    parser.add_argument("--at-once", type=int, default=50, help="pushes that wait together")
    options = parser.parse_args()
    server = PostgresServer(postgres_binaries(), flushes=True)
    try:
        server.start()
        # Beside the server's own folder: both on one disk.
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(Path(folder), server, options))
    finally:
        server.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())

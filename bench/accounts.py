"""
CPU cost per batch of accounting for every site's record: following the journal, processing what
devices report with their pushes, and saving.

    python bench/accounts.py [--sites N] [--rounds N]

Compared with the decoding of the same batches, which the collector does for each of them in any
case.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from bench.ingest import BOOT, S, SimulatedAgent
from tools.bench_gate import print_ratio

from thongsuot_collector.accounts.consumer import AccountConsumer
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.record_report import RecordReport, StreamProgress

DAY_S = 86_400


async def measure(folder: Path, sites: int, rounds: int) -> tuple[float, float, float]:
    """Return CPU microseconds per batch: for following, for saving, and for decoding."""
    store = open_store(folder / "store.sqlite")
    journal = open_journal(folder / "journal.sqlite", committed=lambda _jobs, _took_s: None)
    layouts = LayoutCache(journal, LIMITS)
    fleet = [SimulatedAgent(number, "unused") for number in range(sites)]
    await layouts.store(encode_layout(fleet[0].index.layout), received_ns=time.time_ns())
    boot_ns = time.time_ns() - DAY_S * S
    bodies = [
        [
            (agent.site, f"{agent.seed:016x}", agent.batch(number, boot_ns, DAY_S * S))
            for agent in fleet
        ]
        for number in range(1, rounds + 2)
    ]
    reader, decode_s, follow_s, save_s = BatchReader(layouts, LIMITS), 0.0, 0.0, 0.0
    account = AccountConsumer(journal, reader, store=store)
    await account.load()
    for number, wave in enumerate(bodies, start=1):
        if number == 2:  # at first contact the store is queried for every stream
            decode_s = follow_s = save_s = 0.0
        appends = []
        for site, stream, request in wave:
            body = request.partition(b"\r\n\r\n")[2]
            began_s = time.process_time()
            columns = decode_columns(body, layouts.cached, LIMITS)
            decode_s += time.process_time() - began_s
            digest = digest_of(body)
            reader.remember(digest, columns)
            entry = JournalEntry(
                site=site,
                stream=stream,
                number=number,
                digest=digest,
                layout=columns.header.layout,
                received_ns=time.time_ns(),
                epoch_ns=boot_ns,
                clock=ClockQuality.TRUSTED,
                body=body,
            )
            appends.append(journal.append(entry))
        await asyncio.gather(*appends)
        began_s = time.process_time()
        for site, stream, _ in wave:
            progress = StreamProgress(stream=stream, highest=number, waiting=0)
            report = RecordReport(streams=(progress,))
            account.hear(site, report, boot_id=BOOT, boottime_ns=DAY_S * S)
        await account.catch_up()
        followed_s = time.process_time()
        follow_s += followed_s - began_s
        await account.save()
        save_s += time.process_time() - followed_s
    await journal.close()
    store.dispose()
    us = 1e6 / (sites * rounds)
    return follow_s * us, save_s * us, decode_s * us


async def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        follow_us, save_us, decode_us = await measure(Path(name), options.sites, options.rounds)
    print(f"follow  {follow_us:6.1f} µs of CPU a batch: the journal, and what its device reports")
    print(f"save    {save_us:6.1f} µs a batch: each site's account after each of its batches, as")
    print("               where it is saved every ten seconds and agents push every fifteen")
    print(f"decode  {decode_us:6.1f} µs a batch, to compare")
    print_ratio("accounts.follow_of_decoding", follow_us / decode_us)
    print_ratio("accounts.save_of_decoding", save_us / decode_us)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

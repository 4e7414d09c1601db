"""
Costs that grow with the number of sites apart from the pushes themselves: by simulation, in one
process.

    python -m bench.hundred_thousand [--sites N …]

A collector with 100,000 sites cannot run on one small machine, but the work that it does for all
sites at once can be simulated: the tick of every timeline each second, and the snapshot of every
state each minute, which is encoded in one turn of the loop in which no push is answered. Also
printed: the memory of a state and a timeline, and the cost of a push whose labels are cached, and
of one whose labels must be computed because more sites push than the cache holds.
"""

import argparse
import gc
import os
import time
from collections.abc import Callable

import msgspec
from bench.ingest import BOOT, S, SimulatedAgent, layout_index, resident_mb

from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.timeline.batch_summary import summarize_batch
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline
from thongsuot_schema.batch.columns import Columns, decode_columns
from thongsuot_schema.batch.layout import compile_layout

BATCHES = 6
UPTIME_NS = 86_400 * S
EVERY_NS = 15 * S
TRIES = 3


def pushes(boot_ns: int) -> list[tuple[JournalEntry, Columns]]:
    """Return the latest pushes of a site, in order."""
    agent = SimulatedAgent(0, "")
    compiled = compile_layout(layout_index().layout)
    pushed = []
    for number in range(1, BATCHES + 1):
        request = agent.batch(number, boot_ns, UPTIME_NS + number * EVERY_NS)
        body = request.partition(b"\r\n\r\n")[2]
        columns = decode_columns(body, lambda _layout: compiled)
        entry = JournalEntry(
            site=agent.site,
            stream=columns.header.stream,
            number=number,
            digest=b"",
            layout=columns.header.layout,
            received_ns=boot_ns + UPTIME_NS + number * EVERY_NS,
            epoch_ns=boot_ns,
            clock=ClockQuality.TRUSTED,
            body=body,
        )
        pushed.append((entry, columns))
    return pushed


def shortest_s(work: Callable[[], object]) -> float:
    """Return the lowest CPU time of some work."""
    took_s = []
    for _ in range(TRIES):
        began_s = time.process_time()
        work()
        took_s.append(time.process_time() - began_s)
    return min(took_s)


def simulate(sites: int, pushed: list[tuple[JournalEntry, Columns]]) -> None:
    """Print the costs of this many sites that have all pushed these batches."""
    state, timeline = SiteState(), SiteTimeline(site="")
    settings, last = TimelineSettings(), pushed[-1][0]
    now = CollectorClock(now_ns=last.received_ns, listening_since_ns=last.epoch_ns)
    for entry, columns in pushed:
        state.apply(entry, columns)
        timeline.apply(summarize_batch(entry, columns), now, settings)
    kept = msgspec.msgpack.encode(state), msgspec.msgpack.encode(timeline)
    gc.collect()
    before_mb = resident_mb(os.getpid())
    states = [msgspec.msgpack.decode(kept[0], type=SiteState) for _ in range(sites)]
    timelines = [msgspec.msgpack.decode(kept[1], type=SiteTimeline) for _ in range(sites)]
    each_kb = (resident_mb(os.getpid()) - before_mb) * 1024 / sites
    tick_s = shortest_s(lambda: [each.tick(now, settings) for each in timelines])
    encoder = msgspec.msgpack.Encoder()
    encode_s = shortest_s(lambda: [encoder.encode(each) for each in states])
    print(
        f"{sites:9,d} {tick_s * 1000:12.1f} {encode_s * 1000:12.1f} "
        f"{sites * len(kept[0]) / 1e6:12.1f} {each_kb:12.1f}",
        flush=True,
    )


def print_labels(entry: JournalEntry, columns: Columns) -> None:
    """Print the cost of labels that are cached, and of labels that are not."""
    cache = LabelCache(lambda site, link: {"commune": site, "carrier": link})
    rounds = 200

    def known() -> None:
        for _ in range(rounds):
            cache.for_layout(entry.site, entry.layout, columns.layout)

    def unknown() -> None:
        for number in range(rounds):
            LabelCache(lambda site, link: {"commune": site, "carrier": link}).for_layout(
                f"{entry.site}-{number}", entry.layout, columns.layout
            )

    known()
    print(
        f"\nlabels of a push: known {shortest_s(known) / rounds * 1e6:.0f} µs, "
        f"worked out anew {shortest_s(unknown) / rounds * 1e6:.0f} µs"
    )


def main() -> None:
    """Simulate, and print a line for each number of sites."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    boot_ns = time.time_ns() - UPTIME_NS - (BATCHES + 1) * EVERY_NS
    pushed = pushes(boot_ns)
    assert pushed[0][1].header.boot_id == BOOT
    print(
        f"{'sites':>9} {'tick, ms':>12} {'snapshot, ms':>12} {'snapshot, MB':>12} {'KB a site':>12}"
    )
    for sites in options.sites:
        simulate(sites, pushed)
    print_labels(*pushed[-1])


if __name__ == "__main__":
    main()

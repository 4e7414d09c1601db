"""Gauges of the record: the location of all batches made by agents, and their deliveries."""

import asyncio

from thongsuot_collector.accounts.overview import RecordOverview
from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_collector.metrics import Metrics

_EVERY_S = 60.0


class RecordGauges:
    """Keeps the gauges up to date; nothing waits for it."""

    def __init__(self, overview: RecordOverview, metrics: Metrics) -> None:
        self._overview = overview
        self._metrics = metrics

    async def run(self) -> None:
        """Update them periodically until cancelled."""
        while True:
            await self.measure()
            await asyncio.sleep(_EVERY_S)

    async def measure(self) -> None:
        """Update the gauges."""
        totals = await self._overview.sites()
        counts = dict.fromkeys(BatchFate, 0)
        for total in totals:
            for fate, count in total.fates.items():
                counts[fate] += count
        for fate, count in counts.items():
            self._metrics.record_batches.labels(fate.value).set(count)
        self._metrics.record_open_sites.set(sum(total.silent > 0 for total in totals))
        for progress in await self._overview.sinks():
            for name, value in (
                ("delivered", progress.delivered),
                ("waiting", progress.behind),
                ("dead_letter", progress.dead_letters),
                ("lost", progress.lost),
                ("skipped", progress.skipped),
                ("accepted", progress.accepted),
            ):
                self._metrics.sink_batches.labels(progress.sink, name).set(value)
        accepted = await self._overview.accepted()
        for kind, count in (
            ("loss", len(accepted.losses)),
            ("undelivered", len(accepted.entries)),
            ("flaw", len(accepted.flaws)),
        ):
            self._metrics.record_acceptances.labels(kind).set(count)

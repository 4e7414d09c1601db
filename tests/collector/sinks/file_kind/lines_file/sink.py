"""Appends every value as one line to a file; a file that cannot be written is tried again."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from thongsuot_collector.samples.labels import labels_of_series
from thongsuot_collector.sinks.contract import SinkContext, SinkKind, SinkSettings
from thongsuot_collector.sinks.delivery.bisection import SampleCounter
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction
from thongsuot_collector.sinks.delivery.journal_consumer import DecodedEntry, JournalConsumer
from thongsuot_collector.sinks.delivery.retry import DeliveryRetry


class Settings(SinkSettings, frozen=True, kw_only=True):
    """One ``[[sinks]]`` of kind ``lines_file``."""

    path: str


def check(settings: Settings) -> None:
    """Refuse what cannot work."""
    if not settings.path:
        raise ValueError("path is empty")


class LinesFile:
    """What is particular to a file; see ``SinkClient``."""

    def __init__(self, settings: Settings, context: SinkContext) -> None:
        self._path = Path(settings.path)
        self._labels_of = context.labels_of
        self._counter = SampleCounter(settings.name, context.metrics)
        self._retry = DeliveryRetry(settings.name, min_backoff_s=0.01, max_backoff_s=1.0)

    def encode(self, decoded: DecodedEntry) -> Sequence[str]:
        """Return a line for each value of a batch, and one for each outcome."""
        columns, site = decoded.columns, decoded.kept.entry.site
        lines = []
        for block in columns.blocks:
            for rows in columns.series_of(block):
                series = columns.layout.layout.series[rows.position]
                labels = labels_of_series(self._labels_of, site, series)
                for row in range(rows.first_row, rows.last_row):
                    at_ms = columns.times_ms[row]
                    lines.append(f"{at_ms} {labels} outcome {row not in columns.not_ok}")
                    for metric, column in zip(block.block.metrics, block.columns, strict=True):
                        value = column[row - block.first_row]
                        if value is not None:
                            lines.append(f"{at_ms} {labels} {metric} {value!r}")
        return lines

    async def deliver(self, encoded: Sequence[str]) -> None:
        """Append the lines; return when they are on the disk."""
        data = "".join(f"{line}\n" for line in encoded).encode()
        while True:
            try:
                await asyncio.to_thread(self._append, data)
            except OSError as error:
                await self._retry.wait(DeliveryAction.RETRY, str(error), size_bytes=len(data))
                continue
            self._retry.succeed()
            self._counter.sent(len(encoded))
            return

    def _append(self, data: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


class LinesFileSink:
    """A consumer of the journal that writes lines."""

    def __init__(self, settings: Settings, context: SinkContext) -> None:
        self._consumer = JournalConsumer(
            settings.name,
            LinesFile(settings, context),
            context,
            linger_s=0.0,
            jump=5000,
            entries=200,
            size_bytes=4 << 20,
        )

    @property
    def lag(self) -> int:
        """See ``Sink``."""
        return self._consumer.lag

    async def run(self) -> None:
        """See ``Sink``."""
        await self._consumer.run()

    async def close(self) -> None:
        """See ``Sink``."""


SINK = SinkKind(
    settings=Settings,
    check=check,
    make=LinesFileSink,
    delivers_to="a file",
    needs="a folder",
)

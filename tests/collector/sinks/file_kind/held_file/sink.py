"""
Writes the numbers of delivered batches to ``path``, as soon as that file exists, and those of
encoded ones beside it.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from thongsuot_collector.sinks.contract import SinkContext, SinkKind, SinkSettings
from thongsuot_collector.sinks.delivery.journal_consumer import DecodedEntry, JournalConsumer

ENCODED = ".encoded"
GROUP = 4


class Settings(SinkSettings, frozen=True, kw_only=True):
    """One ``[[sinks]]`` of kind ``held_file``."""

    path: str


class HeldFile:
    """What is particular to it; see ``SinkClient``."""

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.path)

    def encode(self, decoded: DecodedEntry) -> Sequence[int]:
        """Return the number of a batch."""
        number = decoded.kept.entry.number
        with self._path.with_suffix(ENCODED).open("a") as file:
            file.write(f"{number}\n")
        return (number,)

    async def deliver(self, encoded: Sequence[int]) -> None:
        """Wait for the file, and append to it."""
        while not self._path.exists():  # noqa: ASYNC110 - another process may create it
            await asyncio.sleep(0.01)
        with self._path.open("a") as file:
            file.writelines(f"{number}\n" for number in encoded)


class HeldFileSink:
    """A consumer of the journal that sends a few entries at once."""

    def __init__(self, settings: Settings, context: SinkContext) -> None:
        self._consumer = JournalConsumer(
            settings.name,
            HeldFile(settings),
            context,
            linger_s=0.0,
            jump=5000,
            entries=GROUP,
            size_bytes=4 << 20,
        )

    @property
    def lag(self) -> int:
        """See ``Sink``."""
        return self._consumer.lag

    def has_taken(self, sequence: int, site: str) -> bool:
        """See ``ReadsAhead``."""
        return self._consumer.has_taken(sequence, site)

    async def run(self) -> None:
        """See ``Sink``."""
        await self._consumer.run()

    async def close(self) -> None:
        """See ``Sink``."""


SINK = SinkKind(
    settings=Settings,
    check=lambda _settings: None,
    make=HeldFileSink,
    delivers_to="a file",
    needs="nothing",
)

"""
What a sink is to the collector.

A kind of sink is a folder of ``sinks`` with a module ``sink`` that holds one ``SINK``; the folder's
name is the ``kind`` in the configuration. Nothing here knows where data goes: by HTTP, to a file or
into a queue.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.samples.labels import LabelsOf
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_schema.inventory.fields import StrictStruct

S = TypeVar("S", bound="SinkSettings")


class SinkSettings(StrictStruct, frozen=True, kw_only=True):
    """
    What every ``[[sinks]]`` has: which kind it is, and the name of its cursor and its metrics.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkContext:
    """What a sink works with; ``state_dir`` is where it may keep a file of its own."""

    journal: Journal
    reader: BatchReader
    states: StateConsumer
    labels_of: LabelsOf
    dead_letters: DeadLetterQueue
    metrics: Metrics
    state_dir: Path


class Sink(Protocol):
    """A consumer of the journal that forwards what is in it."""

    @property
    def lag(self) -> int:
        """Entries of the journal that it has not delivered."""

    async def run(self) -> None:
        """Deliver from where it last was until cancelled; may be run again."""

    async def close(self) -> None:
        """Let go of what was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkKind(Generic[S]):
    """
    One kind of sink.

    ``check`` refuses settings that cannot work (a file that is not there) with an ``OSError`` or
    ``ValueError`` whose text is shown to a person. ``make`` opens nothing until it runs.

    The last two stand in the reference: what takes the data, and how that has to be set up.
    """

    settings: type[S]
    check: Callable[[S], None]
    make: Callable[[S, SinkContext], Sink]
    delivers_to: str
    needs: str

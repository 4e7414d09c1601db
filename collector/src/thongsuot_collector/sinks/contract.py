"""
The contract of a sink.

A kind of sink is a folder of ``sinks`` with a module ``sink`` that defines ``SINK``; the folder's
name is the ``kind`` in the configuration. The contract does not depend on the transport: HTTP, a
file or a queue.
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
    """Settings of every ``[[sinks]]``: its kind, and the name of its cursor and its metrics."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkContext:
    """The context of a sink; in ``state_dir`` it may keep its own file."""

    journal: Journal
    reader: BatchReader
    states: StateConsumer
    labels_of: LabelsOf
    dead_letters: DeadLetterQueue
    metrics: Metrics
    state_dir: Path


class Sink(Protocol):
    """A consumer that forwards the journal's entries."""

    @property
    def lag(self) -> int:
        """Entries of the journal that it has not delivered."""

    async def run(self) -> None:
        """Deliver from its last position until cancelled; may be run again."""

    async def close(self) -> None:
        """Close open resources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkKind(Generic[S]):
    """
    One kind of sink.

    ``check`` refuses settings that cannot work (a file that is not there) with an ``OSError`` or
    ``ValueError`` whose text is shown to a person. ``make`` opens nothing until it runs.

    The last two are for the reference: the receivers, and their required setup.
    """

    settings: type[S]
    check: Callable[[S], None]
    make: Callable[[S, SinkContext], Sink]
    delivers_to: str
    needs: str

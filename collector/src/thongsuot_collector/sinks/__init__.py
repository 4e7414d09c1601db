"""
One module a database that measurements go to; the module's name is the ``kind`` in the
configuration.

A module holds one ``SINK``: the type of its settings, and what makes a sink of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Generic, Protocol, TypeVar

from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.samples.labels import LabelsOf
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_schema.inventory.model import StrictStruct

S = TypeVar("S", bound="SinkSettings")


class SinkSettings(StrictStruct, frozen=True, kw_only=True):
    """
    What every ``[[sinks]]`` has: which kind it is, and the name of its cursor and its metrics.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
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
        """Deliver for ever, from where it last was; may be cancelled, and run again."""

    async def close(self) -> None:
        """Let go of what was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkKind(Generic[S]):
    """
    One kind of sink.

    ``check`` refuses settings that cannot work (a file that is not there) with an ``OSError`` or
    ``ValueError`` whose text is shown to a person. ``make`` opens nothing until it runs.
    """

    settings: type[S]
    check: Callable[[S], None]
    make: Callable[[S, Supplies], Sink]


def kinds() -> tuple[str, ...]:
    """Return the names of all kinds of sinks, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def load(kind: str) -> "SinkKind[SinkSettings]":
    """
    Return one kind by its name, importing no other.

    Raises:
        KeyError: there is no such kind; the message lists those that there are.
    """
    if kind not in kinds():
        message = f"no sink {kind!r}; known: {', '.join(kinds())}"
        raise KeyError(message)
    found: object = import_module(f"{__name__}.{kind}").SINK
    assert isinstance(found, SinkKind), f"sinks/{kind}.py holds no SINK"
    return found

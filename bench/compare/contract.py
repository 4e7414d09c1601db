"""The interface of a compared tool, and what is observed of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol

from bench.compare import peers

from thongsuot_lab.lab import Lab
from thongsuot_schema.segment import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    One notification as it arrived at the centre.

    ``party`` is the receiver. ``thread`` is the key by which the tool itself distinguishes faults,
    ``subject`` is for people. ``is_over``: it reports the end of the fault.
    """

    boottime_ns: int
    party: Party
    thread: str
    subject: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRuns:
    """
    The results of a period: how many are on the device, and how many of them in the centre
    (``None``: the tool sends none there).
    """

    on_device: int
    in_centre: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerPlace:
    """
    The place of one tool.

    ``site`` is its service point; ``folder`` is its own; ``hook`` is the URL of its receiver in the
    centre, to which the party's name is added; ``messages`` are the messages that it has received.
    """

    lab: Lab
    site: str
    folder: Path
    hook: str
    messages: list[Message] = field(default_factory=list)


class Peer(Protocol):
    """A tool that runs at one site."""

    def start(self) -> None:
        """Start it; its checks need not have run when this returns, see ``is_calm``."""
        ...

    def stop(self) -> None:
        """End it. Safe to repeat."""
        ...

    def read_message(self, party: Party, body: bytes, boottime_ns: int) -> Sequence[Message]:
        """Return the content of a request to its receiver."""
        ...

    def is_calm(self) -> bool:
        """Return whether all of its checks have run, and succeed."""
        ...

    def stored_runs(self, since_s: float, until_s: float) -> StoredRuns:
        """Return the results that are stored of a period (Unix time)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerKind:
    """
    A tool with one set of settings.

    ``missing`` is what this machine lacks for it (empty: nothing), ``version`` its version.
    ``settings`` is a sentence for the table.
    """

    name: str
    settings: str
    version: Callable[[], str]
    missing: Callable[[], str]
    create: Callable[[PeerPlace], Peer]


def all_kinds() -> list[PeerKind]:
    """Return every kind of every module in ``peers/``, by the modules' names; ours first."""
    kinds: list[PeerKind] = []
    for module in sorted(
        iter_modules(peers.__path__), key=lambda peer_module: peer_module.name != "ours"
    ):
        kinds += import_module(f"{peers.__name__}.{module.name}").KINDS
    return kinds

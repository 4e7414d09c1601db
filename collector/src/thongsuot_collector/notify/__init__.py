"""
One module a channel that people are told by; the module's name is the ``kind`` in the
configuration. What all channels share stands in the packages beside them.

A module holds one ``CHANNEL``: the type of its settings, and what makes a channel of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, TypeVar

from thongsuot_collector.notify.dispatch.channel import Channel
from thongsuot_collector.notify.dispatch.settings import ChannelSettings

S = TypeVar("S", bound=ChannelSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind(Generic[S]):
    """
    One kind of channel.

    ``check`` refuses settings that cannot work (a file that is not there) with an ``OSError`` or
    ``ValueError`` whose text is shown to a person. ``make`` opens nothing until something is told.
    """

    settings: type[S]
    check: Callable[[S], None]
    make: Callable[[S], Channel]


def kinds() -> tuple[str, ...]:
    """Return the names of all kinds of channels, sorted."""
    return tuple(sorted(found.name for found in iter_modules(__path__) if not found.ispkg))


def load(kind: str) -> "ChannelKind[ChannelSettings]":
    """
    Return one kind by its name, importing no other.

    Raises:
        KeyError: there is no such kind; the message lists those that there are.
    """
    if kind not in kinds():
        message = f"no channel {kind!r}; known: {', '.join(kinds())}"
        raise KeyError(message)
    found: object = import_module(f"{__name__}.{kind}").CHANNEL
    assert isinstance(found, ChannelKind), f"notify/{kind}.py holds no CHANNEL"
    return found

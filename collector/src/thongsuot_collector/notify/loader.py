"""Loader: the name of a module in ``channels/`` is the ``kind`` in the configuration."""

from importlib import import_module
from pkgutil import iter_modules

from thongsuot_collector.notify import channels
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.settings import ChannelSettings


def kinds() -> tuple[str, ...]:
    """Return the names of all kinds of channels, sorted."""
    return tuple(sorted(module.name for module in iter_modules(channels.__path__)))


def load(kind: str) -> ChannelKind[ChannelSettings]:
    """
    Return one kind by its name, importing no other.

    A channel of more than one file is a folder whose ``channel`` module defines the kind.

    Raises:
        KeyError: there is no such kind; the message lists the known ones.
    """
    folders = {module.name: module.ispkg for module in iter_modules(channels.__path__)}
    if kind not in folders:
        message = f"no channel {kind!r}; known: {', '.join(kinds())}"
        raise KeyError(message)
    name = f"{channels.__name__}.{kind}" + (".channel" if folders[kind] else "")
    channel: object = import_module(name).CHANNEL
    assert isinstance(channel, ChannelKind), f"{name} holds no CHANNEL"
    return channel

"""Finds the kinds of sinks, and imports only the configured ones."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from thongsuot_collector import sinks
from thongsuot_collector.sinks.contract import SinkKind, SinkSettings


def kinds() -> tuple[str, ...]:
    """Return the names of all kinds of sinks, sorted: the folders that have a module ``sink``."""
    return tuple(
        sorted(
            module.name
            for module in iter_modules(sinks.__path__)
            if module.ispkg and find_spec(f"{sinks.__name__}.{module.name}.sink") is not None
        )
    )


def load(kind: str) -> SinkKind[SinkSettings]:
    """
    Return one kind by its name, importing no other.

    Raises:
        KeyError: there is no such kind; the message lists the known ones.
    """
    if kind not in kinds():
        message = f"no sink {kind!r}; known: {', '.join(kinds())}"
        raise KeyError(message)
    loaded: object = import_module(f"{sinks.__name__}.{kind}.sink").SINK
    assert isinstance(loaded, SinkKind), f"sinks/{kind}/sink.py holds no SINK"
    return loaded

"""Loads kinds: one module each in this package, whose name is the kind's."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from thongsuot_schema import catalogue
from thongsuot_schema.metric import ProbeKind

_OWN_NAME = __name__.rpartition(".")[2]


@cache
def kinds() -> tuple[str, ...]:
    """Return the names of all kinds, sorted."""
    names = (module.name for module in iter_modules(catalogue.__path__))
    return tuple(sorted(name for name in names if name != _OWN_NAME))


@cache
def load(kind: str) -> ProbeKind:
    """
    Return one kind by its name, importing no other.

    Raises:
        KeyError: there is no such kind; the message lists those that there are.
    """
    if kind not in kinds():
        message = f"no kind {kind!r}; known: {', '.join(kinds())}"
        raise KeyError(message)
    declared: object = import_module(f"{catalogue.__name__}.{kind}").KIND
    if not isinstance(declared, ProbeKind) or declared.name != kind:
        message = f"catalogue module {kind!r} holds no Kind of that name"
        raise TypeError(message)
    return declared

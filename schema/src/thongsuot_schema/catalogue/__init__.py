"""
The catalogue: every kind of measurement and every metric, named here and nowhere else.

One module a kind; the module's name is the kind's name. A module holds the kind's metrics as
constants and one ``KIND``.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from thongsuot_schema.metric import ProbeKind


@cache
def kinds() -> tuple[str, ...]:
    """Return the names of all kinds, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


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
    declared: object = import_module(f"{__name__}.{kind}").KIND
    if not isinstance(declared, ProbeKind) or declared.name != kind:
        message = f"catalogue module {kind!r} holds no Kind of that name"
        raise TypeError(message)
    return declared

"""
Loader: finds a kind of probe by its name.

``load`` imports only the kind that is asked for, so that a probe which is not configured costs no
memory.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from thongsuot_agent import probes
from thongsuot_agent.probing.contract import Probe
from thongsuot_schema.catalogue import loader as catalogue


class UnknownProbe(LookupError):
    """There is no probe of the kind that the configuration names."""


@cache
def kinds() -> tuple[str, ...]:
    """Return the kinds that there are, sorted: folders here that the catalogue knows."""
    known = set(catalogue.kinds())
    return tuple(
        sorted(module.name for module in iter_modules(probes.__path__) if module.name in known)
    )


def load(kind: str) -> Probe[Any]:
    """
    Return one probe by its kind, importing no other.

    Raises:
        UnknownProbe: there is none of that kind; the message lists those that there are.
    """
    if kind not in kinds():
        raise UnknownProbe(f"no probe {kind!r}; known: {', '.join(kinds())}")
    probe: object = import_module(f"{probes.__name__}.{kind}.probe").PROBE
    if not isinstance(probe, Probe):
        raise TypeError(f"the folder {kind!r} of the probes holds no PROBE")
    return probe

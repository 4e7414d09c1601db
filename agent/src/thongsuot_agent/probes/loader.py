"""
Loader: finds a kind of probe by its name.

``load`` imports only the requested kind, so that a probe that is not configured needs no memory.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from thongsuot_agent import probes
from thongsuot_agent.probing.contract import Probe
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.localizable import Localizable


class UnknownProbe(LookupError):
    """The kind in the configuration does not exist."""


@cache
def kinds() -> tuple[str, ...]:
    """Return the existing kinds, sorted: the folders here that are also in the catalogue."""
    known = set(catalogue.kinds())
    return tuple(
        sorted(module.name for module in iter_modules(probes.__path__) if module.name in known)
    )


def load(kind: str) -> Probe[Any]:
    """
    Return one probe by its kind, importing no other.

    Raises:
        UnknownProbe: there is no such kind; the message lists the existing ones.
    """
    if kind not in kinds():
        unknown = Localizable(
            "no probe {kind}; known: {known}", kind=repr(kind), known=", ".join(kinds())
        )
        raise UnknownProbe(unknown)
    probe: object = import_module(f"{probes.__name__}.{kind}.probe").PROBE
    if not isinstance(probe, Probe):
        raise TypeError(f"the folder {kind!r} of the probes holds no PROBE")
    return probe

"""
The interface of modules in ``faults``, and loading one by its name.

The file name is the fault's name. The module has a docstring that describes the fault, ``SEGMENT``
(the segment that a correct verdict names, or None where no link is at fault), and ``apply(scope,
…)`` with the fault's arguments, each with its type and optionally a default.
"""

import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from thongsuot_lab import faults
from thongsuot_lab.errors import UnknownFaultError
from thongsuot_schema.segment import Segment


@dataclass(frozen=True, slots=True)
class LabFault:
    """One way to break the lab."""

    name: str
    help: str
    segment: Segment | None
    apply: Callable[..., None]

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments of ``apply`` after the scope."""
        parameters = dict(inspect.signature(self.apply).parameters)
        parameters.pop("scope")
        return parameters

    @property
    def usage(self) -> str:
        """One line: the name and its arguments, with defaults where they exist."""
        words = [
            f"{name}=…"
            if parameter.default is inspect.Parameter.empty
            else f"[{name}={parameter.default}]"
            for name, parameter in self.parameters.items()
        ]
        return " ".join([self.name, *words])

    def arguments(self, values: dict[str, object]) -> dict[str, object]:
        """
        The complete arguments of ``apply``, each of its declared type.

        Raises:
            UnknownFaultError: one is missing, unknown, or not a number where one is needed.
        """
        complete: dict[str, object] = {}
        unknown = ", ".join(values.keys() - self.parameters.keys())
        if unknown:
            raise UnknownFaultError(f"{self.name} takes no {unknown}; usage: {self.usage}")
        for name, parameter in self.parameters.items():
            value = values.get(name, parameter.default)
            if value is inspect.Parameter.empty:
                raise UnknownFaultError(f"{self.name} needs {name}; usage: {self.usage}")
            try:
                complete[name] = float(str(value)) if parameter.annotation is float else value
            except ValueError:
                raise UnknownFaultError(f"{name} is a number, not {value!r}") from None
        return complete


def fault_names() -> list[str]:
    """Every fault's name, sorted."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(faults.__path__))


def load_fault(name: str) -> LabFault:
    """
    The fault with this name.

    Raises:
        UnknownFaultError: there is no such fault; the message lists the known ones.
    """
    if name not in fault_names():
        raise UnknownFaultError(f"no fault {name!r}; known: {', '.join(fault_names())}")
    module = import_module(f"{faults.__name__}.{name.replace('-', '_')}")
    help_text = inspect.cleandoc(module.__doc__ or "")
    return LabFault(name=name, help=help_text, segment=module.SEGMENT, apply=module.apply)

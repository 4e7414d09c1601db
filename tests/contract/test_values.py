"""
What becomes of a fault are values: whoever holds one may keep it, and nobody changes it under him.

The forms are those of ARCHITECTURE.md ("The forms of a fault"). The registry of incidents is the
one place in which a value is replaced by the next, and ``incidents/`` is the one room that does it.
"""

import ast
import dataclasses
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.contract.house import ROOT, modules, plant
from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.rule import Candidate
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.message import NotificationMessage
from thongsuot_collector.notify.render.document import IncidentDocument
from thongsuot_collector.timeline.boot import DatedVerdict
from thongsuot_collector.timeline.interval import Interval
from thongsuot_schema.verdict import VerdictChange

FORMS = (
    VerdictChange,
    DatedVerdict,
    Interval,
    Fault,
    Candidate,
    Incident,
    NotificationEvent,
    NotificationThread,
    IncidentDocument,
    NotificationMessage,
)

MUTABLE = (list, dict, set, bytearray)

WRITES = frozenset({"put_incident", "put_fault", "regroup"})
"""What replaces something in the registry of incidents."""


def fields_of(form: type) -> dict[str, object] | None:
    """Return the fields of a struct or dataclass with their types; ``None`` for anything else."""
    hints = typing.get_type_hints(form)
    if issubclass(form, msgspec.Struct):
        return {field.name: hints[field.name] for field in msgspec.structs.fields(form)}
    if dataclasses.is_dataclass(form):
        return {field.name: hints[field.name] for field in dataclasses.fields(form)}
    return None


def is_frozen(form: type) -> bool:
    if issubclass(form, msgspec.Struct):
        return bool(form.__struct_config__.frozen)
    return bool(getattr(form, "__dataclass_params__").frozen)  # noqa: B009 - typeshed knows it not


def changeable(form: object, seen: set[object], where: str) -> Iterator[str]:
    """Yield what of a type could be changed in place, with the way to it."""
    origin = typing.get_origin(form)
    if form in MUTABLE or origin in MUTABLE:
        yield f"{where}: {form}"
        return
    if origin is not None or isinstance(form, types.UnionType):
        for part in typing.get_args(form):
            yield from changeable(part, seen, where)
        return
    if not isinstance(form, type) or form in seen:
        return
    seen.add(form)
    fields = fields_of(form)
    if fields is None:
        return
    if not is_frozen(form):
        yield f"{where}: {form.__name__} is not frozen"
    for name, type_ in fields.items():
        yield from changeable(type_, seen, f"{form.__name__}.{name}")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_form_of_a_fault_cannot_be_changed_in_place(form: type) -> None:
    assert list(changeable(form, set(), form.__name__)) == []


def writers(root: Path) -> Iterator[str]:
    """Yield the modules outside ``incidents/`` that replace something in the registry."""
    for module in modules(root, ("collector",)):
        if module.name.startswith("thongsuot_collector.incidents."):
            continue
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
            ):
                yield f"{module.name}:{node.lineno} {node.func.attr}"


def test_nobody_but_the_incidents_room_writes_into_the_registry() -> None:
    assert list(writers(ROOT)) == []


class _Inner(msgspec.Struct):
    name: str


class _Outer(msgspec.Struct, frozen=True):
    inner: tuple[_Inner, ...]
    names: list[str]


def test_a_form_that_can_be_changed_is_found() -> None:
    assert list(changeable(_Outer, set(), "_Outer")) == [
        "_Outer.inner: _Inner is not frozen",
        "_Outer.names: list[str]",
    ]


def test_another_writer_is_found(tmp_path: Path) -> None:
    plant(
        tmp_path,
        "collector/src/thongsuot_collector/web/edit.py",
        "def close(registry, incident):\n    registry.put_incident(incident)\n",
    )
    assert list(writers(tmp_path)) == ["thongsuot_collector.web.edit:2 put_incident"]

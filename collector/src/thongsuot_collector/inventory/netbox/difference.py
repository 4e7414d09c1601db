"""The differences between two inventories, one line for each object. Pure."""

from collections.abc import Iterator

import msgspec

from thongsuot_schema.inventory.fields import StrictStruct
from thongsuot_schema.inventory.model import Inventory

_OWN_LINES = ("links",)
"""Fields whose objects are reported individually."""

_PERSONAL = ("contacts",)
"""Fields that are only reported as changed: names and numbers of people do not belong in logs."""


def differences(old: Inventory, new: Inventory) -> list[str]:
    """Return the changes from the old to the new one; empty: they are equal."""
    before, after = dict(_things(old)), dict(_things(new))
    lines = []
    for key in sorted({*before, *after}):
        name = " ".join(key)
        if key not in before:
            lines.append(f"added {name}: {_as_text(after[key])}")
        elif key not in after:
            lines.append(f"removed {name}")
        elif changes := list(_changes(before[key], after[key])):
            lines.append(f"changed {name}: {'; '.join(changes)}")
    return lines


def _things(inventory: Inventory) -> Iterator[tuple[tuple[str, str], StrictStruct]]:
    for carrier in inventory.carriers:
        yield ("carrier", carrier.name), carrier
    for owner in inventory.owners:
        yield ("owner", owner.name), owner
    for site in inventory.sites:
        yield ("site", site.name), site
        for link in site.links:
            yield ("link", f"{site.name}/{link.name}"), link


def _changes(old: StrictStruct, new: StrictStruct) -> Iterator[str]:
    for field in msgspec.structs.fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after or field.name in _OWN_LINES:
            continue
        if field.name in _PERSONAL:
            yield f"{field.name} changed ({len(before)} before, {len(after)} now)"
        else:
            yield f"{field.name} {_text(before)} -> {_text(after)}"


def _as_text(thing: StrictStruct) -> str:
    changes = []
    for field in msgspec.structs.fields(thing):
        value = getattr(thing, field.name)
        if field.name in (*_OWN_LINES, "name") or value == field.default:
            continue
        changes.append(
            f"{field.name} {len(value)}"
            if field.name in _PERSONAL
            else f"{field.name} {_text(value)}"
        )
    return ", ".join(changes) or "nothing but its name"


def _text(value: object) -> str:
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value)

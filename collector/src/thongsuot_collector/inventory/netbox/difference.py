"""The differences between two inventories, one line for each object. Pure."""

from collections.abc import Iterator
from functools import reduce

import msgspec

from thongsuot_schema.inventory.fields import StrictStruct
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.localizable import Localizable

_OWN_LINES = ("links",)
"""Fields whose objects are reported individually."""

_PERSONAL = ("contacts",)
"""Fields that are only reported as changed: people's names and numbers do not belong in logs."""


def differences(old: Inventory, new: Inventory) -> list[Localizable]:
    """Return the changes from the old to the new one; empty: they are equal."""
    before, after = dict(_things(old)), dict(_things(new))
    lines = []
    for key in sorted({*before, *after}):
        kind, name = Localizable(key[0]), key[1]
        if key not in before:
            what = _as_text(after[key])
            line = Localizable("added {kind} {name}: {what}", kind=kind, name=name, what=what)
        elif key not in after:
            line = Localizable("removed {kind} {name}", kind=kind, name=name)
        elif changes := list(_changes(before[key], after[key])):
            what = reduce(
                lambda first, rest: Localizable("{first}; {rest}", first=first, rest=rest), changes
            )
            line = Localizable("changed {kind} {name}: {what}", kind=kind, name=name, what=what)
        else:
            continue
        lines.append(line)
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


def _changes(old: StrictStruct, new: StrictStruct) -> Iterator[Localizable]:
    for field in msgspec.structs.fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after or field.name in _OWN_LINES:
            continue
        if field.name in _PERSONAL:
            yield Localizable(
                "{field} changed ({before} before, {now} now)",
                field=field.name,
                before=len(before),
                now=len(after),
            )
        else:
            yield Localizable(
                "{field} {before} -> {after}",
                field=field.name,
                before=_text(before),
                after=_text(after),
            )


def _as_text(thing: StrictStruct) -> Localizable:
    changes = []
    for field in msgspec.structs.fields(thing):
        value = getattr(thing, field.name)
        if field.name in (*_OWN_LINES, "name") or value == field.default:
            continue
        shown = str(len(value)) if field.name in _PERSONAL else _text(value)
        changes.append(Localizable("{field} {value}", field=field.name, value=shown))
    if not changes:
        return Localizable("nothing but its name")
    return reduce(
        lambda first, rest: Localizable("{first}, {rest}", first=first, rest=rest), changes
    )


def _text(value: object) -> str:
    if value is None or value in ("", ()):
        return Localizable("nothing")
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value)

"""An inventory as TOML: values that differ from a default, in the order of the types."""

import json
from collections.abc import Iterator, Mapping

import msgspec

from thongsuot_schema.inventory.model import Inventory

_TABLES = ("carriers", "owners", "sites")


def render_toml(inventory: Inventory, origins: Mapping[tuple[str, str], str], head: str) -> str:
    """
    Return carriers, owners and sites as text of an inventory's file.

    ``origins`` maps a table and a name to the source of the object: a comment before it. ``head``
    is the comment at the top.
    """
    lines = [f"# {line}" for line in head.splitlines()]
    for table in _TABLES:
        for thing in getattr(inventory, table):
            lines += ["", f"# {_one_line(origins.get((table, thing.name), ''))}".rstrip()]
            lines += _thing(thing, f"{table}")
    return "\n".join(lines) + "\n"


def origin(text: str, line: int) -> str:
    """Return the nearest comment above a line (1-based): the source of the object there."""
    for above in reversed(text.splitlines()[:line]):
        if above.startswith("# "):
            return above.removeprefix("# ")
    return ""


def _thing(thing: msgspec.Struct, header: str) -> Iterator[str]:
    yield f"[[{header}]]"
    nested: list[tuple[str, tuple[msgspec.Struct, ...]]] = []
    for field in msgspec.structs.fields(thing):
        value = getattr(thing, field.name)
        if value == field.default and not field.required:
            continue
        if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            nested.append((field.name, value))
        else:
            yield f"{field.name} = {_value(value)}"
    for name, things in nested:
        for child in things:
            yield ""
            yield from _thing(child, f"{header}.{name}")


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_value(member) for member in value)}]"
    if isinstance(value, int):
        return str(value)
    # A string of JSON is also one of TOML, except for DEL, which TOML requires escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)

"""
The pages of settings, from the types that read them, which also hold the defaults.

Explanations that types cannot express are in docstrings of classes and after attributes; they are
read from the source.
"""

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.probes import loader
from thongsuot_collector.config.model import CollectorConfig
from thongsuot_collector.notify import loader as notify_loader
from thongsuot_collector.sinks import loader as sink_loader

_HEAD = """\
# Settings of the {whose}

One TOML file. Made from the types that read it (`./run reference`); do not edit. Unknown keys and
contradictions are refused at start, naming file, line and the nearest known key;
`thongsuot-{whose} check-config` runs the same checks and starts nothing.
"""


_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def attribute_docs(cls: type[object]) -> dict[str, str]:
    """Return the docstrings that follow the attributes of a class, by attribute."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    for before, node in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            docs[before.target.id] = " ".join(node.value.value.split())
    return docs


def type_text(hint: Any) -> str:  # noqa: ANN401 - a type annotation is any object
    """Return a type as a user who writes TOML needs it."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        bounds = "; ".join(filter(None, map(_bounds, parts[1:])))
        text = type_text(parts[0]) + (f" ({bounds})" if bounds else "")
    elif origin in (Union, UnionType):
        text = " or ".join(type_text(part) for part in parts if part is not NoneType)
    elif origin is Literal:
        text = "one of " + ", ".join(f"`{part}`" for part in parts)
    elif origin is tuple:
        text = f"list of {type_text(parts[0])}"
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        text = "one of " + ", ".join(f"`{member.value}`" for member in hint)
    else:
        text = _PLAIN.get(hint, "table")
    return text


def _bounds(meta: object) -> str:
    if not isinstance(meta, msgspec.Meta):
        return ""
    bounds = {"at least": meta.ge, "more than": meta.gt, "at most": meta.le, "less than": meta.lt}
    texts = [f"{word} {value_text(bound)}" for word, bound in bounds.items() if bound is not None]
    return ", ".join(texts + ([f"matches `{meta.pattern}`"] if meta.pattern else []))


def value_text(value: object) -> str:
    """Return a default as it would be written in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        plain = int(value) == value
        return f"{int(value):_}" if plain and abs(value) >= 10_000 else f"{value:g}"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, msgspec.Struct):
        pairs = msgspec.structs.asdict(value).items()
        return "{ " + ", ".join(f"{key} = {value_text(part)}" for key, part in pairs) + " }"
    assert value == {}, f"a default that cannot be shown: {value!r}"
    return "{}"


def fields(cls: type[object]) -> Iterator[tuple[str, object]]:
    """Yield the fields of a Struct or dataclass with their defaults, if any (NODEFAULT: none)."""
    if dataclasses.is_dataclass(cls):
        for field in dataclasses.fields(cls):
            value = field.default
            if value is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
                value = field.default_factory()
            yield field.name, msgspec.NODEFAULT if value is dataclasses.MISSING else value
        return
    assert issubclass(cls, msgspec.Struct)
    for info in msgspec.structs.fields(cls):
        factory = info.default_factory
        yield info.name, info.default if factory is msgspec.NODEFAULT else factory()


def table(cls: type[object], only: Sequence[str] = ()) -> Iterator[str]:
    """Yield the description of a class and a row for each key; with ``only``, just those rows."""
    text = inspect.cleandoc(cls.__doc__ or "")
    if text and not only and not text.startswith(f"{cls.__name__}("):
        yield re.sub(r"``", "`", text)
        yield ""
    docs, hints = attribute_docs(cls), get_type_hints(cls, include_extras=True)
    yield "| key | type | default | |"
    yield "| --- | --- | --- | --- |"
    for name, default in fields(cls):
        if only and name not in only:
            continue
        if default is msgspec.NODEFAULT or default is None:
            shown = "none" if default is None else "required"
        else:
            shown = f"`{value_text(default)}`"
        about = docs.get(name, "").replace("``", "`").replace("|", "\\|")
        yield f"| `{name}` | {type_text(hints[name])} | {shown} | {about} |".replace("  |", " |")


def nested(cls: type[object]) -> Iterator[str]:
    """Yield the descriptions of the tables inside a table, each type once."""
    hints = get_type_hints(cls)
    parts: dict[type[msgspec.Struct], list[str]] = {}
    for name, _ in fields(cls):
        hint = hints[name]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            parts.setdefault(hint, []).append(f"`{name}`")
    for part, names in parts.items():
        yield from ("", f"Table{'s' if len(names) > 1 else ''} {', '.join(names)}:", "")
        yield from table(part)


def sections(config: type[object]) -> Iterator[str]:
    """Yield the description of a configuration's root, then of each of its tables."""
    yield re.sub(r"``", "`", inspect.cleandoc(config.__doc__ or ""))
    hints = get_type_hints(config, include_extras=True)
    plain = [name for name, _ in fields(config) if not _tables_of(hints[name])]
    if plain:
        yield from ("", *table(config, only=plain))
    for name, _ in fields(config):
        if parts := _tables_of(hints[name]):
            many = get_origin(hints[name]) is tuple
            yield from ("", f"## `[[{name}]]`" if many else f"## `[{name}]`", "")
            yield from (*table(parts[0]), *nested(parts[0]))


def _tables_of(hint: object) -> list[type[object]]:
    """
    Return the Struct or dataclass of a key's value or of its list items; empty for other types.
    """
    inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
    holds = isinstance(inner, type) and (
        issubclass(inner, msgspec.Struct) or dataclasses.is_dataclass(inner)
    )
    return [inner] if holds and isinstance(inner, type) else []


def agent_page() -> str:
    """Return docs/reference/agent-settings.md."""
    lines = [_HEAD.format(whose="agent"), *sections(AgentConfig)]
    for kind in loader.kinds():
        lines += ["", f'## `[[probes]]` with `kind = "{kind}"`: `settings`', ""]
        lines += table(loader.load(kind).settings)
    return "\n".join(lines) + "\n"


def collector_page() -> str:
    """Return docs/reference/collector-settings.md."""
    lines = [_HEAD.format(whose="collector"), *sections(CollectorConfig)]
    for kind in sink_loader.kinds():
        lines += ["", f'## `[[sinks]]` with `kind = "{kind}"`', ""]
        lines += table(sink_loader.load(kind).settings)
    for kind in notify_loader.kinds():
        lines += ["", f'## `[[channels]]` with `kind = "{kind}"`', ""]
        lines += table(notify_loader.load(kind).settings)
    return "\n".join(lines) + "\n"

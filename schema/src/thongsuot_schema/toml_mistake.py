"""
The error in a value, as a sentence for the author of the document.

``msgspec`` names the first mistake in the words of a programmer (`` Expected `str`, got `int` - at
`$.links[0].name` ``). Here that becomes the words of a document, with the nearest known key or
value.
"""

import dataclasses
import enum
import functools
import re
import types
import typing
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from thongsuot_schema.localizable import Localizable
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.toml_lines import Path

_STEP = re.compile(r"\.(?P<key>\w+)|\[(?P<index>\d+)\]|(?P<any>\[\.\.\.\])")
_EXPECTED = re.compile(r"Expected `(?P<types>[^`]+)`(?P<limit>.*?)(?:, got [^,]+)?$", re.DOTALL)
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "a table",
    "datetime": "a date and time",
    "date": "a date",
    "time": "a time of day",
}
_OF_LENGTH = " of length "
BACKSLASH = chr(92)
_SHOWN = 60
"""Characters of a wrong value that are shown; enough to recognise it."""


def explain(
    problem: str, value: object, type_: object, base: Path, *, said: str = ""
) -> tuple[Path, str]:
    """
    Return the place of an error and its description, one sentence without file and line.

    ``problem`` is the text of the ``msgspec.ValidationError`` that ``value`` gave as ``type_``;
    ``base`` is the path of the value in its document. ``said`` is the sentence of the
    type's own check, if that refused the value.
    """
    complaint, steps, of_key = _split(problem)
    path, wrong_value, expected = _follow(steps, value, list(_flat(type_)), of_key=of_key)
    here = (*base, *path)
    if (unknown := re.fullmatch(r"Object contains unknown field `(.*)`", complaint)) is not None:
        key = unknown[1]
        known = {name for option in expected for name in _fields(option)}
        ending = suggest(key, known)
        return (*here, key), Localizable(
            'unknown key "{key}" {where}{ending}', key=key, where=_within(here), ending=ending
        )
    if (missing := re.fullmatch(r"Object missing required field `(.*)`", complaint)) is not None:
        return here, Localizable('"{key}" is missing {where}', key=missing[1], where=_within(here))
    if complaint.startswith("Invalid enum value"):
        ending = suggest(
            str(wrong_value), (str(word) for option in expected for word in _choices(option))
        )
        return here, Localizable(
            "unknown value {value} of {subject}{ending}",
            value=_shown(wrong_value),
            subject=_subject(here),
            ending=ending,
        )
    if (wrong := _EXPECTED.fullmatch(complaint)) is not None:
        return here, _wrong_value(here, wrong_value, wrong["types"], wrong["limit"])
    return here, Localizable(
        "{subject}: {complaint}", subject=_subject(here), complaint=said or complaint
    )


def unknown_key(value: object, type_: object, base: Path) -> tuple[Path, str] | None:
    """
    Return where a key is that a dataclass does not have, and the sentence about it; ``None``: none.

    ``msgspec`` forbids unknown keys in structs that say so, and cannot in dataclasses.
    """
    items: list[tuple[str | int, object]]
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return None
    for expected in _flat(type_):
        fields = _fields(expected) if dataclasses.is_dataclass(_bare(expected)) else None
        for step, inner in items:
            if fields is not None and step not in fields:
                sentence = Localizable(
                    'unknown key "{key}" {where}{ending}',
                    key=step,
                    where=_within(base),
                    ending=suggest(str(step), fields),
                )
                return (*base, step), sentence
            for part in _inside(expected, step):
                inside = unknown_key(inner, part, (*base, step))
                if inside is not None:
                    return inside
    return None


def table_name(path: Path) -> str:
    """Return a table as its header is written: ``[site]``, ``[[links]]``; for people."""
    keys = ".".join(part for part in path if isinstance(part, str))
    if not keys:
        return Localizable("the top level")
    return f"[[{keys}]]" if isinstance(path[-1], int) else f"[{keys}]"


def _within(path: Path) -> str:
    if not path:
        return Localizable("at the top level")
    return Localizable("in {table}", table=table_name(path))


def _subject(path: Path) -> str:
    """Return the description of a path, for people: ``"interface" in [[links]]``."""
    if not path:
        return Localizable("the document")
    last = path[-1]
    if isinstance(last, int):
        return Localizable(
            "element {number} of {subject}", number=last + 1, subject=_subject(path[:-1])
        )
    return Localizable('"{key}" {where}', key=last, where=_within(path[:-1]))


def _wrong_value(path: Path, value: object, expected: str, limit: str) -> str:
    names = [
        Localizable(_WORDS[name]) if name in _WORDS else name
        for name in expected.split(" | ")
        if name != "null"
    ]
    # msgspec shows a pattern as Python would write it.
    pattern = re.fullmatch(r" matching regex '(.*)'", limit)
    if pattern is not None:
        limit = Localizable(
            " matching the pattern {pattern}",
            pattern=pattern[1].replace(2 * BACKSLASH, BACKSLASH),
        )
    elif limit.startswith(_OF_LENGTH):
        limit = Localizable(" of length {limit}", limit=limit.removeprefix(_OF_LENGTH))
    expectation: str = Localizable("{what}{limit}", what=_either(names), limit=limit)
    if "array" in expected and isinstance(value, dict) and path:
        return Localizable(
            "{subject} must be an array; write [{table}] or [ … ]",
            subject=_subject(path),
            table=table_name(path),
        )
    return Localizable(
        "{subject} must be {expectation}, not {value}",
        subject=_subject(path),
        expectation=expectation,
        value=_shown(value),
    )


def _either(names: Sequence[str]) -> str:
    """Return the allowed values: one of several."""
    first, *others = names
    for other in others:
        first = Localizable("{first} or {other}", first=first, other=other)
    return first


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return Localizable("a table")
    if isinstance(value, list):
        return Localizable("an array of {count}", count=len(value))
    text = str(value)
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f'"{short}"' if isinstance(value, str) else short


def _split(problem: str) -> tuple[str, list[str | int | None], bool]:
    """Return the bare problem, the steps to it (``None``: some key), and whether a key is meant."""
    complaint, at, place = problem.rpartition(" - at ")
    if not at:
        return problem, [], False
    steps: list[str | int | None] = []
    for step in _STEP.finditer(place):
        if step["any"]:
            steps.append(None)
        else:
            steps.append(step["key"] if step["index"] is None else int(step["index"]))
    return complaint, steps, place.startswith("`key`")


def _follow(
    steps: list[str | int | None], value: object, expected: list[object], *, of_key: bool
) -> tuple[Path, object, list[object]]:
    """Walk value and type together; a step to "some key" goes to the first that does not fit."""
    path: Path = ()
    for step in steps:
        inner = [part for option in expected for part in _inside(option, step)]
        if isinstance(value, dict):
            key = _misfit(value.items(), inner) if step is None else step
            if key not in value:
                break
            path, value = (*path, key), value[key]
        elif isinstance(value, list) and isinstance(step, int):
            path, value = (*path, step), value[step]
        expected = inner
    if of_key and isinstance(value, dict):
        keys = [part for option in expected for part in _keys(option)]
        key = _misfit(((name, name) for name in value), keys)
        return (*path, key), key, keys
    return path, value, expected


def _misfit(items: Iterable[tuple[str, object]], expected: list[object]) -> str:
    for key, value in items:
        if not any(_fits(value, option) for option in expected):
            return key
    return ""


def _fits(value: object, type_: object) -> bool:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return True


def _flat(type_: object) -> Iterator[object]:
    """Yield a type, or the members of a union."""
    if typing.get_origin(type_) in {typing.Union, types.UnionType}:
        for member in typing.get_args(type_):
            yield from _flat(member)
    elif type_ is not type(None):
        yield type_


def _bare(type_: object) -> object:
    return typing.get_args(type_)[0] if typing.get_origin(type_) is typing.Annotated else type_


def _fields(type_: object) -> dict[str, object]:
    """Return the keys that a table of this type may have, with their types."""
    bare = _bare(type_)
    return _fields_of_class(bare) if isinstance(bare, type) else {}


# Looked up for each table of a document, of which the inventory of a city has thirty thousand.
@functools.cache
def _fields_of_class(bare: type) -> dict[str, object]:
    if issubclass(bare, msgspec.Struct):
        return {field.encode_name: field.type for field in msgspec.structs.fields(bare)}
    if dataclasses.is_dataclass(bare):
        hints = typing.get_type_hints(bare, include_extras=True)
        return {field.name: hints[field.name] for field in dataclasses.fields(bare)}
    return {}


def _inside(type_: object, step: str | int | None) -> Iterator[object]:
    """Yield the possible types of the content of a container."""
    bare = _bare(type_)
    arguments = typing.get_args(bare)
    fields = _fields(bare)
    if isinstance(step, str) and step in fields:
        yield from _flat(fields[step])
    elif typing.get_origin(bare) is dict:
        yield from _flat(arguments[1])
    elif typing.get_origin(bare) is tuple and isinstance(step, int) and arguments[-1] is not ...:
        yield from _flat(arguments[step] if step < len(arguments) else object)
    elif arguments:
        yield from _flat(arguments[0])


def _keys(type_: object) -> Iterator[object]:
    bare = _bare(type_)
    if typing.get_origin(bare) is dict:
        yield from _flat(typing.get_args(bare)[0])


def _choices(type_: object) -> tuple[object, ...]:
    bare = _bare(type_)
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return tuple(member.value for member in bare)
    return typing.get_args(bare) if typing.get_origin(bare) is typing.Literal else ()

"""Lines of keys, over all the ways in which TOML can write a value."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.toml_lines import Path, lines_of

DOCUMENT = '''\
# a comment with "quotes", [brackets] and = signs
title = "a # no comment" # a comment
"quoted key" = 'lit\\eral'
'lit key'=1
dotted . key = 1979-05-27 07:32:00
dotted."x.y".z = true

long = """
[not.a.header]
key = "value" \\"""
"""
after_long = """""
""two quotes at the end"""""
lit_long = \'\'\'
[[nor.this]]
\'\'\'\'\'
list = [
    1, # one ]
    "two ]",
    [ 3, [
      4 ] ],
    { a = 5, b.c = [
      6] },
]
inline = { x = 1, y = { z = "}" }, "q q" = [ ] }

[table]
key = 1
[table.sub]
key = [ ]
[[array]]
key = 1
[[array.inner]]
key = 1
[[array.inner]]
[array.inner.deep]
key = 1
[[ array ]]
  [[ array . inner ]]
  key = 1
[later.first]
[later]
key = inf
'''

EXPECTED: dict[Path, int] = {
    ("title",): 2,
    ("quoted key",): 3,
    ("lit key",): 4,
    ("dotted",): 5,
    ("dotted", "key"): 5,
    ("dotted", "x.y"): 6,
    ("dotted", "x.y", "z"): 6,
    ("long",): 8,
    ("after_long",): 12,
    ("lit_long",): 14,
    ("list",): 17,
    ("list", 0): 18,
    ("list", 1): 19,
    ("list", 2): 20,
    ("list", 2, 0): 20,
    ("list", 2, 1): 20,
    ("list", 2, 1, 0): 21,
    ("list", 3): 22,
    ("list", 3, "a"): 22,
    ("list", 3, "b"): 22,
    ("list", 3, "b", "c"): 22,
    ("list", 3, "b", "c", 0): 23,
    ("inline",): 25,
    ("inline", "x"): 25,
    ("inline", "y"): 25,
    ("inline", "y", "z"): 25,
    ("inline", "q q"): 25,
    ("table",): 27,
    ("table", "key"): 28,
    ("table", "sub"): 29,
    ("table", "sub", "key"): 30,
    ("array",): 31,
    ("array", 0): 31,
    ("array", 0, "key"): 32,
    ("array", 0, "inner"): 33,
    ("array", 0, "inner", 0): 33,
    ("array", 0, "inner", 0, "key"): 34,
    ("array", 0, "inner", 1): 35,
    ("array", 0, "inner", 1, "deep"): 36,
    ("array", 0, "inner", 1, "deep", "key"): 37,
    ("array", 1): 38,
    ("array", 1, "inner"): 39,
    ("array", 1, "inner", 0): 39,
    ("array", 1, "inner", 0, "key"): 40,
    ("later",): 42,
    ("later", "first"): 41,
    ("later", "key"): 43,
}


def paths_of(value: object, path: Path = ()) -> set[Path]:
    """Return every path that a parsed document has."""
    paths = {path} if path else set()
    if isinstance(value, dict):
        for key, inner in value.items():
            paths |= paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            paths |= paths_of(inner, (*path, position))
    return paths


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_key_of_every_form_is_found_where_it_stands(line_end: str) -> None:
    text = DOCUMENT.replace("\n", line_end)
    assert lines_of(text) == EXPECTED
    assert paths_of(tomllib.loads(text)) == set(EXPECTED)


def test_a_mark_of_byte_order_does_not_disturb() -> None:
    assert lines_of("\ufeffa = 1\nb = 2") == {("a",): 1, ("b",): 2}


def test_an_empty_document_has_no_lines() -> None:
    assert lines_of("") == lines_of("# only a comment") == {}


SCALARS = st.sampled_from(
    [
        *("1", "-0.5", "true", "nan", "0x1F", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00"),
        *('"a"', '"\\" # ["', "'\\'", '""', "''"),
        *('"""a\n[b]\n"""', "'''\n# '' \n'''", '"""\\"""\n"""', '""""a""""', "''''''"),
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n ".join(items) + "]")
        | st.lists(inner, max_size=3).map(
            lambda items: (
                "{" + ", ".join(f'k{at} . "d" = {item}' for at, item in enumerate(items)) + "}"
            )
        )
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(["a", "b-1", '"q . q"', "'l'", '"\\u0041"', "1"])
PAIRS = st.dictionaries(KEYS, VALUES, max_size=3).map(
    lambda pairs: [f"{key} ={value} # c" for key, value in pairs.items()]
)
TABLES = st.lists(
    st.tuples(st.sampled_from(["[[t]]", "[[t.u]]", "[t.v]", "[w]", "[[ 'x' ]]"]), PAIRS), max_size=6
)


@given(PAIRS, TABLES)
def test_every_key_that_tomllib_sees_is_found_and_no_other(
    top: list[str], tables: list[tuple[str, list[str]]]
) -> None:
    text = "\n".join([*top, *(line for header, pairs in tables for line in (header, *pairs))])
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # a table declared twice: not ours to judge
    assert set(lines_of(text)) == paths_of(document)


@given(PAIRS, TABLES)
def test_a_key_is_found_on_its_line(top: list[str], tables: list[tuple[str, list[str]]]) -> None:
    # Each array of tables has a name of its own here, so that headers can be found by their text.
    lines = list(top)
    expected: dict[str, int] = {}
    for position, (_, pairs) in enumerate(tables):
        lines.append(f"[[t{position}]]")
        expected[f"t{position}"] = 1 + sum(line.count("\n") + 1 for line in lines[:-1])
        lines += pairs
    line_numbers = lines_of("\n".join(lines))
    assert {name: line_numbers[(name,)] for name in expected} == expected

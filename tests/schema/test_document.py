"""Documents: what is wrong is named with file, line and the nearest valid word."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.document import convert, decode, error_at, find_mistake, locate
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.fields import Medium, Name, StrictStruct
from thongsuot_schema.inventory.model import Inventory, ProbeSchedule
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import in_language

SITES = """\
[[sites]]
name = "ba-dinh-1"

[[sites.links]]
name = "fiber"
interface = "eth0"

[[sites.links]]
name = "5g"
interface = "wwan0"
"""


def wrong(text: str, type_: type = Inventory) -> str:
    with pytest.raises(DocumentError) as raised:
        decode(text, type_, file="agent.toml")
    return str(raised.value)


def test_a_document_becomes_a_value() -> None:
    inventory = decode(SITES, Inventory, file="agent.toml")
    assert [link.interface for link in inventory.sites[0].links] == ["eth0", "wwan0"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('carier = "vnpt"', 'unknown key "carier" in [[sites.links]]; did you mean "carrier"?'),
        ('Circuit = "1"', 'unknown key "Circuit" in [[sites.links]]; did you mean "circuit"?'),
        (
            'medium = "fibre"',
            'unknown value "fibre" of "medium" in [[sites.links]]; did you mean "fiber"?',
        ),
        (
            'medium = "zzz"',
            (
                'unknown value "zzz" of "medium" in [[sites.links]]; '
                f"known: {', '.join(sorted(Medium))}"
            ),
        ),
        ("medium = 5", '"medium" in [[sites.links]] must be text, not 5'),
        (
            'allowance_bytes = "2 GB"',
            '"allowance_bytes" in [[sites.links]] must be a whole number, not "2 GB"',
        ),
        (
            "allowance_bytes = 0",
            '"allowance_bytes" in [[sites.links]] must be a whole number >= 1, not 0',
        ),
        (
            "allowance_bytes = true",
            '"allowance_bytes" in [[sites.links]] must be a whole number, not true',
        ),
        ("circuit = [1, 2]", '"circuit" in [[sites.links]] must be text, not an array of 2'),
        ("circuit = {a = 1}", '"circuit" in [[sites.links]] must be text, not a table'),
        (
            f'medium = "{"x" * 80}"',
            (
                f'unknown value "{"x" * 59}…" of "medium" in [[sites.links]]; '
                f"known: {', '.join(sorted(Medium))}"
            ),
        ),
    ],
)
def test_a_mistake_is_named_in_the_words_of_the_document(line: str, sentence: str) -> None:
    assert wrong(f"{SITES}{line}\n") == f"agent.toml:11: {sentence}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[sites]]\ntitle = 'x'", 'agent.toml:1: "name" is missing in [[sites]]'),
        (
            "\n[[sites]]\nname = 'a'\n[sites.links]\nname='b'",
            'agent.toml:4: "links" in [[sites]] must be an array; write [[sites.links]] or [ … ]',
        ),
        (
            "[site]\nname = 'a'",
            'agent.toml:1: unknown key "site" at the top level; did you mean "sites"?',
        ),
        ("sites = 3", 'agent.toml:1: "sites" at the top level must be an array, not 3'),
        (
            "[[targets]]\nname='a'\nrole='anchor'\nsegment='lan'\naddresses = [\n 'x',\n 3,\n]",
            'agent.toml:7: element 2 of "addresses" in [[targets]] must be text, not 3',
        ),
        (
            "[[sites]]\nname = 'Ba Đình'",
            (
                'agent.toml:2: "name" in [[sites]] must be text matching the pattern '
                '^[a-z0-9][a-z0-9._-]{0,62}$, not "Ba Đình"'
            ),
        ),
        (
            "[[probes]]\nkind = 'icmp'\nevery_s = -5",
            'agent.toml:3: "every_s" in [[probes]] must be a number > 0.0, not -5',
        ),
        (
            "[[probes]]\nkind = 'icmp'\nevery_s = 5\nmetered_every_s = 'x'",
            'agent.toml:4: "metered_every_s" in [[probes]] must be a number, not "x"',
        ),
        ("\n\na = \n", "agent.toml:3: not TOML: Invalid value"),
        ("a = 1\nb = 2\na = 3\n", "agent.toml:3: not TOML: Cannot overwrite a value"),
        ('a = """\nx\n', "agent.toml:3: not TOML: Unterminated string"),
        ("[a\n", "agent.toml:1: not TOML: Expected ']' at the end of a table declaration"),
    ],
)
def test_the_line_of_a_mistake_is_named(text: str, message: str) -> None:
    assert wrong(text) == message


def test_a_missing_key_at_the_top_has_no_line() -> None:
    assert wrong("# nothing", ProbeSchedule) == 'agent.toml: "kind" is missing at the top level'


def test_an_absurd_number_or_depth_is_a_mistake_like_others() -> None:
    assert wrong("a = " + "9" * 5000).startswith("agent.toml: not TOML: ")
    assert wrong("a = " + "[" * 5000) == "agent.toml: nested too deeply to be read"


def test_a_mark_of_byte_order_and_ends_of_lines_of_another_system_are_taken() -> None:
    assert wrong("\ufeff[[sites]]\r\nname = 'a'\r\nx = 1\r\n").startswith("agent.toml:3: unknown")
    assert decode("\ufeff" + SITES, Inventory, file="f").sites


def test_a_typo_in_a_required_key_is_reported_as_a_typo() -> None:
    text = "[[sites]]\nname = 'a'\n[[sites.links]]\nname = 'b'\ninterfce = 'eth0'"
    assert wrong(text) == (
        'agent.toml:5: unknown key "interfce" in [[sites.links]]; did you mean "interface"?'
    )


@dataclass(frozen=True, kw_only=True)
class TimingTable:
    """Settings as the rooms write them."""

    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    mode: Literal["fast", "slow"] = "fast"


@dataclass(frozen=True, kw_only=True)
class NestedTable:
    """Settings that hold settings."""

    timing: TimingTable = field(default_factory=TimingTable)
    names: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = field(default_factory=dict)
    pair: tuple[str, int] = ("", 0)


class HolderTable(StrictStruct, frozen=True):
    """A document with a part whose type is known later."""

    schedules: tuple[ProbeSchedule, ...] = ()
    ports: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    by_name: dict[Name, str] = msgspec.field(default_factory=dict)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cuont = 1", 'f:1: unknown key "cuont" at the top level; did you mean "count"?'),
        ("zzz = 1", 'f:1: unknown key "zzz" at the top level; known: count, mode'),
        ("\ncount = 0", 'f:2: "count" at the top level must be a whole number >= 1, not 0'),
        (
            "mode = 'fats'",
            'f:1: unknown value "fats" of "mode" at the top level; did you mean "fast"?',
        ),
    ],
)
def test_settings_of_a_dataclass_are_read_as_strictly(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as raised:
        decode(text, TimingTable, file="f")
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[timing]\ncuont = 1", 'f:2: unknown key "cuont" in [timing]; did you mean "count"?'),
        ("[timing]\ncount = 'x'", 'f:2: "count" in [timing] must be a whole number, not "x"'),
        (
            "[names]\na = 1\nb = -1\nc = -1",
            'f:3: "b" in [names] must be a whole number >= 0, not -1',
        ),
        (
            "pair = ['a',\n'b']",
            'f:2: element 2 of "pair" at the top level must be a whole number, not "b"',
        ),
    ],
)
def test_mistakes_inside_settings_are_found(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as raised:
        decode(text, NestedTable, file="f")
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[ports.a]\nx = 1\n[ports.b]\ny = 'z'",
            'f:4: "y" in [ports.b] must be a whole number, not "z"',
        ),
        (
            "[by_name]\na = 'a'\n'B b' = 'b'",
            (
                'f:3: "B b" in [by_name] must be text matching the pattern '
                '^[a-z0-9][a-z0-9._-]{0,62}$, not "B b"'
            ),
        ),
    ],
)
def test_the_key_at_fault_in_a_table_of_free_keys_is_found(text: str, message: str) -> None:
    assert wrong(text, HolderTable).replace("agent.toml", "f") == message


def test_a_part_is_converted_later_with_the_lines_of_the_whole() -> None:
    text = (
        "[[schedules]]\nkind = 'a'\nevery_s = 1\n[[schedules]]\nkind = 'b'\nevery_s = 1\n"
        "[schedules.settings]\ncont = 3\n"
    )
    holder = decode(text, HolderTable, file="f")
    path = ("schedules", 1, "settings")
    with pytest.raises(DocumentError) as raised:
        convert(holder.schedules[1].settings, TimingTable, text=text, file="f", path=path)
    assert (
        str(raised.value)
        == 'f:8: unknown key "cont" in [schedules.settings]; did you mean "count"?'
    )
    assert convert({"count": 3}, TimingTable, text=text, file="f", path=path) == TimingTable(
        count=3
    )


@dataclass
class Pair:
    """A type with a check of its own."""

    first: int = 0
    last: int = 0

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(Localizable("{name} is empty", name=f"{self.first}–{self.last}"))


def test_the_sentence_of_a_types_own_check_reads_in_other_languages() -> None:
    mistake = find_mistake({"first": 2, "last": 1}, Pair)
    assert mistake is not None
    assert mistake[1] == "the document: 2–1 is empty"
    assert in_language(mistake[1], "vi") == "cả tệp: tệp 2–1 trống"


def test_a_contradiction_is_raised_where_it_stands() -> None:
    error = error_at(SITES, ("sites", 0, "links", 1, "interface"), "is used twice", file="f")
    assert (error.file, error.line, str(error)) == ("f", 10, "f:10: is used twice")


def test_a_path_that_is_not_there_takes_the_line_around_it() -> None:
    assert locate(SITES, ("sites", 0, "links", 1, "carrier")) == 8
    assert locate(SITES, ("carriers", 3)) == 0
    assert locate(SITES, ()) == 0


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
FILLERS = st.sampled_from(["", "# comment = [", 'title = """\n[x]\n"""', 'owner = "a" # b'])


@given(st.lists(st.tuples(NAMES, FILLERS), min_size=1, max_size=5), st.data())
def test_one_planted_mistake_is_found_on_its_line(
    sites: list[tuple[str, str]], data: st.DataObject
) -> None:
    lines: list[str] = []
    places: list[int] = []
    for name, filler in sites:
        lines += ["[[sites]]", f'name = "{name}"', *filler.split("\n")]
        lines += ["links = [{ name = 'a', interface = 'b' },", " { name = 'c', interface = 'd' }]"]
        places.append(len(lines))
    at = data.draw(st.sampled_from(places))
    mistake = data.draw(
        st.sampled_from(["nam = 1", "kind = 'x'", "commune = '1'", "contacts = [{ email = '' }]"])
    )
    lines.insert(at, mistake)
    with pytest.raises(DocumentError) as raised:
        decode("\n".join(lines), Inventory, file="f")
    assert raised.value.line == at + 1

"""Every command of the two programs that a page gives exists, with the options that it is given."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tools.commands import ROOMS, commands_of_room

from tests.contract.house import ROOT

_COMMAND = re.compile(r"thongsuot-(?:agent|collector) [a-z][^`\n|;&)]*")
_OPTION = re.compile(r"--[a-z][a-z-]*")
_OF_ALL = frozenset({"--help", "--version"})
COMMANDS_AT_LEAST = 150


@pytest.fixture(scope="module")
def known() -> dict[str, frozenset[str]]:
    """The words of each command, and its options."""
    return {
        command.words: frozenset(
            option for argument in command.arguments for option in _OPTION.findall(argument.written)
        )
        for room in ROOMS
        for command in commands_of_room(room)
    }


def pages() -> Iterator[Path]:
    """Yield README and documents; decisions stay as they were taken."""
    yield ROOT / "README.md"
    yield from (path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions")


def mistakes(text: str, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield the commands of a text that do not exist, and options that a command does not have."""
    groups = {" ".join(words.split()[:2]) for words in known}
    for command in _COMMAND.findall(text):
        fitting = [words for words in known if re.match(rf"{re.escape(words)}(?![\w-])", command)]
        if not fitting:
            if " ".join(command.split()[:2]) not in groups:
                yield f"no command: {command}"
            continue
        unknown = set(_OPTION.findall(command)) - known[max(fitting, key=len)] - _OF_ALL
        yield from (f"no option {option}: {command}" for option in sorted(unknown))


def test_every_command_that_a_page_gives_exists(known: Mapping[str, frozenset[str]]) -> None:
    texts = {path: path.read_text("utf-8") for path in pages()}
    assert sum(len(_COMMAND.findall(text)) for text in texts.values()) > COMMANDS_AT_LEAST
    assert [f"{path}: {m}" for path, text in texts.items() for m in mistakes(text, known)] == []


def test_a_command_that_is_none_is_found(known: Mapping[str, frozenset[str]]) -> None:
    text = "Run `thongsuot-agent stauts`, then `thongsuot-collector person add lan --rolle x`."
    assert list(mistakes(text, known)) == [
        "no command: thongsuot-agent stauts",
        "no option --rolle: thongsuot-collector person add lan --rolle x",
    ]

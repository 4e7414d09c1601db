"""
Both programs speak the language of the person at the terminal.

Every help text and each sentence by which a command is refused is a message of a catalogue: what
reads the same in Vietnamese and in English was written into the code.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.house import ROOT
from thongsuot_agent.cli.parser import command_parser
from thongsuot_collector.cli.main import build_parser

PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "agent": lambda: command_parser("/etc/thongsuot/agent.toml"),
    "collector": build_parser,
}
NOTHING_TO_SAY = {"%(default)s", ""}
"""Helps without a word: the default value alone, or none."""
HELPS_AT_LEAST = {"agent": 55, "collector": 230}
_VIETNAMESE = {"LANGUAGE": "", "LC_ALL": "", "LANG": "vi_VN.UTF-8"}
_C = {"LANGUAGE": "", "LC_ALL": "", "LC_MESSAGES": "", "LANG": "C"}


def helps(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, str]]:
    """Yield every text that ``--help`` shows of a command and those below it, by its place."""
    yield f"{words} (description)", parser.description or ""
    yield f"{words} (epilog)", parser.epilog or ""
    for action in parser._actions:
        yield f"{words} {action.dest}", action.help or ""
        if isinstance(action, argparse._SubParsersAction):
            for group in action._choices_actions:
                yield f"{words} {group.dest} (listed)", group.help or ""
            for name, below in action.choices.items():
                yield from helps(below, f"{words} {name}")


@pytest.mark.parametrize("room", PARSERS)
def test_every_help_text_has_a_vietnamese_message(
    room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    vietnamese = dict(helps(PARSERS[room](), room))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    english = dict(helps(PARSERS[room](), room))
    assert vietnamese.keys() == english.keys()
    assert len(english) > HELPS_AT_LEAST[room]
    untranslated = [
        place
        for place, text in english.items()
        if vietnamese[place] == text and text not in NOTHING_TO_SAY
    ]
    assert untranslated == []


def printed(program: str, *words: str, environment: dict[str, str]) -> tuple[int, str]:
    """Run a program as a person at such a terminal; return how it ended and what it printed."""
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *words],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("program", "vietnamese", "english"),
    [
        (
            "thongsuot-collector",
            "Nhận kết quả đo của các thiết bị, lưu giữ, chuyển tiếp và hiển thị.",
            "Receives what agents measured, keeps it, forwards it and shows it.",
        ),
        (
            "thongsuot-agent",
            "Đo các đường truyền của một điểm phục vụ, đánh giá và lưu hồ sơ.",
            "Measures the uplinks of a service point, judges them, keeps the record.",
        ),
    ],
)
def test_help_is_in_the_language_of_the_terminal(
    program: str, vietnamese: str, english: str
) -> None:
    code, text = printed(program, "--help", environment=_VIETNAMESE)
    assert code == 0
    assert vietnamese in text
    assert text.startswith("cách dùng: ")
    assert "show this help message" not in text
    code, text = printed(program, "--help", environment=_C)
    assert code == 0
    assert english in text
    assert text.startswith("usage: ")


@pytest.mark.parametrize(
    ("program", "words", "vietnamese", "english"),
    [
        (
            "thongsuot-collector",
            ("sites", "--config", "/nowhere.toml"),
            "thongsuot-collector: không có tệp /nowhere.toml\n",
            "thongsuot-collector: there is no file /nowhere.toml\n",
        ),
        (
            "thongsuot-agent",
            ("check-config", "--config", "/nowhere.toml"),
            "không có tệp /nowhere.toml\n",
            "there is no file /nowhere.toml\n",
        ),
    ],
)
def test_a_refusal_is_one_sentence_in_the_language_of_the_terminal(
    program: str, words: tuple[str, ...], vietnamese: str, english: str
) -> None:
    assert printed(program, *words, environment=_VIETNAMESE) == (2, vietnamese)
    assert printed(program, *words, environment=_C) == (2, english)


INVENTORY = """
[[sites]]
name = "ba-dinh"

[[sites.links]]
name = "fixed"
interface = "eth0"
carier = "vnpt"
"""


def test_a_mistake_in_a_file_is_reported_in_the_language_of_the_terminal_with_its_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "inventory").mkdir()
    inventory = tmp_path / "inventory" / "city.toml"
    inventory.write_text(INVENTORY, encoding="utf-8")
    collector = tmp_path / "collector.toml"
    collector.write_text('state_dir = "state"\ninventory_dir = "inventory"\n', encoding="utf-8")
    agent = tmp_path / "agent.toml"
    agent.write_text("[site]\nname = 5\n", encoding="utf-8")
    check = ("check-config", "--config")
    assert printed("thongsuot-collector", *check, str(collector), environment=_VIETNAMESE) == (
        2,
        (
            f'{inventory}:8: không có mục "carier" trong [[sites.links]]; '
            'có phải là "carrier" không?\n'
        ),
    )
    assert printed("thongsuot-collector", *check, str(collector), environment=_C) == (
        2,
        f'{inventory}:8: unknown key "carier" in [[sites.links]]; did you mean "carrier"?\n',
    )
    assert printed("thongsuot-agent", *check, str(agent), environment=_VIETNAMESE) == (
        2,
        f'{agent}:2: "name" trong [site] phải là chữ, không phải 5\n',
    )

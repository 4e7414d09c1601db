"""
Every command that prints a result prints it as JSON too, of a shape that the reference has, and a
refusal is one sentence for people and one document for programs.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.commands import ROOMS, commands_of_room

from tests.contract.house import ROOT
from thongsuot_collector.cli.main import build_parser, main

WITHOUT_JSON = {
    "thongsuot-agent run": "a process that runs until it is stopped; its status is `status`",
    "thongsuot-agent snmp walk-profile": "prints the beginning of a profile, which is TOML",
    "thongsuot-agent replay": "tells a person how a recording was judged; that is JSON lines",
    "thongsuot-collector init": "speaks with the person who sets up; what it makes are files",
    "thongsuot-collector run": "a process that runs until it is stopped",
    "thongsuot-collector reflector": "a process that runs until it is stopped",
    "thongsuot-collector mcp": "speaks JSON-RPC on standard input and output",
    "thongsuot-collector person change": "prints nothing",
    "thongsuot-collector person remove": "prints nothing",
    "thongsuot-collector person reset-second-factor": "prints nothing",
    "thongsuot-collector export": "writes the table that --format selects, to where --out says",
}
"""The commands without `--json`, and why."""


@pytest.fixture(scope="module")
def results() -> dict[str, bool]:
    """Whether each command has a result with a shape."""
    return {
        command.words: command.result is not None
        for room in ROOMS
        for command in commands_of_room(room)
    }


def test_every_command_has_a_documented_result_or_a_reason(results: dict[str, bool]) -> None:
    assert {words for words, has_result in results.items() if not has_result} == set(WITHOUT_JSON)
    documented = json.loads((ROOT / "docs/reference/commands.schema.json").read_text("utf-8"))
    assert set(documented["results"]) == {words for words, is_one in results.items() if is_one}


def leaves(
    parser: argparse.ArgumentParser, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Yield every command with its words."""
    groups = [item for item in parser._actions if isinstance(item, argparse._SubParsersAction)]
    if not groups:
        yield words, parser
    for group in groups:
        for name, below in group.choices.items():
            yield from leaves(below, (*words, name))


SAMPLES = {"month": "2026-11", "id": "1", "start": "2026-11-01"}
"""What an argument is given where not every text will do."""


def filled(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> list[str]:
    """Return a command line that argparse takes: all that is required, and nothing else."""
    given = list(words)
    for action in parser._actions:
        if not action.required or not (action.option_strings or action.nargs not in {"?", "*"}):
            continue
        value = SAMPLES.get(action.dest) or next(iter(action.choices or ()), "nothing")
        given += [*action.option_strings[:1], str(value)]
    return given


def commands_with_result() -> list[tuple[str, ...]]:
    return [
        words
        for words, parser in leaves(build_parser(), ())
        if " ".join(("thongsuot-collector", *words)) not in WITHOUT_JSON
    ]


@pytest.mark.parametrize("words", commands_with_result(), ids=" ".join)
def test_a_refused_command_of_the_collector_reports_it_in_both_forms(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    parser = dict(leaves(build_parser(), ()))[words]
    config = tmp_path / "away.toml"
    status = main([*filled(parser, words), "--config", str(config), "--json"])
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert (status, error["exit_code"]) == (error["exit_code"], status)
    assert status in {1, 2}
    assert err == f"thongsuot-collector: {error['message']}\n", "one sentence"
    assert any(letter in error["message"] for letter in "ăâđêôơưáàạảãéèếềệóòồộốúùứừữýỳ"), err


OF_AGENT = (
    ("check-config",),
    ("doctor",),
    ("links",),
    ("routes", "show"),
    ("status",),
    ("site-config",),
    ("enrol", "--code", "x"),
)


@pytest.mark.parametrize("words", OF_AGENT, ids=" ".join)
def test_a_refused_command_of_the_agent_reports_it_in_both_forms(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    config = tmp_path / "agent.toml"
    config.write_text("\n[sit]\n", encoding="utf-8")
    program = Path(sys.executable).with_name("thongsuot-agent")
    command = [str(program), *words, "--config", str(config), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["exit_code"]) == (2, 2)
    assert done.stderr == f"{error['message']}\n"
    assert [(mistake["file"], mistake["line"]) for mistake in error["mistakes"]] == [
        (str(config), 2)
    ]

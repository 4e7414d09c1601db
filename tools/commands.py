"""
The page of the commands, from their argument parsers: every word, argument and option.

``python -m tools.commands ROOM`` prints one room's part as JSON: the agent's command forbids
imports that the collector's needs, so each is read in a process of its own.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from thongsuot_runtime.refusal import ErrorReport

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("agent", "collector")

_HEAD = """\
# Commands

Every command with its arguments and options. Made from the parsers by `./run reference`; do not
edit. The packages bring the same as man pages, with completion for bash and zsh. `--help` behind
any of them prints it.

Exit codes: 0 done; 1 it could not be done, the text says why; 2 the command line or the
configuration is wrong. Where a command has more, it says so.

With `--json` standard output has one JSON document and nothing else; its shape stands below each
command, as [JSON Schema](commands.schema.json) in full. A command that is refused prints
`{"error": {"message": …, "exit_code": …, "mistakes": […]}}` instead, and its sentence on the error
stream as always; `mistakes` has `file`, `line` and `message` of each that was found in a file.
What argparse does not understand is refused before that, in text.
"""


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument or option as written on the command line, and its help."""

    written: str
    text: str


class CommandHelp(msgspec.Struct, frozen=True, kw_only=True):
    """One command: its words, its help, its arguments and its result."""

    words: str
    text: str
    epilog: str
    arguments: tuple[Argument, ...]
    result: dict[str, Any] | None = None
    """JSON Schema of what it prints with ``--json``; ``None``: it has no such option."""


def commands_of(parser: argparse.ArgumentParser, words: str) -> Iterator[CommandHelp]:
    """Yield a command, or its subcommands, in the order in which they were added."""
    groups = [action for action in parser._actions if isinstance(action, _Words)]  # noqa: SLF001
    if not groups:
        yield CommandHelp(
            words=words,
            text=parser.description or "",
            epilog=parser.epilog or "",
            arguments=tuple(_arguments(parser)),
            result=_result(parser.get_default("shape")),
        )
    for group in groups:
        for name, below in group.choices.items():
            yield from commands_of(below, f"{words} {name}")


def _result(shape: object) -> dict[str, Any] | None:
    """Return the schema of a shape: a type, or where one stands (``module:name``)."""
    if isinstance(shape, str):
        module, _, name = shape.partition(":")
        shape = getattr(importlib.import_module(module), name)
    return None if shape is None else msgspec.json.schema(shape)


# argparse has no public way to inspect a parser; these names have been stable since Python 2.7.
_Words = argparse._SubParsersAction  # noqa: SLF001


def _arguments(parser: argparse.ArgumentParser) -> Iterator[Argument]:
    for action in parser._actions:  # noqa: SLF001
        if action.help == argparse.SUPPRESS or action.dest in {"help", "version"}:
            continue
        text = (action.help or "") % {**vars(action), "prog": parser.prog}
        yield Argument(written=_written(action), text=text)


def _written(action: argparse.Action) -> str:
    metavar = action.metavar or action.dest.upper()
    value = metavar if isinstance(metavar, str) else " ".join(metavar)
    if action.choices is not None and action.metavar is None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    if action.nargs in {"?", "*"} and not action.option_strings:
        value = f"[{value}]"
    if action.nargs in {"*", "+"}:
        value = f"{value} ..."
    if not action.option_strings:
        return value
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}"


def commands_page() -> str:
    """Return the page."""
    lines = [_HEAD]
    for room in ROOMS:
        commands = commands_of_room(room)
        shared = [
            argument
            for argument in commands[0].arguments
            if all(argument in command.arguments for command in commands)
        ]
        lines.append(f"## thongsuot-{room}\n")
        if shared:
            lines += ["Every command takes:\n", *_table(shared)]
        for command in commands:
            own = [argument for argument in command.arguments if argument not in shared]
            lines += [f"### {command.words}\n", f"{_sentence(command.text)}\n", *_table(own)]
            if command.epilog:
                lines.append(f"{command.epilog}\n")
            if command.result is not None:
                lines.append(f"With `--json`: {_described(command.result, command.result)}.\n")
    return "\n".join(lines).rstrip() + "\n"


def results_schema() -> str:
    """Return docs/reference/commands.schema.json: the schema of each command's result."""
    results = {
        command.words: command.result
        for room in ROOMS
        for command in commands_of_room(room)
        if command.result is not None
    }
    refused = msgspec.json.schema(ErrorReport)
    document = {"refused": refused, "results": results}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _described(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    """Return in words what a result has: the keys of its outermost objects."""
    if "$ref" in schema:
        return _described(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in schema:
        return "; or ".join(_described(option, whole) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"a list of which each element is {_described(schema['items'], whole)}"
    return "an object of " + ", ".join(f"`{key}`" for key in schema["properties"])


def _table(arguments: Sequence[Argument]) -> list[str]:
    if not arguments:
        return []
    rows = [f"| `{argument.written}` | {_cell(argument.text)} |" for argument in arguments]
    return ["| argument | |\n| --- | --- |", *rows, ""]


def commands_of_room(room: str) -> list[CommandHelp]:
    """Return the commands of a room, in English, as a process of its own reads them."""
    command = [sys.executable, "-m", "tools.commands", room]
    in_english = {**os.environ, "LANGUAGE": "", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=ROOT, env=in_english, check=True, capture_output=True)
    return msgspec.json.decode(done.stdout, type=list[CommandHelp])


def _sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Print the commands of one room as JSON; returns the exit code."""
    (room,) = sys.argv[1:]
    module = importlib.import_module(f"thongsuot_{room}.cli.main")
    parser: argparse.ArgumentParser = module.build_parser()
    commands = [msgspec.to_builtins(command) for command in commands_of(parser, parser.prog)]
    print(json.dumps(commands))
    return 0


if __name__ == "__main__":
    sys.exit(main())

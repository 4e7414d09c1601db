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

import msgspec

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("agent", "collector")

_HEAD = """\
# Commands

Every command with its arguments and options. Made from the parsers by `./run reference`; do not
edit. The packages bring the same as man pages, with completion for bash and zsh. `--help` behind
any of them prints it.

Exit codes: 0 done; 1 it could not be done, the text says why; 2 the command line or the
configuration is wrong. Where a command has more, it says so.
"""


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument or option as written on the command line, and its help."""

    written: str
    text: str


class CommandHelp(msgspec.Struct, frozen=True, kw_only=True):
    """One command: its words, its help, and its arguments."""

    words: str
    text: str
    epilog: str
    arguments: tuple[Argument, ...]


def commands_of(parser: argparse.ArgumentParser, words: str) -> Iterator[CommandHelp]:
    """Yield a command, or its subcommands, in the order in which they were added."""
    groups = [action for action in parser._actions if isinstance(action, _Words)]  # noqa: SLF001
    if not groups:
        yield CommandHelp(
            words=words,
            text=parser.description or "",
            epilog=parser.epilog or "",
            arguments=tuple(_arguments(parser)),
        )
    for group in groups:
        for name, below in group.choices.items():
            yield from commands_of(below, f"{words} {name}")


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
    return "\n".join(lines).rstrip() + "\n"


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

"""
Man page and shell completion of a room's command, made from its argument parser.

``python -m tools.packages.command_help ROOM FOLDER`` writes them below ``FOLDER`` as below
``/usr/share``. Each room is processed in a process of its own: the agent's command forbids imports
that the collector's needs.
"""

import argparse
import gzip
import importlib
import os
import re
import sys
from pathlib import Path

import shtab
from argparse_manpage.manpage import Manpage

ROOMS = ("agent", "collector")


def man_page(parser: argparse.ArgumentParser, day: str) -> str:
    """Return the page of section 1 in roff; ``day`` is the date in its footer."""
    page = Manpage(parser)
    page.date = day
    page.manual = "Thông Suốt"
    description = (parser.description or "").rstrip(".")
    # whatis and apropos split the line below NAME at its dash.
    name = rf"\g<0> \\- {description[:1].lower()}{description[1:]}"
    return re.sub(r"(?<=^\.SH NAME\n).+$", name, str(page), count=1, flags=re.MULTILINE)


def write_command_help(parser: argparse.ArgumentParser, share: Path, day: str) -> list[Path]:
    """Write the page and the completions of bash and zsh below ``share``; return the files."""
    contents = {
        f"man/man1/{parser.prog}.1.gz": gzip.compress(man_page(parser, day).encode(), 9, mtime=0),
        f"bash-completion/completions/{parser.prog}": shtab.complete(parser, "bash").encode(),
        f"zsh/vendor-completions/_{parser.prog}": shtab.complete(parser, "zsh").encode(),
    }
    for name, content in contents.items():
        path = share / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return [share / name for name in contents]


def main() -> int:
    """Write the files of one room's command; return the exit code."""
    parser = argparse.ArgumentParser(description="Write man page and completions of a command.")
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("share", type=Path)
    parser.add_argument("day", help="date in the footer of the page, as in 2026-11-30")
    options = parser.parse_args()
    # The same on every builder's machine, in the language of the reference pages.
    os.environ.update(LANGUAGE="", LC_ALL="C.UTF-8")
    command = importlib.import_module(f"thongsuot_{options.room}.cli.main")
    write_command_help(command.build_parser(), options.share, options.day)
    return 0


if __name__ == "__main__":
    sys.exit(main())

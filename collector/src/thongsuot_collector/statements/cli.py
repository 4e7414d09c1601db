"""``thongsuot-collector sla``: issues the statements of a month, and shows or writes them."""

import argparse
import sys
from pathlib import Path

from thongsuot_collector.sla.month import Month, month_from
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.statements.command import FORMATS, shown, statements, written
from thongsuot_schema.words.language import LANGUAGES

EXIT_WRONG = 2

HELP = "issue the statements of a month, and show them or write them out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--month", type=_month, required=True, help="as in 2026-11")
    parser.add_argument("--circuit", metavar="NAME", help="only this one, or SITE/LINK")
    parser.add_argument("--format", choices=FORMATS, default="text", help="%(default)s")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write a file each, there")
    parser.add_argument("--lang", choices=LANGUAGES, default="vi", help="of the text: %(default)s")


def run(options: argparse.Namespace, archive: StatementArchive) -> int:
    """Do what was asked for and return the exit status."""
    if options.format == "pdf" and options.out is None:
        print("thongsuot-collector: a PDF is written to a folder: give --out DIR", file=sys.stderr)
        return EXIT_WRONG
    files = statements(archive, options.month, options.circuit, options.format, options.lang)
    if options.out is None:
        for part in shown(files, options.format):
            print(part)
    else:
        for path in written(files, options.out):
            print(path)
    return 0


def _month(text: str) -> Month:
    try:
        return month_from(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error

"""``thongsuot-collector sla``: issues the statements of a month, and shows or writes them."""

import argparse
from pathlib import Path

from thongsuot_collector.cli.command import Commands, UsageError, configured, opened_store
from thongsuot_collector.sla.calendar import Month, month_from
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.statements.command import FORMATS, shown, statements, written
from thongsuot_schema.words.translations import REFERENCE, languages

HELP = "issue the statements of a month, and show them or write them out"


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add("sla", _sla, HELP)
    parser.add_argument("--month", type=_month, required=True, help="as in 2026-11")
    parser.add_argument("--circuit", metavar="NAME", help="only this circuit, or SITE/LINK")
    parser.add_argument("--format", choices=FORMATS, default="text", help="%(default)s")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one file a statement there")
    parser.add_argument(
        "--lang", choices=languages(), default=REFERENCE, help="of the text: %(default)s"
    )


def _sla(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    calm_s = configuration.settings.timeline.calm_s
    with opened_store(configuration) as store:
        return _issue(options, StatementArchive(store, directory, calm_s=calm_s))


def _issue(options: argparse.Namespace, archive: StatementArchive) -> int:
    if options.format == "pdf" and options.out is None:
        raise UsageError("a PDF is written to a folder: give --out DIR")
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

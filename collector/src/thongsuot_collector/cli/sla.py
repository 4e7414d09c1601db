"""``thongsuot-collector sla``: issues the statements of a month, and shows or writes them."""

import argparse
from pathlib import Path

import msgspec

from thongsuot_collector.cli.command import Commands, UsageError, configured, opened_store
from thongsuot_collector.cli.results import WrittenFiles, print_result
from thongsuot_collector.sla.calendar import Month, month_from
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.statements.command import FORMATS, issues, shown, statements, written
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.translations import REFERENCE, languages

HELP = Text("collector.cli.sla")


class IssuedStatements(
    msgspec.Struct, frozen=True, kw_only=True, tag="statements", tag_field="what"
):
    """The stored statements of a month."""

    statements: list[IssuedStatement]


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_result("sla", _sla, localized(HELP), IssuedStatements | WrittenFiles)
    parser.add_argument(
        "--month", type=_month, required=True, help=localized(Text("collector.cli.sla.month"))
    )
    parser.add_argument(
        "--circuit", metavar="NAME", help=localized(Text("collector.cli.sla.circuit"))
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="%(default)s")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=localized(Text("collector.cli.sla.out"))
    )
    parser.add_argument(
        "--lang",
        choices=languages(),
        default=REFERENCE,
        help=localized(Text("collector.cli.sla.lang")),
    )


def _sla(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    calm_s = configuration.settings.timeline.calm_s
    with opened_store(configuration) as store:
        return _issue(options, StatementArchive(store, directory, calm_s=calm_s))


def _issue(options: argparse.Namespace, archive: StatementArchive) -> int:
    if options.format == "pdf" and options.out is None:
        raise UsageError(Text("collector.cli.error.pdf_needs_folder"))
    if options.json and options.out is None:
        issued = list(issues(archive, options.month, options.circuit))
        print_result(options, IssuedStatements(statements=issued))
        return 0
    files = statements(archive, options.month, options.circuit, options.format, options.lang)
    if options.out is None:
        for part in shown(files, options.format):
            print(part)
        return 0
    paths = [str(path) for path in written(files, options.out)]
    print_result(options, WrittenFiles(files=paths), paths)
    return 0


def _month(text: str) -> Month:
    try:
        return month_from(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error

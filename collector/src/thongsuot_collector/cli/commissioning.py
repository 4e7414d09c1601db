"""``thongsuot-collector commissioning``: the proofs of a site's links, and today's code."""

import argparse
import time
from pathlib import Path

from sqlalchemy import Engine

from thongsuot_collector.cli.command import CommandFailed, Commands, UsageError, on_store
from thongsuot_collector.cli.command import configured as configured_files
from thongsuot_collector.commissioning.code import code_of_today
from thongsuot_collector.commissioning.document import ReportDocument, report_document
from thongsuot_collector.commissioning.status import commissioning_fact, commissioning_notes
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.unknown_names import unknown_site
from thongsuot_collector.store import commissioning
from thongsuot_collector.store.commissioning_photos import photos_of
from thongsuot_runtime.terminal import localized
from thongsuot_schema.commissioning.events import run_from_events
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.translations import REFERENCE, languages

HELP = Text("collector.cli.commissioning")


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add("commissioning", on_store(_commissioning), localized(HELP))
    parser.add_argument("site", help=localized(Text("collector.cli.any.as_the_inventory_names")))
    parser.add_argument(
        "--pdf", type=Path, metavar="FILE", help=localized(Text("collector.cli.commissioning.pdf"))
    )
    parser.add_argument(
        "--code", action="store_true", help=localized(Text("collector.cli.commissioning.code"))
    )
    parser.add_argument(
        "--url",
        default="",
        help=localized(Text("collector.cli.commissioning.url")),
    )
    parser.add_argument("--lang", choices=languages(), default=REFERENCE, help="%(default)s")


def _commissioning(
    options: argparse.Namespace, store: Engine, directory: InventoryDirectory
) -> int:
    site, language = options.site, options.lang
    if site not in directory.sites:
        raise UsageError(unknown_site(site, sorted(directory.sites)))
    if options.code:
        code = code_of_today(store, site, time.time())
        if not code:
            raise CommandFailed(Text("collector.cli.error.not_enrolled", site=site))
        print(code)
        return 0
    events = next(iter(commissioning.runs_of(store, site)), [])
    run = run_from_events(events)
    if options.pdf is None:
        print(commissioning_fact(run, language))
        for note in commissioning_notes(site, run, directory, language):
            print(note)
    if run is None:
        if options.pdf is not None:
            raise CommandFailed(Text("collector.cli.error.never_commissioned", site=site))
        return 0
    photos = [] if options.pdf is None else photos_of(store, site, run.id)
    url = options.url or _url(options)
    document = report_document(site, run, directory, language, url=url, photos=photos)
    if options.pdf is None:
        _print_lines(document)
        return 0
    # Typst takes 65 MiB at work: no other command pays for it.
    from thongsuot_collector.commissioning.pdf import render  # noqa: PLC0415

    options.pdf.write_bytes(render(document))
    print(options.pdf)
    return 0


def _url(options: argparse.Namespace) -> str:
    configuration, _ = configured_files(options)
    page_url = configuration.settings.notify.page_url.rstrip("/")
    return f"{page_url}/sites/{options.site}" if page_url else ""


def _print_lines(document: ReportDocument) -> None:
    for line in document.lines:
        print(f"{line.title}: {'; '.join(line.facts)}")
    print(f"{document.counter_title}: {document.counter}")
    for at, sentence in document.failures:
        print(f"{at} {sentence}")

"""``thongsuot-collector commissioning``: the proofs of a site's links, and today's code."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli.command import CommandFailed, Commands, UsageError, on_store
from thongsuot_collector.cli.command import configured as configured_files
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.commissioning.code import code_of_today
from thongsuot_collector.commissioning.document import ReportedLine, report_document
from thongsuot_collector.commissioning.status import (
    CommissioningState,
    commissioning_fact,
    commissioning_notes,
    commissioning_state,
)
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.unknown_names import unknown_site
from thongsuot_collector.store import commissioning
from thongsuot_collector.store.commissioning_photos import photos_of
from thongsuot_runtime.terminal import localized
from thongsuot_schema.commissioning.events import run_from_events
from thongsuot_schema.commissioning.run import CommissioningRun
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.translations import REFERENCE, languages

HELP = Text("collector.cli.commissioning")


class FailedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that proved nothing: its time and the reason."""

    at: str
    sentence: str


class CommissioningReport(
    msgspec.Struct, frozen=True, kw_only=True, tag="report", tag_field="what"
):
    """The state of a site's commissioning, in the language that ``--lang`` selects."""

    site: str
    state: CommissioningState
    fact: str
    notes: list[str]
    lines: list[ReportedLine] = []
    counter_title: str = ""
    counter: str = ""
    failures: list[FailedAttempt] = []


class CommissioningCode(msgspec.Struct, frozen=True, kw_only=True, tag="code", tag_field="what"):
    """The code of today that begins a run on the site's device."""

    site: str
    code: str


class CommissioningFile(msgspec.Struct, frozen=True, kw_only=True, tag="file", tag_field="what"):
    """The report as a file."""

    site: str
    file: str


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_result(
        "commissioning",
        on_store(_commissioning),
        localized(HELP),
        CommissioningReport | CommissioningCode | CommissioningFile,
    )
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
        print_result(options, CommissioningCode(site=site, code=code), [code])
        return 0
    events = next(iter(commissioning.runs_of(store, site)), [])
    run = run_from_events(events)
    if options.pdf is None:
        report = _report(site, run, directory, language)
        print_result(options, report, _lines(report))
        return 0
    if run is None:
        raise CommandFailed(Text("collector.cli.error.never_commissioned", site=site))
    photos = photos_of(store, site, run.id)
    url = options.url or _url(options)
    document = report_document(site, run, directory, language, url=url, photos=photos)
    # Typst takes 65 MiB: imported here, so that other commands do not load it.
    from thongsuot_collector.commissioning.pdf import render  # noqa: PLC0415

    options.pdf.write_bytes(render(document))
    written = CommissioningFile(site=site, file=str(options.pdf))
    print_result(options, written, [written.file])
    return 0


def _report(
    site: str, run: CommissioningRun | None, directory: InventoryDirectory, language: Language
) -> CommissioningReport:
    """Return the data about the newest run, in the words of its report."""
    state = commissioning_state(run, directory.site(site))
    fact = commissioning_fact(run, language)
    notes = list(commissioning_notes(site, run, directory, language))
    if run is None:
        return CommissioningReport(site=site, state=state, fact=fact, notes=notes)
    document = report_document(site, run, directory, language, url="")
    return CommissioningReport(
        site=site,
        state=state,
        fact=fact,
        notes=notes,
        lines=list(document.lines),
        counter_title=document.counter_title,
        counter=document.counter,
        failures=[FailedAttempt(at=at, sentence=sentence) for at, sentence in document.failures],
    )


def _url(options: argparse.Namespace) -> str:
    configuration, _ = configured_files(options)
    page_url = configuration.settings.notify.page_url.rstrip("/")
    return f"{page_url}/sites/{options.site}" if page_url else ""


def _lines(report: CommissioningReport) -> Iterator[str]:
    yield report.fact
    yield from report.notes
    for line in report.lines:
        yield f"{line.title}: {'; '.join(line.facts)}"
    if report.counter_title:
        yield f"{report.counter_title}: {report.counter}"
    for failure in report.failures:
        yield f"{failure.at} {failure.sentence}"

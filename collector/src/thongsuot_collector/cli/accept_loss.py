"""
``thongsuot-collector accept-loss``: a person answers for what is gone or broken; the account
closes.
"""

import argparse
import time
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli import accept_record
from thongsuot_collector.cli.account import silent_losses
from thongsuot_collector.cli.command import (
    CommandFailed,
    Commands,
    UsageError,
    has_store,
    opened_journal,
    opened_store,
)
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.cli.tables import shown_moment
from thongsuot_collector.config.read import Configuration, read_configuration
from thongsuot_collector.journal import ranges
from thongsuot_collector.journal.journal import LostRange
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.journal.view import JournalView
from thongsuot_collector.store import record_accounts
from thongsuot_collector.store.acceptances import AcceptedEntries, AcceptedFlaw
from thongsuot_collector.store.record_accounts import AcceptedLoss
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_LAST_NUMBER = 1 << 62


class AcceptedLosses(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was accepted just now: losses, ``entries`` that a sink will never receive, ``flaws``.
    """

    accepted: list[AcceptedLoss] = []
    entries: list[AcceptedEntries] = []
    flaws: list[AcceptedFlaw] = []


def add_commands(commands: Commands) -> None:
    """Add the command."""
    accept = commands.add_result(
        "accept-loss", _accept, localized(Text("collector.cli.accept_loss")), AcceptedLosses
    )
    accept.add_argument("site", nargs="?", default="")
    accept.add_argument("stream", nargs="?", default="")
    accept.add_argument(
        "numbers", nargs="?", default="", help=localized(Text("collector.cli.accept_loss.numbers"))
    )
    accept.add_argument(
        "--damage", action="store_true", help=localized(Text("collector.cli.accept_loss.damage"))
    )
    accept.add_argument(
        "--sink", default="", help=localized(Text("collector.cli.accept_loss.sink"))
    )
    accept.add_argument(
        "--flaws", action="store_true", help=localized(Text("collector.cli.accept_loss.flaws"))
    )
    accept.add_argument("--by", required=True, help=localized(Text("collector.cli.accept_loss.by")))
    accept.add_argument(
        "--reason", required=True, help=localized(Text("collector.cli.accept_loss.reason"))
    )


def _accept(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    by, reason = options.by.strip(), options.reason.strip()
    if not by or not reason:
        raise UsageError(Text("collector.cli.error.by_and_reason"))
    things = bool(options.site), bool(options.sink), options.damage
    if sum(things) != 1 or (options.site and not options.stream):
        raise UsageError(Text("collector.cli.error.stream_or_damage"))
    if options.flaws and not options.site:
        raise UsageError(Text("collector.cli.error.flaws_of_a_stream"))
    wanted = _range_of(options.numbers)
    with (
        opened_journal(configuration) as journal,
        opened_store(configuration) as store,
    ):
        if options.sink:
            entries = accept_record.accept_entries(
                configuration, store, journal, options.sink, by=by, reason=reason
            )
            result = AcceptedLosses(entries=[entries])
        elif options.flaws:
            flaws = accept_record.accept_flaws(
                configuration,
                store,
                journal,
                options.site,
                options.stream,
                wanted=wanted,
                by=by,
                reason=reason,
            )
            result = AcceptedLosses(flaws=flaws)
        else:
            result = AcceptedLosses(
                accepted=_open_damage(store, journal, by=by, reason=reason)
                if options.damage
                else _missing_batches(
                    store, journal, options.site, options.stream, wanted, by=by, reason=reason
                )
            )
            record_accounts.accept(store, result.accepted)
    print_result(options, result, _lines(result))
    return 0


def _lines(result: AcceptedLosses) -> Iterator[str]:
    yield from map(accepted_line, result.accepted)
    yield from map(accept_record.accepted_entries_line, result.entries)
    yield from map(accept_record.accepted_flaw_line, result.flaws)


def _missing_batches(
    store: Engine,
    journal: JournalView,
    site: str,
    stream: str,
    wanted: Range,
    *,
    by: str,
    reason: str,
) -> list[AcceptedLoss]:
    return [
        AcceptedLoss(
            site=site,
            stream=stream,
            first=first,
            last=last,
            by=by,
            reason=reason,
            at_ns=time.time_ns(),
        )
        for first, last in _missing_numbers(store, journal, site, stream, wanted=wanted)
    ]


def _missing_numbers(
    store: Engine, journal: JournalView, site: str, stream: str, *, wanted: Range
) -> tuple[Range, ...]:
    """
    Return the wanted batches of a stream that are gone and that nobody has announced or accepted.

    Raises:
        CommandFailed: there are none.
    """
    missing = [
        part for account, part, _ in silent_losses(store, journal, site) if account.stream == stream
    ]
    # A device that has never reported its record, or whose account is too old, has none.
    accepted = _accepted_numbers(record_accounts.acceptances(store, site=site), site, stream)
    for part in journal.damage().lost:
        if (part.site, part.stream) == (site, stream):
            missing += ranges.minus(((part.first_number, part.last_number),), accepted)
    parts = ranges.common(ranges.merged(missing), (wanted,))
    if not parts:
        raise CommandFailed(Text("collector.cli.error.nothing_missing", site=site, stream=stream))
    return parts


def _open_damage(
    store: Engine, journal: JournalView, *, by: str, reason: str
) -> list[AcceptedLoss]:
    """
    Return what a broken disk has cost that belongs to no site, and that nobody has accepted.

    Raises:
        CommandFailed: there is nothing of it.
    """
    accepted = record_accounts.acceptances(store)
    lost = [
        part for part in journal.damage().lost if not part.site and not is_accepted(part, accepted)
    ]
    if not lost:
        raise CommandFailed(Text("collector.cli.error.no_open_damage"))
    return [
        AcceptedLoss(
            site="",
            stream="",
            first=part.first,
            last=part.last,
            by=by,
            reason=reason,
            at_ns=time.time_ns(),
            forgotten=part.forgotten,
            found_ns=part.found_ns,
        )
        for part in lost
    ]


def _range_of(numbers: str) -> Range:
    first, _, last = numbers.partition("-")
    if not numbers:
        return 1, _LAST_NUMBER
    if not first.isdigit() or not (last or first).isdigit():
        raise UsageError(Text("collector.cli.error.no_range", text=numbers))
    return int(first), int(last or first)


def accepted_losses(configuration: Configuration, site: str) -> list[AcceptedLoss]:
    """Return the losses of a site (empty: of all) that somebody has accepted."""
    if not has_store(configuration):
        return []
    with opened_store(configuration) as store:
        return record_accounts.acceptances(store, site=site)


def is_accepted(part: LostRange, accepted: Iterable[AcceptedLoss]) -> bool:
    """Return whether somebody has accepted all that a broken disk has cost there."""
    if not part.site:
        finding = (part.found_ns, part.forgotten, part.first, part.last)
        return any(
            (known.found_ns, known.forgotten, known.first, known.last) == finding
            for known in accepted
            if not known.site
        )
    known = _accepted_numbers(accepted, part.site, part.stream)
    return not ranges.minus(((part.first_number, part.last_number),), known)


def _accepted_numbers(
    accepted: Iterable[AcceptedLoss], site: str, stream: str
) -> tuple[Range, ...]:
    return ranges.merged(
        (part.first, part.last) for part in accepted if (part.site, part.stream) == (site, stream)
    )


def accepted_line(part: AcceptedLoss) -> str:
    """Return one line on an accepted loss: its site, person, time and reason."""
    person = {"by": part.by, "at": shown_moment(part.at_ns), "reason": part.reason}
    if not part.site:
        found = shown_moment(part.found_ns)
        if part.forgotten:
            text = Text(
                "collector.cli.said.accepted_table", table=part.forgotten, found=found, **person
            )
        elif part.last:
            text = Text(
                "collector.cli.said.accepted_entries",
                first=part.first,
                last=part.last,
                found=found,
                **person,
            )
        else:
            text = Text("collector.cli.said.accepted_journal", found=found, **person)
    elif part.first == part.last:
        text = Text(
            "collector.cli.said.accepted_batch",
            site=part.site,
            stream=part.stream,
            first=part.first,
            **person,
        )
    else:
        text = Text(
            "collector.cli.said.accepted_batches",
            site=part.site,
            stream=part.stream,
            first=part.first,
            last=part.last,
            **person,
        )
    return localized(text)

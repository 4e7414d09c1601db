"""
What a person can accept of the record beside lost batches: entries that a sink will never receive,
and flaws of stored batches. For ``accept-loss`` and ``verify``.
"""

import time
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.accounts.site_account import not_accepted
from thongsuot_collector.cli.account import LOST_UNREAD, PASSED_OVER, sinks_of
from thongsuot_collector.cli.command import CommandFailed, has_store, opened_store
from thongsuot_collector.cli.signing_keys import keys_on_record, signature_check
from thongsuot_collector.cli.tables import shown_moment
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.journal.hash_chain import StreamAudit, verify_streams
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.journal.view import JournalView
from thongsuot_collector.store import acceptances
from thongsuot_collector.store.acceptances import AcceptedAtSink, AcceptedEntries, AcceptedFlaw
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested


def accept_entries(
    configuration: Configuration,
    store: Engine,
    journal: JournalView,
    sink: str,
    *,
    by: str,
    reason: str,
) -> AcceptedEntries:
    """
    Accept all entries that a sink will never receive, as far as nobody has yet.

    Raises:
        CommandFailed: there are none.
    """
    accepted = acceptances.at_sinks(store, journal.name())
    listed = sinks_of(configuration, journal, accepted)
    found = next((progress for progress in listed if progress.sink == sink), None)
    if found is None or not (found.lost or found.skipped):
        near = suggested(sink, sorted(progress.sink for progress in listed))
        raise CommandFailed(Text("collector.cli.error.nothing_undelivered", sink=sink, near=near))
    tallies = journal.tallies(from_day=0, lost_only=True).get(sink, ())
    entries = AcceptedEntries(
        sink=sink,
        journal=journal.name(),
        lost=found.lost,
        skipped=found.skipped,
        by=by,
        reason=reason,
        at_ns=time.time_ns(),
        days=not_accepted(accepted.get(sink, AcceptedAtSink()), tallies),
    )
    acceptances.accept_entries(store, entries)
    return entries


def accept_flaws(
    configuration: Configuration,
    store: Engine,
    journal: JournalView,
    site: str,
    stream: str,
    *,
    wanted: Range,
    by: str,
    reason: str,
) -> list[AcceptedFlaw]:
    """
    Accept the flaws of some batches of a stream, as far as nobody has yet.

    Raises:
        CommandFailed: they have none.
    """
    first, last = wanted
    known = acceptances.flaws(store, site=site)
    flaws = [
        AcceptedFlaw(
            site=site,
            stream=stream,
            number=flaw.number,
            evidence=flaw.evidence,
            text=str(flaw.text),
            by=by,
            reason=reason,
            at_ns=time.time_ns(),
        )
        for audit in streams_of(configuration, journal, site, known)
        for flaw in audit.flaws
        if audit.stream == stream and first <= flaw.number <= last and not flaw.is_accepted
    ]
    if not flaws:
        raise CommandFailed(Text("collector.cli.error.no_flaw", site=site, stream=stream))
    acceptances.accept_flaws(store, flaws)
    return flaws


def on_record(
    configuration: Configuration, site: str
) -> tuple[list[AcceptedEntries], list[AcceptedFlaw]]:
    """Return what was accepted of sinks, and of flaws of a site (empty: of all)."""
    if not has_store(configuration):
        return [], []
    with opened_store(configuration) as store:
        return acceptances.entries(store), acceptances.flaws(store, site=site)


def streams_of(
    configuration: Configuration,
    journal: JournalView,
    site: str,
    accepted: Iterable[AcceptedFlaw],
) -> Iterator[StreamAudit]:
    """
    Yield the findings about each stream of a site (empty: of all), flaws marked that are accepted.
    """
    known = {(flaw.site, flaw.stream, flaw.number, flaw.evidence) for flaw in accepted}
    for audit in verify_streams(
        journal.batches(site),
        journal.trimmed(site),
        check_signature=signature_check(keys_on_record(configuration, site)),
    ):
        flaws = tuple(
            msgspec.structs.replace(flaw, is_accepted=True)
            if (audit.site, audit.stream, flaw.number, flaw.evidence) in known
            else flaw
            for flaw in audit.flaws
        )
        yield msgspec.structs.replace(audit, flaws=flaws)


def accepted_entries_line(accepted: AcceptedEntries) -> str:
    """Return one line on accepted entries of a sink: numbers, person, time and reason."""
    counts = (accepted.lost, LOST_UNREAD), (accepted.skipped, PASSED_OVER)
    what = "; ".join(
        localized(Text("collector.cli.record.entries", entries=count, why=localized_sentence(why)))
        for count, why in counts
        if count
    )
    text = Text(
        "collector.cli.said.accepted_undelivered",
        sink=accepted.sink,
        what=what,
        by=accepted.by,
        at=shown_moment(accepted.at_ns),
        reason=accepted.reason,
    )
    return localized(text)


def accepted_flaw_line(flaw: AcceptedFlaw) -> str:
    """Return one line on an accepted flaw: its batch, person, time and reason."""
    text = Text(
        "collector.cli.said.accepted_flaw",
        site=flaw.site,
        stream=flaw.stream,
        number=flaw.number,
        text=localized_sentence(flaw.sentence),
        by=flaw.by,
        at=shown_moment(flaw.at_ns),
        reason=flaw.reason,
    )
    return localized(text)

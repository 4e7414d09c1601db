"""
What ``verify``, ``journal status`` and ``salvage`` say of the record, in lines.

In the language of the terminal; with ``--json`` the records themselves are printed, in English.
"""

from thongsuot_collector.cli.evidence import EvidenceCheck
from thongsuot_collector.cli.record_reports import MissingBatches, UndeliveredEntries
from thongsuot_collector.journal.hash_chain import BatchFlaw, StreamAudit
from thongsuot_collector.journal.journal import LostRange
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.store.sqlite_integrity import FileDamage
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.words.language import Text

FORGOTTEN = {
    "journal": Text("collector.cli.forgotten.journal"),
    "cursors": Text("collector.cli.forgotten.cursors"),
    "trimmed": Text("collector.cli.forgotten.trimmed"),
    "layouts": Text("collector.cli.forgotten.layouts"),
    "tallies": Text("collector.cli.forgotten.tallies"),
    "retried": Text("collector.cli.forgotten.retried"),
    "damage": Text("collector.cli.forgotten.damage"),
}
"""What is not known any more where a table beside the entries has lost rows."""

_RANGES_SHOWN = 10


def stream_lines(stream: StreamAudit) -> str:
    """Return the findings of a stream as one line, and one more for each flaw."""
    findings = [_ranges(stream.kept)]
    if stream.trimmed:
        trimmed = Text("collector.cli.record.trimmed", ranges=_ranges(stream.trimmed))
        findings.append(localized(trimmed))
    if stream.missing:
        missing = Text("collector.cli.record.missing", ranges=_ranges(stream.missing))
        findings.append(localized(missing))
    if stream.loose:
        findings.append(localized(Text("collector.cli.record.loose", count=stream.loose)))
    if stream.signed:
        findings.append(localized(Text("collector.cli.record.signed", count=stream.signed)))
    if stream.flaws and stream.is_intact:
        findings.append(localized(Text("collector.cli.record.flaws_accepted")))
    else:
        findings.append(localized(_intact_word(is_intact=stream.is_intact)))
    flaws = map(_flaw_line, stream.flaws)
    return "\n".join((f"{stream.site} {stream.stream}: {'; '.join(findings)}", *flaws))


def _flaw_line(flaw: BatchFlaw) -> str:
    text = localized_sentence(flaw.text)
    if flaw.is_accepted:
        return localized(Text("collector.cli.record.accepted_flaw", number=flaw.number, text=text))
    return localized(Text("collector.cli.record.flaw", number=flaw.number, text=text))


def evidence_line(check: EvidenceCheck) -> str:
    """Return the state of a batch that evidence names as one line."""
    place = f"{check.site} {check.stream}/{check.number}"
    word = localized(_intact_word(is_intact=check.is_intact))
    return f"{place}: {word}; {localized_sentence(check.text)}"


def missing_line(missing: MissingBatches) -> str:
    """Return as one line which batches are gone, and how that is known."""
    why = localized_sentence(missing.why)
    if missing.first == missing.last:
        batch = Text(
            "collector.cli.record.missing_batch",
            site=missing.site,
            stream=missing.stream,
            first=missing.first,
            why=why,
        )
        return localized(batch)
    batches = Text(
        "collector.cli.record.missing_batches",
        site=missing.site,
        stream=missing.stream,
        first=missing.first,
        last=missing.last,
        why=why,
    )
    return localized(batches)


def undelivered_line(undelivered: UndeliveredEntries) -> str:
    """Return as one line what a sink will never receive."""
    entries = Text(
        "collector.cli.record.undelivered",
        sink=undelivered.sink,
        entries=undelivered.entries,
        why=localized_sentence(undelivered.why),
    )
    return localized(entries)


def damaged_line(damage: FileDamage) -> str:
    """Return as one line which tables of a file are damaged, and what was found first."""
    if not damage.tables:
        whole = Text("collector.cli.record.damaged_file", file=damage.file, why=damage.finding)
        return localized(whole)
    tables = Text(
        "collector.cli.record.damaged_tables",
        file=damage.file,
        tables=", ".join(damage.tables),
        why=damage.finding,
    )
    return localized(tables)


def lost_line(part: LostRange) -> str:
    """Return as one line what a broken disk has cost."""
    if part.forgotten:
        what: Text | str = FORGOTTEN.get(part.forgotten, part.forgotten)
        return localized(Text("collector.cli.said.lost_forgotten", what=what))
    if not part.last:
        return localized(Text("collector.cli.said.lost_journal"))
    if not part.site:
        entries = Text(
            "collector.cli.said.lost_entries",
            entries=part.entries,
            first=part.first,
            last=part.last,
        )
        return localized(entries)
    if part.first_number == part.last_number:
        batch = Text(
            "collector.cli.said.lost_batch",
            site=part.site,
            stream=part.stream,
            first=part.first_number,
        )
        return localized(batch)
    batches = Text(
        "collector.cli.said.lost_batches",
        site=part.site,
        stream=part.stream,
        first=part.first_number,
        last=part.last_number,
    )
    return localized(batches)


def _intact_word(*, is_intact: bool | None) -> Text:
    if is_intact is None:
        return Text("collector.cli.record.unclear")
    if is_intact:
        return Text("collector.cli.record.intact")
    return Text("collector.cli.record.not_intact")


def _ranges(ranges: tuple[Range, ...]) -> str:
    shown = ", ".join(
        str(first)
        if first == last
        else localized(Text("collector.cli.record.range", first=first, last=last))
        for first, last in ranges[:_RANGES_SHOWN]
    )
    more = len(ranges) - _RANGES_SHOWN
    if more <= 0:
        return shown
    return localized(Text("collector.cli.record.ranges", shown=shown, more=more))

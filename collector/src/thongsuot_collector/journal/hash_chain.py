"""
The chain: whether the journal's batches are the ones that agents sealed.

Each batch of a stream holds the digest of the one before it, and an incident's evidence names its
batches by their digests. Who has such a digest, or a later batch, can tell whether a batch was
changed, replaced or slipped in; ``verify_streams`` does so for the whole journal.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from thongsuot_collector.errors import ConfigInvalid
from thongsuot_collector.journal.ranges import Range, merged
from thongsuot_collector.notify.render.document import IncidentDocument
from thongsuot_schema.batch.decode import read_header
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.errors import BatchError, DocumentError

_IN_ORDER = """
    SELECT site, stream, number, digest, body FROM entries
    WHERE ?1 = '' OR site = ?1 ORDER BY site, stream, number
"""
_TRIMMED = "SELECT site, stream, first, last FROM trimmed WHERE ?1 = '' OR site = ?1"
_ONE = "SELECT body FROM entries WHERE site = ? AND stream = ? AND number = ?"


class BatchFlaw(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one batch."""

    number: int
    text: str


class StreamAudit(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was found of one stream.

    ``kept`` are the numbers in the journal, ``trimmed`` those that were there and were removed for
    their age, ``missing`` those that never arrived (an agent's backlog may still bring them).
    ``loose`` counts batches that name none before them, although they are not the first: pushed as
    JSON by hand.
    """

    site: str
    stream: str
    kept: tuple[Range, ...]
    trimmed: tuple[Range, ...]
    missing: tuple[Range, ...]
    loose: int
    flaws: tuple[BatchFlaw, ...]

    @property
    def batches(self) -> int:
        """How many batches are kept."""
        return sum(last - first + 1 for first, last in self.kept)


class EvidenceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch that evidence names; ``is_intact`` is ``None``: it cannot be told."""

    site: str
    stream: str
    number: int
    is_intact: bool | None
    text: str


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as the journal has it."""

    site: str
    stream: str
    number: int
    digest: bytes
    body: bytes


def verify_streams(connection: sqlite3.Connection, site: str = "") -> Iterator[StreamAudit]:
    """Yield what is found of every stream of a site (empty: of all), in order."""
    trimmed: dict[tuple[str, str], list[Range]] = {}
    for name, stream, first, last in connection.execute(_TRIMMED, (site,)):
        trimmed.setdefault((name, stream), []).append((first, last))
    rows = (
        BatchRow(site=row[0], stream=row[1], number=row[2], digest=row[3], body=row[4])
        for row in connection.execute(_IN_ORDER, (site,))
    )
    for key, group in groupby(rows, key=lambda row: (row.site, row.stream)):
        yield examine_stream(group, merged(trimmed.get(key, ())))


def examine_stream(rows: Iterable[BatchRow], trimmed: tuple[Range, ...]) -> StreamAudit:
    """Return what is found of one stream, from its batches in order. Pure."""
    kept: list[Range] = []
    flaws: list[BatchFlaw] = []
    loose = 0
    before: tuple[int, bytes] | None = None
    row: BatchRow | None = None
    for row in rows:
        kept.append((row.number, row.number))
        previous = _previous_digest(row, flaws)
        own = digest_of(row.body)
        if previous == b"" and row.number > 1:
            loose += 1
        elif previous is not None and before is not None and before[0] == row.number - 1:
            if previous != before[1]:
                flaws.append(
                    BatchFlaw(number=row.number, text="does not follow the batch before it")
                )
        elif previous and row.number == 1:
            flaws.append(BatchFlaw(number=1, text="is the first and names one before it"))
        before = row.number, own
    assert row is not None, "a stream without batches"
    ranges = merged(kept)
    return StreamAudit(
        site=row.site,
        stream=row.stream,
        kept=ranges,
        trimmed=trimmed,
        missing=_missing_numbers(merged((*ranges, *trimmed))),
        loose=loose,
        flaws=tuple(flaws),
    )


def compare_evidence(
    connection: sqlite3.Connection, document: IncidentDocument
) -> Iterator[EvidenceCheck]:
    """Yield, for every batch that an incident's evidence names, whether it is in the record so."""
    named = {
        (shown.site, batch.stream, batch.number): batch.digest
        for shown in document.shown
        for batch in shown.batches
    }
    for (site, stream, number), digest in sorted(named.items()):
        is_intact, text = _compare_batch(connection, (site, stream, number), bytes.fromhex(digest))
        yield EvidenceCheck(site=site, stream=stream, number=number, is_intact=is_intact, text=text)


def read_incident_document(file: Path) -> IncidentDocument:
    """
    Return the document of an incident: an attachment, or the body of a webhook around it.

    Raises:
        ConfigInvalid: the file holds none.
        OSError: it cannot be read.
    """
    text = file.read_bytes()
    try:
        try:
            return msgspec.json.decode(text, type=IncidentDocument)
        except msgspec.ValidationError:
            return msgspec.json.decode(text, type=_Wrapped).incident
    except msgspec.MsgspecError as error:
        message = f"is no document of an incident: {error}"
        raise ConfigInvalid([DocumentError(str(file), 0, message)]) from error


class _Wrapped(msgspec.Struct):
    incident: IncidentDocument


def format_stream(stream: StreamAudit) -> str:
    """Return what was found of a stream as one line, and one more for each flaw."""
    parts = [f"{stream.site} {stream.stream}: {_format_ranges(stream.kept)}"]
    if stream.trimmed:
        parts.append(f"removed for their age: {_format_ranges(stream.trimmed)}")
    if stream.missing:
        parts.append(f"not arrived: {_format_ranges(stream.missing)}")
    if stream.loose:
        parts.append(f"not chained: {stream.loose}")
    parts.append("NOT INTACT" if stream.flaws else "intact")
    flaws = [f"  batch {one.number} {one.text}" for one in stream.flaws]
    return "\n".join(["; ".join(parts), *flaws])


def format_evidence_check(named: EvidenceCheck) -> str:
    """Return what became of a batch that evidence names as one line."""
    word = {True: "intact", False: "NOT INTACT", None: "cannot be told"}[named.is_intact]
    return f"{named.site} {named.stream}/{named.number}: {word}; {named.text}"


def _compare_batch(
    connection: sqlite3.Connection, place: tuple[str, str, int], digest: bytes
) -> tuple[bool | None, str]:
    body = _body(connection, place)
    if body is not None:
        if digest_of(body) == digest:
            return True, "the journal has the batch that the evidence names"
        return False, "the journal has another batch in its place"
    site, stream, number = place
    after = _body(connection, (site, stream, number + 1))
    if after is None:
        return None, "neither it nor the batch after it is in the journal any more"
    try:
        previous = read_header(after).previous
    except BatchError as error:
        return False, f"the batch after it cannot be read: {error}"
    if previous == digest:
        return True, "it was removed for its age; the batch after it names the same"
    return False, "it was removed for its age; the batch after it names another"


def _body(connection: sqlite3.Connection, place: tuple[str, str, int]) -> bytes | None:
    row = connection.execute(_ONE, place).fetchone()
    return None if row is None else bytes(row[0])


def _previous_digest(row: BatchRow, flaws: list[BatchFlaw]) -> bytes | None:
    """Return the digest that a batch names; ``None`` where it cannot be read. Notes its flaws."""
    if digest_of(row.body) != row.digest:
        flaws.append(BatchFlaw(number=row.number, text="is not the one that was taken in"))
    try:
        header = read_header(row.body)
    except BatchError as error:
        flaws.append(BatchFlaw(number=row.number, text=f"cannot be read: {error}"))
        return None
    if (header.site, header.stream, header.number) != (row.site, row.stream, row.number):
        text = f"says that it is {header.number} of {header.stream} of {header.site}"
        flaws.append(BatchFlaw(number=row.number, text=text))
    return header.previous


def _missing_numbers(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return the numbers from 1 to the last that are in none of some merged ranges."""
    edges = (0, *(last for _, last in ranges[:-1]))
    gaps = ((edge + 1, first - 1) for edge, (first, _) in zip(edges, ranges, strict=True))
    return tuple((first, last) for first, last in gaps if first <= last)


def _format_ranges(ranges: tuple[Range, ...]) -> str:
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in ranges[:10]]
    more = len(ranges) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

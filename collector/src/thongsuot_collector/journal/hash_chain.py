"""
The chain: whether the journal's batches are those that agents sealed.

Each batch of a stream contains the digest of its predecessor, and an incident's evidence identifies
its batches by their digests. With such a digest, or a later batch, one can detect whether a batch
was changed, replaced or inserted; ``verify_streams`` does so for the whole journal.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

import msgspec

from thongsuot_collector.journal.ranges import Range, merged
from thongsuot_schema.batch.decode import decode_batch, read_header
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.errors import BatchError
from thongsuot_schema.localizable import Localizable

_DIGEST = re.compile("(?:[0-9a-f]{2})+")


class BatchFlaw(msgspec.Struct, frozen=True, kw_only=True):
    """
    A flaw of one batch.

    ``evidence`` is a digest of everything in which it was found: the flaw and the bytes, digests
    and signature of the batch, and the predecessor if it is about that. If any of them changes, it
    is another flaw. ``is_accepted``: a person has accepted this one.
    """

    number: int
    text: str
    evidence: str = ""
    is_accepted: bool = False


class StreamAudit(msgspec.Struct, frozen=True, kw_only=True):
    """
    The findings about one stream.

    ``kept`` are the numbers in the journal, ``trimmed`` those removed for their age, ``missing``
    those that never arrived (an agent's backlog may still contain them). ``loose`` counts batches
    without a predecessor's digest that are not the first: pushed manually as JSON. ``signed``
    counts batches with a signature.
    """

    site: str
    stream: str
    kept: tuple[Range, ...]
    trimmed: tuple[Range, ...]
    missing: tuple[Range, ...]
    loose: int
    signed: int
    flaws: tuple[BatchFlaw, ...]

    @property
    def batches(self) -> int:
        """The number of stored batches."""
        return sum(last - first + 1 for first, last in self.kept)

    @property
    def is_intact(self) -> bool:
        """Whether no batch has a flaw that nobody has accepted."""
        return all(flaw.is_accepted for flaw in self.flaws)


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as stored in the journal."""

    site: str
    stream: str
    number: int
    digest: bytes
    body: bytes
    received_ns: int = 0
    signature: bytes = b""


SignatureCheck = Callable[[BatchRow], str]
"""Returns the error of a batch's signature, or of a missing one; empty: none."""


def _check_nothing(row: BatchRow) -> str:
    """Accept any signature: no keys are known."""
    del row
    return ""


def verify_streams(
    rows: Iterable[BatchRow],
    trimmed: Mapping[tuple[str, str], tuple[Range, ...]],
    *,
    check_signature: SignatureCheck = _check_nothing,
) -> Iterator[StreamAudit]:
    """Yield the findings of every stream, from its batches in order and the trimmed ranges."""
    for key, group in groupby(rows, key=lambda row: (row.site, row.stream)):
        yield examine_stream(group, trimmed.get(key, ()), check_signature)


def examine_stream(
    rows: Iterable[BatchRow],
    trimmed: tuple[Range, ...],
    check_signature: SignatureCheck = _check_nothing,
) -> StreamAudit:
    """Return the findings of one stream, from its batches in order. Pure."""
    kept: list[Range] = []
    flaws: list[BatchFlaw] = []
    loose = signed = 0
    before: BatchRow | None = None
    row: BatchRow | None = None
    for row in rows:
        kept.append((row.number, row.number))
        previous = _previous_digest(row, flaws)
        signed += bool(row.signature)
        wrong = check_signature(row)
        if wrong:
            flaws.append(_flaw(row, wrong))
        if previous == b"" and row.number > 1:
            loose += 1
        elif previous is not None and before is not None and before.number == row.number - 1:
            if previous not in _names_in_chain(before.body):
                text = Localizable("does not follow the previous batch")
                flaws.append(_flaw(row, text, before))
        elif previous and row.number == 1:
            text = Localizable("is the first but names a previous one")
            flaws.append(_flaw(row, text))
        before = row
    assert row is not None, "a stream without batches"
    ranges = merged(kept)
    return StreamAudit(
        site=row.site,
        stream=row.stream,
        kept=ranges,
        trimmed=trimmed,
        missing=_missing_numbers(merged((*ranges, *trimmed))),
        loose=loose,
        signed=signed,
        flaws=tuple(flaws),
    )


def _flaw(row: BatchRow, text: str, before: BatchRow | None = None) -> BatchFlaw:
    seen = (str(text), row.number, row.digest, digest_of(row.body), row.signature)
    evidence = digest_of(msgspec.msgpack.encode((*seen, before and digest_of(before.body))))
    return BatchFlaw(number=row.number, text=text, evidence=evidence.hex())


def _names_in_chain(body: bytes) -> Iterator[bytes]:
    """
    Yield the possible digests of a batch: its own and, if its device has removed its results for
    lack of space, that of the batch as sealed.
    """
    yield digest_of(body)
    try:
        batch = decode_batch(body, lambda _layout: None)
    except BatchError:
        return  # it has a layout, and so its results
    for notice in batch.notices:
        if notice.code is NoticeCode.DROPPED and _DIGEST.fullmatch(notice.text):
            yield bytes.fromhex(notice.text)


def _previous_digest(row: BatchRow, flaws: list[BatchFlaw]) -> bytes | None:
    """
    Return the predecessor's digest in a batch; ``None`` if it cannot be read. Records its flaws.
    """
    if digest_of(row.body) != row.digest:
        text = Localizable("is not the accepted one")
        flaws.append(_flaw(row, text))
    try:
        header = read_header(row.body)
    except BatchError as error:
        text = Localizable("cannot be read: {why}", why=str(error))
        flaws.append(_flaw(row, text))
        return None
    if (header.site, header.stream, header.number) != (row.site, row.stream, row.number):
        text = Localizable(
            "claims to be {number} of {stream} of {site}",
            number=header.number,
            stream=header.stream,
            site=header.site,
        )
        flaws.append(_flaw(row, text))
    return header.previous


def _missing_numbers(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return the numbers from 1 to the last that are in none of some merged ranges."""
    edges = (0, *(last for _, last in ranges[:-1]))
    gaps = ((edge + 1, first - 1) for edge, (first, _) in zip(edges, ranges, strict=True))
    return tuple((first, last) for first, last in gaps if first <= last)

"""
Recovery: finds the data of earlier processes and boots when the agent starts.

A killed process leaves segment stores in the runtime directory; its open log is continued. A power
cut leaves only the data on the disk: its streams are named in a ``gap`` notice, because data that
was not on the disk yet may be missing. A stream that was closed properly leaves no gap.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import msgspec

from thongsuot_agent.errors import RecordUnreadable
from thongsuot_agent.spool.batch_builder import BatchBuilder, SealedBatch
from thongsuot_agent.spool.frame import OpenLogContent
from thongsuot_agent.spool.layouts import Layouts
from thongsuot_agent.spool.record_writer import RecordWriter
from thongsuot_agent.spool.rows import KnownStream
from thongsuot_agent.spool.segment_store import (
    Leftovers,
    RuntimeSegments,
    leftover_segments,
    set_aside,
)
from thongsuot_agent.spool.stream import BatchKey
from thongsuot_schema.batch.header import header_from_wire, read_arrays
from thongsuot_schema.batch.limits import DEFAULT_LIMITS
from thongsuot_schema.batch.model import ClockReading
from thongsuot_schema.batch.record_report import LossReason, LostBatches
from thongsuot_schema.batch.wire import HeadWire
from thongsuot_schema.errors import BatchError

_log = logging.getLogger(__name__)

# Like ``decode.read_header``, without importing the rest of the decoder.
_HEAD = msgspec.msgpack.Decoder(HeadWire)


@dataclass(slots=True, kw_only=True)
class RecoveredRecord:
    """
    The result of a recovery.

    ``sealed``: batches in segment stores. ``former``: completely readable streams in segment stores
    that do not grow any more. ``reached``: number of the newest batch known of each stream, by
    ordinal. ``gaps``: one sentence for each place where results may be missing. ``vanished``:
    streams in the gaps, to be closed. ``lost``: the missing batches.
    """

    sealed: list[SealedBatch] = field(default_factory=list)
    former: list[RuntimeSegments] = field(default_factory=list)
    reached: dict[int, int] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    vanished: list[KnownStream] = field(default_factory=list)
    lost: list[LostBatches] = field(default_factory=list)


def recover(
    directory: Path,
    record: RecordWriter,
    layouts: Layouts,
    known: Sequence[KnownStream] | None,
    lost: Mapping[str, int] | None = None,
) -> RecoveredRecord:
    """
    Scan a record directory, and start the record: by continuing its stream, or with a new one.

    ``known`` are the streams on the disk, ``None`` if it cannot be read now; ``lost`` are those
    that have been there, each with a number that it had reached.
    """
    result = RecoveredRecord()
    scan = _find_leftovers(directory)
    _identify(scan, known, result)
    leftovers, unreadable = scan.segments, scan.unreadable
    is_all_known = known is not None and not unreadable
    known = known or ()
    streams = [segments.stream for segments in leftovers] + [former.stream for former in known]
    last = max((stream.ordinal for stream in streams), default=0)
    continued = None
    for segments in leftovers:
        left = _read_open_log(segments, result)
        is_whole = _index_segments(segments, result)
        if (
            segments is leftovers[-1]
            and record.is_own_stream(segments.stream)
            and _resume(record, segments, left, known, result)
        ):
            continued = segments
            _count_unreadable(segments, left, result)
            continue
        if is_whole:
            result.former.append(segments)
        if left is not None:
            _seal_left(segments, left, layouts, result)
    if continued is None:
        # An unreadable stream may have any ordinal, and must not be overwritten later.
        record.begin_stream(last + 1 if is_all_known else _far_ordinal())
    here = {segments.stream.name for segments in leftovers}.union(unreadable)
    for former in known:
        if not former.is_closed and former.stream.name not in here:
            result.vanished.append(former)
            result.gaps.append(
                f"stream {former.stream.name} ended without notice, "
                f"known to batch {former.last_number}"
            )
            name = former.stream.name
            result.lost.append(
                LostBatches(reason=LossReason.POWER_CUT, stream=name, first=1, last=None)
            )
    if lost:
        result.gaps.append(f"the disk has lost what it had of streams {', '.join(lost)}"[:200])
        result.lost += _lost_with_disk(lost, continued, record.last_number)
    return result


def _lost_with_disk(
    reached: Mapping[str, int], continued: RuntimeSegments | None, last: int
) -> Iterator[LostBatches]:
    """
    Yield what may have been on a disk that has lost its content: of ended streams all that does not
    wait anywhere, of the one that goes on the numbers until now. What the collector has, it has.
    """
    reason = LossReason.UNREADABLE
    for name, number in reached.items():
        if continued is None or name != continued.stream.name:
            yield LostBatches(reason=reason, stream=name, first=1, last=None)
            here, end = [], number + 1
        else:
            here, end = continued.batches(), last + 1
        for before, after in pairwise([0, *here, end]):
            if after > before + 1:
                yield LostBatches(reason=reason, stream=name, first=before + 1, last=after - 1)


def _find_leftovers(directory: Path) -> Leftovers:
    try:
        return leftover_segments(directory)
    except OSError as error:
        _log.error(
            "cannot read record directory=%s: %s; a later start will retry", directory, error
        )
        return Leftovers(unreadable=[directory.name])


def _identify(
    scan: Leftovers, known: Sequence[KnownStream] | None, result: RecoveredRecord
) -> None:
    """
    Identify streams with a damaged identity by what the disk has of them, where each stream is
    recorded before its first batch; set aside those that it does not have.
    """
    on_disk = {former.stream.name: former.stream for former in known or ()}
    for path in scan.unidentified:
        stream = on_disk.get(path.name)
        if known is None:
            _log.error("cannot identify record directory=%s; a later start will retry", path)
            scan.unreadable.append(path.name)
        elif stream is not None:
            _log.warning("cannot read identity in directory=%s; the disk has it", path)
            scan.segments.append(RuntimeSegments(path, stream))
        else:
            numbers = set_aside(path)
            result.gaps.append(f"stream {path.name} could not be identified")
            result.lost += [
                LostBatches(reason=LossReason.UNREADABLE, stream=path.name, first=each, last=each)
                for each in numbers
            ]
    scan.segments.sort(key=lambda segments: segments.stream.ordinal)


def _far_ordinal() -> int:
    """Return an unused ordinal: far above those that a device reaches by restarts."""
    return (1 << 14) + int.from_bytes(os.urandom(3), "big") % (1 << 22)


def _read_open_log(segments: RuntimeSegments, result: RecoveredRecord) -> OpenLogContent | None:
    try:
        return segments.open_log_left()
    except (RecordUnreadable, OSError) as error:
        _log.error("cannot read open log: %s; its content is lost", error)
        result.gaps.append(f"open log of stream {segments.stream.name} could not be read")
        return None


def _resume(
    record: RecordWriter,
    segments: RuntimeSegments,
    left: OpenLogContent | None,
    known: Sequence[KnownStream],
    result: RecoveredRecord,
) -> bool:
    try:
        record.resume_stream(segments, left)
    except RecordUnreadable as error:
        on_disk = {former.stream.name: former.last_number for former in known}
        if not segments.batches() and not on_disk.get(segments.stream.name):
            return False  # killed before it had an open log: nothing was ever in it
        _log.error("cannot continue stream=%s: %s", segments.stream.name, error)
        result.gaps.append(f"stream {segments.stream.name} ended without its last entries")
    except OSError as error:
        _log.warning("cannot continue stream=%s: %s", segments.stream.name, error)
    else:
        return True
    return False


def _index_segments(segments: RuntimeSegments, result: RecoveredRecord) -> bool:
    """
    Read the metadata of the batches in a segment store; set damaged ones aside.

    Returns whether all were readable: otherwise the store has to stay.
    """
    is_whole = True
    for number in segments.batches():
        try:
            body = segments.read(number)
            header = header_from_wire(read_arrays(body, _HEAD, DEFAULT_LIMITS), DEFAULT_LIMITS)
        except OSError as error:
            _log.error(
                "cannot read batch stream=%s number=%d: %s; a later start will retry",
                segments.stream.name,
                number,
                error,
            )
            is_whole = False
            continue
        except BatchError as error:
            # A file system may have written the name but not the bytes before a power cut.
            _log.error(
                "cannot read batch stream=%s number=%d: %s", segments.stream.name, number, error
            )
            result.gaps.append(f"batch {number} of stream {segments.stream.name} could not be read")
            name = segments.stream.name
            result.lost.append(
                LostBatches(reason=LossReason.UNREADABLE, stream=name, first=number, last=number)
            )
            segments.remove(number)
            continue
        result.reached[segments.stream.ordinal] = number
        result.sealed.append(
            SealedBatch(
                key=BatchKey(segments.stream.ordinal, number),
                stream=segments.stream,
                segments=segments,
                size_bytes=len(body),
                results=header.results,
                # Decoding all of them only for their notices is not worth it.
                news=header.changes + header.notices,
                sealed_boottime_ns=header.clock.boottime_ns,
                sealed_wall_ns=header.clock.wall_ns,
                layout=header.layout,
                may_be_on_disk=True,
            )
        )
    return is_whole


def _seal_left(
    segments: RuntimeSegments, left: OpenLogContent, layouts: Layouts, result: RecoveredRecord
) -> None:
    """Seal the open log of a stream that does not grow any more as its last batch."""
    _count_unreadable(segments, left, result)
    if not left.entries:
        return
    # The clocks of its own time: those of the present boot do not apply to it.
    clock = ClockReading(boottime_ns=left.heading.boottime_ns, wall_ns=left.heading.wall_ns)
    body, sealed = BatchBuilder(layouts=layouts).build(
        left.entries, segments.stream, left.heading, clock, segments
    )
    try:
        segments.end(sealed.key.number, body)
    except OSError as error:
        _log.error("cannot seal open log stream=%s: %s", segments.stream.name, error)
        result.gaps.append(f"open log of stream {segments.stream.name} could not be sealed")
        return
    result.reached[segments.stream.ordinal] = sealed.key.number
    result.sealed.append(sealed)


def _count_unreadable(
    segments: RuntimeSegments, left: OpenLogContent | None, result: RecoveredRecord
) -> None:
    if left is not None and left.unreadable:
        result.gaps.append(
            f"{left.unreadable} entries in the open log of stream {segments.stream.name} are of an"
            " unknown kind"
        )

"""
An agent's report about its own record, so that a collector can tell whether all of it has arrived.

Each push carries a header with the highest number of every stream that is not complete, and the
number of its batches that still wait on the device (``RecordReport``). Batches that the device has
dropped are announced in the record itself, as notices ``batches_lost`` (``LostBatches``). So every
batch number is accounted for: stored by the collector, waiting on the device, or lost for a reason.
"""

import re
from enum import StrEnum

import msgspec

from thongsuot_schema.batch.model import Notice, NoticeCode

STREAMS_REPORTED = 16
"""More are not listed in one report, which then says that there are more."""

_MORE = "*"
_STREAM = re.compile(r"([0-9a-f]{16}):([0-9]{1,12}):([0-9]{1,12})")
_LOST = re.compile(r"([a-z_]{1,32}) ([0-9a-f]{16}) ([0-9]{1,15})-([0-9]{0,15})")


class StreamProgress(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far a stream is on the device.

    ``highest`` is the number of its newest batch. ``waiting`` counts those that are not
    acknowledged, but for the one that the push brings.
    """

    stream: str
    highest: int
    waiting: int


class RecordReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The streams of a device that are not done, the newest first: the one that it writes.
    ``is_complete``: of no other stream anything waits.
    """

    streams: tuple[StreamProgress, ...]
    is_complete: bool = True


class LossReason(StrEnum):
    """Why a batch will never come from its device."""

    DROPPED = "dropped"
    """There was no space left for it, or its file had disappeared."""

    REJECTED = "rejected"
    """The collector refused it permanently; it stays on the device, for a person to read."""

    REJECTED_DELETED = "rejected_deleted"
    """It was refused, and its file has gone for newer ones."""

    UNREADABLE = "unreadable"
    """The device's file system lost its bytes, or the whole spool with them."""

    POWER_CUT = "power_cut"
    """
    It was in memory when the device lost power: every batch of a stream that no longer waits
    anywhere.
    """


class LostBatches(msgspec.Struct, frozen=True, kw_only=True):
    """Batches ``first`` to ``last`` of a stream; ``last`` ``None``: all that there were."""

    reason: LossReason
    stream: str
    first: int
    last: int | None


def format_report(report: RecordReport) -> str:
    """Return a report as the header's value."""
    shown = report.streams[:STREAMS_REPORTED]
    parts = [f"{progress.stream}:{progress.highest}:{progress.waiting}" for progress in shown]
    if not report.is_complete or len(shown) < len(report.streams):
        parts.append(_MORE)
    return ",".join(parts)


def parse_report(text: str) -> RecordReport | None:
    """Return the report in a header's value; ``None`` where it is none."""
    parts = text.split(",")
    is_complete = parts[-1] != _MORE
    if not is_complete:
        parts.pop()
    if len(parts) > STREAMS_REPORTED:
        return None
    streams: list[StreamProgress] = []
    for part in parts:
        match = _STREAM.fullmatch(part)
        if match is None:
            return None
        streams.append(
            StreamProgress(stream=match[1], highest=int(match[2]), waiting=int(match[3]))
        )
    return RecordReport(streams=tuple(streams), is_complete=is_complete)


def format_lost(lost: LostBatches) -> str:
    """Return lost batches as the text of their notice."""
    last = "" if lost.last is None else str(lost.last)
    return f"{lost.reason.value} {lost.stream} {lost.first}-{last}"


def parse_lost(notice: Notice) -> LostBatches | None:
    """Return the batches that a notice gives up; ``None`` where it speaks of something else."""
    if notice.code is not NoticeCode.BATCHES_LOST:
        return None
    match = _LOST.fullmatch(notice.text)
    if match is None:
        return None
    try:
        reason = LossReason(match[1])
    except ValueError:
        return None  # a newer agent's reason; the numbers show as missing without one
    return LostBatches(
        reason=reason,
        stream=match[2],
        first=int(match[3]),
        last=int(match[4]) if match[4] else None,
    )

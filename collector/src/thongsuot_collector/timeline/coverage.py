"""
Coverage: when a site's agent measured, in wall time; and what it was in between.

A gap before a new boot ends when the device was switched on (boottime 0): until then it was off,
from then on it had not measured yet. A gap inside a boot is the agent's: it did not run, or what it
recorded has not arrived yet.
"""

from bisect import insort
from collections.abc import Iterable, Sequence

import msgspec

from thongsuot_collector.timeline.boot import BootMoment, BootRecord
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

PUSH_S = 15.0
"""What a power cut takes of the record, and so how much earlier than the truth a gap may begin."""

_SEALED_NS = 10**9
"""The last sign of life of a batch lies at most this long before it was sealed."""


class CoveredStretch(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of measuring in wall time, and the boot whose record tells of it."""

    begin_ns: int
    end_ns: int
    boot: BootRecord
    begin: BootMoment
    end: BootMoment


def covered_stretches(boots: Iterable[BootRecord]) -> list[CoveredStretch]:
    """
    Return when the agent measured, in order, none overlapping.

    Where two boots claim the same time one clock was wrong: the better dated boot has it.
    """
    found: list[CoveredStretch] = []
    for boot in sorted(boots, key=_by_trust):
        for one in _stretches_of_boot(boot):
            for free in _uncovered_parts(one, found):
                insort(found, free, key=_begin_order)
    return found


def gap_between(one: CoveredStretch, other: CoveredStretch) -> Iterable[Interval]:
    """Yield what the device was between two stretches that follow each other; may be nothing."""
    begin_ns, end_ns = one.end_ns, other.begin_ns
    error_s = one.boot.dating.error_s
    if one.boot is other.boot or other.begin != other.boot.spans[0].begin:
        is_awaited = one.boot is other.boot and any(
            one.end.boot_ns - _SEALED_NS <= doubt.boot_ns <= other.begin.boot_ns
            for doubt in one.boot.gaps_begin()
        )
        yield Interval(
            start_ns=begin_ns,
            end_ns=end_ns,
            state=State.UNKNOWN,
            symptom=Symptom.AGENT_SILENT,
            basis=Basis.SILENCE if is_awaited else Basis.ABSENCE,
            error_s=error_s,
        )
        return
    on_ns = min(max(begin_ns, other.boot.dating.epoch_ns), end_ns)
    yield Interval(
        start_ns=begin_ns,
        end_ns=on_ns,
        state=State.UNKNOWN,
        symptom=Symptom.DEVICE_OFF,
        segment=Segment.DEVICE,
        basis=Basis.ABSENCE,
        error_s=None if error_s is None else error_s + PUSH_S,
    )
    yield Interval(
        start_ns=on_ns,
        end_ns=end_ns,
        state=State.UNKNOWN,
        symptom=Symptom.NOT_YET_MEASURED,
        basis=Basis.ABSENCE,
        error_s=other.boot.dating.error_s,
    )


def silence_after(last: CoveredStretch) -> Interval:
    """Return what the device is while nothing more of it has arrived."""
    return Interval(
        start_ns=last.end_ns,
        end_ns=None,
        state=State.UNKNOWN,
        symptom=Symptom.AGENT_SILENT,
        basis=Basis.SILENCE,
        error_s=last.boot.dating.error_s,
    )


def _stretches_of_boot(boot: BootRecord) -> Iterable[CoveredStretch]:
    latest_ns: int | None = None
    for span in boot.spans:
        begin_ns, end_ns = boot.wall_ns(span.begin), boot.wall_ns(span.end)
        if latest_ns is not None:
            # The dating of two batches differs by a little: never backwards.
            begin_ns = max(begin_ns, latest_ns)
        latest_ns = end_ns = max(begin_ns, end_ns)
        yield CoveredStretch(begin_ns, end_ns, boot, span.begin, span.end)


def _uncovered_parts(one: CoveredStretch, taken: Sequence[CoveredStretch]) -> list[CoveredStretch]:
    """Return what of a stretch is in none of those that are taken."""
    left = [one]
    for other in taken:
        if other.end_ns < one.begin_ns or other.begin_ns > one.end_ns:
            continue
        parts: list[CoveredStretch] = []
        for part in left:
            if part.begin_ns < other.begin_ns:
                end_ns = min(part.end_ns, other.begin_ns)
                parts.append(msgspec.structs.replace(part, end_ns=end_ns))
            if part.end_ns > other.end_ns:
                begin_ns = max(part.begin_ns, other.end_ns)
                parts.append(msgspec.structs.replace(part, begin_ns=begin_ns))
        left = parts
    return left


def _by_trust(boot: BootRecord) -> tuple[int, int, int]:
    dating = boot.dating
    return -dating.rank, dating.epoch_ns, dating.sealed_ns


def _begin_order(stretch: CoveredStretch) -> tuple[int, int]:
    return stretch.begin_ns, stretch.end_ns

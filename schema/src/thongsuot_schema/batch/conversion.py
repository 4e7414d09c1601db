"""
Clock, verdict changes, notices and closed lists, between their own types and the arrays of
``wire``.

A word that is not known here comes from a newer agent and is taken as the nearest general word,
never refused: an old collector must not stop a new agent.
"""

import math
import re
from enum import StrEnum
from functools import cache
from typing import TypeVar

from thongsuot_schema.batch.limits import LATEST_MS, TEXT_CHARACTERS
from thongsuot_schema.batch.model import ClockReading, Notice, NoticeCode
from thongsuot_schema.batch.wire import ChangeWire, ClockWire, EvidenceWire, NoticeWire
from thongsuot_schema.errors import BatchMalformed
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

NS_PER_MS = 1_000_000
US_PER_S = 1_000_000

MemberT = TypeVar("MemberT", bound=StrEnum)

_STREAM = re.compile(r"[0-9a-f]{16}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def stream_to_wire(stream: str) -> bytes:
    """
    Return a stream's name as bytes.

    Raises:
        ValueError: it is not 16 hexadecimal digits, in small letters.
    """
    if not _STREAM.fullmatch(stream):
        raise ValueError(f"stream {stream!r} is not 16 hexadecimal digits")
    return bytes.fromhex(stream)


def boot_id_to_wire(boot_id: str) -> bytes:
    """
    Return a boot's name as bytes.

    Raises:
        ValueError: it is not a UUID as the kernel writes it, in small letters.
    """
    if not _UUID.fullmatch(boot_id):
        raise ValueError(f"boot id {boot_id!r} is not a UUID in small letters")
    return bytes.fromhex(boot_id.replace("-", ""))


def boot_id_from_wire(wire: bytes) -> str:
    """Return the name of a boot that has travelled."""
    text = wire.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def member_or(type_: type[MemberT], text: str | None, other: MemberT | None) -> MemberT | None:
    """Return the member of a closed list that a text names, ``other`` where it names none."""
    return None if text is None else _members(type_).get(text, other)


@cache
def _members(type_: type[MemberT]) -> dict[str, MemberT]:
    """
    Return the members of a closed list by their words.

    To call the type instead costs 2 µs for a word that it does not have, and a batch may have a
    hundred thousand of those.
    """
    return {member.value: member for member in type_}


def finite_or_none(value: float | None) -> float | None:
    """
    Return a figure of evidence; ``None`` if it is infinite or not a number, which carries no
    information.
    """
    return value if value is not None and math.isfinite(value) else None


def clock_to_wire(clock: ClockReading) -> ClockWire:
    """Return a clock as it travels."""
    error_s = clock.error_s
    # Rounded up, because it is a bound; but not for what binary fractions add to whole
    # microseconds.
    error_us = None if error_s is None else math.ceil(round(error_s * US_PER_S, 3))
    return ClockWire(clock.boottime_ns, clock.wall_ns, error_us)


def clock_from_wire(wire: ClockWire) -> ClockReading:
    """Return a clock that has travelled."""
    error_s = None if wire.error_us is None else wire.error_us / US_PER_S
    return ClockReading(boottime_ns=wire.boottime_ns, wall_ns=wire.wall_ns, error_s=error_s)


def change_to_wire(change: VerdictChange, base_ms: int) -> ChangeWire:
    """Return a verdict change as it travels, times relative to ``base_ms``."""
    verdict = change.verdict
    return ChangeWire(
        link=verdict.link,
        service=verdict.service,
        state=verdict.state,
        segment=verdict.segment,
        symptom=verdict.symptom,
        before=change.before,
        onset_ms=change.onset_boottime_ns // NS_PER_MS - base_ms,
        decided_ms=change.decided_boottime_ns // NS_PER_MS - base_ms,
        evidence=[_evidence_to_wire(evidence) for evidence in verdict.evidence],
    )


def change_from_wire(wire: ChangeWire, base_ms: int) -> VerdictChange:
    """
    Return a verdict change that has travelled.

    Raises:
        BatchMalformed: one of its times is before the boot or decades after it.
    """
    verdict = Verdict(
        link=wire.link,
        service=wire.service,
        state=member_or(State, wire.state, None) or State.UNKNOWN,
        segment=member_or(Segment, wire.segment, None),
        symptom=member_or(Symptom, wire.symptom, None) or Symptom.NONE,
        evidence=tuple(_evidence_from_wire(evidence) for evidence in wire.evidence),
    )
    return VerdictChange(
        verdict=verdict,
        before=member_or(State, wire.before, None) or State.UNKNOWN,
        onset_boottime_ns=_boottime_ns(base_ms + wire.onset_ms),
        decided_boottime_ns=_boottime_ns(base_ms + wire.decided_ms),
    )


def notice_to_wire(notice: Notice, base_ms: int) -> NoticeWire:
    """Return a notice as it travels, times relative to ``base_ms``."""
    start_ns = notice.from_boottime_ns
    return NoticeWire(
        code=notice.code,
        at_ms=notice.boottime_ns // NS_PER_MS - base_ms,
        text=notice.text[:TEXT_CHARACTERS],
        count=notice.count,
        value=finite_or_none(notice.value),
        from_ms=None if start_ns is None else start_ns // NS_PER_MS - base_ms,
    )


def notice_from_wire(wire: NoticeWire, base_ms: int) -> Notice:
    """Return a notice that has travelled; raises as ``change_from_wire``."""
    code = member_or(NoticeCode, wire.code, None)
    return Notice(
        code=code or NoticeCode.OTHER,
        boottime_ns=_boottime_ns(base_ms + wire.at_ms),
        text=wire.text if code else f"{wire.code}: {wire.text}"[:TEXT_CHARACTERS],
        count=wire.count,
        value=finite_or_none(wire.value),
        from_boottime_ns=None if wire.from_ms is None else _boottime_ns(base_ms + wire.from_ms),
    )


def _boottime_ns(boottime_ms: int) -> int:
    if not 0 <= boottime_ms <= LATEST_MS:
        raise BatchMalformed("a time of a verdict or notice is before the boot or decades after")
    return boottime_ms * NS_PER_MS


def _evidence_to_wire(evidence: Evidence) -> EvidenceWire:
    return EvidenceWire(
        kind=evidence.kind,
        target=evidence.target,
        family=evidence.family,
        segment=evidence.segment,
        outcome=evidence.outcome,
        reason=evidence.reason,
        ok=evidence.ok,
        failed=evidence.failed,
        unmeasured=evidence.unmeasured,
        metric=evidence.metric,
        value=finite_or_none(evidence.value),
        limit=finite_or_none(evidence.limit),
        link=evidence.link,
    )


def _evidence_from_wire(wire: EvidenceWire) -> Evidence:
    outcome = member_or(Outcome, wire.outcome, None)
    unmeasured = outcome is Outcome.UNMEASURED
    other = Reason.UNMEASURED_OTHERWISE if unmeasured else Reason.FAILED_OTHERWISE
    return Evidence(
        kind=wire.kind,
        target=wire.target,
        family=member_or(Family, wire.family, None) or Family.NONE,
        segment=member_or(Segment, wire.segment, None),
        outcome=outcome,
        reason=member_or(Reason, wire.reason, other),
        ok=wire.ok,
        failed=wire.failed,
        unmeasured=wire.unmeasured,
        metric=wire.metric,
        value=finite_or_none(wire.value),
        limit=finite_or_none(wire.limit),
        link=wire.link,
    )

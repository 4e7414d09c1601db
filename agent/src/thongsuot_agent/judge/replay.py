"""
Replay: judges a recording again and prints a story: what failed, what was probed, what the verdict
was and why.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from thongsuot_agent.judge import recording
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import ConfirmationProbe, LinkEvent, ResultArrival
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.recording import Recorded
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family
from thongsuot_schema.segment import party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, VerdictChange


def replay(lines: Iterable[bytes | str]) -> Iterator[str]:
    """
    Yield the lines of a recording's story; the same recording gives the same story.

    Times are seconds since the first event. Successful runs are only counted.

    Raises:
        RecordingError: the recording cannot be read.
    """
    site_probes, settings, events = recording.read(lines)
    memory = Memory()
    start_ns: int | None = None
    sums: Counter[str] = Counter()
    for event in recording.with_ticks(events):
        start_ns = event.boottime_ns if start_ns is None else start_ns
        yield from _event_lines(event, start_ns, sums)
        ruling = step(memory, event, site_probes, settings)
        memory = ruling.memory
        at = _offset_text(event.boottime_ns, start_ns)
        if ruling.confirmation_probes:
            sums["confirmations"] += len(ruling.confirmation_probes)
            yield f"{at}  asks for {_probe_counts(ruling.confirmation_probes)}"
        for change in ruling.changes:
            sums["changes"] += 1
            yield from _change_lines(change, start_ns)
    yield (
        f"{sums['results']} results, {sums['failed']} failed, {sums['unmeasured']} unmeasured; "
        f"{sums['confirmations']} runs asked for; {sums['changes']} changes"
    )


def _event_lines(event: Recorded, start_ns: int, sums: Counter[str]) -> Iterator[str]:
    at = _offset_text(event.boottime_ns, start_ns)
    if isinstance(event, LinkEvent):
        facts = event.facts
        lacks = [
            name
            for name, there in (
                ("interface", facts.present),
                ("signal", facts.carrier),
                ("IPv4 address", facts.has_address4),
                ("IPv6 address", facts.has_address6),
                ("IPv4 route", facts.has_route4),
                ("IPv6 route", facts.has_route6),
            )
            if not there
        ]
        state = f"lacks {', '.join(lacks)}" if lacks else "complete"
        conflict = ", address used twice" if facts.address_conflict else ""
        yield f"{at}  {event.link}: interface {state}{conflict}"
    elif isinstance(event, ResultArrival):
        sums["results"] += 1
        finding, series = event.result.finding, event.result.series
        if finding.outcome is Outcome.OK:
            return
        sums[finding.outcome.value] += 1
        began = _offset_text(event.result.boottime_ns, start_ns).strip()
        detail = f" ({finding.detail})" if finding.detail else ""
        yield (
            f"{at}  {series.link}: {series.kind} {series.target} {series.family} "
            f"{finding.reason}{detail}, begun {began}"
        )


def _probe_counts(confirmations: Sequence[ConfirmationProbe]) -> str:
    counts = Counter((confirmation.link, confirmation.kind) for confirmation in confirmations)
    parts = [f"{count} {kind} over {link}" for (link, kind), count in sorted(counts.items())]
    return ", ".join(parts)


def _change_lines(change: VerdictChange, start_ns: int) -> Iterator[str]:
    verdict = change.verdict
    subject = " ".join(part for part in (verdict.link or "site", verdict.service) if part)
    line = f"{change.before} -> {verdict.state}"
    if verdict.segment is not None:
        line += f", {verdict.segment} ({party_for(verdict.segment)})"
    if verdict.state is not State.UP:
        line += f", {verdict.symptom}"
    since = _offset_text(change.onset_boottime_ns, start_ns).strip()
    yield f"{_offset_text(change.decided_boottime_ns, start_ns)}  {subject}: {line}, since {since}"
    for evidence in verdict.evidence:
        yield f"{'':12}    {_evidence_text(evidence)}"


def _evidence_text(evidence: Evidence) -> str:
    family = "" if evidence.family is Family.NONE else f" {evidence.family}"
    where = f" over {evidence.link}" if evidence.link else ""
    text = f"{evidence.segment or '-'}: {evidence.kind} {evidence.target}{family}{where}"
    text += f": {evidence.ok} ok, {evidence.failed} failed"
    if evidence.reason is not None:
        text += f", {evidence.reason}"
    if evidence.value is not None:
        text += f"; {evidence.metric} {evidence.value:.6g}"
        text += "" if evidence.limit is None else f" (limit {evidence.limit:.6g})"
    return text


def _offset_text(boottime_ns: int, start_ns: int) -> str:
    return f"{(boottime_ns - start_ns) / NS_PER_S:+10.3f} s"

"""
Replay: judges a recording again and prints a story: what failed, what was probed, what the verdict
was and why.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

from thongsuot_agent.judge import recording
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import ConfirmationProbe, LinkEvent, ResultArrival
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.recording import Recorded
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family
from thongsuot_schema.segment import party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, VerdictChange
from thongsuot_schema.words.codes import (
    family_code,
    party_code,
    reason_code,
    segment_code,
    state_code,
    symptom_code,
)

_SUMS = ("results", "failed", "unmeasured", "confirmations", "changes")


def replay(lines: Iterable[bytes | str]) -> Iterator[str]:
    """
    Yield the lines of a recording's story; the same recording gives the same story.

    Times are seconds since the first event. Successful runs are only counted. The lines are in
    English and can be shown in another language (``Localizable``).

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
            counts = _probe_counts(ruling.confirmation_probes)
            yield Localizable("{at}  asks for {counts}", at=at, counts=counts)
        for change in ruling.changes:
            sums["changes"] += 1
            yield from _change_lines(change, start_ns)
    yield Localizable(
        "{results} results, {failed} failed, {unmeasured} unmeasured; "
        "{confirmations} runs asked for; {changes} changes",
        **{name: sums[name] for name in _SUMS},
    )


def _event_lines(event: Recorded, start_ns: int, sums: Counter[str]) -> Iterator[str]:
    at = _offset_text(event.boottime_ns, start_ns)
    if isinstance(event, LinkEvent):
        facts = event.facts
        lacks = [
            name
            for name, there in (
                (Localizable("interface"), facts.present),
                (Localizable("signal"), facts.carrier),
                (Localizable("IPv4 address"), facts.has_address4),
                (Localizable("IPv6 address"), facts.has_address6),
                (Localizable("IPv4 route"), facts.has_route4),
                (Localizable("IPv6 route"), facts.has_route6),
            )
            if not there
        ]
        state = Localizable("complete")
        if lacks:
            state = Localizable("lacks {parts}", parts=_listed(lacks))
        conflict = Localizable(", address used twice") if facts.address_conflict else ""
        yield Localizable(
            "{at}  {link}: interface {state}{conflict}",
            at=at,
            link=event.link,
            state=state,
            conflict=conflict,
        )
    elif isinstance(event, ResultArrival):
        sums["results"] += 1
        finding, series = event.result.finding, event.result.series
        if finding.outcome is Outcome.OK:
            return
        sums[finding.outcome.value] += 1
        yield Localizable(
            "{at}  {link}: {kind} {target} {family} {reason}{detail}, begun {began}",
            at=at,
            link=series.link,
            kind=series.kind,
            target=series.target,
            family=family_code(series.family),
            reason="None" if finding.reason is None else reason_code(finding.reason),
            detail=f" ({finding.detail})" if finding.detail else "",
            began=_offset_text(event.result.boottime_ns, start_ns).strip(),
        )


def _probe_counts(confirmations: Sequence[ConfirmationProbe]) -> str:
    counts = Counter((confirmation.link, confirmation.kind) for confirmation in confirmations)
    return _listed(
        [
            Localizable("{count} {kind} over {link}", count=count, kind=kind, link=link)
            for (link, kind), count in sorted(counts.items())
        ]
    )


def _change_lines(change: VerdictChange, start_ns: int) -> Iterator[str]:
    verdict = change.verdict
    subject: str = verdict.link or Localizable("site")
    if verdict.service:
        subject = Localizable("{first} {rest}", first=subject, rest=verdict.service)
    line: str = Localizable(
        "{before} -> {after}", before=state_code(change.before), after=state_code(verdict.state)
    )
    if verdict.segment is not None:
        where = Localizable(
            "{segment} ({party})",
            segment=segment_code(verdict.segment),
            party=party_code(party_for(verdict.segment)),
        )
        line = _listed([line, where])
    if verdict.state is not State.UP:
        symptom = symptom_code(verdict.symptom, verdict.service)
        line = _listed([line, Localizable("{sentence}", sentence=symptom)])
    yield Localizable(
        "{at}  {subject}: {change}, since {since}",
        at=_offset_text(change.decided_boottime_ns, start_ns),
        subject=subject,
        change=line,
        since=_offset_text(change.onset_boottime_ns, start_ns).strip(),
    )
    for evidence in verdict.evidence:
        yield Localizable("{indent}{text}", indent=" " * 16, text=_evidence_text(evidence))


def _evidence_text(evidence: Evidence) -> str:
    family = Localizable(" {family}", family=family_code(evidence.family))
    over = Localizable(" over {link}", link=evidence.link)
    text: str = Localizable(
        "{segment}: {kind} {target}{family}{over}: {ok} ok, {failed} failed",
        segment=segment_code(evidence.segment) if evidence.segment else "-",
        kind=evidence.kind,
        target=evidence.target,
        family="" if evidence.family is Family.NONE else family,
        over=over if evidence.link else "",
        ok=evidence.ok,
        failed=evidence.failed,
    )
    if evidence.reason is not None:
        reason = Localizable("{sentence}", sentence=reason_code(evidence.reason))
        text = _listed([text, reason])
    if evidence.value is not None:
        value = f"{evidence.metric} {evidence.value:.6g}"
        text = Localizable("{first}; {rest}", first=text, rest=value)
        if evidence.limit is not None:
            limit = f"{evidence.limit:.6g}"
            text = Localizable("{text} (limit {limit})", text=text, limit=limit)
    return text


def _listed(parts: Sequence[str]) -> str:
    return reduce(lambda first, rest: Localizable("{first}, {rest}", first=first, rest=rest), parts)


def _offset_text(boottime_ns: int, start_ns: int) -> str:
    return f"{(boottime_ns - start_ns) / NS_PER_S:+10.3f} s"

"""
Steps of a commissioning run: state changes from a person's actions and observations of links. Pure.

A link is proven if it is the only one that goes down. That it is down is the judge's verdict, or
its interface without carrier; that no other is down needs an answer from each of the others to a
probe sent after that. An attempt without a proof is reported, and can be repeated: a run never
changes a setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from thongsuot_agent.commissioning.sights import LinkSight, Sights
from thongsuot_schema.commissioning.events import CommissioningEvent, EventCode, counter_text
from thongsuot_schema.commissioning.run import (
    Attempt,
    AttemptOutcome,
    CommissioningRun,
    CommissioningStep,
    CounterProof,
    FailedAttempt,
    LinkProof,
    LinkStage,
    swappable,
    with_link,
)

NS_PER_S = 1_000_000_000
PULL_TIMEOUT_NS = 120 * NS_PER_S
"""To find the cable and pull it, and for the judge to see it."""
DECIDE_NS = 4 * NS_PER_S
"""After the first link fell: what hangs on the same cable falls within this (verdicts: 3 s)."""
DECIDE_OTHER_NS = 10 * NS_PER_S
"""The same, if it was another link than the requested one, which suggests swapped labels."""
WITNESS_TIMEOUT_NS = 90 * NS_PER_S
"""For the others to answer: over a metered link four rounds of its slowest echoes."""
RETURN_TIMEOUT_NS = 600 * NS_PER_S
"""For a fibre's box to train and dial in again."""
ADDRESS_WAIT_NS = 10 * NS_PER_S
"""For the collector to say from where it sees the link; a proof without it is one all the same."""
ELSEWHERE_NS = 20 * NS_PER_S
"""Another router or network after the return: until then it may be the box that is starting."""
MEASURE_TIMEOUT_NS = 60 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event, and when it happened (CLOCK_BOOTTIME)."""

    at_ns: int
    event: CommissioningEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The current run, and the events for the record."""

    run: CommissioningRun
    events: tuple[RecordedEvent, ...] = ()


def begin(run_id: str, links: Sequence[LinkProof], sights: Sights) -> Change:
    """Return a new run over links that nothing is proven of yet."""
    run = CommissioningRun(id=run_id, begun_s=sights.now_s, links=tuple(links))
    events = [
        _event(run, EventCode.LINK, sights.now_ns, link=proof.link, text=proof.circuit)
        for proof in links
    ]
    step = CommissioningStep.READY if links else CommissioningStep.COUNTER
    return Change(run=replace(run, step=step), events=tuple(events))


def abandon(run: CommissioningRun, sights: Sights) -> Change:
    """Return a run that another one takes the place of."""
    if run.step is CommissioningStep.DONE:
        return Change(run=run)
    ended = replace(
        run,
        step=CommissioningStep.DONE,
        attempt=None,
        ended_s=sights.now_s,
        is_abandoned=True,
    )
    return Change(run=ended, events=(_event(run, EventCode.ABANDONED, sights.now_ns),))


def missing(run: CommissioningRun, sights: Sights) -> tuple[str, ...]:
    """Return the links that have to be alive before a cable is pulled, and are not."""
    return tuple(
        proof.link
        for proof in run.links
        if proof.stage is not LinkStage.SKIPPED and not _is_alive(sights.of(proof.link))
    )


def ask_pull(run: CommissioningRun, sights: Sights) -> Change:
    """The person is ready: from now on the cable of the link at hand may fall."""
    current = run.current
    if run.step is not CommissioningStep.READY or current is None or missing(run, sights):
        return Change(run=run)
    asked = replace(
        run,
        step=CommissioningStep.PULL,
        attempt=Attempt(asked_ns=sights.now_ns),
        is_failure_shown=False,
        is_unsettled=True,
    )
    event = _event(run, EventCode.PULL_ASKED, sights.now_ns, link=current.link)
    return Change(run=asked, events=(event,))


def skip(run: CommissioningRun, link: str, sights: Sights) -> Change:
    """The person leaves a link out: it is not there yet, or its cable cannot be reached."""
    proof = next((proof for proof in run.links if proof.link == link), None)
    is_open = proof is not None and proof.stage is LinkStage.UNTRIED
    if run.step is not CommissioningStep.READY or proof is None or not is_open:
        return Change(run=run)
    skipped = with_link(run, replace(proof, stage=LinkStage.SKIPPED))
    event = _event(run, EventCode.SKIPPED, sights.now_ns, link=link)
    return Change(run=_at_next(replace(skipped, is_failure_shown=False)), events=(event,))


def swap(run: CommissioningRun, sights: Sights) -> Change:
    """
    The person says that the labels of two links are swapped, after the other one went down.

    It changes nothing: the record says what has to be changed in the settings.
    """
    current, other = run.current, swappable(run)
    if run.step is not CommissioningStep.READY or current is None or not other:
        return Change(run=run)
    for name, with_name in ((current.link, other), (other, current.link)):
        proof = next(proof for proof in run.links if proof.link == name)
        run = with_link(run, replace(proof, stage=LinkStage.SWAPPED, swapped_with=with_name))
    event = _event(run, EventCode.SWAPPED, sights.now_ns, link=current.link, text=other)
    back = _event(run, EventCode.SWAPPED, sights.now_ns, link=other, text=current.link)
    return Change(run=_at_next(replace(run, is_failure_shown=False)), events=(event, back))


def confirm_circuit(run: CommissioningRun, read: str, sights: Sights) -> Change:
    """The person has read the label: ``read`` is its text, empty if it matches."""
    current = run.current
    if run.step is not CommissioningStep.CIRCUIT or current is None:
        return Change(run=run)
    text = read or current.circuit
    is_same = text.strip().casefold() == current.circuit.strip().casefold()
    proof = replace(current, circuit_read=text, is_circuit_same=is_same if text else None)
    code = EventCode.CIRCUIT_SAME if is_same else EventCode.CIRCUIT_DIFFERS
    event = _event(run, code, sights.now_ns, link=current.link, text=text)
    return Change(run=_at_next(with_link(run, proof)), events=(event,) if text else ())


def ask_counter(run: CommissioningRun, sights: Sights) -> Change:
    """The person wants the counter's computers tested."""
    if run.step is not CommissioningStep.COUNTER:
        return Change(run=run)
    attempt = Attempt(asked_ns=sights.now_ns)
    return Change(run=replace(run, step=CommissioningStep.MEASURING, attempt=attempt, counter=None))


def finish(run: CommissioningRun, sights: Sights) -> Change:
    """The person ends the run, with the proofs so far."""
    if run.step is not CommissioningStep.COUNTER:
        return Change(run=run)
    ended = replace(run, step=CommissioningStep.DONE, ended_s=sights.now_s)
    return Change(run=ended, events=(_event(run, EventCode.ENDED, sights.now_ns),))


def interrupt(run: CommissioningRun, sights: Sights) -> Change:
    """The agent restarts: the attempt in progress may not have been observed completely."""
    if run.step in {CommissioningStep.PULL, CommissioningStep.RETURN}:
        return _failed(run, sights, AttemptOutcome.INTERRUPTED, ())
    if run.step is CommissioningStep.MEASURING:
        return Change(run=replace(run, step=CommissioningStep.COUNTER, attempt=None))
    return Change(run=run)


def advance(run: CommissioningRun, sights: Sights) -> Change:
    """A second has passed, or a link has changed."""
    match run.step:
        case CommissioningStep.PULL:
            return _watch_pull(run, sights)
        case CommissioningStep.RETURN:
            return _settled(_watch_return(run, sights), sights)
        case CommissioningStep.MEASURING:
            return _watch_counter(run, sights)
        case _:
            return _settled(Change(run=run), sights)


def _watch_pull(run: CommissioningRun, sights: Sights) -> Change:
    current, attempt = _under_way(run)
    lost = _lost(run, sights)
    if not lost:
        if sights.now_ns - attempt.asked_ns > PULL_TIMEOUT_NS:
            return _failed(run, sights, AttemptOutcome.NOTHING_LOST, ())
        return Change(run=run)
    names = tuple(sight.name for sight in lost)
    waited_ns = sights.now_ns - min(sight.lost_ns or 0 for sight in lost)
    if names == (current.link,):
        return _watch_witnesses(run, sights, lost[0]) if waited_ns >= DECIDE_NS else Change(run=run)
    if waited_ns < DECIDE_OTHER_NS:
        return Change(run=run)
    is_other = len(names) == 1
    outcome = AttemptOutcome.OTHER_LOST if is_other else AttemptOutcome.SEVERAL_LOST
    return _failed(run, sights, outcome, names)


def _watch_witnesses(run: CommissioningRun, sights: Sights, lost: LinkSight) -> Change:
    """The link fell, and no other did as far as is known: each of them has to answer."""
    current, _ = _under_way(run)
    assert lost.lost_ns is not None, "it fell"
    witnesses = [sights.of(name) for name in _watched(run) if name != lost.name]
    silent = [sight.name for sight in witnesses if not sight.answered_since(lost.lost_ns)]
    if silent:
        if sights.now_ns - lost.lost_ns > WITNESS_TIMEOUT_NS:
            return _failed(run, sights, AttemptOutcome.UNWITNESSED, tuple(silent))
        return Change(run=run)
    names = tuple(sight.name for sight in witnesses)
    proof = replace(current, lost_s=sights.wall_s(lost.lost_ns), returned_s=None, witnesses=names)
    pulled = replace(
        with_link(run, proof),
        step=CommissioningStep.RETURN,
        attempt=Attempt(asked_ns=sights.now_ns, lost_ns=lost.lost_ns),
    )
    text = ",".join(names)
    event = _event(run, EventCode.PULLED, lost.lost_ns, link=current.link, text=text)
    return Change(run=pulled, events=(event,))


def _watch_return(run: CommissioningRun, sights: Sights) -> Change:
    current, attempt = _under_way(run)
    sight = sights.of(current.link)
    others = [
        other
        for other in _lost(run, sights)
        if other.name != current.link and sights.now_ns - (other.lost_ns or 0) >= DECIDE_OTHER_NS
    ]
    if others:
        names = tuple(other.name for other in others)
        return _failed(run, sights, AttemptOutcome.OTHER_LOST_AT_RETURN, names)
    is_elsewhere = sight.elsewhere_ns is not None
    if is_elsewhere and sights.now_ns - (sight.elsewhere_ns or 0) > ELSEWHERE_NS:
        return _failed(run, sights, AttemptOutcome.RETURNED_ELSEWHERE, ())
    is_back = _is_alive(sight) and sight.up_ns is not None and sight.answered_since(sight.up_ns, 1)
    waited_ns = sights.now_ns - (sight.up_ns or 0)
    if is_back and sight.is_address_pending and waited_ns < ADDRESS_WAIT_NS:
        return Change(run=run)
    if is_back and sight.up_ns is not None:
        returned_ns = max(sight.up_ns, attempt.lost_ns or 0)
        proof = replace(
            current,
            returned_s=sights.wall_s(returned_ns),
            address=sight.address,
            stage=LinkStage.PROVEN,
        )
        event = _event(run, EventCode.RETURNED, returned_ns, link=current.link, text=sight.address)
        returned = replace(with_link(run, proof), step=CommissioningStep.CIRCUIT, attempt=None)
        return Change(run=returned, events=(event,))
    if sights.now_ns - attempt.asked_ns > RETURN_TIMEOUT_NS:
        return _failed(run, sights, AttemptOutcome.NOT_RETURNED, ())
    return Change(run=run)


def _watch_counter(run: CommissioningRun, sights: Sights) -> Change:
    attempt, seen = run.attempt, sights.counter
    assert attempt is not None, "a measurement was asked for"
    is_late = sights.now_ns - attempt.asked_ns > MEASURE_TIMEOUT_NS
    if seen is None or (seen.measured < seen.expected and not is_late):
        return Change(run=run)
    proof = CounterProof(
        at_s=sights.now_s,
        is_alive=seen.is_alive,
        link=seen.link,
        open_services=seen.opened,
        services=seen.measured,
    )
    measured = replace(run, step=CommissioningStep.COUNTER, attempt=None, counter=proof)
    event = _event(run, EventCode.COUNTER, sights.now_ns, text=counter_text(proof))
    return Change(run=measured, events=(event,))


def _failed(
    run: CommissioningRun, sights: Sights, outcome: AttemptOutcome, lost: tuple[str, ...]
) -> Change:
    current = run.current
    assert current is not None, "an attempt is one on a link"
    failure = FailedAttempt(link=current.link, outcome=outcome, lost=lost, at_s=sights.now_s)
    proof = replace(current, lost_s=None, returned_s=None, witnesses=())
    failed = replace(
        with_link(run, proof),
        step=CommissioningStep.READY,
        attempt=None,
        failures=(*run.failures, failure),
        is_failure_shown=True,
    )
    text = f"{outcome} {','.join(lost)}".rstrip()
    event = _event(run, EventCode.FAILED, sights.now_ns, link=current.link, text=text)
    return Change(run=failed, events=(event,))


def _settled(change: Change, sights: Sights) -> Change:
    """Say once that all links answer again after cables were pulled."""
    run = change.run
    is_under_way = run.step in {CommissioningStep.PULL, CommissioningStep.RETURN}
    if not run.is_unsettled or is_under_way or missing(run, sights):
        return change
    event = _event(run, EventCode.SETTLED, sights.now_ns)
    return Change(run=replace(run, is_unsettled=False), events=(*change.events, event))


def _at_next(run: CommissioningRun) -> CommissioningRun:
    """Return a run at its first link that nothing is decided of; at the counter where none is."""
    position = next(
        (at for at, proof in enumerate(run.links) if proof.stage is LinkStage.UNTRIED),
        len(run.links),
    )
    is_over = position == len(run.links)
    step = CommissioningStep.COUNTER if is_over else CommissioningStep.READY
    return replace(run, position=position, step=step)


def _under_way(run: CommissioningRun) -> tuple[LinkProof, Attempt]:
    """Return the current link, and the awaited event."""
    assert run.current is not None, "cables are pulled while there is a link at hand"
    assert run.attempt is not None, "what is watched was asked for"
    return run.current, run.attempt


def _watched(run: CommissioningRun) -> list[str]:
    return [proof.link for proof in run.links if proof.stage is not LinkStage.SKIPPED]


def _lost(run: CommissioningRun, sights: Sights) -> list[LinkSight]:
    """Return the links that are down: all of them were up when the person was asked."""
    watched = (sights.of(name) for name in _watched(run))
    return [sight for sight in watched if sight.lost_ns is not None]


def _is_alive(sight: LinkSight) -> bool:
    return sight.lost_ns is None and sight.up_ns is not None and sight.elsewhere_ns is None


def _event(
    run: CommissioningRun, code: EventCode, at_ns: int, *, link: str = "", text: str = ""
) -> RecordedEvent:
    event = CommissioningEvent(run=run.id, event=code, link=link, text=text)
    return RecordedEvent(at_ns=at_ns, event=event)

"""What holds for every course of events."""

import msgspec
from hypothesis import given, settings, strategies

from tests.agent.judge.inventories import two_links
from tests.agent.judge.simulated_site import NS
from tests.timing import examples
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import Event, ResultArrival, Tick
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

SITE_PROBES = two_links()
SETTINGS = Settings()
UNMEASURED = [reason for reason in Reason if outcome_of(reason) is Outcome.UNMEASURED]
POSTS = [
    (link, post, family)
    for link, watch in SITE_PROBES.links.items()
    for post in watch.points.values()
    for family in post.families
]


def judged(events: list[Event], memory: Memory | None = None) -> list[VerdictChange]:
    memory = Memory() if memory is None else memory
    changes: list[VerdictChange] = []
    for event in events:
        ruling = step(memory, event, SITE_PROBES, SETTINGS)
        memory = ruling.memory
        changes.extend(ruling.changes)
    return changes


@strategies.composite
def courses(draw: strategies.DrawFn, findings: strategies.SearchStrategy[Finding]) -> list[Event]:
    """Any results at any times, with ticks between them."""
    now_s = 1000.0
    events: list[Event] = []
    for _ in range(draw(strategies.integers(1, 60))):
        now_s += draw(strategies.sampled_from([0.0, 0.1, 1.0, 7.0, 40.0]))
        if draw(strategies.booleans()):
            events.append(Tick(boottime_ns=round(now_s * NS)))
            continue
        link, post, family = draw(strategies.sampled_from(POSTS))
        series = Series(kind=post.kind, revision=1, link=link, target=post.target, family=family)
        started_s = now_s - draw(strategies.sampled_from([0.0, 0.01, 1.0]))
        result = Result(series=series, boottime_ns=round(started_s * NS), finding=draw(findings))
        events.append(ResultArrival(boottime_ns=round(now_s * NS), result=result))
    return events


@given(courses(strategies.sampled_from(UNMEASURED).map(failed_finding)))
@settings(max_examples=examples(40), deadline=None)
def test_unmeasured_runs_never_make_a_link_degraded_or_down(events: list[Event]) -> None:
    states = {change.verdict.state for change in judged(events)}
    assert states <= {State.UNKNOWN}


def findings() -> strategies.SearchStrategy[Finding]:
    answered = strategies.floats(0.001, 0.9).map(lambda rtt_s: ok_finding({icmp.RTT: rtt_s}))
    return strategies.one_of(answered, strategies.sampled_from(list(Reason)).map(failed_finding))


@given(courses(findings()))
@settings(max_examples=examples(40), deadline=None)
def test_each_change_is_new_and_blames_a_segment_exactly_if_someone_is_at_fault(
    events: list[Event],
) -> None:
    before: dict[tuple[str, str], tuple[State, object, object]] = {}
    for change in judged(events):
        verdict = change.verdict
        subject = (verdict.link, verdict.service)
        triple = (verdict.state, verdict.segment, verdict.symptom)
        assert triple != before.get(subject), "a change says something new"
        assert change.before == before.get(subject, (State.UNKNOWN,))[0]
        assert (verdict.segment is None) == (verdict.state in {State.UP, State.UNKNOWN})
        assert change.onset_boottime_ns <= change.decided_boottime_ns
        before[subject] = triple


@given(courses(findings()))
@settings(max_examples=examples(40), deadline=None)
def test_the_same_events_give_the_same_rulings_whenever_memory_is_written_down(
    events: list[Event],
) -> None:
    half = len(events) // 2
    memory = Memory()
    first = judged(events[:half], memory)
    written = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=Memory)
    assert first + judged(events[half:], written) == judged(events)


def test_a_result_without_arrival_time_counts_as_arriving_now() -> None:
    series = Series(kind="icmp", revision=1, link="fixed", target="zone", family=Family.IP4)
    result = Result(series=series, boottime_ns=5 * NS, finding=ok_finding({icmp.RTT: 0.01}))
    ruling = step(Memory(now_ns=9 * NS), result, SITE_PROBES, SETTINGS)
    assert ruling.memory.now_ns == 9 * NS
    assert step(Memory(), result, SITE_PROBES, SETTINGS).memory.now_ns == 5 * NS


def test_unscheduled_series_are_left_alone() -> None:
    for link, target in (("other", "zone"), ("fixed", "other")):
        series = Series(kind="icmp", revision=1, link=link, target=target, family=Family.IP4)
        result = Result(series=series, boottime_ns=NS, finding=failed_finding(Reason.TIMED_OUT))
        ruling = step(Memory(), result, SITE_PROBES, SETTINGS)
        assert (ruling.changes, ruling.confirmation_probes) == ((), ())

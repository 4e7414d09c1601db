"""What the probes of a link observed, with times, and only for the present fault."""

from collections.abc import Sequence
from random import Random

import pytest

from tests.collector.batches import BatchSealer, S, failed, icmp_result, unmeasured
from thongsuot_collector.incidents.observation import (
    ProbeName,
    ProbeObservation,
    SiteObservations,
)
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.layout import compile_layout
from thongsuot_schema.result import Family, Result

EPOCH = 1_795_540_000 * S
FIBER = Subject("s0", "fiber")


class PushingAgent:
    """Pushes batches to the observations of its site."""

    def __init__(self) -> None:
        self.sealer = BatchSealer("s0", epoch_ns=EPOCH)
        self.observations = SiteObservations()

    def push(self, results: Sequence[Result]) -> None:
        sealed_ns = max(result.boottime_ns for result in results) + S
        body, layout = self.sealer.sealed(self.sealer.batch(sealed_ns, results))
        name, described = decode_layout(layout)
        layouts = {name: compile_layout(described)}
        columns = decode_columns(body, layouts.get)
        self.observations.ingest_batch(columns, epoch_ns=EPOCH, layout=name)

    def seen(self, target: str = "exchange") -> ProbeObservation:
        return next(
            observation
            for observation in self.observations.of_link(FIBER)
            if observation.target == target
        )


def every(step_s: int, from_s: int, until_s: int) -> range:
    return range(from_s * S, until_s * S, step_s * S)


def test_a_dead_target_shows_its_last_answer_its_first_loss_and_how_many_since() -> None:
    agent = PushingAgent()
    agent.push([icmp_result(at_ns) for at_ns in every(5, 100, 130)])
    agent.push([failed(at_ns) for at_ns in every(5, 130, 200)])
    assert agent.seen() == ProbeObservation(
        kind="icmp",
        target="exchange",
        family=Family.IP4,
        last_good_ns=EPOCH + 125 * S,
        first_bad_ns=EPOCH + 130 * S,
        newest_ns=EPOCH + 195 * S,
        good=0,
        total=13,
    )


def test_runs_without_link_or_target_are_not_shown() -> None:
    agent = PushingAgent()
    agent.push([failed(100 * S, target=""), failed(105 * S, link="")])
    assert agent.observations.of_link(FIBER) == ()
    assert agent.observations.of_link(Subject("s0")) == ()


def test_a_recovered_point_shows_nothing_of_the_fault_before() -> None:
    agent = PushingAgent()
    agent.push([failed(at_ns) for at_ns in every(5, 100, 130)])
    agent.push([icmp_result(at_ns) for at_ns in every(5, 130, 300)])
    assert agent.observations.of_link(FIBER) == ()
    agent.push([icmp_result(300 * S), failed(305 * S), failed(310 * S)])
    seen = agent.seen()
    assert (seen.first_bad_ns, seen.good, seen.total) == (EPOCH + 305 * S, 1, 3)


def test_a_lossy_target_is_counted_over_the_last_minute() -> None:
    agent = PushingAgent()
    results = [
        failed(at_ns) if at_ns // S % 10 == 0 else icmp_result(at_ns)
        for at_ns in every(5, 100, 400)
    ]
    agent.push(results)
    seen = agent.seen()
    assert (seen.good, seen.total) == (7, 13)
    assert seen.newest_ns - EPOCH == 395 * S


def test_unmeasured_runs_are_not_counted() -> None:
    agent = PushingAgent()
    agent.push([failed(100 * S), unmeasured(105 * S), unmeasured(110 * S)])
    seen = agent.seen()
    assert (seen.good, seen.total, seen.newest_ns) == (0, 1, EPOCH + 100 * S)


def test_late_data_changes_nothing_that_is_newer() -> None:
    agent = PushingAgent()
    agent.push([failed(at_ns) for at_ns in every(5, 100, 130)])
    before = agent.seen()
    agent.push([icmp_result(at_ns) for at_ns in every(5, 50, 80)])
    assert agent.seen() == before


def test_a_link_shows_its_own_probes_alone_and_what_each_has_seen() -> None:
    agent = PushingAgent()
    agent.push([failed(100 * S, link="5g"), icmp_result(100 * S)])
    assert agent.observations.of_link(FIBER) == ()
    assert [
        observation.good for observation in agent.observations.of_link(Subject("s0", "5g"))
    ] == [0]
    assert agent.observations.of_link(Subject("s0")) == ()
    for at_s in (110, 115):
        agent.push([failed(at_s * S, target="abroad"), failed(at_s * S)])
    agent.push([icmp_result(120 * S, target="abroad"), failed(120 * S)])
    assert [
        (observation.target, observation.good) for observation in agent.observations.of_link(FIBER)
    ] == [
        ("abroad", 1),
        ("exchange", 0),
    ]


@pytest.mark.parametrize(("at_ms", "total"), [(160_000, 2), (160_030, 1)])
def test_a_run_is_counted_for_a_minute(at_ms: int, total: int) -> None:
    agent = PushingAgent()
    agent.push([failed(100 * S), failed(at_ms * S // 1_000)])
    assert agent.seen().total == total


def test_data_pushed_twice_is_counted_once() -> None:
    agent = PushingAgent()
    for _ in range(2):
        agent.push([failed(100 * S), failed(105 * S)])
    seen = agent.seen()
    assert (seen.good, seen.total, seen.first_bad_ns) == (0, 2, EPOCH + 100 * S)


def test_recovered_targets_are_not_shown_and_the_others_are_in_order_of_name() -> None:
    agent = PushingAgent()
    agent.push([failed(100 * S, target=target) for target in ("zone", "abroad", "exchange")])
    later = [icmp_result(at_ns, target="abroad") for at_ns in every(5, 165, 225)]
    agent.push([*later, failed(225 * S, target="zone"), failed(225 * S, target="exchange")])
    shown = [observation.target for observation in agent.observations.of_link(FIBER)]
    assert shown == ["exchange", "zone"], "nothing is shown of who is well again"
    agent.push([failed(230 * S, target="abroad")])
    shown = [observation.target for observation in agent.observations.of_link(FIBER)]
    assert shown == ["abroad", "exchange", "zone"]


@pytest.mark.parametrize("seed", range(4))
def test_observations_do_not_depend_on_when_they_are_read(seed: int) -> None:
    random = Random(seed)
    asked, not_asked = PushingAgent(), PushingAgent()
    for _ in range(40):
        # Late ones, some that overlap, some without one of the targets, seldom one with a failure.
        begin_s = 100 + random.randrange(0, 200, 4)
        results = [
            failed(at_ns, target=target)
            if random.random() < 0.003
            else icmp_result(at_ns, target=target)
            for target in random.sample(
                ["abroad", "exchange", "portal"], k=random.choice([2, 3, 3])
            )
            for at_ns in every(5, begin_s, begin_s + 15)
        ]
        for agent in (asked, not_asked):
            agent.push(results)
        asked.observations.of_link(FIBER)
    # What is good is shown beside a failure in the same minute.
    last = [failed(320 * S, target=target) for target in ("exchange", "abroad", "portal")]
    for agent in (asked, not_asked):
        agent.push(last)
    assert asked.observations.of_link(FIBER) == not_asked.observations.of_link(FIBER)
    assert len(asked.observations.of_link(FIBER)) == 3


def test_of_a_batch_with_thousands_of_runs_the_last_answer_is_known_too() -> None:
    agent = PushingAgent()
    agent.push([icmp_result(at_ns) for at_ns in every(1, 100, 1_300)])
    agent.push([failed(1_300 * S)])
    assert agent.seen().last_good_ns == EPOCH + 1_299 * S


def test_the_last_failure_of_each_probe_is_remembered_when_it_answers_again() -> None:
    agent = PushingAgent()
    agent.push([icmp_result(at_ns) for at_ns in every(5, 100, 130)])
    assert agent.observations.failures_of(FIBER) == {}
    agent.push([failed(at_ns) for at_ns in every(5, 130, 140)])
    agent.push([icmp_result(at_ns) for at_ns in every(5, 140, 300)])
    failures = {ProbeName("icmp", "exchange", Family.IP4): EPOCH + 135 * S}
    assert agent.observations.failures_of(FIBER) == failures
    assert agent.observations.failures_of(Subject("s0", service="exchange")) == failures
    assert agent.observations.failures_of(Subject("s0", "5g")) == {}
    assert agent.observations.failures_of(Subject("s0", service="portal")) == {}


def test_a_good_run_that_arrives_late_is_not_the_last_one() -> None:
    agent = PushingAgent()
    for at_s in (200, 100):
        agent.push([icmp_result(at_s * S), icmp_result(at_s * S, target="")])
    agent.push([failed(205 * S)])
    assert agent.seen().last_good_ns == EPOCH + 200 * S

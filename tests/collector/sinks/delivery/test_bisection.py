"""
What is refused is found, dropped alone and counted; nothing else is dropped, whatever the order.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from thongsuot_collector.metrics import Metrics
from thongsuot_collector.sinks.delivery.bisection import SampleCounter, deliver_by_bisection
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction

GIVE_UP_AFTER = 256


@dataclass(frozen=True)
class Point:
    """A point of two samples unless it says otherwise."""

    time_ms: int
    count: int = 2
    name: int = 0


@dataclass
class Choosy:
    """A receiver that refuses requests with anything in them that it does not like."""

    refuses: Callable[[Point], str]
    taken: list[Point] = field(default_factory=list)
    requests: list[Sequence[Point]] = field(default_factory=list)
    metrics: Metrics = field(default_factory=Metrics)

    async def ask(self, part: Sequence[Point]) -> tuple[DeliveryAction, str]:
        self.requests.append(part)
        reasons = [reason for point in part if (reason := self.refuses(point))]
        if reasons:
            # As receivers do: the first that they meet is what they speak of.
            return DeliveryAction.SPLIT, reasons[0]
        self.taken.extend(part)
        return DeliveryAction.DONE, "done"

    async def deliver(self, points: Sequence[Point]) -> None:
        await deliver_by_bisection(
            points,
            self.ask,
            counter=SampleCounter("database", self.metrics),
            is_too_old=lambda reason: reason == "too old",
        )

    def counted(self, reason: str = "") -> float:
        value = self.metrics.registry.get_sample_value
        if not reason:
            return value("thongsuot_collector_sink_samples_total", {"sink": "database"}) or 0
        labels = {"sink": "database", "reason": reason}
        return value("thongsuot_collector_sink_dropped_samples_total", labels) or 0


async def test_good_samples_are_sent_in_one_request_sorted_by_time() -> None:
    there = Choosy(lambda _point: "")
    await there.deliver([Point(3), Point(1), Point(2)])
    assert there.requests == [[Point(1), Point(2), Point(3)]]
    assert there.counted() == 6
    assert (there.counted("refused"), there.counted("too_old")) == (0, 0)


async def test_two_bad_ones_among_many_are_dropped_alone_in_few_requests() -> None:
    bad = {7, 700}
    there = Choosy(lambda point: "bad" if point.time_ms in bad else "")
    await there.deliver([Point(time_ms) for time_ms in range(1, 1025)])
    assert {point.time_ms for point in there.taken} == set(range(1, 1025)) - bad
    assert len(there.taken) == 1022
    assert (there.counted(), there.counted("refused")) == (2 * 1022, 2 * 2)
    assert len(there.requests) <= 2 * 2 * 10 + 1


async def test_the_edge_of_a_window_is_found_in_few_requests_and_counted_as_too_old() -> None:
    there = Choosy(lambda point: "too old" if point.time_ms < 500 else "")
    await there.deliver([Point(time_ms) for time_ms in range(1, 1025)])
    assert {point.time_ms for point in there.taken} == set(range(500, 1025))
    assert (there.counted("too_old"), there.counted("refused")) == (2 * 499, 0)
    # The newer half first: the rest follows from one that is refused alone.
    assert len(there.requests) <= 2 * 10 + 1


async def test_samples_as_old_as_a_rejected_one_are_dropped_without_another_request() -> None:
    there = Choosy(lambda point: "too old" if point.time_ms == 5 else "")
    await there.deliver([Point(5, name=1), Point(5, name=2), Point(6)])
    assert there.taken == [Point(6)]
    assert there.counted("too_old") == 4
    alone = [part for part in there.requests if len(part) == 1 and part[0].time_ms == 5]
    assert len(alone) == 1


async def test_the_older_half_is_sent_first_unless_age_is_the_reason() -> None:
    there = Choosy(lambda point: "bad" if point.time_ms == 4 else "")
    await there.deliver([Point(1), Point(2), Point(3), Point(4)])
    assert there.requests[1] == [Point(1), Point(2)]
    assert [point.time_ms for point in there.taken] == [1, 2, 3]


async def test_a_receiver_that_takes_nothing_is_given_up_after_so_many_in_a_row() -> None:
    there = Choosy(lambda _point: "no")
    await there.deliver([Point(time_ms) for time_ms in range(1, 1025)])
    assert there.counted("refused") == 2 * 1024
    assert sum(len(part) == 1 for part in there.requests) == GIVE_UP_AFTER


async def test_an_accepted_sample_resets_the_count() -> None:
    there = Choosy(lambda point: "no" if point.time_ms % 200 else "")
    await there.deliver([Point(time_ms) for time_ms in range(1, 1025)])
    assert [point.time_ms for point in there.taken] == [200, 400, 600, 800, 1000]
    assert sum(len(part) == 1 for part in there.requests) >= 1019


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(1, 5), st.sampled_from(["", "", "", "bad"])),
        max_size=60,
    ),
    st.integers(0, 50),
)
def test_every_sample_is_sent_or_dropped_with_its_reason(
    points: list[tuple[int, int, str]], edge_ms: int
) -> None:
    verdicts = {
        Point(time_ms, count, name): "too old" if time_ms < edge_ms else verdict
        for name, (time_ms, count, verdict) in enumerate(points)
    }
    there = Choosy(verdicts.__getitem__)
    asyncio.run(there.deliver(list(verdicts)))
    assert sorted(there.taken, key=hash) == sorted(
        (point for point, verdict in verdicts.items() if not verdict), key=hash
    )
    assert there.counted() == sum(point.count for point in there.taken)
    total = sum(point.count for point in verdicts)
    assert there.counted() + there.counted("refused") + there.counted("too_old") == total

"""What belongs together, and how many it takes."""

import math

import pytest

from thongsuot_collector.incidents.cluster import find_clusters, min_cluster_size
from thongsuot_collector.incidents.fault import NS_PER_S, Fault, FaultPhase
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

SETTINGS = IncidentSettings()


def trouble(site: str, start_s: float, end_s: float | None = None) -> Fault:
    start_ns = round(start_s * NS_PER_S)
    end_ns = None if end_s is None else round(end_s * NS_PER_S)
    down = Interval(start_ns=start_ns, end_ns=end_ns, state=State.DOWN, segment=Segment.ACCESS)
    return Fault(
        id=f"{site} {start_s}",
        subject=Subject(site, "fiber"),
        phases=(FaultPhase(interval=down),),
        start_ns=start_ns,
        end_ns=end_ns,
        known_ns=start_ns,
    )


def found(*troubles: Fault, need: int = 3) -> list[tuple[list[str], float | None]]:
    return [
        (
            [one.subject.site for one in cluster.faults],
            None if cluster.end_ns is None else cluster.end_ns / NS_PER_S,
        )
        for cluster in find_clusters(troubles, SETTINGS, lambda _chain: need)
    ]


@pytest.mark.parametrize(("population", "least"), [(1, 2), (2, 2), (3, 3), (10, 3), (100, 4)])
def test_the_more_there_are_the_more_it_takes(population: int, least: int) -> None:
    assert min_cluster_size(population, SETTINGS) == least


@pytest.mark.parametrize("population", [20, 100, 300, 3_000, 20_000])
def test_so_many_fall_together_by_chance_more_rarely_than_is_allowed(population: int) -> None:
    others = min_cluster_size(population, SETTINGS) - 1
    mean = population * SETTINGS.faults_per_day * SETTINGS.together_s / 86_400

    def tail(least: int) -> float:
        return 1 - sum(math.exp(-mean) * mean**n / math.factorial(n) for n in range(least))

    assert tail(others) <= SETTINGS.chance_ratio < tail(others - 1)


def test_faults_within_minutes_of_each_other_are_one_and_later_ones_are_not() -> None:
    assert found(
        trouble("a", 0), trouble("b", 60), trouble("c", 110), trouble("d", 220), trouble("e", 900)
    ) == [(["a", "b", "c", "d"], None)]


def test_too_few_at_a_time_are_no_cluster_however_long_the_chain() -> None:
    assert found(*(trouble(f"s{n}", n * 100) for n in range(10)), need=4) == []


def test_one_site_alone_is_no_cluster() -> None:
    assert found(trouble("a", 0, 5), trouble("a", 10, 15), trouble("a", 20, 25), need=1) == []


def test_it_is_over_when_few_are_left() -> None:
    rest = [trouble(f"s{n}", 0, 500) for n in range(19)]
    assert found(*rest, trouble("z", 0))[0][1] == 500
    assert found(*rest[:17], *(trouble(f"z{n}", 0) for n in range(3)))[0][1] is None


def test_a_line_that_fails_again_while_others_are_out_belongs_to_them() -> None:
    again = [trouble("a", 0, 300), trouble("b", 1), trouble("c", 2), trouble("a", 900)]
    assert found(*again) == [(["a", "b", "c", "a"], None)]
    apart = [trouble("a", 0, 300), trouble("b", 1, 400), trouble("c", 2, 400), trouble("a", 900)]
    assert found(*apart) == [(["a", "b", "c"], 400)]


def test_the_order_of_what_is_known_does_not_matter() -> None:
    many = [trouble(f"s{n}", n * 13 % 200, 300 + n) for n in range(20)]
    assert found(*many) == found(*reversed(many))

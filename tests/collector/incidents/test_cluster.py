"""Which faults form a cluster, and how many are needed."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timing import examples
from thongsuot_collector.incidents.cluster import find_clusters, min_cluster_size
from thongsuot_collector.incidents.fault import NS_PER_S, Fault, FaultPhase
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

SETTINGS = IncidentSettings()


def fault(site: str, start_s: float, end_s: float | None = None) -> Fault:
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


def clustered(*faults: Fault, need: int = 3) -> list[tuple[list[str], float | None]]:
    return [
        (
            [fault.subject.site for fault in cluster.faults],
            None if cluster.end_ns is None else cluster.end_ns / NS_PER_S,
        )
        for cluster in find_clusters(faults, SETTINGS, lambda _chain: need)
    ]


@pytest.mark.parametrize(("population", "least"), [(1, 2), (2, 2), (3, 3), (10, 3), (100, 4)])
def test_a_larger_population_needs_a_larger_cluster(population: int, least: int) -> None:
    assert min_cluster_size(population, SETTINGS) == least


@pytest.mark.parametrize("population", [20, 100, 300, 3_000, 20_000])
def test_a_cluster_of_the_least_size_arises_by_chance_more_rarely_than_allowed(
    population: int,
) -> None:
    others = min_cluster_size(population, SETTINGS) - 1
    mean = population * SETTINGS.faults_per_day * SETTINGS.together_s / 86_400

    def tail(least: int) -> float:
        return 1 - sum(math.exp(-mean) * mean**n / math.factorial(n) for n in range(least))

    assert tail(others) <= SETTINGS.chance_ratio < tail(others - 1)


def test_faults_within_minutes_of_each_other_are_one_and_later_ones_are_not() -> None:
    assert clustered(
        fault("a", 0), fault("b", 60), fault("c", 110), fault("d", 220), fault("e", 900)
    ) == [(["a", "b", "c", "d"], None)]


def test_too_few_at_a_time_are_no_cluster_however_long_the_chain() -> None:
    assert clustered(*(fault(f"s{n}", n * 100) for n in range(10)), need=4) == []


def test_one_site_alone_is_no_cluster() -> None:
    assert clustered(fault("a", 0, 5), fault("a", 10, 15), fault("a", 20, 25), need=1) == []


def test_an_outage_is_over_when_few_members_are_left() -> None:
    rest = [fault(f"s{n}", 0, 500) for n in range(19)]
    assert clustered(*rest, fault("z", 0))[0][1] == 500
    assert clustered(*rest[:17], *(fault(f"z{n}", 0) for n in range(3)))[0][1] is None


def test_a_line_that_fails_again_during_an_outage_belongs_to_it() -> None:
    again = [fault("a", 0, 300), fault("b", 1), fault("c", 2), fault("a", 900)]
    assert clustered(*again) == [(["a", "b", "c", "a"], None)]
    apart = [fault("a", 0, 300), fault("b", 1, 400), fault("c", 2, 400), fault("a", 900)]
    assert clustered(*apart) == [(["a", "b", "c"], 400)]


def test_the_order_of_what_is_known_does_not_matter() -> None:
    many = [fault(f"s{n}", n * 13 % 200, 300 + n) for n in range(20)]
    assert clustered(*many) == clustered(*reversed(many))


def test_a_large_outage_is_over_when_a_tenth_of_its_links_is_left() -> None:
    ended = [fault(f"s{n}", 0, 500) for n in range(18)]
    assert clustered(*ended, fault("y", 0), fault("z", 0))[0][1] == 500
    assert clustered(*ended[:17], *(fault(f"z{n}", 0) for n in range(3)))[0][1] is None


def test_a_failure_after_the_end_of_a_large_outage_is_not_part_of_it() -> None:
    ended = [fault(f"s{n}", 0, 500) for n in range(18)]
    left = [fault("y", 0), fault("z", 0)]
    ((sites, end_s),) = clustered(*ended, *left, fault("s0", 520))
    assert sites.count("s0") == 1
    assert end_s == 500


def test_blips_that_ended_before_an_outage_do_not_belong_to_it() -> None:
    blips = [fault(f"b{n}", n * 60, n * 60 + 20) for n in range(9)]
    outage = [fault("x", 600), fault("y", 603), fault("z", 605)]
    assert clustered(*blips, *outage) == [(["x", "y", "z"], None)]


def test_an_outage_that_follows_another_within_two_minutes_is_one_of_its_own() -> None:
    first = [fault(site, 0, 50) for site in ("a", "b", "c")]
    second = [fault(site, 100) for site in ("a", "b", "c")]
    assert clustered(*first, *second) == [(["a", "b", "c"], 50), (["a", "b", "c"], None)]


def test_a_fault_left_from_one_outage_does_not_start_the_next() -> None:
    first = [fault("rest", 0), *(fault(f"a{n}", 0, 50) for n in range(3))]
    second = [fault(f"b{n}", 300) for n in range(3)]
    assert clustered(*first, *second)[1] == (["b0", "b1", "b2"], None)


def test_two_links_of_one_site_are_one_witness() -> None:
    both = [fault("a", 0), msgspec.structs.replace(fault("a", 1), subject=Subject("a", "5g"))]
    assert clustered(*both, fault("b", 2)) == []
    assert clustered(*both, fault("b", 2), fault("c", 3)) == [(["a", "a", "b", "c"], None)]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 900), st.one_of(st.none(), st.integers(1, 600)))
    )
)
@settings(max_examples=examples(300), deadline=None)
def test_an_outage_begins_with_faults_that_were_out_together(
    course: list[tuple[int, int, int | None]],
) -> None:
    faults = [
        fault(f"s{site}", start_s, None if length_s is None else start_s + length_s)
        for site, start_s, length_s in course
    ]
    unique = list({item.id: item for item in faults}.values())
    for cluster in find_clusters(unique, SETTINGS, lambda _chain: 3):
        # At the onset that made it an outage its first fault was still out, and so were two more.
        first_of_site: dict[str, int] = {}
        for item in cluster.faults:
            if item.start_ns - cluster.start_ns <= SETTINGS.together_s * NS_PER_S:
                first_of_site.setdefault(item.subject.site, item.start_ns)
        assert len(first_of_site) >= 3
        first = cluster.faults[0]
        assert first.end_ns is None or any(
            other.start_ns < first.end_ns for other in cluster.faults[1:]
        )

"""Usage of a metered link is counted and stored, and decides what may still run."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.agent.scheduler.test_runner import job, quick
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.scheduler.job import NS_PER_S, Job
from thongsuot_schema.inventory.model import Link

NOVEMBER_NS = 1_795_500_000 * NS_PER_S
DECEMBER_NS = NOVEMBER_NS + 30 * 86400 * NS_PER_S
METERED = Link(name="fiber", interface="eth0", allowance_bytes=100_000_000)
FREE = Link(name="fiber", interface="eth0")


def one(cost: int) -> Job:
    return job(quick, every_s=60, cost=cost)


def test_a_link_without_an_allowance_may_run_anything() -> None:
    budget = DataBudget(lambda: NOVEMBER_NS)
    budget.set_jobs([FREE], [one(10**9)])
    budget.charge("fiber", 10**12)
    assert budget.may_run(one(10**9), 0)
    assert budget.spent_bytes() == {}
    assert not budget.has_metered_links


def test_usage_is_counted_until_the_month_ends() -> None:
    wall_ns = NOVEMBER_NS
    budget = DataBudget(lambda: wall_ns)
    budget.set_jobs([METERED], [])
    budget.charge("fiber", 700)
    budget.charge("fiber", 300)
    budget.charge("another", 5)
    assert budget.spent_bytes() == {"fiber": 1000}
    wall_ns = DECEMBER_NS
    budget.charge("fiber", 1)
    assert budget.spent_bytes() == {"fiber": 1}


def test_a_clock_in_doubt_starts_no_new_month_and_blocks_nothing() -> None:
    wall_ns: int | None = NOVEMBER_NS
    budget = DataBudget(lambda: wall_ns)
    budget.set_jobs([METERED], [one(100)])
    budget.charge("fiber", 1000)
    wall_ns = None
    budget.charge("fiber", 1)
    assert budget.spent_bytes() == {"fiber": 1001}
    assert budget.may_run(one(100), 0)


def test_a_clock_that_goes_back_and_forth_grants_no_further_allowance() -> None:
    wall_ns = NOVEMBER_NS
    budget = DataBudget(lambda: wall_ns)
    budget.set_jobs([METERED], [])
    left_mb = []
    for now_ns in (NOVEMBER_NS, DECEMBER_NS) * 3:
        wall_ns = now_ns
        budget.charge("fiber", 40_000_000)
        left_mb.append((budget.left_bytes("fiber") or 0) / 1e6)
    assert left_mb == [60, 60, 20, 20, 0, 0]


def test_usage_counted_before_the_clock_was_known_is_kept() -> None:
    wall_ns: int | None = None
    budget = DataBudget(lambda: wall_ns)
    budget.set_jobs([METERED], [])
    budget.charge("fiber", 1000)
    wall_ns = NOVEMBER_NS
    budget.charge("fiber", 1)
    assert budget.spent_bytes() == {"fiber": 1001}


def test_closer_measuring_is_not_projected_to_the_whole_month() -> None:
    budget = DataBudget(lambda: NOVEMBER_NS)
    # 40 kB an hour is 30 MB a month; each ten minutes it would be 180 MB of the 100.
    closer = job(quick, every_s=600, usual_s=3600, cost=40_000)
    budget.set_jobs([METERED], [closer])
    assert all(budget.may_run(closer, moment * closer.every_ns) for moment in range(144))
    # What is left has to do for the rest of the month all the same.
    budget.charge("fiber", 95_000_000)
    runs = [budget.may_run(closer, moment * closer.every_ns) for moment in range(144, 288)]
    assert sum(runs) == 72, "every second one"


def test_a_spent_allowance_stops_what_costs_and_not_what_is_free() -> None:
    budget = DataBudget(lambda: NOVEMBER_NS)
    budget.set_jobs([METERED], [one(1000), one(0)])
    assert budget.may_run(one(1000), 0)
    budget.charge("fiber", 100_000_000)
    later_ns = 3600 * NS_PER_S
    assert not budget.may_run(one(1000), later_ns)
    assert budget.may_run(one(0), later_ns)


def test_an_expensive_run_starts_only_if_the_allowance_covers_it() -> None:
    budget = DataBudget(lambda: NOVEMBER_NS)
    dear, cheap = one(60_000_000), one(1000)
    budget.set_jobs([METERED], [cheap])
    assert budget.can_afford(dear)
    assert budget.may_run(dear, 0)
    budget.charge("fiber", 40_000_001)
    assert not budget.can_afford(dear)
    assert not budget.may_run(dear, 0)
    budget.charge("fiber", 60_000_000)
    assert budget.can_afford(cheap)


def test_a_reduced_job_runs_at_regular_moments() -> None:
    budget = DataBudget(lambda: NOVEMBER_NS)
    dear = one(30_000)
    budget.set_jobs([METERED], [dear])
    ran = [n for n in range(60) if budget.may_run(dear, n * 60 * NS_PER_S)]
    assert 1 < len(ran) < 60
    assert len({after - before for before, after in pairwise(ran)}) == 1


def test_a_reduced_job_keeps_its_phase() -> None:
    budget = DataBudget(lambda: NOVEMBER_NS)
    offset_ns = 24 * NS_PER_S
    dear = replace(one(30_000), offset_ns=offset_ns)
    budget.set_jobs([METERED], [dear])
    ran = [n for n in range(60) if budget.may_run(dear, offset_ns + n * 60 * NS_PER_S)]
    assert ran[0] == 0, "counted from the job's own first moment"
    assert len({after - before for before, after in pairwise(ran)}) == 1


def test_stored_usage_is_restored_and_the_larger_sum_counts() -> None:
    budget = DataBudget(lambda: NOVEMBER_NS)
    budget.set_jobs([METERED], [])
    budget.charge("fiber", 5000)
    after = DataBudget(lambda: NOVEMBER_NS, budget.dump())
    after.set_jobs([METERED], [])
    assert after.spent_bytes() == {"fiber": 5000}
    older = DataBudget(lambda: NOVEMBER_NS)
    older.set_jobs([METERED], [])
    older.charge("fiber", 10)
    after.restore(older.dump())
    after.restore("")
    assert after.spent_bytes() == {"fiber": 5000}


def test_the_share_of_the_button_is_for_one_day() -> None:
    wall_ns = NOVEMBER_NS
    budget = DataBudget(lambda: wall_ns)
    budget.set_jobs([METERED], [])
    budget.charge_local("fiber", METERED.allowance_bytes or 0)
    assert budget.is_local_spent("fiber")
    assert budget.spent_bytes() == {"fiber": 0}, "what runs used is charged where they end"
    wall_ns += 86400 * NS_PER_S
    assert not budget.is_local_spent("fiber")
    budget.charge_local("fiber", 1)
    assert not budget.is_local_spent("fiber")


@pytest.mark.parametrize("is_clock_known", [True, False])
def test_the_shares_of_a_day_are_not_renewed_by_a_restart(is_clock_known: bool) -> None:
    allowance_bytes = METERED.allowance_bytes or 0
    budget = DataBudget(lambda: NOVEMBER_NS)
    budget.set_jobs([METERED], [])
    budget.charge_local("fiber", allowance_bytes)
    budget.charge_confirmation("fiber", allowance_bytes)
    wall_ns = NOVEMBER_NS if is_clock_known else None
    after = DataBudget(lambda: wall_ns)
    after.set_jobs([METERED], [])
    after.restore(budget.dump())
    assert after.is_local_spent("fiber")
    assert after.is_confirming_spent("fiber")
    after.charge_local("fiber", 1)
    wall_ns = NOVEMBER_NS
    assert after.is_local_spent("fiber")
    wall_ns += 86400 * NS_PER_S
    assert not after.is_local_spent("fiber")
    assert not after.is_confirming_spent("fiber")

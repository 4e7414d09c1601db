"""Which jobs a requested test consists of, and why one is refused."""

import pytest

from tests.agent.app.requested_jobs import requested_job
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.scheduler.requested_jobs import (
    MAX_SERIES,
    JobsRefused,
    jobs_for_request,
    local_requests,
)
from thongsuot_schema.batch.push import TestRefusal, TestRequest
from thongsuot_schema.inventory.model import Link

MB = 1_000_000
METERED = Link(name="mobile", interface="wwan0", allowance_bytes=100 * MB)

JOBS = [
    requested_job("http"),
    requested_job("http", link="mobile"),
    requested_job("http", target="other"),
    requested_job("icmp"),
    requested_job("throughput", link="mobile", cost=60 * MB),
    requested_job("throughput", cost=60 * MB),
]


def metered_budget(spent_bytes: int = 0) -> DataBudget:
    made = DataBudget(lambda: 1_780_000_000 * 10**9)
    made.set_jobs([METERED], JOBS)
    made.charge("mobile", spent_bytes)
    return made


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        (TestRequest(id="a", kind="http"), 3),
        (TestRequest(id="a", kind="http", link="fiber"), 2),
        (TestRequest(id="a", kind="http", target="portal"), 2),
        (TestRequest(id="a", kind="http", link="fiber", target="other"), 1),
    ],
)
def test_a_request_without_names_selects_every_scheduled_job(ask: TestRequest, count: int) -> None:
    assert len(jobs_for_request(ask, JOBS, metered_budget())) == count


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (TestRequest(id="a", kind="icmp"), TestRefusal.KIND),
        (TestRequest(id="a", kind="rm -rf"), TestRefusal.KIND),
        (TestRequest(id="a", kind="radio"), TestRefusal.NOT_CONFIGURED),
        (TestRequest(id="a", kind="http", link="satellite"), TestRefusal.NOT_CONFIGURED),
        (TestRequest(id="a", kind="http", target="203.0.113.9"), TestRefusal.NOT_CONFIGURED),
        (
            TestRequest(id="a", kind="http", link="mobile", target="other"),
            TestRefusal.NOT_CONFIGURED,
        ),
    ],
)
def test_unscheduled_tests_are_refused(ask: TestRequest, why: TestRefusal) -> None:
    with pytest.raises(JobsRefused, match=f"^{why} "):
        jobs_for_request(ask, JOBS, metered_budget())


def test_too_much_at_once_is_refused() -> None:
    jobs = [requested_job("http", target=f"portal-{number}") for number in range(MAX_SERIES + 1)]
    with pytest.raises(JobsRefused, match=r"^size 33 runs"):
        jobs_for_request(TestRequest(id="a", kind="http"), jobs, metered_budget())


def test_tests_beyond_the_months_allowance_are_refused() -> None:
    ask = TestRequest(id="a", kind="throughput")
    assert len(jobs_for_request(ask, JOBS, metered_budget(40 * MB))) == 2
    with pytest.raises(JobsRefused, match=r"^budget mobile: 39\.0 MB left, takes 60\.0 MB"):
        jobs_for_request(ask, JOBS, metered_budget(61 * MB))
    # The other link has no allowance to keep.
    assert (
        len(
            jobs_for_request(
                TestRequest(id="a", kind="throughput", link="fiber"), JOBS, metered_budget(61 * MB)
            )
        )
        == 1
    )
    # All runs together count, also where each alone is cheap.
    many = [
        requested_job("http", link="mobile", target=f"{number}", cost=MB // 2)
        for number in range(10)
    ]
    with pytest.raises(JobsRefused, match=r"^budget"):
        jobs_for_request(TestRequest(id="a", kind="http"), many, metered_budget(96 * MB))


def test_the_button_at_the_point_fills_no_metered_link_and_fills_the_others_last() -> None:
    assert local_requests(JOBS, metered_budget()) == (("http", ""), ("throughput", "fiber"))


def test_requests_that_would_be_too_much_at_once_are_made_link_by_link() -> None:
    many = [
        requested_job("http", link=link, target=f"p{n}")
        for n in range(MAX_SERIES // 2 + 1)
        for link in ("fiber", "mobile")
    ]
    assert local_requests(many, metered_budget()) == (("http", "fiber"), ("http", "mobile"))


def test_the_button_leaves_a_metered_link_alone_once_its_share_of_the_day_is_used() -> None:
    budget = metered_budget()
    budget.charge_local("mobile", MB - 1)
    budget.charge_local("fiber", 10**12)
    assert ("http", "") in local_requests(JOBS, budget)
    budget.charge_local("mobile", 1)
    assert local_requests(JOBS, budget) == (("http", "fiber"), ("throughput", "fiber"))
    # Who asks from the centre gives a name and answers for it.
    assert jobs_for_request(TestRequest(id="a", kind="http", link="mobile"), JOBS, budget)

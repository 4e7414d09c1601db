"""What of a plan a test consists of, and what is refused with which word."""

import pytest

from tests.agent.app.asking import job
from thongsuot_agent.schedule.choice import AT_ONCE, AskRefused, chosen, wanted_here
from thongsuot_agent.schedule.purse import Purse
from thongsuot_schema.batch.push import Ask, AskRefusal
from thongsuot_schema.inventory.model import Link

MB = 1_000_000
METERED = Link(name="mobile", interface="wwan0", allowance_bytes=100 * MB)

PLAN = [
    job("http"),
    job("http", link="mobile"),
    job("http", target="other"),
    job("icmp"),
    job("throughput", link="mobile", cost=60 * MB),
    job("throughput", cost=60 * MB),
]


def purse(spent_bytes: int = 0) -> Purse:
    made = Purse(lambda: 1_780_000_000 * 10**9)
    made.plan([METERED], PLAN)
    made.pay("mobile", spent_bytes)
    return made


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        (Ask(id="a", kind="http"), 3),
        (Ask(id="a", kind="http", link="fiber"), 2),
        (Ask(id="a", kind="http", target="portal"), 2),
        (Ask(id="a", kind="http", link="fiber", target="other"), 1),
    ],
)
def test_all_that_the_plan_has_is_chosen_unless_it_is_named(ask: Ask, count: int) -> None:
    assert len(chosen(ask, PLAN, purse())) == count


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (Ask(id="a", kind="icmp"), AskRefusal.KIND),
        (Ask(id="a", kind="rm -rf"), AskRefusal.KIND),
        (Ask(id="a", kind="radio"), AskRefusal.PLAN),
        (Ask(id="a", kind="http", link="satellite"), AskRefusal.PLAN),
        (Ask(id="a", kind="http", target="203.0.113.9"), AskRefusal.PLAN),
        (Ask(id="a", kind="http", link="mobile", target="other"), AskRefusal.PLAN),
    ],
)
def test_what_is_not_in_the_plan_is_refused(ask: Ask, why: AskRefusal) -> None:
    with pytest.raises(AskRefused, match=f"^{why} "):
        chosen(ask, PLAN, purse())


def test_too_much_at_once_is_refused() -> None:
    plan = [job("http", target=f"portal-{number}") for number in range(AT_ONCE + 1)]
    with pytest.raises(AskRefused, match=r"^size 33 runs"):
        chosen(Ask(id="a", kind="http"), plan, purse())


def test_what_the_months_allowance_does_not_pay_is_refused() -> None:
    ask = Ask(id="a", kind="throughput")
    assert len(chosen(ask, PLAN, purse(40 * MB))) == 2
    with pytest.raises(AskRefused, match=r"^budget mobile: 39\.0 MB left, takes 60\.0 MB"):
        chosen(ask, PLAN, purse(61 * MB))
    # The other link has no allowance to keep.
    assert len(chosen(Ask(id="a", kind="throughput", link="fiber"), PLAN, purse(61 * MB))) == 1
    # All runs together count, also where each alone is cheap.
    many = [job("http", link="mobile", target=f"{number}", cost=MB // 2) for number in range(10)]
    with pytest.raises(AskRefused, match=r"^budget"):
        chosen(Ask(id="a", kind="http"), many, purse(96 * MB))


def test_the_button_at_the_point_fills_no_metered_link_and_fills_the_others_last() -> None:
    assert wanted_here(PLAN, purse()) == (("http", ""), ("throughput", "fiber"))


def test_what_would_be_too_much_at_once_is_wanted_link_by_link() -> None:
    many = [
        job("http", link=link, target=f"p{n}")
        for n in range(AT_ONCE // 2 + 1)
        for link in ("fiber", "mobile")
    ]
    assert wanted_here(many, purse()) == (("http", "fiber"), ("http", "mobile"))

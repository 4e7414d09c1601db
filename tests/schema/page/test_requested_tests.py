"""The button for a test now, how far each test is, and what was found."""

import re

from tests.schema.page.healthy_site import NOW_S, site
from thongsuot_schema.batch.push import REQUESTABLE_KINDS, TestRefusal
from thongsuot_schema.catalogue import radio, throughput
from thongsuot_schema.page.render import PageRemarks, site_page
from thongsuot_schema.page.requested_tests import REFRESH_UNDER_WAY_S
from thongsuot_schema.view import TestProgress, TestRun
from thongsuot_schema.words import requested_tests
from thongsuot_schema.words.titles import subject_title

BUTTON = PageRemarks(test_action="/tests")
UNDER_WAY = TestProgress(
    kind="throughput",
    at_s=NOW_S,
    is_local=True,
    count=2,
    runs=(
        TestRun(
            link="wan0",
            target="",
            family="",
            outcome="ok",
            values={throughput.DOWN.name: 93.4e6 / 8, throughput.UP.name: 41e6 / 8},
        ),
    ),
)


def test_the_button_is_there_where_it_leads_somewhere() -> None:
    assert "/tests" not in site_page(site(), language="vi")
    page = site_page(site(), language="vi", remarks=BUTTON)
    assert '<form method="post" action="/tests?lang=vi">' in page
    assert '<button class="call">Đo ngay</button>' in page


def test_while_it_measures_the_page_says_how_far_and_renews_itself_sooner() -> None:
    page = site_page(site(tests=(UNDER_WAY,)), language="vi", remarks=BUTTON)
    assert "<button" not in page
    assert "yêu cầu tại điểm · đang đo (1/2)" in page
    assert "xuống 93,4 Mbit/s; lên 41,0 Mbit/s" in page
    assert f'data-every="{REFRESH_UNDER_WAY_S}"' in page


def test_the_button_is_disabled_after_a_run_and_refusals_are_explained_in_words() -> None:
    refused = TestProgress(
        kind="http", at_s=NOW_S, is_local=False, is_over=True, refusal="budget mobile: <b>"
    )
    shown = site(tests=(refused,), next_test_s=61.0)
    page = site_page(shown, language="vi", remarks=BUTTON)
    assert "<button" not in page
    assert "Có thể đo lại sau 1 phút" in page
    assert "trung tâm yêu cầu · không thực hiện" in page
    assert "dung lượng còn lại trong tháng không đủ (mobile: &lt;b&gt;)" in page


def test_every_kind_that_can_be_asked_for_and_every_refusal_has_its_words() -> None:
    assert set(requested_tests.TEST_TITLES) == set(REQUESTABLE_KINDS)
    assert set(requested_tests.REFUSALS) == set(TestRefusal)
    assert requested_tests.describe_refusal("later than us", "en") == "later than us"


def test_a_run_is_reported_with_figures_that_a_person_can_use() -> None:
    run = TestRun(
        link="wan1",
        target="",
        family="ip6",
        outcome="failed",
        reason="timed_out",
        values={radio.LTE_RSRP.name: -97.0, radio.NR_RSRQ.name: -11.0},
    )
    assert (
        requested_tests.describe_run(run, "5G", "en")
        == "5G IPv6: failed (no answer); RSRP LTE -97 dBm"
    )
    newer = TestRun(link="", target="", family="", outcome="odd", reason="new_word")
    assert requested_tests.describe_run(newer, "x", "vi") == "x: odd (new_word)"


def test_many_runs_are_summed_up_and_unfold() -> None:
    good, bad = (
        TestRun(link="wan0", target=f"p{n}", family="ip4", outcome=("ok", "failed")[n // 4])
        for n in (0, 4)
    )
    many = TestProgress(kind="path", at_s=NOW_S, is_local=True, count=5, runs=(good,) * 4 + (bad,))
    page = site_page(site(tests=(many,)), language="vi")
    assert '<details id="t0"><summary>4/5 phép đo tốt</summary>' in page
    assert page.count("<span>Đường cáp quang VNPT, p0 IPv4: đạt</span>") == 4


def ended(*runs: TestRun, kind: str = "http", at_s: float = NOW_S) -> TestProgress:
    return TestProgress(
        kind=kind, at_s=at_s, is_local=True, count=len(runs), runs=runs, is_over=True
    )


def one_run(link: str, outcome: str, **values: float) -> TestRun:
    return TestRun(link=link, target="", family="", outcome=outcome, values=values)


def shown_conclusion(*tests: TestProgress) -> str:
    page = site_page(site(tests=tests), language="vi", remarks=BUTTON)
    match = re.search(r'<p class="note"><b>(Kết luận: [^<]+)</b>', page)
    return "" if match is None else match.group(1)


def test_a_test_ends_in_one_conclusion_with_the_figures_behind_it() -> None:
    first, second = (link.name for link in site().links)
    titles = {link.name: subject_title(link, "vi") for link in site().links}
    good = ended(*(one_run(first, "ok") for _ in range(3)), one_run(second, "ok"))
    speed = ended(one_run(first, "ok", throughput_down_bytes_per_second=1e6), kind="throughput")
    assert shown_conclusion(good, speed) == (
        "Kết luận: lần đo này không thấy lỗi. "
        f"{titles[first]} 4/4 phép đo tốt, xuống 8,0 Mbit/s; {titles[second]} 1/1 phép đo tốt."
    )
    bad = ended(one_run(first, "failed"), one_run(first, "unmeasured"))
    assert shown_conclusion(good, bad).startswith("Kết luận: có phép đo không đạt. ")
    unmade = ended(one_run(first, "unmeasured"))
    assert shown_conclusion(unmade) == "Kết luận: chưa đo được lần này."


def test_no_conclusion_is_drawn_before_the_end_nor_of_what_was_tested_long_before() -> None:
    first = site().links[0].name
    bad = ended(one_run(first, "failed"), at_s=NOW_S - 600.0)
    good = ended(one_run(first, "ok"))
    assert "không thấy lỗi" in shown_conclusion(good, bad)
    assert shown_conclusion(good, UNDER_WAY) == ""
    assert shown_conclusion() == ""

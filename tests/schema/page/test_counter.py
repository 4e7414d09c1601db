"""The record of switch-overs on the page."""

import msgspec

from tests.schema.page.healthy_site import NOW_S, fibre, mobile, site
from tests.schema.page.scenes import cut_fibre, not_switched, switched
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.page.render import site_page
from thongsuot_schema.switch_overs import switch_over_figures
from thongsuot_schema.view import SiteView


def test_a_switch_over_is_on_the_page_with_the_time_it_took_and_the_way_back() -> None:
    view = switched()
    assert view.counter is not None
    back = SwitchOver(at_s=NOW_S - 60, from_link="wan1", to_link="wan0", took_s=0.0)
    moves = (*view.counter.switch_overs, back)
    counter = msgspec.structs.replace(
        view.counter, switch_overs=moves, month=switch_over_figures(moves, NOW_S)
    )
    page = site_page(msgspec.structs.replace(view, counter=counter), language="vi")
    part = page.partition('id="moves"')[2].partition("</section>")[0]
    assert "Trong 31 ngày qua: 1 lần, lần lâu nhất không truy cập được trong 34 giây;" in part
    assert "1 lần đã trở về đường cũ, tổng thời gian đi đường khác" in part
    assert part.count("<li>") == 1
    assert " → Kết nối 5G Viettel" in part
    assert "Không truy cập được trong 34 giây; trở về sau " in part
    assert "24/11/2026 11:40" in part


def test_computers_still_on_the_other_link_are_shown_as_such() -> None:
    part = site_page(switched(), language="vi").partition('id="moves"')[2].partition("</section>")
    assert "; chưa trở về" in part[0]


def test_without_a_switch_over_there_is_no_record_of_any() -> None:
    for view in (site(), not_switched()):
        assert 'id="moves"' not in site_page(view, language="en")


def test_a_dead_line_is_not_in_use_and_a_line_is_where_the_computers_were_seen() -> None:
    def cards(view: SiteView) -> list[str]:
        page = site_page(view, language="vi").partition('id="links"')[2]
        return page.partition("</section>")[0].split("<li")

    device = msgspec.structs.replace(cut_fibre(), carrying_since_s=NOW_S - 9_000)
    dead = site(links=(device, mobile()))
    assert "Máy tại điểm đang đi qua" not in "".join(cards(dead))
    healthy = site(links=(fibre(carrying_since_s=NOW_S - 9_000), mobile()))
    assert "Máy tại điểm đang đi qua" in "".join(cards(healthy))
    (used,) = [card for card in cards(switched()) if "Máy tại điểm đang đi qua" in card]
    assert "từ 11:40" in used

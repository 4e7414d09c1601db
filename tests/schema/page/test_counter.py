"""The record of switch-overs on the page."""

import msgspec

from tests.schema.page.scenes import NOW_S, not_switched, site, switched
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.page.render import site_page


def test_a_switch_over_is_on_the_page_with_the_time_it_took_and_the_way_back() -> None:
    view = switched()
    assert view.counter is not None
    back = SwitchOver(at_s=NOW_S - 60, from_link="wan1", to_link="wan0", took_s=0.0)
    counter = msgspec.structs.replace(view.counter, switch_overs=(*view.counter.switch_overs, back))
    page = site_page(msgspec.structs.replace(view, counter=counter), language="vi")
    part = page.partition('id="moves"')[2].partition("</section>")[0]
    assert "Trong 31 ngày qua: 2 lần, lần lâu nhất không truy cập được trong 34 giây." in part
    first, second = part.index("Kết nối 5G Viettel → "), part.index(" → Kết nối 5G Viettel")
    assert first < second
    assert "24/11/2026 11:40" in part


def test_without_a_switch_over_there_is_no_record_of_any() -> None:
    for view in (site(), not_switched()):
        assert 'id="moves"' not in site_page(view, language="en")

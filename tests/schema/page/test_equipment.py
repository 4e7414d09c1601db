"""The page shows what modem, optical module and UPS say, in both languages."""

import msgspec

from thongsuot_schema.page.subjects import CardContext, link_card
from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView, SubjectView
from thongsuot_schema.words.language import Language

LINK = SubjectView(name="mobile", title_vi="", title_en="", state=State.UP, medium="5g")


def card(language: Language, **more: object) -> str:
    """Return the card of a link of which more is known."""
    light = msgspec.structs.replace(LINK, **more)
    view = SiteView(
        site="ba-dinh", title="", commune="", now_s=1_790_000_000.0, links=(light,), services=()
    )
    return link_card(light, CardContext(view=view, language=language, key="l0"))


def test_both_legs_have_a_figure_of_their_own() -> None:
    shown = card("vi", lte_dbm=-91.0, nr_dbm=-102.0)
    assert "<dt>Sóng 5G</dt><dd>-102 dBm</dd>" in shown
    assert "<dt>Sóng 4G</dt><dd>-91 dBm</dd>" in shown
    assert "Sóng 5G" not in card("vi", lte_dbm=-91.0)


def test_no_light_is_reported_as_such_and_not_as_a_power() -> None:
    assert "<dt>Light</dt><dd>none</dd>" in card("en", light_dbm=-40.0, has_no_light=True)
    assert "<dt>Tín hiệu quang</dt><dd>-18,5 dBm</dd>" in card(
        "vi", light_dbm=-18.5, has_no_light=False
    )


def test_a_ups_on_battery_says_how_long_it_lasts() -> None:
    shown = card("vi", is_on_battery=True, runtime_s=1400.0)
    assert "<dt>Nguồn điện</dt><dd>đang dùng ắc quy (23 phút)</dd>" in shown
    assert "<dt>Power</dt><dd>mains</dd>" in card("en", is_on_battery=False, runtime_s=1400.0)


def test_without_equipment_nothing_is_shown_of_it() -> None:
    assert "Sóng" not in card("vi")
    assert "Nguồn" not in card("vi")

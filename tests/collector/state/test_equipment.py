"""What modem, module and UPS said last is on the page of the collector, with how old it is."""

from tests.collector.batches import S, icmp_result, result, series
from tests.collector.state.test_site import EPOCH, SITE, agent, opened
from tests.collector.state.test_view import INVENTORY
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.state.equipment import SHOWN_FOR_S
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.state.view import site_view
from thongsuot_schema.catalogue import radio, snmp
from thongsuot_schema.page.render import site_page
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, failed_finding, ok_finding
from thongsuot_schema.view import SiteView

MODEM = series(radio.KIND, link="5g", target="")
MODULE = series(snmp.KIND, link="fiber", target="ont")
UPS = series(snmp.KIND, link="fiber", target="ups")


def heard(*batches: list[Result]) -> SiteState:
    """Return the state after batches, of which each has its results."""
    made, state = agent(), SiteState()
    for results in batches:
        end_ns = max(run.boottime_ns for run in results) + S
        state.apply(*opened(made, made.batch(end_ns, results)))
    return state


def view(state: SiteState, *, at: float) -> SiteView:
    now_s = EPOCH / 1e9 + at
    return site_view(SITE, state, InventoryDirectory(INVENTORY), now_s=now_s, silent_after_s=1e9)


def readings() -> list[Result]:
    return [
        result(10 * S, ok_finding({radio.LTE_RSRP: -91.0, radio.NR_RSRP: -102.0}), MODEM),
        result(20 * S, ok_finding({snmp.OPTICAL_RECEIVE: -18.5, snmp.OPTICAL_LOST: 0.0}), MODULE),
        result(30 * S, ok_finding({snmp.ON_BATTERY: 1.0, snmp.RUNTIME: 1400.0}), UPS),
    ]


def test_light_signal_and_power_stand_on_the_page_with_their_age() -> None:
    page = site_page(view(heard(readings()), at=210), language="vi")
    assert "<dt>Sóng 5G</dt><dd>-102 dBm, 3 phút trước</dd>" in page
    assert "<dt>Sóng 4G</dt><dd>-91 dBm, 3 phút trước</dd>" in page
    assert "<dt>Tín hiệu quang</dt><dd>-18,5 dBm, 3 phút trước</dd>" in page
    assert "<dt>Nguồn điện</dt><dd>đang dùng ắc quy (23 phút), 3 phút trước</dd>" in page
    english = site_page(view(heard(readings()), at=60), language="en")
    assert "<dt>4G signal</dt><dd>-91 dBm, 50 seconds ago</dd>" in english


def test_a_leg_that_is_gone_is_not_shown_and_a_run_that_failed_takes_nothing_away() -> None:
    later = [
        result(70 * S, ok_finding({radio.LTE_RSRP: -95.0}), MODEM),
        result(70 * S, failed_finding(Reason.TIMED_OUT), MODULE),
    ]
    page = site_page(view(heard(readings(), later), at=130), language="vi")
    assert "Sóng 5G" not in page
    assert "<dd>-95 dBm, 1 phút trước</dd>" in page
    assert "<dd>-18,5 dBm, 1 phút trước</dd>" in page


def test_batches_in_another_order_change_nothing() -> None:
    later = [result(70 * S, ok_finding({radio.LTE_RSRP: -95.0}), MODEM)]
    state = heard(later, readings())
    assert view(state, at=100).links[1].lte_dbm == -95.0


def test_readings_that_are_old_or_missing_are_not_shown() -> None:
    assert "Sóng" not in site_page(view(heard([icmp_result(10 * S)]), at=20), language="vi")
    page = site_page(view(heard(readings()), at=31 + SHOWN_FOR_S), language="vi")
    assert "Sóng" not in page
    assert "Nguồn điện" not in page

"""An incident's course as a bar: what lasted how long, and what a picture of it shows."""

import re

import msgspec

from tests.collector.notify.incident_events import city_inventory, cut_fibre, steady_city
from thongsuot_collector.incidents.incident import Acknowledgement, with_delivery
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.web.charts.lifeline import lifeline, stretches_of

S = 10**9
OPENED = cut_fibre(steady_city(city_inventory())).incident
BEGAN_NS = OPENED.opened_ns


def told(after_s: int) -> DeliveryAttempt:
    return DeliveryAttempt(
        channel="main", at_ns=BEGAN_NS + after_s * S, is_delivered=True, reference="", text=""
    )


def test_the_parts_follow_each_other_from_its_beginning_to_its_end() -> None:
    number = OPENED.notifications[0].number
    incident = with_delivery(OPENED, number, told(6), is_done=True)
    assert [part.look for part in stretches_of(OPENED, BEGAN_NS + 60 * S)] == ["untold"]
    incident = msgspec.structs.replace(
        incident, acknowledgement=Acknowledgement(owner="carrier:vnpt", at_ns=BEGAN_NS + 60 * S)
    )
    open_parts = stretches_of(incident, BEGAN_NS + 600 * S)
    assert [(part.look, (part.end_ns - part.start_ns) // S) for part in open_parts] == [
        ("untold", 6),
        ("untaken", 54),
        ("worked", 540),
    ]
    closed = msgspec.structs.replace(incident, closed_ns=BEGAN_NS + 30 * S)
    assert [part.look for part in stretches_of(closed, BEGAN_NS + 600 * S)] == [
        "untold",
        "untaken",
    ], "mended before anybody accepted it"


def test_the_bar_has_the_width_of_its_parts_and_shows_the_shortest() -> None:
    number = OPENED.notifications[0].number
    incident = with_delivery(OPENED, number, told(1), is_done=True)
    drawn = lifeline(incident, "vi", now_ns=BEGAN_NS + 90_000 * S)
    widths = [int(width) for width in re.findall(r'width="(\d+)" height="1"', drawn)]
    assert sum(widths) == 1_000
    assert widths[0] >= 8
    assert "Chưa báo được cho ai: <b>1 giây</b>" in drawn

"""A service that fails at many sites."""

from tests.collector.incidents.city import PORTAL, healthy_city
from tests.collector.timeline.boot_script import REFUSES
from thongsuot_schema.segment import Segment


def test_a_service_that_fails_everywhere_is_reported_to_its_operator_once() -> None:
    made = healthy_city()
    for at, number in ((30, 0), (45, 1), (50, 2), (70, 3), (80, 4)):
        made.run(at)
        made.report(f"s{number}", f"/{PORTAL}", REFUSES)
    made.run(300)
    assert made.notification_lines() == [
        (50, "opened", "started", "service_down", f"portal:{PORTAL}")
    ]
    down = made.only("service_down")
    assert (down.open_members, down.total, down.segment) == (5, 12, Segment.SERVICE)

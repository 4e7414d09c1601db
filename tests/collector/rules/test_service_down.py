"""A service that fails at many sites."""

from tests.collector.incidents.town import PORTAL, town
from tests.collector.timeline.life import REFUSES
from thongsuot_schema.segment import Segment


def test_a_service_that_fails_everywhere_is_told_to_its_operator_once() -> None:
    made = town()
    for at, number in ((30, 0), (45, 1), (50, 2), (70, 3), (80, 4)):
        made.run(at)
        made.say(f"s{number}", f"/{PORTAL}", REFUSES)
    made.run(300)
    assert made.lines() == [(50, "opened", "started", "service_down", f"portal:{PORTAL}")]
    down = made.only("service_down")
    assert (down.open_members, down.total, down.segment) == (5, 12, Segment.SERVICE)

"""A site's line equipment."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import UNPLUGGED, UP, wall_ns


def test_equipment_of_a_site_that_loses_power_is_one_incident_of_the_site() -> None:
    made = healthy_city()
    made.run(32)
    made.cut_uplink("s0")
    made.report("s0", "fiber", UNPLUGGED)
    made.report("s0", "5g", UNPLUGGED)
    made.run(600)
    for link in ("fiber", "5g"):
        made.report("s0", link, UP)
    made.restore_uplink("s0")
    made.run(700)
    shared = made.only("site_equipment")
    assert str(shared.party) == "commune:s0"
    assert (shared.opened_ns, shared.closed_ns) == (wall_ns(32), wall_ns(600))
    assert not shared.notifications

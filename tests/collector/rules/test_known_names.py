"""A device that says whatever it likes of the names that it has."""

from tests.collector.incidents.city import PORTAL, healthy_city
from tests.collector.timeline.boot_script import CUT, LOSSY, OUT, REFUSES, UNPLUGGED, UP

NAMES = ("fiber", "5g", f"fiber/{PORTAL}", f"5g/{PORTAL}", f"/{PORTAL}")


def test_a_device_has_no_more_open_incidents_than_names() -> None:
    city = healthy_city()
    device = city.devices["s0"]
    most = 0
    for turn in range(200):
        for place, name in enumerate(NAMES):
            verdicts = (REFUSES, UP) if "/" in name else (CUT, LOSSY, UNPLUGGED, OUT, UP)
            verdict = verdicts[(turn + place) % len(verdicts)]
            change = device.script.change(name, verdict, city.now_s, city.now_s)
            city.push(device, [change])
        city.run(city.now_s + 7)
        most = max(most, sum(i.is_open for i in city.registry.incidents.values()))
    assert 0 < most <= len(NAMES)

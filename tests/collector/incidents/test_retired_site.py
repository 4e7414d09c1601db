"""A point that is not in use any more: its silence is recorded, and nobody is notified of it."""

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture, inventory


@pytest.mark.parametrize("is_retired", [False, True])
def test_nobody_is_notified_of_the_silence_of_a_retired_point(is_retired: bool) -> None:
    whole = inventory(6, ("vnpt", "viettel"))
    sites = tuple(
        msgspec.structs.replace(site, retired=is_retired) if site.name == "s0" else site
        for site in whole.sites
    )
    city = CityFixture(msgspec.structs.replace(whole, sites=sites))
    city.start()
    city.run(30)
    city.power_off("s0")
    city.run(1_200)
    about = [
        event
        for event in city.notifications
        if any(member.subject.site == "s0" for member in event.incident.members)
    ]
    assert bool(about) is not is_retired
    # It stands in the record either way.
    assert any("s0" in incident.sites for incident in city.incidents())

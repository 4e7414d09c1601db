"""How faults of an outage end after a change of settings no longer groups them."""

import msgspec
import pytest

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import OUT, UP
from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.incidents.update import update_group_in_steps

SITES = ("s0", "s3", "s6")
"""Three of the four sites whose fibre is VNPT's."""


@pytest.mark.parametrize(
    ("is_over", "closure_code"), [(False, ClosureCode.MERGED), (True, ClosureCode.RESTORED)]
)
def test_after_new_settings_lasting_faults_stand_alone_and_past_ones_are_restored(
    is_over: bool, closure_code: ClosureCode
) -> None:
    made = healthy_city()
    for site in SITES:
        made.report(site, "fiber", OUT)
    assert made.only("carrier_outage").is_open
    if is_over:
        made.run(made.now_s + 20)
        for site in SITES:
            made.report(site, "fiber", UP)
    registry = made.registry
    # Where faults are this common, three at once are chance.
    registry.settings = msgspec.structs.replace(registry.settings, faults_per_day=1e5)
    registry.network_state.settings = registry.settings
    (group,) = [key for key in registry.group_members if key[0] == "carrier_outage"]
    for _ in update_group_in_steps(registry, group):
        pass
    outage = made.only("carrier_outage")
    assert not outage.is_open
    assert outage.closure_code is closure_code

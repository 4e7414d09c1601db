"""A partial outage is over soon after it healed, also where every byte counts."""

import pytest

from tests.agent.judge.expect import changes_of
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite, site_seconds
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

BEGAN_S, HEALED_S = 300.0, 700.0


@pytest.mark.parametrize("link", ["fixed", "mobile"])
@pytest.mark.parametrize(
    "targets", [("abroad", "far"), ("zone", "exchange"), ("dichvucong", "motcua", "abroad", "far")]
)
def test_a_partial_outage_is_over_within_a_minute_of_its_end(
    link: str, targets: tuple[str, ...]
) -> None:
    outage = InjectedFault(
        start_s=BEGAN_S,
        end_s=HEALED_S,
        at=Segment.CARRIER,
        links=(link,),
        targets=targets,
        loss=1.0,
    )
    site = SimulatedSite(injected=(outage,))
    site.run(HEALED_S + 60.0)
    states = [
        (change.verdict.state, site_seconds(change.decided_boottime_ns))
        for change in changes_of(site, link)
    ]
    assert State.DEGRADED in {state for state, at_s in states if BEGAN_S < at_s < BEGAN_S + 60.0}
    assert states[-1][0] is State.UP
    assert states[-1][1] > HEALED_S

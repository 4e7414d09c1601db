"""A portal that one line alone does not reach, when the site's other line dies."""

import pytest

from tests.agent.judge.expect import blamed_parties, states_of
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State

DIES_S = 600.0
OTHER_LINE_DIES = InjectedFault(
    start_s=DIES_S, end_s=1200.0, links=("mobile",), at=Segment.ACCESS, loss=1.0
)


def resets(start_s: float, end_s: float, *targets: str) -> InjectedFault:
    """Return what resets connections to portals over the fixed line; no target: to all."""
    return InjectedFault(
        start_s=start_s,
        end_s=end_s,
        links=("fixed",),
        at=Segment.SERVICE,
        kinds=("http",),
        targets=targets,
        reason=Reason.TLS_HANDSHAKE_FAILED,
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("targets", [(), ("motcua",)])
def test_what_the_other_line_has_shown_is_still_known(seed: int, targets: tuple[str, ...]) -> None:
    site = SimulatedSite(seed=seed, injected=(resets(60.0, 1200.0, *targets), OTHER_LINE_DIES))
    site.run(1150.0)
    assert State.UNKNOWN in states_of(site, "fixed", "motcua")
    assert Party.PORTAL not in blamed_parties(site)
    site.run(1800.0)
    assert states_of(site, "fixed", "motcua")[-1] is State.UP
    assert Party.PORTAL not in blamed_parties(site)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_failure_that_begins_after_that_is_judged_as_over_a_single_line(seed: int) -> None:
    before, after = resets(60.0, 300.0, "motcua"), resets(800.0, 1200.0, "motcua")
    site = SimulatedSite(seed=seed, injected=(before, after, OTHER_LINE_DIES))
    site.run(790.0)
    assert Party.PORTAL not in blamed_parties(site)
    site.run(1150.0)
    assert Party.PORTAL in blamed_parties(site)

"""A name that is gone for one carrier sooner than for another, second by second."""

import pytest
from msgspec import structs

from tests.agent.judge.expect import blamed_parties, changes_of, verdict_summary
from tests.agent.judge.simulated_answers import TTL_S
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite, site_seconds
from tests.agent.judge.symptoms.test_missing_names import _SITE, GONE
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0


def removed(name: str = "motcua", reason: Reason = GONE, **more: object) -> InjectedFault:
    """Return that pages of a portal are looked up in vain."""
    settings: dict[str, object] = {
        "start_s": START_S,
        "at": Segment.SERVICE,
        "kinds": ("http",),
        "targets": (name,),
        "reason": reason,
    }
    return InjectedFault(**{**settings, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", [GONE, Reason.NAME_WITHOUT_ADDRESS])
def test_a_name_that_one_carrier_forgets_before_the_other_is_the_portals(reason: Reason) -> None:
    sooner = removed(reason=reason)
    later = removed(reason=reason, links=("mobile",), start_s=START_S + 280.0)
    world = SimulatedSite(injected=(sooner, later))
    world.run(900.0)
    assert blamed_parties(world) == {Party.PORTAL}
    gone = (State.DOWN, Segment.SERVICE, Symptom.SERVICE_NAME_UNRESOLVED)
    assert verdict_summary(changes_of(world, "", "motcua")[-1]) == gone
    first = changes_of(world, "fixed", "motcua")[1]
    assert verdict_summary(first) == (
        State.UNKNOWN,
        None,
        Symptom.SERVICE_UNREACHABLE_OVER_LINK,
    )
    assert site_seconds(first.decided_boottime_ns) < START_S + 120.0, "it is said at once"


def test_a_name_added_later_for_one_carrier_is_at_most_the_portals_fault() -> None:
    world = SimulatedSite(
        injected=(
            removed(start_s=0.0, end_s=700.0),
            removed(start_s=0.0, end_s=400.0, links=("mobile",)),
        )
    )
    world.run(1100.0)
    assert blamed_parties(world) <= {Party.PORTAL}
    assert changes_of(world, "fixed", "motcua")[-1].verdict.state is State.UP


def test_a_name_that_one_server_has_forgotten_before_another_is_no_forgery() -> None:
    forgotten = removed(
        "resolver", at=Segment.CARRIER, kinds=("dns",), end_s=START_S + TTL_S - 30.0
    )
    world = SimulatedSite(injected=(forgotten,))
    world.run(600.0)
    assert blamed_parties(world) == set()
    assert len(changes_of(world, "fixed")) == 1


def test_a_name_server_that_reports_a_name_as_gone_for_longer_than_that_is_reported() -> None:
    world = SimulatedSite(injected=(removed(),), site_probes=TWO_FIXED)
    world.run(START_S + TTL_S + 300.0)
    found = changes_of(world, "fixed", "motcua")[-1]
    assert verdict_summary(found) == (
        State.DOWN,
        Segment.CARRIER,
        Symptom.RESOLVER_FORGED_ANSWER,
    )
    assert site_seconds(found.decided_boottime_ns) > START_S + TTL_S


def test_a_lookup_that_lies_for_longer_than_that_is_reported() -> None:
    lies = removed("resolver", at=Segment.CARRIER, kinds=("dns",))
    world = SimulatedSite(injected=(lies,))
    world.run(START_S + TTL_S + 300.0)
    found = changes_of(world, "fixed")[-1]
    assert verdict_summary(found) == (
        State.DEGRADED,
        Segment.CARRIER,
        Symptom.RESOLVER_FORGED_ANSWER,
    )
    assert site_seconds(found.decided_boottime_ns) > START_S + TTL_S


TWO_FIXED = site_probes_from(
    (*_SITE.inventory.links, structs.replace(_SITE.inventory.links[0], name="other")),
    tuple(
        structs.replace(target, lookup="motcua.example") if target.lookup else target
        for target in _SITE.inventory.targets
    ),
    _SITE.inventory.probes,
)

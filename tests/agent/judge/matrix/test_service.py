"""The matrix, service: the portal's own faults, told from those of the way and of the device."""

import pytest
from msgspec import structs

from tests.agent.judge.expect import (
    assert_found,
    blamed_parties,
    changes_of,
    states_of,
    verdict_summary,
)
from tests.agent.judge.inventories import FIXED, MOBILE, one_link, two_links
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0

DAY_S = 86_400.0
WALL_S = 1_790_000_000.0

UNTOLD = (State.UNKNOWN, None, Symptom.SERVICE_UNREACHABLE_OVER_LINK)

FAILURES = [
    (Reason.CONNECTION_REFUSED, Symptom.SERVICE_REFUSED),
    (Reason.CONNECTION_RESET, Symptom.SERVICE_REFUSED),
    (Reason.TIMED_OUT, Symptom.SERVICE_TIMEOUT),
    (Reason.RESPONSE_TIMED_OUT, Symptom.SERVICE_TIMEOUT),
    (Reason.TLS_TIMED_OUT, Symptom.SERVICE_TIMEOUT),
    (Reason.TLS_HANDSHAKE_FAILED, Symptom.SERVICE_ERROR),
    (Reason.STATUS_UNEXPECTED, Symptom.SERVICE_ERROR),
    (Reason.BODY_UNEXPECTED, Symptom.SERVICE_UNEXPECTED_CONTENT),
    (Reason.CERTIFICATE_EXPIRED, Symptom.CERTIFICATE_EXPIRED),
    (Reason.CERTIFICATE_NAME_MISMATCH, Symptom.CERTIFICATE_INVALID),
    (Reason.CERTIFICATE_UNTRUSTED, Symptom.CERTIFICATE_INVALID),
    (Reason.NAME_NOT_FOUND, Symptom.SERVICE_NAME_UNRESOLVED),
    (Reason.NAME_WITHOUT_ADDRESS, Symptom.SERVICE_NAME_UNRESOLVED),
    (Reason.NAME_SERVER_FAILED, Symptom.SERVICE_NAME_UNRESOLVED),
]


def failing(reason: Reason, **more: object) -> InjectedFault:
    settings: dict[str, object] = {
        "start_s": START_S,
        "end_s": 400.0,
        "links": (),
        "at": Segment.SERVICE,
        "kinds": ("http",),
        "targets": ("motcua",),
        "reason": reason,
    }
    return InjectedFault(**{**settings, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("with_other_link", [True, False])
@pytest.mark.parametrize(("reason", "symptom"), FAILURES)
def test_a_portal_that_fails_over_every_link_is_at_fault_itself(
    reason: Reason, symptom: Symptom, with_other_link: bool
) -> None:
    site_probes = two_links() if with_other_link else one_link()
    world = SimulatedSite(injected=(failing(reason),), site_probes=site_probes)
    world.run(800.0)
    expected = (State.DOWN, Segment.SERVICE, symptom)
    # A web request is made every 60 s; a time-out takes 10 s, and three may have to be waited for.
    for link in ("fixed", ""):
        assert_found(world, expected, since_s=START_S, intervals=20.0, link=link, service="motcua")
        assert states_of(world, link, "motcua")[-2:] == [State.DOWN, State.UP]
    assert states_of(world, "fixed") == [State.UP]
    assert states_of(world, "", "dichvucong") == [State.UP]
    assert blamed_parties(world) == {Party.PORTAL}


@pytest.mark.parametrize(
    "reason", [Reason.TIMED_OUT, Reason.CONNECTION_REFUSED, Reason.CERTIFICATE_UNTRUSTED]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_that_fails_over_one_link_alone_is_not_at_fault(seed: int, reason: Reason) -> None:
    world = SimulatedSite(seed=seed, injected=(failing(reason, links=("fixed",)),))
    world.run(800.0)
    assert verdict_summary(changes_of(world, "fixed", "motcua")[1]) == UNTOLD
    assert states_of(world, "fixed", "motcua") == [State.UP, State.UNKNOWN, State.UP]
    assert states_of(world, "mobile", "motcua")[-1] is State.UP
    assert states_of(world, "", "motcua") == [State.UP], "the site reaches it"
    assert states_of(world, "fixed") == [State.UP], "the other portal is reached over it"
    assert blamed_parties(world) == set(), "a relation of two is nobody's alone"


@pytest.mark.parametrize("seed", SEEDS)
def test_portals_in_two_networks_that_time_out_over_one_link_alone_are_its_carriers(
    seed: int,
) -> None:
    cut = failing(Reason.TIMED_OUT, links=("fixed",), targets=())
    world = SimulatedSite(seed=seed, injected=(cut,))
    world.run(800.0)
    expected = (State.DEGRADED, Segment.CARRIER, Symptom.CARRIER_PARTIAL_OUTAGE)
    degraded = [c for c in changes_of(world, "fixed") if c.verdict.state is State.DEGRADED]
    assert verdict_summary(degraded[0]) == expected
    assert states_of(world, "fixed")[-1] is State.UP
    assert blamed_parties(world) == {Party.CARRIER}


@pytest.mark.parametrize("reason", [Reason.CONNECTION_RESET, Reason.CONNECTION_REFUSED])
def test_a_link_over_which_every_portal_refuses_is_unknown_and_nobody_is_named(
    reason: Reason,
) -> None:
    """A refusal is an answer: it is the portal that refuses the addresses of one carrier."""
    refuses = failing(reason, links=("fixed",), targets=())
    world = SimulatedSite(injected=(refuses,))
    world.run(800.0)
    assert states_of(world, "fixed") == [State.UP, State.UNKNOWN, State.UP]
    against = changes_of(world, "fixed")[1].verdict
    assert against.symptom is Symptom.LINK_REACHES_NO_SERVICE
    assert blamed_parties(world) == set()


@pytest.mark.parametrize("carriers", [("a", "a"), ("a", "b")])
def test_two_links_of_one_carrier_are_one_witness_against_a_portal(
    carriers: tuple[str, str],
) -> None:
    """All anchors beyond are dead too, so that only the other link could prove the way."""
    links = tuple(
        structs.replace(link, carrier=carrier)
        for link, carrier in zip((FIXED, MOBILE), carriers, strict=True)
    )
    dead = failing(Reason.CONNECTION_REFUSED, targets=())
    far = InjectedFault(start_s=0.0, links=(), at=Segment.TRANSIT, kinds=("icmp", "dns"), loss=1.0)
    world = SimulatedSite(injected=(dead, far), site_probes=two_links(links=links))
    world.run(390.0)
    named = {c.verdict.segment for c in world.changes if c.verdict.service}
    assert (Segment.SERVICE in named) is (carriers == ("a", "b"))


@pytest.mark.parametrize("seed", SEEDS)
def test_one_dead_address_of_several_is_degraded(seed: int) -> None:
    dead = failing(Reason.TIMED_OUT, address="198.51.100.2", end_s=900.0)
    world = SimulatedSite(seed=seed, injected=(dead,), addresses=("198.51.100.2", "198.51.100.3"))
    world.run(600.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_PARTIAL_OUTAGE)
    assert_found(world, expected, since_s=START_S, intervals=20.0, link="", service="motcua")
    assert blamed_parties(world) == {Party.PORTAL}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_with_several_addresses_that_is_dead_is_down(seed: int) -> None:
    world = SimulatedSite(
        seed=seed,
        injected=(failing(Reason.CONNECTION_REFUSED),),
        addresses=("198.51.100.2", "198.51.100.3"),
    )
    world.run(350.0)
    assert changes_of(world, "", "motcua")[-1].verdict.state is State.DOWN
    assert blamed_parties(world) == {Party.PORTAL}


def test_one_failed_request_is_not_a_fault() -> None:
    blip = failing(Reason.TIMED_OUT, start_s=89.0, end_s=92.0)
    world = SimulatedSite(injected=(blip,))
    world.run(600.0)
    assert states_of(world, "", "motcua") == [State.UP]
    assert states_of(world, "fixed", "motcua") == [State.UP]


@pytest.mark.parametrize(("days", "state"), [(5.0, State.DEGRADED), (30.0, State.UP)])
def test_a_certificate_that_runs_out_soon_is_announced(days: float, state: State) -> None:
    world = SimulatedSite(wall_s=WALL_S, expiry_s={"motcua": WALL_S + days * DAY_S})
    world.run(400.0)
    for link in ("fixed", "mobile", ""):
        assert states_of(world, link, "motcua") == [state]
    if state is State.DEGRADED:
        expected = (State.DEGRADED, Segment.SERVICE, Symptom.CERTIFICATE_EXPIRING)
        assert_found(world, expected, since_s=0.0, intervals=7.0, link="", service="motcua")


def test_an_untrusted_clock_announces_no_certificate() -> None:
    world = SimulatedSite(wall_s=None, expiry_s={"motcua": WALL_S + 5 * DAY_S})
    world.run(400.0)
    assert states_of(world, "", "motcua") == [State.UP]


@pytest.mark.parametrize("reason", [Reason.CERTIFICATE_EXPIRED, Reason.CERTIFICATE_NOT_YET_VALID])
def test_with_a_wrong_clock_no_portal_is_at_fault(reason: Reason) -> None:
    wrong = failing(reason, start_s=0.0, targets=(), end_s=300.0)
    world = SimulatedSite(wall_s=None, injected=(wrong,))
    world.run(290.0)
    assert states_of(world, "", "motcua") == []
    assert blamed_parties(world) == set()
    # The collector has corrected the clock.
    world.run(600.0)
    assert states_of(world, "", "motcua")[-1] is State.UP
    assert blamed_parties(world) == set()


def test_a_slow_portal_is_its_own_fault_when_every_link_says_so() -> None:
    slow = InjectedFault(
        start_s=1500.0,
        end_s=2400.0,
        links=(),
        at=Segment.SERVICE,
        kinds=("http",),
        targets=("motcua",),
        delay_s=2.0,
    )
    world = SimulatedSite(injected=(slow,))
    world.run(3600.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_SLOW)
    assert_found(world, expected, since_s=1500.0, intervals=60.0, link="", service="motcua")
    assert states_of(world, "", "motcua") == [State.UP, State.DEGRADED, State.UP]
    assert states_of(world, "", "dichvucong") == [State.UP]


def test_a_slow_portal_is_found_though_the_line_was_slow_when_it_was_learned() -> None:
    line = InjectedFault(start_s=60.0, end_s=900.0, links=("fixed",), delay_s=1.2)
    slow = InjectedFault(
        start_s=1500.0,
        end_s=2400.0,
        links=(),
        at=Segment.SERVICE,
        kinds=("http",),
        targets=("motcua",),
        delay_s=2.0,
    )
    world = SimulatedSite(injected=(line, slow))
    world.run(3600.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_SLOW)
    assert_found(world, expected, since_s=1500.0, intervals=60.0, link="", service="motcua")
    assert states_of(world, "", "motcua") == [State.UP, State.DEGRADED, State.UP]


def test_a_portal_without_ipv6_is_an_ordinary_portal() -> None:
    from thongsuot_schema.result import Family

    only4 = failing(Reason.NAME_WITHOUT_ADDRESS, start_s=0.0, end_s=1e9, families=(Family.IP6,))
    world = SimulatedSite(injected=(only4,))
    world.run(600.0)
    assert states_of(world, "", "motcua") == [State.UP]


def test_a_portal_that_is_dead_in_one_family_is_degraded() -> None:
    from thongsuot_schema.result import Family

    dead = failing(Reason.CONNECTION_REFUSED, families=(Family.IP6,))
    world = SimulatedSite(injected=(dead,))
    world.run(380.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_PARTIAL_OUTAGE)
    assert_found(world, expected, since_s=START_S, intervals=13.0, link="", service="motcua")
    assert blamed_parties(world) == {Party.PORTAL}

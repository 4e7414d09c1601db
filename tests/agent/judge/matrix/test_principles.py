"""Faults that nobody wrote down: one case for each principle of the judge."""

import msgspec
import pytest

from tests.agent.judge.expect import (
    assert_found,
    blamed_parties,
    changes_of,
    states_of,
    verdict_summary,
)
from tests.agent.judge.inventories import TARGETS, one_link, two_links
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import (
    FACTS_OK,
    FactsChange,
    InjectedFault,
    SimulatedSite,
    site_seconds,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0
CUT_S = 400.0

NO_ECHOES = InjectedFault(start_s=START_S, at=Segment.ACCESS, kinds=("icmp",), loss=1.0)
WITH_ONE_NAME_SERVER = tuple(t for t in TARGETS if t.name == "resolver" or not t.lookup)


@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize("remembers", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fibre_that_is_cut_behind_a_carrier_that_drops_echoes_is_down(
    seed: int, remembers: bool, is_alone: bool
) -> None:
    """Without echoes, the name server is the last witness and the portals are the proof."""
    cut = InjectedFault(start_s=CUT_S, end_s=CUT_S + 200.0, at=Segment.ACCESS, loss=1.0)
    site_probes = one_link(WITH_ONE_NAME_SERVER) if is_alone else two_links(WITH_ONE_NAME_SERVER)
    site = SimulatedSite(
        seed=seed, injected=(NO_ECHOES, cut), site_probes=site_probes, remembers_addresses=remembers
    )
    site.run(CUT_S + 400.0)
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    # The name server is asked every 30 s, a portal every 60 s, which takes 10 s to give up.
    assert_found(site, expected, since_s=CUT_S, intervals=16.0)
    assert states_of(site, "fixed") == [State.UP, State.DOWN, State.UP]
    assert blamed_parties(site) == {Party.CARRIER}


def test_no_portal_is_blamed_where_nothing_proves_the_way() -> None:
    """No comparison was possible, so nothing proves that the way to the portal works."""
    far = InjectedFault(start_s=0.0, at=Segment.TRANSIT, kinds=("icmp", "dns"), loss=1.0)
    cut = InjectedFault(start_s=CUT_S, at=Segment.SERVICE, kinds=("http",), reason=Reason.TIMED_OUT)
    site = SimulatedSite(injected=(far, cut), site_probes=one_link())
    site.run(CUT_S + 200.0)
    assert Party.PORTAL not in blamed_parties(site)


def test_a_dead_name_server_is_distinguished_from_a_dead_line_by_the_last_known_address() -> None:
    dead = InjectedFault(
        start_s=CUT_S, at=Segment.CARRIER, targets=("resolver",), kinds=("dns",), loss=1.0
    )
    site = SimulatedSite(injected=(NO_ECHOES, dead), site_probes=one_link(WITH_ONE_NAME_SERVER))
    site.run(CUT_S + 200.0)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed")}
    assert Symptom.ACCESS_SILENT not in symptoms
    assert Symptom.RESOLVER_SILENT in symptoms


@pytest.mark.parametrize("delay_s", [1.1, 1.4, 1.8])
@pytest.mark.parametrize("seed", SEEDS)
def test_an_echo_that_comes_late_is_late_and_not_lost(seed: int, delay_s: float) -> None:
    queue = InjectedFault(
        start_s=START_S, end_s=START_S + 120.0, at=Segment.ACCESS, kinds=("icmp",), delay_s=delay_s
    )
    site = SimulatedSite(seed=seed, injected=(queue,))
    site.run(START_S + 400.0)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed")}
    assert not symptoms & {Symptom.ACCESS_SILENT, Symptom.ACCESS_LOSS, Symptom.ACCESS_FLAPPING}
    assert State.DOWN not in states_of(site, "fixed")


@pytest.mark.parametrize("gateways", [("10.64.0.1",), ()])
def test_a_dead_line_behind_a_modem_without_link_layer_is_the_carriers(
    gateways: tuple[str, ...],
) -> None:
    """QMI, MBIM, PPP: the inventory has a gateway that can never answer."""
    modem = msgspec.structs.replace(FACTS_OK, point_to_point=True, gateways=gateways)
    mute = InjectedFault(at=Segment.LAN, targets=("gateway",), loss=1.0)
    cut = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.ACCESS, loss=1.0)
    site = SimulatedSite(
        injected=(mute, cut),
        facts=(FactsChange(at_s=0.0, facts=modem),),
        neighbour=lambda _link, _at_s: None,
    )
    site.run(300.0)
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert_found(site, expected, since_s=START_S, intervals=2.0)
    assert states_of(site, "fixed") == [State.UP, State.DOWN, State.UP]


@pytest.mark.parametrize(
    "lost",
    [
        {"present": False, "carrier": False, "point_to_point": False},
        {"carrier": False},
        {"has_address4": False, "has_address6": False, "has_route4": False, "has_route6": False},
    ],
)
def test_a_session_that_is_gone_is_no_cable_of_the_commune(lost: dict[str, bool]) -> None:
    session = msgspec.structs.replace(FACTS_OK, point_to_point=True, gateways=())
    gone = msgspec.structs.replace(session, **lost)
    site = SimulatedSite(
        facts=(
            FactsChange(at_s=0.0, facts=session),
            FactsChange(at_s=START_S, facts=gone),
            FactsChange(at_s=200.0, facts=session),
        )
    )
    site.run(300.0)
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SESSION_LOST)
    assert_found(site, expected, since_s=START_S, intervals=2.0)
    assert blamed_parties(site) == {Party.CARRIER}
    assert states_of(site, "fixed")[-1] is State.UP


@pytest.mark.parametrize(
    ("dials_s", "parties"),
    [(90.0, {Party.COMMUNE}), (300.0, {Party.COMMUNE, Party.CARRIER})],
)
def test_a_session_that_dials_again_after_its_cable_was_out_is_waited_for(
    dials_s: float, parties: set[Party]
) -> None:
    """The modem boots and dials; if no session comes up, it is the carrier's fault after all."""
    session = msgspec.structs.replace(FACTS_OK, point_to_point=True, gateways=())
    gone = msgspec.structs.replace(session, present=False, carrier=False)
    site = SimulatedSite(
        facts=(
            FactsChange(at_s=0.0, facts=session),
            FactsChange(at_s=START_S, facts=msgspec.structs.replace(gone, port_unplugged=True)),
            FactsChange(at_s=200.0, facts=gone),
            FactsChange(at_s=200.0 + dials_s, facts=session),
        )
    )
    site.run(600.0)
    assert blamed_parties(site) == parties
    assert states_of(site, "fixed")[-1] is State.UP


@pytest.mark.parametrize(
    ("dies_s", "parties"),
    [(0.5, {Party.COMMUNE}), (60.0, {Party.COMMUNE}), (300.0, {Party.COMMUNE, Party.CARRIER})],
)
def test_a_session_that_dies_when_its_cable_is_back_is_the_cables(
    dies_s: float, parties: set[Party]
) -> None:
    """The session outlived the cable on this side; the other side had dropped it and says so."""
    session = msgspec.structs.replace(FACTS_OK, point_to_point=True, gateways=())
    unplugged = msgspec.structs.replace(session, port_unplugged=True)
    gone = msgspec.structs.replace(session, present=False, carrier=False)
    site = SimulatedSite(
        facts=(
            FactsChange(at_s=0.0, facts=session),
            FactsChange(at_s=START_S, facts=unplugged),
            FactsChange(at_s=200.0, facts=session),
            FactsChange(at_s=200.0 + dies_s, facts=gone),
            FactsChange(at_s=210.0 + dies_s, facts=session),
        )
    )
    site.run(600.0)
    assert blamed_parties(site) == parties
    assert states_of(site, "fixed")[-1] is State.UP


@pytest.mark.parametrize("lost", [{}, {"present": False, "carrier": False}])
def test_a_session_whose_cable_is_out_is_the_sites_and_no_carriers(lost: dict[str, bool]) -> None:
    """PPPoE over a bridging modem: without its power or cable, the port below has no signal."""
    session = msgspec.structs.replace(FACTS_OK, point_to_point=True, gateways=())
    unplugged = msgspec.structs.replace(session, port_unplugged=True, **lost)
    site = SimulatedSite(
        facts=(
            FactsChange(at_s=0.0, facts=session),
            FactsChange(at_s=START_S, facts=unplugged),
            FactsChange(at_s=200.0, facts=session),
        )
    )
    site.run(300.0)
    expected = (State.DOWN, Segment.LAN, Symptom.CABLE_UNPLUGGED)
    assert_found(site, expected, since_s=START_S, intervals=2.0)
    assert blamed_parties(site) == {Party.COMMUNE}


@pytest.mark.parametrize("reason", [Reason.NAME_SERVER_TIMED_OUT, Reason.NAME_SERVER_REFUSED])
def test_name_servers_of_the_whole_device_accuse_no_second_carrier(reason: Reason) -> None:
    """A merged resolv.conf: one carrier's name server drops or refuses the other's customers."""
    shared = msgspec.structs.replace(FACTS_OK, shared_resolvers=True)
    strangers = InjectedFault(
        links=("mobile",), at=Segment.CARRIER, targets=("resolver",), kinds=("dns",), reason=reason
    )
    names = InjectedFault(links=("mobile",), at=Segment.SERVICE, kinds=("http",), reason=reason)
    site = SimulatedSite(
        injected=(strangers, names),
        facts=tuple(FactsChange(at_s=0.0, link=link, facts=shared) for link in ("fixed", "mobile")),
    )
    site.run(600.0)
    assert blamed_parties(site) == set()
    assert states_of(site, "mobile") == [State.UP]


def test_a_shared_name_server_that_once_answered_over_a_link_belongs_to_that_link() -> None:
    shared = msgspec.structs.replace(FACTS_OK, shared_resolvers=True)
    dead = InjectedFault(
        start_s=START_S, at=Segment.CARRIER, targets=("resolver",), kinds=("dns",), loss=1.0
    )
    site = SimulatedSite(
        injected=(dead,),
        facts=tuple(FactsChange(at_s=0.0, link=link, facts=shared) for link in ("fixed", "mobile")),
    )
    site.run(300.0)
    expected = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_SILENT)
    assert_found(site, expected, since_s=START_S, intervals=8.0)


def test_answers_dropped_by_the_devices_own_kernel_are_not_held_against_a_carrier() -> None:
    filtered = msgspec.structs.replace(
        FACTS_OK, reverse_filtered=True, has_address6=False, has_route6=False
    )
    dropped = InjectedFault(links=("mobile",), families=(Family.IP4,), at=Segment.LAN, loss=1.0)
    site = SimulatedSite(
        injected=(dropped,), facts=(FactsChange(at_s=0.0, link="mobile", facts=filtered),)
    )
    site.run(300.0)
    assert blamed_parties(site) == set()
    untold = (State.UNKNOWN, None, Symptom.DEVICE_FILTERS_ANSWERS)
    assert [verdict_summary(change) for change in changes_of(site, "mobile")] == [untold]


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_policer_that_drops_echoes_alone_is_no_loss_of_the_line(seed: int, share: float) -> None:
    policer = InjectedFault(start_s=START_S, at=Segment.ACCESS, kinds=("icmp",), loss=share)
    site = SimulatedSite(seed=seed, injected=(policer,))
    site.run(1500.0)
    assert states_of(site, "fixed") == [State.UP]
    assert blamed_parties(site) == set()


@pytest.mark.parametrize("period_s", [12.0, 30.0])
def test_echoes_that_come_and_go_alone_are_no_flapping_line(period_s: float) -> None:
    policer = InjectedFault(
        start_s=START_S, at=Segment.ACCESS, kinds=("icmp",), loss=1.0, period_s=period_s
    )
    site = SimulatedSite(injected=(policer,))
    site.run(600.0)
    assert states_of(site, "fixed") == [State.UP]


@pytest.mark.parametrize("seed", SEEDS)
def test_pages_slower_than_a_round_prove_a_path_on_which_echoes_are_dropped(
    seed: int,
) -> None:
    policer = InjectedFault(start_s=START_S, at=Segment.TRANSIT, kinds=("icmp",), loss=1.0)
    queue = InjectedFault(start_s=START_S, at=Segment.CARRIER, kinds=("http",), delay_s=0.4)
    site_probes = two_links(WITH_ONE_NAME_SERVER)
    site = SimulatedSite(seed=seed, injected=(policer, queue), site_probes=site_probes)
    site.run(300.0)
    assert State.DOWN not in states_of(site, "fixed")


@pytest.mark.parametrize("at", [Segment.ACCESS, Segment.CARRIER])
@pytest.mark.parametrize("seed", SEEDS)
def test_echoes_that_are_slow_alone_are_no_slow_line(seed: int, at: Segment) -> None:
    last = InjectedFault(start_s=START_S, at=at, kinds=("icmp",), delay_s=0.5)
    site = SimulatedSite(seed=seed, injected=(last,))
    site.run(900.0)
    assert states_of(site, "fixed") == [State.UP]
    assert blamed_parties(site) == set()


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
@pytest.mark.parametrize("seed", SEEDS)
def test_losses_of_lookups_and_pages_are_detected_though_every_echo_is_answered(
    seed: int, share: float
) -> None:
    lossy = InjectedFault(
        start_s=START_S, end_s=600.0, at=Segment.ACCESS, kinds=("dns", "http"), loss=share
    )
    site = SimulatedSite(seed=seed, injected=(lossy,))
    site.run(1800.0)
    expected = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_LOSS)
    against = [c for c in changes_of(site, "fixed") if c.verdict.state is not State.UP]
    assert verdict_summary(against[0]) == expected
    assert site_seconds(against[0].decided_boottime_ns) - START_S <= 240.0
    assert states_of(site, "fixed")[-1] is State.UP
    assert blamed_parties(site) == {Party.CARRIER}


def test_a_name_server_that_loses_a_fifth_is_not_the_lines_loss() -> None:
    lossy = InjectedFault(
        start_s=START_S, at=Segment.CARRIER, targets=("resolver",), kinds=("dns",), loss=0.2
    )
    site = SimulatedSite(injected=(lossy,))
    site.run(900.0)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed")}
    assert not symptoms & {Symptom.ACCESS_LOSS, Symptom.CARRIER_LOSS, Symptom.TRANSIT_LOSS}


@pytest.mark.parametrize("links", [("fixed",), ("fixed", "mobile")])
def test_when_all_portals_show_a_foreign_certificate_at_once_nobody_is_named(
    links: tuple[str, ...],
) -> None:
    rogue = InjectedFault(
        start_s=START_S,
        end_s=500.0,
        links=links,
        at=Segment.SERVICE,
        kinds=("http",),
        reason=Reason.CERTIFICATE_UNTRUSTED,
    )
    site = SimulatedSite(injected=(rogue,))
    site.run(900.0)
    assert blamed_parties(site) == set()
    against = [change.verdict.symptom for change in changes_of(site, "fixed")]
    assert Symptom.CONNECTION_INTERCEPTED in against
    assert against[-1] is Symptom.NONE

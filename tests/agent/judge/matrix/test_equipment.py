"""The matrix, equipment: what modem, optical module and UPS say of a fault, and whose it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec import structs

from tests.agent.judge.expect import (
    VerdictSummary,
    assert_found,
    changes_of,
    last_change,
    named_segments,
    states_of,
    verdict_summary,
)
from tests.agent.judge.inventories import FIXED, MOBILE, PROBES, TARGETS, anchor
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.catalogue import radio, snmp
from thongsuot_schema.inventory.model import ProbeSchedule, Role, Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, failed_finding, ok_finding
from thongsuot_schema.segment import Party, Segment, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0
BOX = Target(
    name="box", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("192.0.2.1",), links=("fixed",)
)


def equipped(*, with_access: bool = True, contract: int | None = None) -> SiteProbes:
    """Return the probes of a site whose modem and optical modem can be asked."""
    probes = (
        *PROBES,
        ProbeSchedule(kind="radio", every_s=30.0, links=("mobile",), settings={"source": "at"}),
        ProbeSchedule(kind="snmp", every_s=30.0, links=("fixed",)),
    )
    access = (
        anchor("access-fixed", Segment.ACCESS, links=("fixed",)),
        anchor("access-mobile", Segment.ACCESS, links=("mobile",)),
    )
    fixed = structs.replace(FIXED, contract_down_bits_per_second=contract)
    return site_probes_from(
        (fixed, MOBILE), (*TARGETS, BOX, *(access if with_access else ())), probes
    )


def signal(rsrp_dbm: float, sinr_db: float, *, nr: bool = True, registered: bool = True) -> Finding:
    """Return what a modem says of its signal."""
    power, noise = (radio.NR_RSRP, radio.NR_SINR) if nr else (radio.LTE_RSRP, radio.LTE_SINR)
    return ok_finding(
        {
            power: rsrp_dbm,
            noise: sinr_db,
            radio.REGISTERED: float(registered),
            radio.CONNECTED: float(registered),
        }
    )


GOOD, WEAK, NOISY = signal(-88, 15), signal(-118, 3), signal(-95, -6)
LIGHT = ok_finding({snmp.OPTICAL_RECEIVE: -18.0, snmp.OPTICAL_LOST: 0.0})
DARK = ok_finding({snmp.OPTICAL_RECEIVE: -40.0, snmp.OPTICAL_LOST: 1.0})
MAINS = ok_finding({snmp.ON_BATTERY: 0.0, snmp.RUNTIME: 3600.0})
BATTERY = ok_finding({snmp.ON_BATTERY: 1.0, snmp.RUNTIME: 1400.0})


def saying(
    kind: str, before: Finding, after: Finding
) -> Callable[[str, str, float], Finding | None]:
    """Return equipment that says one thing before the fault and another from then on."""

    def said_at(asked: str, _link: str, at_s: float) -> Finding | None:
        if asked != kind:
            return None
        return after if at_s >= START_S else before

    return said_at


def settled(world: SimulatedSite, link: str, until_s: float = 200.0) -> VerdictSummary:
    """Return what is said of a link in the end."""
    world.run(until_s)
    return verdict_summary(last_change(world, link))


def cut(link: str, at: Segment = Segment.ACCESS, loss: float = 1.0) -> InjectedFault:
    return InjectedFault(start_s=START_S, links=(link,), at=at, loss=loss)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_link_without_light_is_a_cut_fibre(seed: int) -> None:
    world = SimulatedSite(
        seed=seed,
        injected=(cut("fixed"),),
        site_probes=equipped(),
        equipment=saying("snmp", LIGHT, DARK),
    )
    expected = (State.DOWN, Segment.ACCESS, Symptom.OPTICAL_LOSS_OF_SIGNAL)
    assert settled(world, "fixed") == expected
    (row, *_) = last_change(world, "fixed").verdict.evidence
    assert (row.kind, row.segment, row.metric, row.value) == (
        "snmp",
        Segment.ACCESS,
        "snmp_optical_receive_dbm",
        -40.0,
    )


@pytest.mark.parametrize("weak", [WEAK, NOISY])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_link_with_a_weak_signal_is_the_radios(seed: int, weak: Finding) -> None:
    world = SimulatedSite(
        seed=seed,
        injected=(cut("mobile"),),
        site_probes=equipped(),
        equipment=saying("radio", weak, weak),
    )
    world.run(200.0)
    expected = (State.DOWN, Segment.ACCESS, Symptom.RADIO_SIGNAL_WEAK)
    assert_found(world, expected, since_s=START_S, intervals=3.0, link="mobile")
    assert states_of(world, "mobile") == [State.UP, State.DOWN]


@pytest.mark.parametrize("with_access", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_good_signal_with_nothing_behind_it_is_the_carriers_core(
    seed: int, with_access: bool
) -> None:
    at = Segment.CARRIER if with_access else Segment.ACCESS
    world = SimulatedSite(
        seed=seed,
        injected=(cut("mobile", at),),
        site_probes=equipped(with_access=with_access),
        equipment=saying("radio", GOOD, GOOD),
    )
    expected = (State.DOWN, Segment.CARRIER, Symptom.CORE_SILENT_RADIO_OK)
    assert settled(world, "mobile") == expected
    assert party_for(last_change(world, "mobile").verdict.segment) is Party.CARRIER
    assert named_segments(world, "mobile", "motcua") <= {Segment.ACCESS, Segment.CARRIER}


@pytest.mark.parametrize("seed", SEEDS)
def test_loss_over_a_weak_signal_is_the_radios(seed: int) -> None:
    world = SimulatedSite(
        seed=seed,
        injected=(cut("mobile", loss=0.2),),
        site_probes=equipped(),
        equipment=saying("radio", WEAK, WEAK),
    )
    expected = (State.DEGRADED, Segment.ACCESS, Symptom.RADIO_SIGNAL_WEAK)
    assert settled(world, "mobile", 500.0) == expected


def test_a_weak_signal_alone_is_not_a_fault() -> None:
    world = SimulatedSite(site_probes=equipped(), equipment=saying("radio", WEAK, WEAK))
    world.run(400.0)
    assert states_of(world, "mobile") == [State.UP]


def test_a_modem_in_no_network_reports_that() -> None:
    lost = signal(-95, 8, registered=False)
    world = SimulatedSite(
        injected=(cut("mobile"),), site_probes=equipped(), equipment=saying("radio", GOOD, lost)
    )
    expected = (State.DOWN, Segment.ACCESS, Symptom.RADIO_NOT_REGISTERED)
    assert settled(world, "mobile") == expected


def test_a_gateway_that_falls_silent_while_the_ups_runs_on_battery_lost_its_power() -> None:
    world = SimulatedSite(
        injected=(cut("fixed", Segment.LAN),),
        site_probes=equipped(),
        equipment=saying("snmp", MAINS, BATTERY),
        neighbour=lambda _link, at_s: at_s < START_S,
    )
    expected = (State.DOWN, Segment.DEVICE, Symptom.POWER_LOST)
    assert settled(world, "fixed") == expected
    assert party_for(last_change(world, "fixed").verdict.segment) is Party.COMMUNE


def test_a_gateway_that_falls_silent_on_the_mains_is_a_silent_gateway() -> None:
    world = SimulatedSite(
        injected=(cut("fixed", Segment.LAN),),
        site_probes=equipped(),
        equipment=saying("snmp", MAINS, MAINS),
        neighbour=lambda _link, at_s: at_s < START_S,
    )
    expected = (State.DOWN, Segment.LAN, Symptom.GATEWAY_SILENT)
    assert settled(world, "fixed") == expected


def test_equipment_that_cannot_be_read_explains_nothing() -> None:
    silent = failed_finding(Reason.TIMED_OUT)
    world = SimulatedSite(
        injected=(cut("fixed"), cut("mobile")),
        site_probes=equipped(),
        equipment=lambda _kind, _link, _at_s: silent,
    )
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert settled(world, "fixed") == settled(world, "mobile") == expected


def test_an_old_reading_explains_nothing() -> None:
    world = SimulatedSite(
        injected=(InjectedFault(start_s=400.0, links=("mobile",), loss=1.0),),
        site_probes=equipped(),
        equipment=lambda _kind, _link, at_s: (
            WEAK if at_s < 100.0 else failed_finding(Reason.TIMED_OUT)
        ),
    )
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert settled(world, "mobile", 600.0) == expected


def test_a_signal_at_the_border_does_not_make_the_verdict_come_and_go() -> None:
    def wavering(kind: str, _link: str, at_s: float) -> Finding | None:
        return signal(-111 if at_s % 60 < 30 else -109, 6) if kind == "radio" else None

    world = SimulatedSite(injected=(cut("mobile"),), site_probes=equipped(), equipment=wavering)
    world.run(900.0)
    assert len(changes_of(world, "mobile")) <= 3


def test_a_repaired_link_is_up_whatever_the_equipment_reported() -> None:
    over = InjectedFault(start_s=START_S, end_s=150.0, links=("fixed",), loss=1.0)
    world = SimulatedSite(
        injected=(over,), site_probes=equipped(), equipment=saying("snmp", DARK, DARK)
    )
    world.run(300.0)
    assert states_of(world, "fixed") == [State.UP, State.DOWN, State.UP]


class CountingBox:
    """A box that counts what all machines of the site receive over the fixed link."""

    def __init__(self, *, busy_bps: float, mute_from_s: float = 1e9) -> None:
        self._busy_bps = busy_bps
        self._mute_from_s = mute_from_s

    def __call__(self, kind: str, _link: str, at_s: float) -> Finding | None:
        if kind != "snmp":
            return None
        if at_s >= self._mute_from_s:
            return failed_finding(Reason.TIMED_OUT)
        busy_s = max(0.0, min(at_s, END_S) - START_S)
        received = (20e3 * at_s + self._busy_bps * busy_s) / 8
        return ok_finding({snmp.RECEIVED: received, snmp.SENT: received / 20})


END_S = 400.0
QUEUE = InjectedFault(start_s=START_S, end_s=END_S, at=Segment.ACCESS, delay_s=0.3, loss=0.01)


@pytest.mark.parametrize("contract", [None, 100_000_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_download_by_another_machine_is_seen_by_the_counters_of_the_box(
    seed: int, contract: int | None
) -> None:
    site_probes = equipped(contract=contract)
    world = SimulatedSite(
        seed=seed, injected=(QUEUE,), site_probes=site_probes, equipment=CountingBox(busy_bps=85e6)
    )
    world.run(900.0)
    expected = (State.DEGRADED, Segment.LAN, Symptom.LAN_CONGESTED)
    assert_found(world, expected, since_s=START_S, intervals=9.0, link="fixed")
    assert named_segments(world, "fixed") == {Segment.LAN}
    assert states_of(world, "fixed")[-1] is State.UP
    evidence_line = changes_of(world, "fixed")[1].verdict.evidence[0]
    shown = (
        (evidence_line.kind, evidence_line.target, evidence_line.metric)
        if contract
        else ("snmp", "box", "")
    )
    share = "snmp_interface_receive_utilisation_ratio"
    assert shown == ("snmp", "box", share if contract else "")
    assert not contract or (evidence_line.value or 0.0) > 0.7


@pytest.mark.parametrize("mute_from_s", [1e9, START_S + 1.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_line_is_the_carriers_unless_its_box_reports_load(
    seed: int, mute_from_s: float
) -> None:
    box = CountingBox(busy_bps=0.0, mute_from_s=mute_from_s)
    queue = replace(QUEUE, loss=0.0)
    world = SimulatedSite(seed=seed, injected=(queue,), site_probes=equipped(), equipment=box)
    world.run(900.0)
    expected = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_SLOW)
    assert_found(world, expected, since_s=START_S, intervals=15.0, link="fixed")
    assert named_segments(world, "fixed") == {Segment.ACCESS}

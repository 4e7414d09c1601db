"""Generated faults as packet rules: what is laid where, what is refused, and what packets meet."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.waiting import wait_for
from tests.lab_room.truth.making import fault
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.city import city
from thongsuot_lab.truth.fault import Course, Effect, Touch
from thongsuot_lab.truth.grammar import RULES
from thongsuot_lab.truth.packet_citizen import PacketCitizen
from thongsuot_lab.truth.packet_faults import PacketFault, Unplayable, impairments_of
from thongsuot_lab.truth.packet_scenarios import PacketGrammar, lab_topology
from thongsuot_lab.truth.places import PlaceKind

TOPOLOGY = lab_topology(3)
LINE = "s1.fixed"


def test_a_line_that_loses_a_share_loses_it_on_the_wire() -> None:
    impairments = impairments_of(TOPOLOGY, fault(PlaceKind.ACCESS, LINE, amount=0.2), 0.5)
    ((wire, up, down),) = impairments.wires
    assert wire == TOPOLOGY.site("s1").uplink("fixed").access_wire
    assert (up.loss_ratio, down.loss_ratio) == (0.1, 0.1)


def test_lost_echoes_are_rules_of_the_carriers_first_router() -> None:
    impairments = impairments_of(TOPOLOGY, fault(PlaceKind.ACCESS, LINE, touch=Touch.ICMP))
    (chains,) = impairments.rules.values()
    assert set(chains) == {"prerouting", "postrouting"}
    assert all("echo-request" in rule for rules in chains.values() for rule in rules)


def test_a_policer_has_one_budget_for_both_ways_and_families() -> None:
    policed = fault(PlaceKind.ACCESS, LINE, touch=Touch.ICMP, effect=Effect.POLICED, amount=2.0)
    impairments = impairments_of(TOPOLOGY, policed)
    assert impairments.policer == "rate over 120/minute burst 2 packets"
    (chains,) = impairments.rules.values()
    rules = [rule for rules in chains.values() for rule in rules]
    assert len(rules) == 4
    assert all(rule.endswith('limit name "policer" drop') for rule in rules)


def test_unplugging_a_line_also_cuts_off_the_client() -> None:
    impairments = impairments_of(TOPOLOGY, fault(PlaceKind.LAN, LINE, effect=Effect.UNPLUGGED))
    assert len(impairments.cut) == 2


@pytest.mark.parametrize(
    ("kind", "name", "touch", "effect"),
    [
        (PlaceKind.LAN, LINE, Touch.ALL, Effect.OWN_LOAD),
        (PlaceKind.ACCESS, LINE, Touch.TCP, Effect.DELAYED),
        (PlaceKind.RESOLVER, "song-hong", Touch.DNS_AAAA, Effect.LOST),
        (PlaceKind.HOME, "exchange", Touch.ALL, Effect.DELAYED),
    ],
)
def test_faults_that_the_lab_cannot_make_are_refused_with_the_reason(
    kind: PlaceKind, name: str, touch: Touch, effect: Effect
) -> None:
    with pytest.raises(Unplayable, match=r"\w+ \w+ \w+"):
        impairments_of(TOPOLOGY, fault(kind, name, touch=touch, effect=effect))


def test_batches_give_each_site_its_own_fault_and_play_wide_ones_alone() -> None:
    batches = PacketGrammar(TOPOLOGY, 5).batches(8)
    assert [len(batch) for batch in batches] == [3, 3, 1, 1]
    for batch in batches[:2]:
        sites = [{f.place.name for f in scenario.faults} for scenario in batch]
        assert sites == [{"s1.fixed"}, {"s2.fixed"}, {"s3.fixed"}]
    again = PacketGrammar(TOPOLOGY, 5).batches(8)
    assert [list(map(str, faults_of)) for faults_of in again] == [
        list(map(str, faults_of)) for faults_of in batches
    ]


@pytest.mark.lab
def test_the_kernel_takes_every_fault_that_the_lab_can_make() -> None:
    made = lab_topology(2)
    names = {
        PlaceKind.LAN: LINE,
        PlaceKind.BOX: LINE,
        PlaceKind.ACCESS: LINE,
        PlaceKind.CORE: "song-hong",
        PlaceKind.RESOLVER: "song-hong",
        PlaceKind.PEERING: "song-hong-dichvucong",
        PlaceKind.PORTAL: "dichvucong",
        PlaceKind.HOME: "exchange",
        PlaceKind.ABROAD: "transit",
    }
    played = 0
    with Lab(made) as lab:
        for kind, rules in RULES.items():
            for number, rule in enumerate(rules):
                broken = replace(
                    fault(kind, names[kind], touch=rule.touch, effect=rule.effect),
                    amount=max(rule.amounts),
                    least_bytes=1200,
                    course=Course.DRIFTING,
                )
                try:
                    impairments_of(made, broken)
                except Unplayable:
                    continue
                packets = PacketFault(lab, broken, f"truth_{kind.value}_{number}")
                for at_s in (110.0, 180.0, 259.9):
                    packets.follow(at_s)
                packets.end()
                played += 1
    assert played >= 50


@pytest.mark.lab
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
def test_a_dead_line_fails_the_visits_of_a_citizen_until_it_is_taken_back(tmp_path: Path) -> None:
    dead = fault(PlaceKind.ACCESS, "s1.fixed")
    with Lab(city(1, portals=1)) as lab:
        url = f"https://{next(name for name in sorted(lab.topology.names) if 'dich' in name)}/"
        client = lab.topology.site("s1").client
        assert client is not None
        began_s = time.time()
        citizen = PacketCitizen(lab, client, [url], tmp_path / "visits.txt")

        def ends(from_s: float) -> list[str]:
            made = citizen.visits(began_s, time.time() + 1)
            return [visit.failure for visit in made if began_s + visit.at_s >= from_s]

        wait_for("a visit", lambda: "" in ends(began_s))
        packets = PacketFault(lab, dead, "truth_test")
        packets.follow(150.0)
        broken_s = time.time()
        wait_for("a failed visit", lambda: any(ends(broken_s)))
        assert "" not in ends(broken_s)[1:]
        packets.follow(300.0)
        mended_s = time.time()
        wait_for("a visit again", lambda: "" in ends(mended_s))
        packets.end()
        citizen.stop()


@pytest.mark.lab
@pytest.mark.skipif(shutil.which("ping") is None, reason="ping is missing")
def test_a_full_table_drops_new_echoes_and_passes_those_that_continue() -> None:
    full = fault(PlaceKind.BOX, "s1.fixed", touch=Touch.NEW_FLOWS)
    with Lab(city(1, portals=1)) as lab:
        client = lab.topology.site("s1").client
        assert client is not None
        portal = next(a for a in lab.topology.addresses_of("portal.dichvucong") if ":" not in a)

        def answered(identifier: int, wait_s: str = "60") -> bool:
            words = ["ping", "-c", "1", "-W", wait_s, "-e", str(identifier), portal]
            return lab.node(client).run(words, check=False).returncode == 0

        packets = PacketFault(lab, full, "truth_test")
        wait_for("an answer", lambda: answered(7))
        packets.follow(150.0)
        assert answered(7), "what was open goes on"
        assert not answered(8, wait_s="1"), "what begins is dropped"
        packets.follow(300.0)
        assert answered(8)
        packets.end()

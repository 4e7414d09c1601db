"""Whether the first router behind a line is the usual one, before a carrier is accused."""

import pytest

from tests.agent.judge.simulated_site import NS, START_S
from thongsuot_agent.judge import paths
from thongsuot_agent.judge.memory import LinkMemory, NeighbourIdentity
from thongsuot_agent.judge.symptoms import identity
from thongsuot_schema.catalogue.path import LAST_HOP
from thongsuot_schema.path import Hop, Path, path_evidence
from thongsuot_schema.result import Family, Result, Series, ok_finding

# As documented: the code's own figures would follow any change of them.
ACCEPTED_S = 3600.0


USUAL, NEAR, FOREIGN = "203.0.113.1", "203.0.7.9", "198.51.100.1"


def see(link: LinkMemory, first_hop: str, at_s: float, *targets: str) -> None:
    """Let the ways to some targets begin with a first hop of the carrier."""
    family = Family.IP6 if ":" in first_hop else Family.IP4
    hops = tuple(
        Hop(number=number, sent=3, answered=3, addresses=(address,))
        for number, address in enumerate(("192.168.1.1", first_hop, f"{first_hop}99"), 1)
    )
    evidence = path_evidence(Path(hops=hops, first=2))
    for place, target in enumerate(targets or ("zone", "exchange")):
        series = Series(kind="path", revision=1, link=link.name, target=target, family=family)
        finding = ok_finding({LAST_HOP: 3.0}, evidence=evidence)
        started_ns = round((START_S + at_s) * NS) + place
        paths.note_path(link, Result(series=series, boottime_ns=started_ns, finding=finding))


def test_a_first_hop_that_stayed_for_an_hour_becomes_the_usual_one() -> None:
    link = LinkMemory(name="fixed")
    for first_hop, at_s in ((USUAL, 0.0), (FOREIGN, 10.0), (FOREIGN, 11.0 + ACCEPTED_S)):
        see(link, first_hop, at_s)
    side = link.carriers_side[Family.IP4]
    assert (side.usual, side.strange, side.times) == ("198.51.0.0/16", "", 0)


SHARED, ANOTHER_SHARED = "100.64.0.1", "10.61.0.1"


def pass_by(link: LinkMemory, at_s: float, *routers: str, target: str = "zone") -> None:
    """Let the way to a target lead by some routers, the target itself behind them."""
    addresses = ("192.168.1.1", *routers, "192.0.2.9")
    hops = tuple(
        Hop(number=number, sent=3, answered=3, addresses=(address,))
        for number, address in enumerate(addresses, 1)
    )
    evidence = path_evidence(Path(hops=hops, first=2))
    series = Series(kind="path", revision=1, link=link.name, target=target, family=Family.IP4)
    finding = ok_finding({LAST_HOP: float(len(hops))}, evidence=evidence)
    paths.note_path(link, Result(series=series, boottime_ns=round(at_s * NS), finding=finding))


def test_a_carrier_is_known_by_its_first_router_in_address_space_of_its_own() -> None:
    """Every carrier has a 100.64.0.1, so it does not show a cable in another carrier's box."""
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED, USUAL)
    for second in (10.0, 20.0):
        pass_by(link, second, SHARED, FOREIGN)
    side = link.carriers_side[Family.IP4]
    assert (side.usual, side.strange, side.times) == ("203.0.0.0/16", "198.51.0.0/16", 2)


def test_another_router_in_shared_space_does_not_make_another_carrier() -> None:
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED, USUAL)
    for second in (10.0, 20.0):
        pass_by(link, second, ANOTHER_SHARED, NEAR)
    assert not link.carriers_side[Family.IP4].strange


def test_a_path_with_only_shared_addresses_identifies_no_carrier() -> None:
    """The address of the target is public, but it is not the carrier's."""
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED)
    assert link.carriers_side == {}


def test_ways_that_lead_to_two_cores_behind_a_shared_router_are_one_carriers() -> None:
    link = LinkMemory(name="fixed")
    for second in range(0, 60, 10):
        pass_by(link, float(second), SHARED, USUAL)
        pass_by(link, second + 1.0, SHARED, FOREIGN, target="exchange")
        pass_by(link, second + 2.0, SHARED, FOREIGN, target="portal")
    side = link.carriers_side[Family.IP4]
    assert (side.usual, side.strange, side.times) == ("203.0.0.0/16", "", 0)


OTHER_BOX, OWN_BOX = "02:00:00:00:00:99", "02:00:00:00:00:01"


def test_a_place_is_taken_for_the_devices_own_after_a_day_and_not_after_an_hour() -> None:
    link = LinkMemory(name="fixed")
    see(link, USUAL, 0.0)
    identity.note_gateway(link, ok_finding({}, evidence={identity.HARDWARE: OWN_BOX}), 0)
    for at_s in (10.0, 11.0 + ACCEPTED_S, 12.0 + identity.MOVED_ACCEPTED_S):
        seen = ok_finding({}, evidence={identity.HARDWARE: OTHER_BOX})
        identity.note_gateway(link, seen, round((START_S + at_s) * NS))
        see(link, FOREIGN, at_s)
        assert identity.is_moved(link) is (at_s < identity.MOVED_ACCEPTED_S)


def test_eight_networks_beside_the_usual_one_are_remembered_the_latest() -> None:
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED, USUAL)
    for place in range(1, 11):
        pass_by(link, 10.0 * place, SHARED, f"198.{place}.0.1")
        pass_by(link, 10.0 * place + 1.0, SHARED, USUAL)
    side = link.carriers_side[Family.IP4]
    assert side.beside == [f"198.{place}.0.0/16" for place in range(3, 11)]
    assert side.usual == "203.0.0.0/16"


@pytest.mark.parametrize(("times", "hours"), [(0, 1), (1, 1), (2, 24)])
def test_another_box_is_the_usual_one_after_an_hour_and_after_a_day_where_all_is_strange(
    times: int, hours: int
) -> None:
    for early_ns, usual in ((1, OWN_BOX), (0, OTHER_BOX)):
        link = LinkMemory(name="fixed")
        side = NeighbourIdentity(usual="203.0.0.0/16", strange="198.51.0.0/16", times=times)
        link.carriers_side[Family.IP4] = side
        again_ns = 9 + hours * HOUR_NS - early_ns
        for box, at_ns in ((OWN_BOX, 5), (OTHER_BOX, 9), (OTHER_BOX, again_ns)):
            seen = ok_finding({}, evidence={identity.HARDWARE: box})
            identity.note_gateway(link, seen, at_ns)
        assert link.gateway.usual == usual


HOUR_NS = 3_600_000_000_000


def test_a_carrier_is_known_by_the_first_thirty_two_bits_of_its_ipv6() -> None:
    link = LinkMemory(name="fixed")
    for at_s, first_hop in enumerate(("2001:db8:1::1", "2001:db8:ffff::1")):
        see(link, first_hop, float(at_s), "zone")
    side = link.carriers_side[Family.IP6]
    assert (side.usual, side.strange) == ("2001:db8::/32", "")
    see(link, "2001:db9::1", 9.0, "zone")
    assert side.strange == "2001:db9::/32"

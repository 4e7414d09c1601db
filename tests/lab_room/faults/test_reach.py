"""Each fault hides what lies behind it, nothing else, and gives it back."""

import pytest

from tests.lab_room.reachability import (
    ALL,
    FIXED4,
    FIXED6,
    MOBILE4,
    MOBILE6,
    OTHER_MOBILE4,
    assert_reachability,
    broken_links,
)
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]

# (fault and its arguments, what s1 still sees by its fibre and by its 5G, what s2 sees by its 5G,
# which is of the carrier that the fibre of s1 is of), in both families.
MATRIX = [
    ("pull-cable site=s1", "", ALL, ALL),
    ("cpe-off site=s1", "", ALL, ALL),
    ("wan-down site=s1", "G", ALL, ALL),
    ("cut-fibre site=s1", "G", ALL, ALL),
    ("access-black-hole site=s1", "G", ALL, ALL),
    ("one-way site=s1", "G", ALL, ALL),
    ("one-way site=s1 dead=up", "G", ALL, ALL),
    ("power-cut site=s1", "", "", ALL),
    ("first-hop-down carrier=song-hong", "G", ALL, "G"),
    ("core-down carrier=song-hong", "GH", "GHRNAWS", "GH"),
    ("carrier-outage carrier=song-hong", "G", "GHRNAWS", "G"),
    # The anchor that is lost is also what others look at beyond their own carrier.
    ("core-partly-down carrier=song-hong", "GHRNS", "GHRNAWS", "GHRNS"),
    ("resolver-down carrier=song-hong", "GHRAPWS", ALL, "GHRAPWS"),
    ("exchange-down", "GHRNAW", "GHRNAW", "GHRNAW"),
    ("transit-down", "GHRNAPS", "GHRNAPS", "GHRNAPS"),
    ("gateway-unresponsive site=s1", "HRNAPWS", ALL, ALL),
    ("anchor-unresponsive node=abroad", "GHRNAPS", "GHRNAPS", "GHRNAPS"),
    ("portal-unreachable", "GHRNAPW", "GHRNAPW", "GHRNAPW"),
    ("portal-refuses", "GHRNAPW", "GHRNAPW", "GHRNAPW"),
]


@pytest.fixture(scope="package")
def seen_before(lab: Lab) -> None:
    """Everything is in sight to begin with, and every resolver has been asked once."""
    assert_reachability(lab, dict.fromkeys((FIXED4, FIXED6, MOBILE4, MOBILE6, OTHER_MOBILE4), ALL))


@pytest.mark.usefixtures("seen_before")
@pytest.mark.parametrize(("fault", "fixed", "mobile", "neighbour"), MATRIX)
def test_a_fault_hides_what_lies_behind_it(
    lab: Lab, fault: str, fixed: str, mobile: str, neighbour: str
) -> None:
    key = broken_links(lab, fault)
    assert broken_links(lab, fault) == key
    assert [active.key for active in lab.active_faults()] == [key]
    assert_reachability(
        lab,
        {FIXED4: fixed, FIXED6: fixed, MOBILE4: mobile, MOBILE6: mobile, OTHER_MOBILE4: neighbour},
    )
    assert lab.heal() == [key]
    assert_reachability(lab, {FIXED4: ALL, FIXED6: ALL, MOBILE6: ALL})


@pytest.mark.parametrize("family", ["v4", "v6"])
def test_one_dead_family_leaves_the_other(lab: Lab, family: str) -> None:
    lab.fault("family-down", site="s1", family=family)
    dead, alive = (FIXED4, FIXED6) if family == "v4" else (FIXED6, FIXED4)
    assert_reachability(lab, {dead: "G", alive: ALL})


def test_a_lost_lease_takes_ipv4_and_leaves_ipv6(lab: Lab) -> None:
    lab.fault("dhcp-lease-lost", site="s1")
    assert_reachability(lab, {FIXED4: "", FIXED6: ALL, MOBILE4: ALL})
    lab.heal()
    assert_reachability(lab, {FIXED4: ALL})

"""Whose a fault is follows from its place, and who cannot be told apart from the ways."""

import ast
from pathlib import Path

import pytest

import thongsuot_lab.truth
from tests.lab_room.truth.making import CITY, CUT, fault, scenario
from thongsuot_lab.truth.fault import Effect, Touch
from thongsuot_lab.truth.harm import Grade, harms_of
from thongsuot_lab.truth.oracle import owners, suspects
from thongsuot_lab.truth.places import PlaceKind

APART = (
    "places", "fault", "grammar", "network", "tcp", "citizen", "harm", "oracle", "assessment",
)  # fmt: skip


def test_a_cut_line_is_its_carriers_and_nothing_else_looks_like_it() -> None:
    assert owners(CITY, CUT) == suspects(CITY, CUT) == {"carrier:north"}


def test_a_dead_box_is_the_communes() -> None:
    dead = fault(PlaceKind.BOX, "s1.fixed")
    assert owners(CITY, dead) == suspects(CITY, dead) == {"commune:s1"}


def test_a_full_nat_table_of_the_box_is_distinguished_from_the_carriers_by_the_first_hop() -> None:
    own = fault(PlaceKind.BOX, "s1.fixed", touch=Touch.NEW_FLOWS)
    assert suspects(CITY, own) == {"commune:s1"}


def test_interception_of_a_whole_line_may_be_the_sites_or_the_carriers() -> None:
    rogue = fault(PlaceKind.LAN, "s1.fixed", touch=Touch.TLS, effect=Effect.INTERCEPTED)
    assert owners(CITY, rogue) == {"commune:s1"}
    assert suspects(CITY, rogue) == {"commune:s1", "carrier:north"}


@pytest.mark.parametrize(("is_counted", "others"), [(True, set()), (False, {"carrier:north"})])
def test_an_uncounted_upload_may_be_a_full_line(is_counted: bool, others: set[str]) -> None:
    load = fault(PlaceKind.LAN, "s1.fixed", effect=Effect.OWN_LOAD, is_counted=is_counted)
    assert suspects(CITY, load) == {"commune:s1"} | others


def test_a_fault_between_one_carrier_and_one_portal_may_belong_to_either() -> None:
    shut = fault(PlaceKind.PEERING, "north-one", touch=Touch.TCP, effect=Effect.REFUSED)
    assert owners(CITY, shut) == frozenset()
    assert suspects(CITY, shut) == {"carrier:north", "portal:one"}


def test_a_cut_line_harms_visitors_and_lost_echoes_do_not() -> None:
    harms = harms_of(scenario(CUT))
    assert harms["s1", "fixed"].grade(100.0, 260.0) is Grade.HURTS
    assert harms["s1", "fixed"].sustained(100.0, 260.0) is not None
    assert ("s1", "mobile") not in harms
    deaf = scenario(fault(PlaceKind.ACCESS, "s1.fixed", touch=Touch.ICMP))
    assert harms_of(deaf)["s1", "fixed"].grade(100.0, 260.0) is Grade.NONE


def test_a_dead_portal_harms_only_its_visitors() -> None:
    harm = harms_of(scenario(fault(PlaceKind.PORTAL, "one")))["s1", "fixed"]
    assert harm.grade(100.0, 260.0, "one") is Grade.HURTS
    assert {v.failure for v in harm.visits if v.portal == "two"} == {""}


def test_the_oracle_shares_no_code_with_the_product() -> None:
    folder = Path(thongsuot_lab.truth.__file__).parent
    for name in (
        "places",
        "fault",
        "grammar",
        "network",
        "tcp",
        "citizen",
        "harm",
        "oracle",
        "assessment",
    ):
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        rooms = {
            node.module.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not rooms & {"thongsuot_agent", "thongsuot_collector", "thongsuot_schema"}, name

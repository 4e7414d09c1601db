"""Probes that a test of loss asks for, and those that show whether a loss is over."""

import pytest

from tests.agent.judge.inventories import PROBES, TARGETS, anchor, two_links
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    held,
    judged_link,
    lookups,
    pages,
)
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.carried_probes import (
    locating_probes,
    lookups_to_make,
    recovery_probes,
)
from thongsuot_agent.judge.symptoms.near_flows import NEW_FLOWS_LOST
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ALIVE: Shown = {"answered_ns": ago(1.0)}
SITE = two_links()
NEAR = site_probes_from(
    SITE.inventory.links,
    (*TARGETS, anchor("access-fixed", Segment.ACCESS, links=("fixed",))),
    (*PROBES, ProbeSchedule(kind="fresh_echo", every_s=60.0)),
)


def link_of(*tracks: Track, name: str = "fixed") -> LinkContext:
    return judged_link(*tracks, site_probes=NEAR, name=name)


def kinds(probes: tuple[ConfirmationProbe, ...]) -> set[str]:
    return {probe.kind for probe in probes}


LOSES = held(Symptom.TRANSIT_LOSS, Segment.TRANSIT)


@pytest.mark.parametrize(
    ("slot", "is_asked"),
    [
        ("carried_fault", True),
        ("large_packets", True),
        ("loss_fault", False),
        ("resolver", False),
        ("", False),
    ],
)
def test_pages_show_whether_what_they_showed_is_over(slot: str, *, is_asked: bool) -> None:
    at = link_of(pages(**ALIVE), lookups(**ALIVE))
    if slot:
        setattr(at.link, slot, LOSES)
    assert kinds(recovery_probes(at)) == ({"http"} if is_asked else set())
    assert at.link.carried_test.pages_ns == (NOW_NS if is_asked else 0)
    if is_asked:
        at.link.carried_test.pages_ns = 0
        at.link.silence = held(Symptom.ACCESS_SILENT, state=State.DOWN)
        assert recovery_probes(at) == (), "the line is out"


@pytest.mark.parametrize(
    ("down", "far_s", "link", "every_s"),
    [
        (1.85, None, "fixed", 15.0),
        (1.83, None, "fixed", 120.0),
        (1.83, 90.0, "fixed", 5.0),
        (1.83, 90.1, "fixed", 120.0),
        (1.83, 90.0, "mobile", 15.0),
    ],
    ids=["there is hope", "there is little", "lost far out", "long ago", "metered"],
)
def test_pages_are_probed_more_often_the_nearer_the_end_of_a_loss(
    down: float, far_s: float | None, link: str, every_s: float
) -> None:
    for early_ns, is_asked in ((0, True), (1, False)):
        at = link_of(pages(**ALIVE), name=link)
        at.link.carried_fault = LOSES
        at.link.carried_test.cusum_down = down
        at.link.loss_test.far_alarm_ns = None if far_s is None else ago(far_s)
        at.link.carried_test.pages_ns = NOW_NS - ns(every_s) + early_ns
        assert bool(recovery_probes(at)) is is_asked


def test_pages_are_probed_during_distant_loss_of_echoes_until_it_is_reported() -> None:
    at = link_of(pages(**ALIVE))
    at.link.loss_test.far_alarm_ns = ago(1.0)
    assert kinds(recovery_probes(at)) == {"http"}
    at.link.carried_test.pages_ns = 0
    at.link.loss_fault = LOSES
    assert recovery_probes(at) == ()


@pytest.mark.parametrize("slot", ["resolver", "carried_fault"])
def test_a_full_connection_table_is_located_by_new_flows_beside_lookups(slot: str) -> None:
    at = link_of(lookups(**ALIVE), pages(**ALIVE))
    assert locating_probes(at) == ()
    setattr(at.link, slot, FaultSlot(fault=NEW_FLOWS_LOST))
    assert kinds(locating_probes(at)) == {"dns", "fresh_echo"}
    assert locating_probes(at) == (), "new flows are asked again in two seconds"
    assert at.link.new_flows.asked_ns == NOW_NS


@pytest.mark.parametrize(
    ("lossy_runs", "echo_test", "own_test", "expected"),
    [
        (1, 0.0, 1.0, {"dns"}),
        (2, 0.0, 1.0, {"dns", "fresh_echo"}),
        (0, 1.0, 0.0, {"dns"}),
        (2, 0.0, 0.0, set()),
    ],
    ids=["one lost", "two lost", "echoes are lost", "no test is under way"],
)
def test_lookups_are_made_in_a_test_and_new_flows_beside_those_that_are_lost(
    lossy_runs: int, echo_test: float, own_test: float, expected: set[str]
) -> None:
    at = link_of(lookups(**ALIVE), pages(**ALIVE))
    at.link.loss_test.is_dense_probing = True
    at.link.loss_test.cusum_up, at.link.carried_test.cusum_up = echo_test, own_test
    at.link.carried_test.lossy_runs = lossy_runs
    assert kinds(lookups_to_make(at)) == expected

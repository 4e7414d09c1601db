"""A metered line of a simulated device: pages spaced and paid for, as the agent's runner does."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.lab_room.truth.making import CITY, FIXED, MOBILE, fault, scenario
from thongsuot_agent.judge.events import ResultArrival
from thongsuot_agent.scheduler.runner import CONFIRM_APART_NS
from thongsuot_lab.truth.device import SimulatedDevice
from thongsuot_lab.truth.fault import Effect
from thongsuot_lab.truth.places import PlaceKind, Premises
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, Series


def results_of(*, is_metered: bool, allowance_bytes: int = 2_000_000_000) -> list[Result]:
    """Return what was measured over the second line while a portal took no connection."""
    standby = replace(MOBILE, is_metered=is_metered, allowance_bytes=allowance_bytes)
    city = replace(CITY, sites=(Premises(name="s1", lines=(FIXED, standby)),))
    refused = fault(PlaceKind.PORTAL, "one", effect=Effect.REFUSED, end_s=900.0)
    device = SimulatedDevice(scenario(refused, until_s=900.0, city=city), city.sites[0])
    device.is_recording = True
    device.run()
    arrivals = (event for event in device.events if isinstance(event, ResultArrival))
    return [a.result for a in arrivals if a.result.series.link == "mobile"]


def page_begins(results: list[Result]) -> dict[Series, list[int]]:
    """Return when each page was asked for."""
    begins: dict[Series, list[int]] = {}
    for result in results:
        if result.series.kind == "http" and result.finding.reason is not Reason.BUDGET_SPENT:
            begins.setdefault(result.series, []).append(result.boottime_ns)
    return begins


@pytest.mark.parametrize(("is_metered", "is_spaced"), [(True, True), (False, False)])
def test_pages_over_a_metered_line_are_a_second_apart(*, is_metered: bool, is_spaced: bool) -> None:
    begins = page_begins(results_of(is_metered=is_metered))
    apart_ns = [after - before for b in begins.values() for before, after in pairwise(sorted(b))]
    assert apart_ns
    assert (min(apart_ns) >= CONFIRM_APART_NS) is is_spaced


@pytest.mark.parametrize(("allowance_bytes", "is_spent"), [(9_500_000, True), (2 * 10**9, False)])
def test_tests_beyond_the_months_allowance_are_left_out_with_a_notice(
    allowance_bytes: int, *, is_spent: bool
) -> None:
    results = results_of(is_metered=True, allowance_bytes=allowance_bytes)
    assert any(result.finding.reason is Reason.BUDGET_SPENT for result in results) is is_spent

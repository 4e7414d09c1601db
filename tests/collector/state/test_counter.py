"""What a batch says of the computers at the counter, and what the site's page makes of it."""

from tests.collector.batches import BatchSealer, S
from tests.collector.state.test_site import EPOCH, agent, opened
from tests.collector.state.test_view import view
from thongsuot_collector.state.site import SWITCH_OVERS_KEPT, SiteState
from thongsuot_schema.catalogue import counter
from thongsuot_schema.counter_path import KEPT_S, SwitchOver
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding

SERIES = Series(
    kind=counter.KIND.name,
    revision=counter.KIND.revision,
    link="",
    target="portal",
    family=Family.NONE,
)


def result(at_s: float, finding: Finding) -> Result:
    return Result(series=SERIES, boottime_ns=round(at_s * S), finding=finding)


def opened_by(link: str, from_link: str = "", took_s: float | None = None) -> Finding:
    values = {counter.OPEN: 0.4}
    evidence = {counter.LINK: link}
    if took_s is not None:
        values[counter.SWITCH_OVER] = took_s
        evidence[counter.FROM_LINK] = from_link
    return ok_finding(values, evidence=evidence)


def pushed(
    *results: Result, sealed: int, state: SiteState | None = None, device: BatchSealer | None = None
) -> SiteState:
    state, device = state or SiteState(), device or agent()
    state.apply(*opened(device, device.batch(sealed * S, list(results))))
    return state


def test_a_page_says_what_the_computers_reach_and_by_which_link() -> None:
    state = pushed(result(930, opened_by("fiber")), result(990, opened_by("fiber")), sealed=1000)
    seen = view(state, at=1001).counter
    assert seen is not None
    assert (seen.is_alive, seen.link, seen.open_services) == (True, "fiber", ("portal",))
    assert (seen.since_s, seen.at_s) == (EPOCH / 1e9 + 930, EPOCH / 1e9 + 990)
    assert seen.switch_overs == ()


def test_a_switch_over_and_the_way_back_are_remembered_with_the_time_they_took() -> None:
    state = pushed(
        result(900, opened_by("fiber")),
        result(930, failed_finding(Reason.TIMED_OUT)),
        result(950, opened_by("5g", "fiber", 20.0)),
        result(990, opened_by("fiber", "5g", 0.0)),
        sealed=1000,
    )
    seen = view(state, at=1001).counter
    assert seen is not None
    assert seen.switch_overs == (
        SwitchOver(at_s=EPOCH / 1e9 + 950, from_link="fiber", to_link="5g", took_s=20.0),
        SwitchOver(at_s=EPOCH / 1e9 + 990, from_link="5g", to_link="fiber", took_s=0.0),
    )


def test_failed_measurements_are_unknown_and_a_skipped_run_changes_nothing() -> None:
    left_out = result(960, failed_finding(Reason.BUDGET_SPENT))
    state = pushed(result(930, opened_by("5g")), left_out, sealed=1000)
    assert view(state, at=1001).counter is not None
    down = result(970, failed_finding(Reason.INTERFACE_DOWN))
    assert view(pushed(result(930, opened_by("5g")), down, sealed=1000), at=1001).counter is None


def test_a_site_that_is_silent_or_was_measured_long_ago_promises_nothing() -> None:
    state = pushed(result(990, opened_by("fiber")), sealed=1000)
    assert view(state, at=1100).counter is None


def test_switch_overs_are_kept_for_a_month_and_no_more_than_so_many() -> None:
    many = [
        result(at, opened_by("5g", "fiber", 1.0)) for at in range(1, 1 + SWITCH_OVERS_KEPT + 20)
    ]
    device = agent()
    state = pushed(*many, sealed=1000, device=device)
    assert len(state.switch_overs) == SWITCH_OVERS_KEPT
    later = 1000 + KEPT_S
    state = pushed(
        result(later, opened_by("fiber", "5g", 2.0)),
        sealed=round(later) + 10,
        state=state,
        device=device,
    )
    assert [moved.took_s for moved in state.switch_overs] == [2.0]

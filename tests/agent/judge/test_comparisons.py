"""Comparisons of a service over all links: what opens one, and who is asked."""

import pytest

from tests.agent.judge.inventories import two_links
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    add_link,
    ago,
    held,
    judged_link,
    pages,
)
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.keys import AwaitedLink
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import (
    FaultSlot,
    Round,
    ServiceComparison,
    ServiceMemory,
    Track,
)
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.services import (
    compare_services,
    is_comparison_due,
    note_service_run,
)
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.service_over_link import service_over_link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

ANSWERED, SILENT, UNMEASURED = Reachability.ANSWERED, Reachability.SILENT, Reachability.UNMEASURED
SITE = two_links()
WORKS: Shown = {
    "successes": 5,
    "worked_ns": ago(1.0),
    "worked_since_ns": ago(500.0),
    "learned": 5,
    "usual_s": 0.2,
    "value_s": 0.2,
}
FAILS: Shown = {
    "failures": 1,
    "failed_ns": ago(1.0),
    "failed_since_ns": ago(1.0),
    "reason": Reason.CONNECTION_REFUSED,
}
DEAD: Shown = FAILS | {"failures": 2, "failed_since_ns": ago(5.0)}


def site(*fixed: Track, mobile: tuple[Track, ...] = ()) -> LinkContext:
    """Return the fibre of a site that has a mobile link as well."""
    at = judged_link(*fixed)
    add_link(at.memory, "mobile", mobile)
    return at


def of(at: LinkContext, name: str = "motcua") -> ServiceMemory:
    return at.memory.services.setdefault(name, ServiceMemory(name=name))


def opened(
    at: LinkContext, name: str = "motcua", *, ago_s: float = 5.0, awaited: bool = False
) -> ServiceComparison:
    """Open a comparison that is due now."""
    comparison = ServiceComparison(opened_ns=ago(ago_s), due_ns=NOW_NS)
    if awaited:
        comparison.awaited.add(AwaitedLink("mobile", Family.IP4))
    of(at, name).comparison = comparison
    return comparison


def take(
    at: LinkContext, track: Track, reachability: Reachability = ANSWERED, at_ns: int = NOW_NS
) -> list[tuple[str, str]]:
    """Take a run; return what is asked, as link and service."""
    return asked(note_service_run(at, SITE, track, reachability, at_ns))


def asked(probes: tuple[ConfirmationProbe, ...]) -> list[tuple[str, str]]:
    assert {probe.kind for probe in probes} <= {"http"}
    return [(probe.link, probe.target) for probe in probes]


def test_the_first_page_that_works_needs_no_comparison() -> None:
    track = pages(**WORKS)
    at = site(track, mobile=(pages(**WORKS),))
    assert take(at, track, at_ns=77) == []
    assert of(at).slots["fixed"] == FaultSlot(onset_ns=77)
    assert of(at).watch.until_ns == 0
    assert take(at, track) == [], "nothing has changed"


def test_an_unmeasured_run_changes_nothing_of_a_service() -> None:
    track = pages(**FAILS)
    at = site(track)
    assert take(at, track, UNMEASURED) == []
    assert of(at).slots == {}
    assert of(at).watch.until_ns == 0


@pytest.mark.parametrize(
    ("shown", "is_watched"),
    [(WORKS, False), (FAILS, True), (WORKS | {"slow_runs": 1}, True)],
    ids=["works", "fails", "slow"],
)
def test_a_failing_or_slow_service_is_watched_for_a_minute(
    shown: Shown, *, is_watched: bool
) -> None:
    track = pages(**shown)
    at = site(track)
    take(at, track)
    assert of(at).watch.until_ns == (NOW_NS + ns(60.0) if is_watched else 0)


@pytest.mark.parametrize(
    ("link", "shown", "is_asked"),
    [
        ("fixed", {"learned": 1, "successes": 1}, True),
        ("fixed", {"learned": 2, "successes": 2}, False),
        ("fixed", {"learned": 1, "successes": 2}, False),
        ("mobile", {"learned": 1, "successes": 1}, False),
    ],
)
def test_a_page_seen_for_the_first_time_is_opened_twice_over_free_links(
    link: str, shown: Shown, *, is_asked: bool
) -> None:
    track = pages(**WORKS | shown)
    at = judged_link(track, name=link)
    assert take(at, track) == ([(link, "motcua")] if is_asked else [])


def test_the_first_failure_is_compared_over_all_links_and_the_link_is_looked_at() -> None:
    track = pages(**FAILS)
    at = site(track, mobile=(pages(**WORKS),))
    assert take(at, track) == [("fixed", "motcua"), ("mobile", "motcua")]
    comparison = of(at).comparison
    assert comparison is not None
    assert (comparison.opened_ns, comparison.due_ns) == (NOW_NS, NOW_NS + ns(12.0))
    assert comparison.awaited == {
        AwaitedLink("fixed", Family.IP4),
        AwaitedLink("mobile", Family.IP4),
    }
    assert at.link.burst_ns == NOW_NS


def test_a_link_that_is_being_looked_at_needs_no_other_look() -> None:
    track = pages(**FAILS)
    at = site(track)
    at.link.round = Round(opened_ns=1, due_ns=2, is_burst=True)
    take(at, track)
    assert at.link.burst_ns is None
    slow = pages(**WORKS | {"slow_runs": 3})
    at = site(slow)
    of(at).slots["fixed"] = FaultSlot()
    take(at, slow)
    assert of(at).comparison is not None
    assert at.link.burst_ns is None, "nothing failed"


@pytest.mark.parametrize(
    ("shown", "others"),
    [
        (FAILS, False),
        (FAILS | {"reason": Reason.TLS_TIMED_OUT}, True),
        (FAILS | {"reason": Reason.CERTIFICATE_UNTRUSTED}, True),
        (FAILS | {"reason": Reason.TIMED_OUT}, False),
        (FAILS | {"reason": Reason.TIMED_OUT, "is_translated": True}, True),
        (WORKS | {"slow_runs": 3, "value_s": 5.0}, True),
    ],
    ids=["refuses", "stalls", "foreign certificate", "silent", "silent behind NAT64", "slow"],
)
def test_the_other_portals_are_asked_as_well_where_they_tell_whose_it_is(
    shown: Shown, *, others: bool
) -> None:
    track = pages(**shown)
    at = site(track, pages("dichvucong", **WORKS))
    of(at).slots["fixed"] = FaultSlot()
    expected = [("fixed", "motcua"), ("fixed", "dichvucong")]
    assert take(at, track) == (expected if others else expected[:1])


def test_a_portal_that_is_being_compared_is_not_asked_again() -> None:
    track = pages(**FAILS | {"reason": Reason.TLS_TIMED_OUT})
    at = site(track, pages("dichvucong", **WORKS))
    opened(at, "dichvucong")
    assert take(at, track) == [("fixed", "motcua")]


@pytest.mark.parametrize(
    ("failures", "is_opened"), [(1, True), (2, False)], ids=["anew", "in a row"]
)
def test_an_undecided_comparison_is_taken_up_by_the_next_failure(
    failures: int, *, is_opened: bool
) -> None:
    track = pages(**FAILS | {"failures": failures})
    at = site(track)
    over = service_over_link(at, at.link, "motcua")
    of(at).judged["fixed"] = over.signature
    of(at).slots["fixed"] = FaultSlot()
    take(at, track)
    assert (of(at).comparison is not None) is is_opened


@pytest.mark.parametrize(
    ("slow_runs", "slot", "is_opened"),
    [
        (0, FaultSlot(), False),
        (1, FaultSlot(), True),
        (2, FaultSlot(), False),
        (3, FaultSlot(), False),
        (4, FaultSlot(), True),
        (1, held(), False),
    ],
)
def test_every_third_slow_page_in_a_row_is_compared_until_it_is_reported(
    slow_runs: int, slot: FaultSlot, *, is_opened: bool
) -> None:
    track = pages(**WORKS | {"slow_runs": slow_runs})
    at = site(track)
    of(at).judged["fixed"] = service_over_link(at, at.link, "motcua").signature
    of(at).slots["fixed"] = slot
    take(at, track)
    assert (of(at).comparison is not None) is is_opened


@pytest.mark.parametrize(("early_ns", "is_awaited"), [(0, False), (1, True)])
def test_a_comparison_counts_only_runs_that_began_in_it(early_ns: int, *, is_awaited: bool) -> None:
    track = pages(**WORKS)
    at = site(track)
    comparison = opened(at)
    mine, other = AwaitedLink("fixed", Family.IP4), AwaitedLink("fixed", Family.IP6)
    comparison.awaited = {mine, other}
    assert take(at, track, at_ns=comparison.opened_ns - early_ns) == []
    assert (mine in comparison.awaited) is is_awaited
    assert other in comparison.awaited


@pytest.mark.parametrize(
    ("slots", "only_faulty", "is_asked"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"fixed": FaultSlot()}, True, False),
        ({"fixed": FaultSlot(), "mobile": held()}, True, True),
    ],
)
def test_a_link_that_changes_has_its_services_probed_again(
    slots: dict[str, FaultSlot], *, only_faulty: bool, is_asked: bool
) -> None:
    at = site(pages(**WORKS))
    of(at).slots = slots
    found = compare_services(at.memory, SITE, Settings(), only_faulty=only_faulty)
    assert asked(found) == ([("fixed", "motcua")] if is_asked else [])
    assert (of(at).comparison is not None) is is_asked


@pytest.mark.parametrize(
    ("awaited", "waits_s", "due_s", "is_due"),
    [
        (False, 0.0, 5.0, True),
        (False, 1e-9, 5.0, False),
        (True, -9.0, 0.0, True),
        (True, -9.0, 1e-9, False),
    ],
    ids=["all have answered", "it has to wait", "its time is out", "some are awaited"],
)
def test_a_comparison_is_due_when_all_answered_or_its_time_is_out(
    waits_s: float, due_s: float, *, awaited: bool, is_due: bool
) -> None:
    at = site()
    comparison = opened(at, awaited=awaited)
    comparison.waits_ns, comparison.due_ns = NOW_NS + ns(waits_s), NOW_NS + ns(due_s)
    assert is_comparison_due(at.memory) is is_due
    assert not is_comparison_due(site().memory)

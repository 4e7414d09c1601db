"""Who is a witness of a failure: other links, other portals, and the echoes of the time."""

import pytest

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    echoes,
    held,
    judged_link,
    pages,
)
from tests.agent.judge.symptoms.test_attribution_limits import (
    PATH,
    attributed,
    failing_page,
    nobodys,
    portals,
    seen_over,
    working_page,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, ServiceAddress, Track
from thongsuot_agent.judge.symptoms import attribution
from thongsuot_agent.judge.symptoms.attribution import (
    RELATION,
    explained_by_link,
    is_compared,
    is_undecided,
)
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom


def elsewhere_says(failing: Track, other: Track, health: Health | None = None) -> bool | None:
    over = seen_over(other)
    if health is not None:
        over = ServiceOverLink(over.link, {other.family: health}, {other.family: other})
    return attribution._works_elsewhere(judged_link(failing), failing, over)


@pytest.mark.parametrize(
    ("shown", "works"),
    [
        ({}, True),
        ({"successes": 1}, None),
        ({"worked_ns": ago(2.0)}, True),
        ({"worked_ns": ago(2.0, 1)}, None),
        ({"worked_since_ns": ago(0.0), "worked_ns": NOW_NS}, True),
        ({"worked_since_ns": ago(0.0, -1), "worked_ns": NOW_NS + 1}, None),
        ({"worked_since_ns": None}, None),
        ({"worked_ns": None}, None),
    ],
    ids=[
        "it works there",
        "it worked once",
        "it worked a second before it failed here",
        "it worked longer before",
        "it works since a second after it failed here",
        "it works since later",
        "it works since nobody knows when",
        "it never worked",
    ],
)
def test_a_witness_elsewhere_has_to_have_worked_twice_and_at_the_same_time(
    shown: Shown, *, works: bool | None
) -> None:
    assert elsewhere_says(failing_page(), working_page(**shown)) is works


def test_in_another_family_it_works_whatever_the_addresses() -> None:
    addresses = {"2001:db8::1": ServiceAddress(failures=1)}
    other = working_page(family=Family.IP6, addresses=addresses)
    assert elsewhere_says(failing_page(), other) is True
    assert elsewhere_says(failing_page(), working_page(family=Family.IP6, successes=1)) is None


def tried(failures: int = 0, *, since_s: float = 99.0, last_s: float = 1.0) -> ServiceAddress:
    return ServiceAddress(failures=failures, worked_since_ns=ago(since_s), worked_ns=ago(last_s))


@pytest.mark.parametrize(
    ("failures", "theirs", "works"),
    [
        (2, {"198.51.1.1": tried()}, True),
        (2, {"198.51.1.2": tried()}, None),
        (2, {"198.51.1.1": tried(1)}, None),
        (2, {"198.51.1.1": tried(last_s=2.1)}, None),
        (2, {"198.51.1.2": tried(), "198.51.1.1": tried()}, True),
        (1, {"198.51.1.2": tried()}, True),
        (2, {}, True),
    ],
    ids=[
        "the same address works there",
        "another address does",
        "the same address fails there",
        "it worked there before",
        "both work there",
        "no address is known to be dead here",
        "no address is known there",
    ],
)
def test_an_address_that_fails_here_has_to_work_there(
    failures: int, theirs: dict[str, ServiceAddress], *, works: bool | None
) -> None:
    addresses = {"198.51.1.1": ServiceAddress(failures=failures, tried_ns=ago(1.0))}
    failing = failing_page(addresses=addresses)
    assert elsewhere_says(failing, working_page(addresses=theirs)) is works


def test_a_failure_over_another_link_counts_unless_doubtful_or_caused_by_that_link() -> None:
    failing = failing_page()
    assert elsewhere_says(failing, failing_page()) is False
    assert elsewhere_says(failing, failing_page(), Health.PARTLY) is False
    assert elsewhere_says(failing, failing_page(), Health.DOUBTFUL) is None
    over = seen_over(failing_page())
    over.link.silence = held(Symptom.TRANSIT_SILENT, Segment.TRANSIT)
    assert attribution._works_elsewhere(judged_link(failing), failing, over) is None


@pytest.mark.parametrize(
    ("last", "is_asked"),
    [
        ({"worked_ns": ago(2.0)}, True),
        ({"failed_ns": ago(2.0)}, True),
        ({"failed_ns": ago(2.0, 1), "worked_ns": ago(2.0, 1)}, False),
        ({}, False),
    ],
)
def test_links_are_compared_when_the_other_was_asked_at_the_same_time(
    last: Shown, *, is_asked: bool
) -> None:
    here, there = seen_over(failing_page()), seen_over(pages(**last))
    assert is_compared(here, [there]) is is_asked
    assert is_compared(here, [seen_over(pages(family=Family.IP6))]), "it has not the family"
    assert is_compared(seen_over(working_page()), [there]), "nothing fails here"


def hears(target: str, recent: int, answered_s: float = 1.0) -> Track:
    return echoes(target, recent=recent, answered_ns=ago(answered_s))


ONE_OF_EIGHT, TWO_OF_EIGHT = 0b1_0000_0001, 0b1_0000_0011


@pytest.mark.parametrize(
    ("anchors", "reason", "policed_ns", "is_told"),
    [
        ([hears("zone", TWO_OF_EIGHT), hears("far", ONE_OF_EIGHT)], PATH, 0, False),
        ([hears("zone", ONE_OF_EIGHT), hears("far", ONE_OF_EIGHT)], PATH, 0, True),
        ([hears("zone", TWO_OF_EIGHT), hears("far", 0b1_0000_0000)], PATH, 0, True),
        ([hears("zone", TWO_OF_EIGHT), hears("core-fixed", TWO_OF_EIGHT)], PATH, 0, True),
        ([hears("zone", TWO_OF_EIGHT), hears("gone", TWO_OF_EIGHT)], PATH, 0, True),
        (
            [hears("zone", TWO_OF_EIGHT), hears("far", TWO_OF_EIGHT, 600.0)],
            PATH,
            0,
            False,
        ),
        (
            [hears("zone", TWO_OF_EIGHT), hears("far", TWO_OF_EIGHT, 600.1)],
            PATH,
            0,
            True,
        ),
        ([hears("zone", TWO_OF_EIGHT), hears("far", TWO_OF_EIGHT)], PATH, NOW_NS, False),
        ([hears("zone", TWO_OF_EIGHT), hears("far", TWO_OF_EIGHT)], PATH, NOW_NS + 1, True),
        (
            [hears("zone", TWO_OF_EIGHT), hears("far", TWO_OF_EIGHT)],
            Reason.CONNECTION_REFUSED,
            0,
            True,
        ),
        (
            [hears("zone", TWO_OF_EIGHT), hears("far", TWO_OF_EIGHT)],
            Reason.NAME_SERVER_TIMED_OUT,
            0,
            False,
        ),
    ],
    ids=[
        "a fifth of the echoes is lost",
        "an eighth is",
        "of one anchor alone",
        "the other is no farther than the carrier",
        "the other is asked no more",
        "the other answered ten minutes ago",
        "the other never answers",
        "a policer was found until now",
        "a policer is known",
        "it refuses",
        "its name server is silent",
    ],
)
def test_before_a_heavy_loss_is_believed_no_portal_is_named_for_it(
    anchors: list[Track], reason: Reason, policed_ns: int, *, is_told: bool
) -> None:
    failing = failing_page(reason)
    at = judged_link(failing, *anchors)
    at.link.policed_until_ns = policed_ns
    told = attributed(failing, seen_over(failing_page(reason)), at=at)
    assert (told.segment is Segment.SERVICE) is is_told


def beside(target: str = "dichvucong", *, network: int = 2, **shown: object) -> Track:
    of_network: Shown = {"addresses": {f"198.51.{network}.1": ServiceAddress()}}
    return pages(target, **of_network | shown)


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        (beside(failures=1, reason=PATH), False),
        (beside(failures=1, reason=PATH, network=1), True),
        (beside("motcua", family=Family.IP6, failures=1, reason=PATH), True),
        (beside(failures=0, reason=PATH), True),
        (beside(failures=1, reason=Reason.CONNECTION_REFUSED), True),
        (pages("dichvucong", failures=1, reason=PATH), True),
        (beside(unanswered_ns=[ago(4.0)]), False),
        (beside(unanswered_ns=[ago(60.0)]), False),
        (beside(unanswered_ns=[ago(60.0, 1)]), True),
        (beside(slow_episodes_ns=[ago(4.0), ago(40.0)]), True),
    ],
    ids=[
        "one in another network is silent",
        "one behind the same wall",
        "it itself in another family",
        "one that works",
        "one that refuses",
        "one of which no address is known",
        "a page of another did not come at the moment",
        "nor when it began to fail",
        "but before",
        "slow pages beside what takes no connection",
    ],
)
def test_a_cause_that_keeps_several_from_answering_is_not_the_portals(
    other: Track, *, is_told: bool
) -> None:
    failing = failing_page()
    at = judged_link(failing, other)
    told = attributed(failing, seen_over(failing_page()), at=at)
    assert (told.segment is Segment.SERVICE) is is_told


@pytest.mark.parametrize(
    ("shown", "other", "is_told"),
    [
        ({"failures": 2}, {"slow_episodes_ns": [ago(4.0)]}, False),
        ({"failures": 2}, {"slow_episodes_ns": [ago(4.0, 1)]}, True),
        ({"failures": 3}, {"slow_episodes_ns": [ago(4.0)]}, True),
        (
            {"failures": 3, "reason": Reason.RESPONSE_TIMED_OUT},
            {"slow_episodes_ns": [ago(4.0)]},
            False,
        ),
        ({"failures": 2}, {"slow_episodes_ns": [ago(30.0), ago(60.0)]}, False),
        ({"failures": 2}, {"slow_episodes_ns": [ago(30.0), ago(60.0, 1)]}, True),
        ({"failures": 2}, {"slow_episodes_ns": [ago(30.0)], "slow_runs": 2}, False),
        ({"failures": 2}, {"slow_episodes_ns": [ago(30.0)], "slow_runs": 1}, True),
        ({"failures": 3}, {"slow_episodes_ns": [ago(30.0), ago(60.0)]}, True),
        (
            {"failures": 3, "episodes_ns": [ago(500.0)]},
            {"unanswered_ns": [ago(503.0)]},
            False,
        ),
        (
            {"failures": 3, "episodes_ns": [ago(500.0)]},
            {"unanswered_ns": [ago(503.0, 1)]},
            True,
        ),
    ],
    ids=[
        "a page was slow three seconds before",
        "it was slow longer before",
        "no connection opens, which no slow way does",
        "connections open, and stall",
        "two were slow since it began to fail",
        "one of the two was before",
        "one row of two slow pages since",
        "one slow page since",
        "no connection opens, whatever is slow",
        "a page did not come at an earlier moment of it",
        "a page did not come at another moment",
    ],
)
def test_pages_of_others_that_were_slow_or_silent_at_the_time_are_witnesses(
    shown: Shown, other: Shown, *, is_told: bool
) -> None:
    failing = failing_page(**shown)
    at = judged_link(failing, beside(**other))
    told = attributed(failing, seen_over(failing_page(**shown)), at=at)
    assert (told.segment is Segment.SERVICE) is is_told


def test_a_page_without_known_addresses_has_no_witness_in_another_network() -> None:
    failing = failing_page(addresses={})
    at = judged_link(failing, beside(failures=1, reason=PATH))
    told = attributed(failing, seen_over(failing_page(addresses={})), at=at)
    assert told.segment is Segment.SERVICE


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, False),
        (UNKNOWN, True),
        (nobodys(Symptom.SERVICE_TIMEOUT), True),
        (portals(Symptom.SERVICE_TIMEOUT), False),
        (RELATION, False),
    ],
)
def test_a_fault_is_undecided_if_it_is_known_and_its_party_is_not(
    found: Diagnosis | None, *, expected: bool
) -> None:
    assert is_undecided(found) is expected


def test_a_failure_may_be_sure_while_its_party_is_unknown() -> None:
    failing = failing_page()
    doubtful = ServiceOverLink(
        LinkMemory(name="mobile"), {Family.IP4: Health.DOUBTFUL}, {Family.IP4: failing_page()}
    )
    assert attributed(failing, doubtful) == UNKNOWN
    assert attributed(failing) == nobodys(Symptom.SERVICE_TIMEOUT)


def test_a_slot_that_holds_nothing_explains_nothing() -> None:
    assert explained_by_link(LinkMemory(name="fixed", silence=FaultSlot()), pages()) is None

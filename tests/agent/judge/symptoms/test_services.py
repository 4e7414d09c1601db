"""What is wrong with a portal over one link: how it fails, how slow it is, and large packets."""

import pytest

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    echoes,
    fault,
    held,
    judged_link,
    pages,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import LinkMemory, ServiceAddress, Track, Traffic
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.symptoms.services import (
    SLOW_OVER_LINK,
    diagnose_service,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SLOW_PORTAL = fault(Symptom.SERVICE_SLOW, Segment.SERVICE)


def over(
    *tracks: Track,
    health: Health = Health.GOOD,
    link: LinkMemory | None = None,
    is_slow_at_times: bool = False,
) -> ServiceOverLink:
    return ServiceOverLink(
        link or LinkMemory(name="mobile", known=True),
        {track.family: health for track in tracks},
        {track.family: track for track in tracks},
        is_slow_at_times=is_slow_at_times,
    )


def told(at: LinkContext, here: ServiceOverLink, *elsewhere: ServiceOverLink) -> Diagnosis | None:
    suspicion = diagnose_service(at, here, elsewhere)
    return None if suspicion is None else suspicion.fault


ERROR: Shown = {
    "failures": 2,
    "failed_ns": ago(1.0),
    "failed_since_ns": ago(30.0),
    "reason": Reason.STATUS_UNEXPECTED,
}
PROMPT: Shown = {"successes": 3, "worked_ns": ago(1.0), "learned": 9, "usual_s": 0.2}


def test_a_portal_failing_in_every_family_is_down_and_in_one_family_degraded() -> None:
    fails, works = pages(**ERROR), pages(family=Family.IP6, **PROMPT)
    at = judged_link(fails, works)
    bad = over(fails, health=Health.BAD, link=at.link)
    assert told(at, bad) == fault(Symptom.SERVICE_ERROR, Segment.SERVICE, State.DOWN)
    half = ServiceOverLink(
        at.link,
        {Family.IP4: Health.BAD, Family.IP6: Health.GOOD},
        {**bad.tracks, Family.IP6: works},
    )
    assert told(at, half) == fault(Symptom.SERVICE_PARTIAL_OUTAGE, Segment.SERVICE)
    partly = over(fails, health=Health.PARTLY, link=at.link)
    assert told(at, partly) == fault(Symptom.SERVICE_PARTIAL_OUTAGE, Segment.SERVICE)
    assert told(at, over(fails, health=Health.DOUBTFUL, link=at.link)) is None


def test_complete_failures_are_reported_before_partial_ones() -> None:
    part = pages(**ERROR | {"reason": Reason.BODY_UNEXPECTED})
    whole = pages(family=Family.IP6, **ERROR)
    at = judged_link(part, whole)
    here = ServiceOverLink(
        at.link,
        {Family.IP4: Health.PARTLY, Family.IP6: Health.BAD},
        {Family.IP4: part, Family.IP6: whole},
    )
    at.link.silence = held(Symptom.TRANSIT_SILENT, Segment.TRANSIT)
    part.failed_since_ns, whole.failed_since_ns = ago(99.0), ago(55.0)
    suspicion = diagnose_service(at, here, ())
    assert suspicion is not None
    assert suspicion.onset_ns == ago(55.0)


def test_the_links_own_fault_explains_a_portal_that_works_in_part_as_degraded() -> None:
    fails = pages(**ERROR | {"reason": Reason.TIMED_OUT})
    at = judged_link(fails)
    at.link.silence = held(Symptom.TRANSIT_SILENT, Segment.TRANSIT)
    down = over(fails, health=Health.BAD, link=at.link)
    assert told(at, down) == fault(Symptom.TRANSIT_SILENT, Segment.TRANSIT, State.DOWN)
    partly = over(fails, health=Health.PARTLY, link=at.link)
    assert told(at, partly) == fault(Symptom.TRANSIT_SILENT, Segment.TRANSIT)


def test_a_failure_began_with_the_row_or_with_the_first_address_that_fails() -> None:
    addresses = {
        "a": ServiceAddress(failures=1, failed_since_ns=ago(70.0)),
        "b": ServiceAddress(failures=1, failed_since_ns=ago(80.0)),
        "c": ServiceAddress(failures=0, failed_since_ns=ago(90.0)),
    }
    track = pages(**ERROR, addresses=addresses)
    at = judged_link(track)
    here = over(track, health=Health.BAD, link=at.link)
    onsets = []
    for since_ns, known in ((ago(30.0), addresses), (None, addresses), (None, {})):
        track.failed_since_ns, track.addresses = since_ns, known
        suspicion = diagnose_service(at, here, ())
        assert suspicion is not None
        onsets.append(suspicion.onset_ns)
    assert onsets == [ago(30.0), ago(80.0), NOW_NS]


SLOW: Shown = {
    "successes": 3,
    "worked_ns": ago(1.0),
    "learned": 9,
    "usual_s": 0.2,
    "value_s": 2.0,
    "slow_runs": 3,
    "slow_since_ns": ago(150.0),
    "slow_episodes_ns": [ago(150.0)],
}


def slow_page(target: str = "motcua", *, network: int = 1, **shown: object) -> Track:
    of_network: Shown = {"addresses": {f"198.51.{network}.1": ServiceAddress()}}
    return pages(target, **of_network | SLOW | shown)


def prompt_page(target: str = "motcua", *, network: int = 1, **shown: object) -> Track:
    of_network: Shown = {"addresses": {f"198.51.{network}.1": ServiceAddress()}}
    return pages(target, **of_network | PROMPT | shown)


def of_slow(
    *tracks: Track, elsewhere: tuple[ServiceOverLink, ...] = (), is_slow_at_times: bool = False
) -> tuple[LinkContext, Diagnosis | None]:
    at = judged_link(*tracks)
    here = over(tracks[0], link=at.link, is_slow_at_times=is_slow_at_times)
    return at, told(at, here, *elsewhere)


@pytest.mark.parametrize(
    ("elsewhere", "expected"),
    [
        ((), SLOW_PORTAL),
        ((over(slow_page()),), SLOW_PORTAL),
        ((over(prompt_page()),), SLOW_OVER_LINK),
        ((over(slow_page()), over(prompt_page())), SLOW_OVER_LINK),
        ((over(prompt_page(successes=2)),), None),
        ((over(prompt_page(slow_runs=1)),), None),
        ((over(prompt_page(), health=Health.PARTLY),), None),
        ((over(),), None),
    ],
    ids=[
        "over the only link",
        "over both",
        "quick over the other",
        "slow over one, quick over another",
        "too few pages over the other",
        "one slow over the other",
        "one that comes and goes over the other",
        "never opened over the other",
    ],
)
def test_a_page_is_the_portals_fault_if_every_working_link_finds_it_slow(
    elsewhere: tuple[ServiceOverLink, ...], expected: Diagnosis | None
) -> None:
    _, said = of_slow(slow_page(), elsewhere=elsewhere)
    assert said == expected


@pytest.mark.parametrize(
    ("shown", "is_slow"),
    [
        ({}, True),
        ({"slow_runs": 2}, False),
        ({"value_s": 1.0}, False),
        ({"usual_s": 0.7}, False),
    ],
    ids=["three in a row", "two in a row", "within a second", "as slow as ever"],
)
def test_a_page_is_slow_after_three_slow_ones_in_a_row(shown: Shown, *, is_slow: bool) -> None:
    _, said = of_slow(slow_page(**shown))
    assert (said == SLOW_PORTAL) is is_slow


def test_a_page_is_slow_when_it_is_so_in_every_family() -> None:
    ip4, ip6 = slow_page(), slow_page(family=Family.IP6)
    at = judged_link(ip4, ip6)
    here = over(ip4, ip6, link=at.link)
    assert told(at, here) == SLOW_PORTAL
    ip6.slow_runs = 2
    assert told(at, here) is None


@pytest.mark.parametrize("slot", ["slow", "loss_fault", "carried_fault", "resolver"])
def test_pages_over_a_link_that_delays_or_loses_are_slow_for_that(slot: str) -> None:
    at, said = of_slow(slow_page())
    assert said == SLOW_PORTAL
    setattr(at.link, slot, held())
    here = over(*at.link.tracks.values(), link=at.link)
    assert told(at, here) is None


@pytest.mark.parametrize("slot", ["slow", "loss_fault", "carried_fault", "resolver"])
def test_pages_that_another_link_makes_slow_accuse_no_portal(slot: str) -> None:
    """The exchange was slow: one line's echoes showed it, the other line's pages alone."""
    there = over(slow_page())
    assert of_slow(slow_page(), elsewhere=(there,))[1] == SLOW_PORTAL
    setattr(there.link, slot, held())
    assert of_slow(slow_page(), elsewhere=(there,))[1] == SLOW_OVER_LINK


def test_slow_pages_are_not_reported_while_the_link_may_be_slow_or_is_full() -> None:
    at, _ = of_slow(slow_page())
    here = over(*at.link.tracks.values(), link=at.link)
    at.link.slow.is_pending = True
    assert told(at, here) is None
    at.link.slow.is_pending = False
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=9e6, down_peak=9e6)
    assert told(at, here) is None


CONTROL_QUICK = prompt_page("dichvucong", network=2, prompt_ns=[ago(149.0)])


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        (prompt_page("dichvucong", network=2), SLOW_PORTAL),
        (slow_page("dichvucong", network=2, slow_runs=1), SLOW_OVER_LINK),
        (slow_page("dichvucong", network=1, slow_runs=1), SLOW_PORTAL),
        (prompt_page("dichvucong", network=2, slow_episodes_ns=[ago(153.0)]), SLOW_OVER_LINK),
        (prompt_page("dichvucong", network=2, slow_episodes_ns=[ago(153.0, 1)]), SLOW_PORTAL),
        (prompt_page("dichvucong", network=2, episodes_ns=[ago(147.0)]), SLOW_OVER_LINK),
        (prompt_page("dichvucong", network=2, episodes_ns=[ago(147.0, -1)]), SLOW_PORTAL),
    ],
    ids=[
        "another is quick",
        "another is slow",
        "another behind the same wall is slow",
        "another was slow three seconds before",
        "another was slow longer before",
        "another failed three seconds after",
        "another failed later",
    ],
)
def test_slowness_of_several_portals_at_once_is_not_the_portals(
    control: Track, expected: Diagnosis
) -> None:
    _, said = of_slow(slow_page(), control)
    assert said == expected


@pytest.mark.parametrize(
    ("anchors", "expected"),
    [
        ([("zone", 180.0, 1.0), ("far", 180.0, 1.0)], SLOW_OVER_LINK),
        ([("zone", 180.0, 1.0), ("far", 180.1, 1.0)], SLOW_PORTAL),
        ([("zone", 180.0, 1.0)], SLOW_PORTAL),
        ([("zone", 180.0, 1.0), ("core-fixed", 180.0, 1.0)], SLOW_PORTAL),
        ([("zone", 180.0, 1.0), ("gone", 180.0, 1.0)], SLOW_PORTAL),
        ([("zone", 180.0, 1.0), ("far", 180.0, 600.0)], SLOW_OVER_LINK),
        ([("zone", 180.0, 1.0), ("far", 180.0, 600.1)], SLOW_PORTAL),
    ],
    ids=[
        "half a minute before",
        "one of them earlier",
        "one of them",
        "the other no farther than the carrier",
        "the other is asked no more",
        "the other answered ten minutes ago",
        "the other never answers",
    ],
)
def test_two_distant_anchors_losing_at_the_same_time_make_it_the_path(
    anchors: list[tuple[str, float, float]], expected: Diagnosis
) -> None:
    lossy = [
        echoes(target, silent_ns=ago(lost_s), answered_ns=ago(answered_s))
        for target, lost_s, answered_s in anchors
    ]
    _, said = of_slow(slow_page(), *lossy)
    assert said == expected


@pytest.mark.parametrize(
    ("late_s", "expected"),
    [
        ((120.0, 5.0), SLOW_OVER_LINK),
        ((120.1, 5.0), SLOW_PORTAL),
        ((5.0,), SLOW_PORTAL),
    ],
)
def test_two_distant_anchors_late_twice_in_two_minutes_make_it_the_path(
    late_s: tuple[float, ...], expected: Diagnosis
) -> None:
    late = [
        echoes(target, slow_episodes_ns=[ago(s) for s in late_s], answered_ns=ago(1.0))
        for target in ("zone", "far")
    ]
    _, said = of_slow(slow_page(), *late)
    assert said == expected


BY_TURNS: Shown = {"slow_runs": 0, "slow_since_ns": None}
EPISODES = [ago(300.0), ago(200.0), ago(100.0)]


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        (None, SLOW_PORTAL),
        (prompt_page("dichvucong", network=2, prompt_ns=[ago(103.0)]), SLOW_PORTAL),
        (prompt_page("dichvucong", network=2, prompt_ns=[ago(97.0)]), SLOW_PORTAL),
        (prompt_page("dichvucong", network=2, prompt_ns=[ago(103.0, 1)]), SLOW_OVER_LINK),
        (prompt_page("dichvucong", network=2, prompt_ns=[ago(200.0)]), SLOW_OVER_LINK),
        (
            prompt_page(
                "dichvucong", network=2, prompt_ns=[ago(100.0)], slow_episodes_ns=[ago(150.0)]
            ),
            SLOW_OVER_LINK,
        ),
    ],
    ids=[
        "nobody to compare with",
        "another was quick just before the latest",
        "another was quick just after it",
        "another was quick too long before",
        "another was quick at an earlier one",
        "another was slow a third as often",
    ],
)
def test_a_target_slow_by_turns_is_compared_at_its_latest_time(
    control: Track | None, expected: Diagnosis
) -> None:
    page = slow_page(**BY_TURNS, slow_episodes_ns=EPISODES)
    controls = () if control is None else (control,)
    _, said = of_slow(page, *controls, is_slow_at_times=True)
    assert said == expected


def test_another_that_was_slow_less_than_a_third_as_often_is_no_sign_of_the_way() -> None:
    page = slow_page(**BY_TURNS, slow_episodes_ns=[ago(400.0), *EPISODES])
    control = prompt_page(
        "dichvucong", network=2, prompt_ns=[ago(100.0)], slow_episodes_ns=[ago(150.0)]
    )
    _, said = of_slow(page, control, is_slow_at_times=True)
    assert said == SLOW_PORTAL

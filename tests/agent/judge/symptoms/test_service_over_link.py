"""A service over one link: which of its series count, and what its other addresses say."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, ServiceAddress, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import (
    ServiceOverLink,
    forget_steady_spell,
    networks_of,
    service_over_link,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
CLOCK_NS = 900_000_000_000
EPISODES_NS = 600_000_000_000


NOW_NS = 10_000 * NS_PER_S
NEEDED = Settings().service_failures


class Portal:
    """A portal over two links."""

    def __init__(self) -> None:
        self.fixed, self.mobile = LinkMemory(name="fixed"), LinkMemory(name="mobile")

    def track(
        self,
        *,
        link: LinkMemory | None = None,
        family: Family = Family.IP4,
        failures: int = 0,
        reason: Reason = Reason.TIMED_OUT,
        last_ns: int = NOW_NS,
    ) -> Track:
        track = Track(kind="http", target="motcua", family=family, failures=failures)
        if failures:
            track.failed_ns, track.reason = last_ns, reason
        else:
            track.worked_ns, track.successes = last_ns, 9
        holder = link or self.fixed
        holder.tracks[SeriesKey("http", "motcua", family)] = track
        return track

    def seen(self) -> ServiceOverLink:
        memory = Memory(links={"fixed": self.fixed, "mobile": self.mobile}, now_ns=NOW_NS)
        at = LinkContext(memory, self.fixed, two_links().links["fixed"], Settings())
        return service_over_link(at, self.fixed, "motcua")

    def health(self) -> dict[Family, Health]:
        return dict(self.seen().health)


def test_a_failure_of_a_time_when_the_link_was_out_says_nothing() -> None:
    portal = Portal()
    portal.track(failures=NEEDED, last_ns=NOW_NS - 10)
    portal.fixed.clear_ns = NOW_NS - 10
    assert portal.health() == {Family.IP4: Health.BAD}
    portal.fixed.clear_ns = NOW_NS - 9
    assert portal.health() == {}


def test_successes_before_the_outage_still_count() -> None:
    portal = Portal()
    portal.track(last_ns=NOW_NS - 10)
    portal.fixed.clear_ns = NOW_NS
    assert portal.health() == {Family.IP4: Health.GOOD}


@pytest.mark.parametrize(("age_ns", "counts"), [(CLOCK_NS - 1, True), (CLOCK_NS, False)])
def test_a_series_that_is_not_measured_any_more_counts_for_a_quarter_of_an_hour(
    age_ns: int, counts: bool
) -> None:
    portal = Portal()
    track = portal.track(last_ns=NOW_NS - age_ns)
    track.unmeasured_ns = NOW_NS
    assert portal.health() == ({Family.IP4: Health.GOOD} if counts else {})


def test_a_family_that_the_link_or_the_portal_has_not_is_left_out() -> None:
    portal = Portal()
    portal.track()
    portal.track(family=Family.IP6, failures=NEEDED, reason=Reason.NAME_WITHOUT_ADDRESS)
    assert portal.health() == {Family.IP4: Health.GOOD}, "a portal without IPv6 is ordinary"
    portal.track(family=Family.IP6, failures=NEEDED)
    assert portal.health() == {Family.IP4: Health.GOOD, Family.IP6: Health.BAD}
    dead = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.IPV6_DOWN)
    portal.fixed.silence = FaultSlot(fault=dead)
    assert portal.health() == {Family.IP4: Health.GOOD}


def test_a_portal_without_any_address_is_none() -> None:
    portal = Portal()
    for family in (Family.IP4, Family.IP6):
        portal.track(family=family, failures=NEEDED, reason=Reason.NAME_WITHOUT_ADDRESS)
    assert set(portal.health().values()) == {Health.BAD}


@pytest.mark.parametrize(("fails_elsewhere", "health"), [(0, Health.DOUBTFUL), (1, Health.BAD)])
def test_an_untried_address_may_work_unless_it_was_found_failing_over_another_link(
    fails_elsewhere: int, health: Health
) -> None:
    portal = Portal()
    here = portal.track(failures=NEEDED)
    here.addresses = {
        "192.0.2.1": ServiceAddress(tried_ns=NOW_NS, failures=NEEDED),
        "192.0.2.2": ServiceAddress(tried_ns=NOW_NS - 60 * NS_PER_S, worked_ns=1),
    }
    there = portal.track(link=portal.mobile)
    there.addresses = {"192.0.2.2": ServiceAddress(tried_ns=NOW_NS, failures=fails_elsewhere)}
    assert portal.health() == {Family.IP4: health}


@pytest.mark.parametrize(
    ("starts_ns", "successes", "health"),
    [
        ((0, 1, 2), 1, Health.PARTLY),
        ((0, 1, 2), 4, Health.GOOD),
        ((1, 2), 1, Health.GOOD),
        ((-1, 1, 2), 1, Health.GOOD),
    ],
    ids=["three times", "steady again", "twice", "one too long ago"],
)
def test_a_service_that_fails_repeatedly_counts_as_partly_working_until_it_is_steady(
    starts_ns: tuple[int, ...], successes: int, health: Health
) -> None:
    portal = Portal()
    track = portal.track()
    track.successes = successes
    track.episodes_ns = [NOW_NS - EPISODES_NS + start_ns for start_ns in starts_ns]
    assert portal.health() == {Family.IP4: health}


def test_addresses_of_one_network_are_one_network() -> None:
    portal = Portal()
    track = portal.track()
    for name in ("192.0.2.1", "192.0.2.200", "198.51.100.1", "2001:db8:1::1", "2001:db8:1::2"):
        track.addresses[name] = ServiceAddress()
    assert networks_of(portal.seen()) == {"192.0.2", "198.51.100", "2001:db8:1"}


def test_a_service_is_whole_only_where_it_works_in_every_family() -> None:
    portal = Portal()
    assert not portal.seen().is_whole, "nothing is known of it"
    portal.track()
    assert portal.seen().is_whole
    portal.track(family=Family.IP6, failures=NEEDED)
    assert not portal.seen().is_whole
    assert portal.seen().is_good


@pytest.mark.parametrize(
    ("starts_ns", "kept_ns"),
    [
        (([50, 100], [110]), ([50], [])),
        (([99], [100]), ([99], [])),
        (([100, 120], [110]), ([100, 120], [110])),
        (([50], []), ([50], [])),
    ],
    ids=["one spell", "what began before", "it came and went", "nothing since"],
)
def test_slow_episodes_are_dropped_after_recovery_unless_there_were_several(
    starts_ns: tuple[list[int], ...], kept_ns: tuple[list[int], ...]
) -> None:
    tracks = {
        family: Track(kind="http", target="motcua", family=family, slow_episodes_ns=starts)
        for family, starts in zip((Family.IP4, Family.IP6), starts_ns, strict=True)
    }
    forget_steady_spell(ServiceOverLink(LinkMemory(name="fixed"), {}, tracks), 100)
    assert tuple(track.slow_episodes_ns for track in tracks.values()) == kept_ns

"""Rounds: who is asked, whom a round waits for, and when it is over."""

import pytest

from tests.agent.judge.inventories import TARGETS, anchor, two_links
from tests.agent.judge.matrix.test_equipment import equipped
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Round, Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.rounds import (
    can_be_probed,
    is_round_complete,
    note_run_in_round,
    open_burst,
    schedule_next_round,
)
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.equipment import session_probes
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NOW_NS = 1_000 * NS_PER_S
BOTH = LinkFacts(
    present=True,
    carrier=True,
    has_address4=True,
    has_route4=True,
    has_address6=True,
    has_route6=True,
)
ZONE = SeriesKey("icmp", "zone", Family.IP4)
LOOKUP = SeriesKey("dns", "zone", Family.IP4)
SLOW = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SLOW)


def link_context(*, link: str = "fixed", facts: LinkFacts | None = BOTH) -> LinkContext:
    memory = Memory(now_ns=NOW_NS, links={link: LinkMemory(name=link, facts=facts)})
    return LinkContext(memory, memory.links[link], two_links().links[link], Settings())


def speaking(at: LinkContext) -> LinkContext:
    """Let every anchor have been measured."""
    for point in at.probes.points.values():
        for family in point.families:
            key = point.key(family)
            at.link.tracks[key] = Track(
                kind=point.kind, target=point.target, family=family, answered_ns=NOW_NS - 100
            )
    return at


def burst_asks(at: LinkContext) -> set[str]:
    return {probe.kind for probe in open_burst(at)}


def test_a_burst_includes_pages_only_for_pending_faults_that_pages_can_show() -> None:
    assert burst_asks(speaking(link_context())) == {"icmp", "dns", "host"}
    for slot in ("silence", "resolver"):
        at = speaking(link_context())
        setattr(at.link, slot, FaultSlot(is_pending=True, pending=SLOW))
        assert "http" in burst_asks(at), slot
    for segment, asked in ((Segment.TRANSIT, True), (Segment.CARRIER, False)):
        at = speaking(link_context())
        fault = Diagnosis(state=State.DEGRADED, segment=segment, symptom=Symptom.TRANSIT_SLOW)
        at.link.slow = FaultSlot(is_pending=True, pending=fault)
        assert ("http" in burst_asks(at)) is asked


@pytest.mark.parametrize(("speak", "asked"), [(2, False), (1, True)])
def test_pages_are_asked_at_once_where_fewer_anchors_speak_than_have_to_agree(
    speak: int, *, asked: bool
) -> None:
    at = speaking(link_context())
    anchors = sorted({key.target for key in at.link.tracks} - {"gateway", "motcua", "dichvucong"})
    for track in at.link.tracks.values():
        track.known_unresponsive = track.target in anchors[speak:]
    assert ("http" in burst_asks(at)) is asked
    for track in at.link.tracks.values():
        if track.target in anchors[speak:]:
            track.known_unresponsive, track.answered_ns = False, None
    assert ("http" in burst_asks(at)) is asked, "who was never measured speaks as little"


def test_a_burst_waits_for_what_is_quick_and_answers_usually() -> None:
    at = speaking(link_context())
    at.link.silence = FaultSlot(is_pending=True)
    at.link.tracks[ZONE].known_unresponsive = True
    open_burst(at)
    assert at.link.round is not None
    assert {key.kind for key in at.link.round.awaited} == {"icmp", "dns"}
    assert ZONE not in at.link.round.awaited
    assert at.link.round.is_burst
    assert (at.link.round.opened_ns, at.link.round.due_ns) == (
        NOW_NS,
        NOW_NS + ns(at.settings.round_wait_s),
    )


def test_a_burst_begins_with_the_targets_silent_for_longest() -> None:
    at = speaking(link_context())
    at.link.silence = FaultSlot(is_pending=True)
    at.link.tracks[ZONE].answered_ns = 7
    at.link.tracks[LOOKUP].answered_ns, at.link.tracks[LOOKUP].silent_heard_ns = 5, 6
    asked = [(probe.kind, probe.target, probe.family) for probe in open_burst(at)]
    assert asked[:2] == [("dns", "zone", Family.IP4), ("icmp", "zone", Family.IP4)]
    kinds = [kind for kind, *_ in asked if kind != "host"]
    assert kinds.index("http") == len(kinds) - kinds.count("http"), "pages come last"


@pytest.mark.parametrize(
    ("started_ns", "reachability", "target", "counts"),
    [
        (NOW_NS, Reachability.ANSWERED, "zone", True),
        (NOW_NS - 1, Reachability.ANSWERED, "zone", False),
        (NOW_NS, Reachability.SILENT, "zone", False),
        (NOW_NS, Reachability.ANSWERED, "gateway", False),
    ],
)
def test_an_answer_from_beyond_the_site_to_a_run_of_the_round_counts_for_its_family(
    started_ns: int, reachability: Reachability, target: str, *, counts: bool
) -> None:
    at = speaking(link_context())
    open_burst(at)
    assert at.link.round is not None
    key = SeriesKey("icmp", target, Family.IP4)
    assert key in at.link.round.awaited
    point = at.probes.points[PointKey("icmp", target)]
    note_run_in_round(at, at.link.tracks[key], point, reachability, started_ns)
    assert key not in at.link.round.awaited, "no second one is waited for"
    assert at.link.round.answered == ({Family.IP4} if counts else set())


def opened(*awaited: SeriesKey, is_burst: bool = True, answered: tuple[Family, ...] = ()) -> Round:
    return Round(
        opened_ns=NOW_NS,
        due_ns=NOW_NS + ns(3.5),
        is_burst=is_burst,
        awaited=set(awaited),
        answered=set(answered),
    )


@pytest.mark.parametrize(
    ("current", "age_s", "is_complete"),
    [
        (None, 9.0, False),
        (opened(ZONE), 3.5, True),
        (opened(ZONE), 3.499, False),
        (opened(), 0.0, True),
        (opened(is_burst=False), 3.0, False),
        (opened(LOOKUP), 1.2, True),
        (opened(LOOKUP), 1.199, False),
        (opened(LOOKUP, answered=(Family.IP4,)), 2.0, False),
    ],
    ids=[
        "no round",
        "due",
        "not due",
        "nobody is waited for",
        "the schedule's",
        "lookups of a family that is lost",
        "not lost for long enough",
        "lookups of a family that answers",
    ],
)
def test_a_round_is_complete_when_all_awaited_runs_arrived_or_its_time_is_up(
    current: Round | None, age_s: float, *, is_complete: bool
) -> None:
    at = link_context()
    at.link.round = current
    at.memory.now_ns = NOW_NS + ns(age_s)
    assert is_round_complete(at) is is_complete


def probed(track: Track | None, facts: LinkFacts | None = BOTH) -> bool:
    at = link_context(facts=facts)
    if track is not None:
        at.link.tracks[ZONE] = track
    return can_be_probed(at.link, at.probes.points[PointKey("icmp", "zone")], Family.IP4)


def refused(reason: Reason, measured_ns: int) -> Track:
    track = Track(kind="icmp", target="zone", family=Family.IP4, failed_ns=measured_ns)
    track.unmeasured_reason, track.unmeasured_ns = reason, 10
    return track


def test_a_series_refused_last_is_not_requested_again_but_one_measured_since_is() -> None:
    assert probed(None)
    assert not probed(None, facts=None), "of an interface that nobody knows"
    assert not probed(None, LinkFacts(present=True, carrier=True))
    assert not probed(refused(Reason.NO_ROUTE, 9))
    assert probed(refused(Reason.NO_ROUTE, 10))
    assert probed(refused(Reason.OVERRUN, 9))
    assert probed(Track(kind="icmp", target="zone", family=Family.IP4), facts=None)


def after_round(slow: FaultSlot) -> LinkContext:
    at = link_context()
    at.link.slow = slow
    at.link.round = Round(opened_ns=NOW_NS - 5, due_ns=NOW_NS, is_burst=True)
    schedule_next_round(at)
    return at


def test_after_a_round_a_fault_is_looked_at_by_the_schedule_and_health_not_at_all() -> None:
    healthy = after_round(FaultSlot()).link
    assert healthy.round is None
    assert healthy.burst_ns is None
    at = after_round(FaultSlot(fault=SLOW))
    assert at.link.round is not None
    assert not at.link.round.is_burst
    length_ns = ns(at.probes.round_s + at.settings.round_wait_s)
    assert at.link.round.due_ns == NOW_NS + length_ns


def test_after_a_round_pending_faults_are_asked_about_again() -> None:
    slot = FaultSlot(fault=SLOW, is_pending=True, rounds=1, first_ns=NOW_NS)
    pending = after_round(slot).link
    assert pending.round is None
    assert pending.burst_ns is not None
    assert pending.burst_ns > NOW_NS - 5


def equipped_link(link: str, now_ns: int = NOW_NS) -> LinkContext:
    """Return a link whose modem, or box, can be asked, and beside it a first router."""
    near = ProbeSchedule(kind="fresh_echo", every_s=300.0)
    inventory = equipped().inventory
    site = site_probes_from(inventory.links, inventory.targets, (*inventory.probes, near))
    memory = Memory(now_ns=now_ns, links={link: LinkMemory(name=link, facts=BOTH)})
    return LinkContext(memory, memory.links[link], site.links[link], Settings())


@pytest.mark.parametrize(("link", "kind"), [("mobile", "radio"), ("fixed", "snmp")])
def test_equipment_is_asked_in_a_burst_and_not_again_within_ten_seconds(
    link: str, kind: str
) -> None:
    at = equipped_link(link)
    speaking(at)
    assert kind in burst_asks(at)
    assert at.link.equipment.asked_ns == {kind: NOW_NS}
    at.memory.now_ns += 10 * NS_PER_S
    assert kind not in burst_asks(at)
    assert at.link.equipment.asked_ns == {kind: NOW_NS}
    at.memory.now_ns += 1
    assert kind in burst_asks(at)


def test_new_flows_are_asked_in_a_burst_where_a_name_server_is_under_suspicion() -> None:
    at = speaking(equipped_link("fixed"))
    assert "fresh_echo" not in burst_asks(at)
    at.link.resolver = FaultSlot(is_pending=True, pending=SLOW)
    assert "fresh_echo" in burst_asks(at)


def test_a_link_without_a_probe_of_the_device_is_asked_nothing_of_it() -> None:
    inventory = two_links().inventory
    probes = tuple(schedule for schedule in inventory.probes if schedule.kind != "host")
    site = site_probes_from(inventory.links, inventory.targets, probes)
    memory = Memory(now_ns=NOW_NS, links={"fixed": LinkMemory(name="fixed", facts=BOTH)})
    at = LinkContext(memory, memory.links["fixed"], site.links["fixed"], Settings())
    assert burst_asks(speaking(at)) == {"icmp", "dns"}


def test_among_sites_that_never_reported_the_first_of_the_inventory_is_asked_first() -> None:
    at = speaking(link_context())
    for track in at.link.tracks.values():
        track.answered_ns = None
    asked = [(probe.kind, probe.target) for probe in open_burst(at) if probe.kind != "host"]
    quick = [key for key in at.probes.points if key.kind in {"icmp", "dns"}]
    assert list(dict.fromkeys(asked))[: len(quick)] == [(key.kind, key.target) for key in quick]


def test_a_round_counts_its_runs_from_its_beginning() -> None:
    at = speaking(link_context())
    for track in at.link.tracks.values():
        track.tally.ok = 9
    at.link.burst_ns = NOW_NS
    open_burst(at)
    assert {track.tally.ok for track in at.link.tracks.values()} == {0}
    assert at.link.burst_ns is None


def test_a_run_outside_a_round_changes_no_round() -> None:
    at = speaking(link_context())
    point = at.probes.points[PointKey("icmp", "zone")]
    note_run_in_round(at, at.link.tracks[ZONE], point, Reachability.ANSWERED, NOW_NS)
    assert at.link.round is None


def test_the_next_burst_comes_as_soon_as_the_most_urgent_fault_needs_it() -> None:
    at = link_context()
    silent = Diagnosis(state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)
    at.link.slow = FaultSlot(is_pending=True, pending=SLOW)
    at.link.silence = FaultSlot(is_pending=True, pending=silent)
    at.link.round = Round(opened_ns=NOW_NS - 5, due_ns=NOW_NS, is_burst=True)
    schedule_next_round(at)
    settings = at.settings
    assert settings.silence.every_s != settings.slow.every_s
    soonest_s = min(settings.silence.every_s, settings.slow.every_s)
    assert at.link.burst_ns == NOW_NS - 5 + ns(soonest_s)
    assert at.link.round is None


def test_targets_with_a_learned_address_are_probed_once_it_was_learned() -> None:
    learned = (
        anchor("first_hop", Segment.ACCESS, "first-hop"),
        anchor("edge", Segment.LAN, "edge"),
    )
    site = two_links((*TARGETS, *learned))
    memory = Memory(now_ns=NOW_NS, links={"fixed": LinkMemory(name="fixed", facts=BOTH)})
    at = LinkContext(memory, memory.links["fixed"], site.links["fixed"], Settings())
    for name in ("first_hop", "edge"):
        point = at.probes.points[PointKey("icmp", name)]
        assert not can_be_probed(at.link, point, Family.IP4)
        key = point.key(Family.IP4)
        at.link.tracks[key] = Track(kind="icmp", target=name, family=Family.IP4)
        assert can_be_probed(at.link, point, Family.IP4)
    assert can_be_probed(at.link, at.probes.points[PointKey("icmp", "zone")], Family.IP4)


@pytest.mark.parametrize("field", ["answered_ns", "silent_ns", "failed_ns"])
def test_a_refused_series_can_be_probed_again_once_it_was_measured(field: str) -> None:
    track = refused(Reason.NO_ROUTE, 0)
    assert not probed(track)
    setattr(track, field, 11)
    assert probed(track)


def test_the_gateway_and_services_are_no_anchors() -> None:
    at = speaking(link_context())
    for track in at.link.tracks.values():
        track.known_unresponsive = track.target not in {"gateway", "motcua", "dichvucong", "far"}
    assert "http" in burst_asks(at), "one anchor alone is left"


@pytest.mark.parametrize(
    ("asked_s", "read_s", "is_asked"),
    [
        (None, None, True),
        (2.0, None, True),
        (1.999, None, False),
        (9.0, 10.1, True),
        (9.0, 10.0, False),
    ],
    ids=["never", "two seconds ago", "just now", "read before it went", "read since"],
)
def test_a_modem_is_queried_until_it_was_read_after_its_session_was_lost(
    asked_s: float | None, read_s: float | None, *, is_asked: bool
) -> None:
    at = equipped_link("mobile")
    gone = Diagnosis(state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SESSION_LOST)
    at.link.facts_slot = FaultSlot(fault=gone, onset_ns=NOW_NS - ns(10.0))
    if asked_s is not None:
        at.link.equipment.asked_ns["radio"] = NOW_NS - ns(asked_s)
    if read_s is not None:
        at.link.equipment.radio_ns = NOW_NS - ns(read_s)
    asked = session_probes(at)
    assert [(probe.kind, probe.link, probe.target) for probe in asked] == (
        [("radio", "mobile", "")] if is_asked else []
    )
    assert session_probes(at) == (), "it was just asked"

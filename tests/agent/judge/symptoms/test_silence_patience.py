"""What a silence waits for, when it began, and how strong its evidence is."""

from dataclasses import replace
from math import log

import pytest
from msgspec import structs

from tests.agent.judge.link_cases import (
    ago,
    answering,
    fault,
    held,
    judged_link,
    lookups,
    pages,
    round_of,
    silent,
)
from tests.agent.judge.symptoms.test_silence import (
    FACTS,
    alive,
    named,
    quiet,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, Round, Track, Traffic
from thongsuot_agent.judge.observations import SilenceCandidate
from thongsuot_agent.judge.symptoms import silence
from thongsuot_agent.judge.symptoms.silence import (
    ACCESS_SILENT,
    CARRIER_SILENT,
    PROXY_SILENT,
    SILENT_SOMEWHERE,
    TRANSIT_SILENT,
    detect_silence,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
PAGE_S = 12.0
QUEUE_S = 5.0


@pytest.mark.parametrize(
    ("candidate", "within_s"),
    [
        (TRANSIT_SILENT, PAGE_S),
        (ACCESS_SILENT, QUEUE_S),
        (CARRIER_SILENT, QUEUE_S),
        (fault(Symptom.IPV6_DOWN, Segment.TRANSIT), PAGE_S),
        (fault(Symptom.CARRIER_PARTIAL_OUTAGE, Segment.CARRIER), PAGE_S),
    ],
    ids=["beyond the carrier", "the line", "the core", "a family", "a part"],
)
def test_beyond_the_carrier_a_queue_may_hold_pages_as_well(
    candidate: Diagnosis, within_s: float
) -> None:
    at = judged_link()
    by_echoes = SilenceCandidate(candidate, (silent(at, quiet("zone")),))
    assert silence._answers_within_s(by_echoes) == within_s
    by_pages = SilenceCandidate(candidate, (*by_echoes.silent, silent(at, pages(silences=1))))
    assert silence._answers_within_s(by_pages) == QUEUE_S


def is_lan_lossy(gateway: Track, since_s: float, segment: Segment, at: LinkContext) -> bool:
    track = quiet("zone", silent_since_ns=ago(since_s), answered_ns=ago(since_s + 5.0))
    candidate = SilenceCandidate(fault(segment=segment), (silent(at, track),))
    at.link.tracks.clear()
    answering(at, gateway)
    return silence._is_lan_lossy(at, candidate)


LOSES_TWO = 0b1_0000_0011


@pytest.mark.parametrize(
    ("gateway", "since_s", "segment", "is_lossy"),
    [
        (alive("gateway"), 1.0, Segment.ACCESS, False),
        (alive("gateway", recent=LOSES_TWO), 1.0, Segment.ACCESS, True),
        (alive("gateway", recent=LOSES_TWO), 1.0, Segment.LAN, False),
        (alive("gateway", recent=LOSES_TWO), 60.0 - 1e-6, Segment.ACCESS, True),
        (alive("gateway", recent=LOSES_TWO), 60.0, Segment.ACCESS, False),
        (alive("gateway", silent_ns=ago(1.0)), 8.0 - 1e-6, Segment.CARRIER, True),
        (alive("gateway", silent_ns=ago(1.0)), 8.0, Segment.CARRIER, False),
        (alive("gateway", silent_ns=ago(7.0)), 6.0, Segment.CARRIER, False),
    ],
    ids=[
        "a LAN that loses nothing",
        "one that loses some",
        "the LAN is named anyway",
        "for nearly a minute",
        "for a minute",
        "it lost an echo meanwhile, for nearly eight seconds",
        "it lost an echo meanwhile, eight seconds ago",
        "it lost an echo before",
    ],
)
def test_a_lossy_lan_delays_naming_the_line(
    gateway: Track, since_s: float, segment: Segment, *, is_lossy: bool
) -> None:
    assert is_lan_lossy(gateway, since_s, segment, judged_link()) is is_lossy


@pytest.mark.parametrize(
    ("loss", "flapping", "is_active", "lossy"),
    [
        (held(segment=Segment.LAN), None, False, True),
        (held(segment=Segment.ACCESS), None, False, False),
        (FaultSlot(), fault(segment=Segment.LAN), True, True),
        (FaultSlot(), fault(segment=Segment.LAN), False, False),
        (FaultSlot(), fault(segment=Segment.ACCESS), True, False),
    ],
    ids=["its loss is told", "the line's is", "it comes and goes", "it did", "the line does"],
)
def test_a_lan_that_is_known_to_lose_is_waited_for_while_it_loses_anything(
    loss: FaultSlot, flapping: Diagnosis | None, *, is_active: bool, lossy: bool
) -> None:
    at = judged_link()
    at.link.loss_fault, at.link.flap_state.fault = loss, flapping
    at.link.flap_state.active = is_active
    one_lost = alive("gateway", recent=0b1_0000_0001)
    assert is_lan_lossy(one_lost, 120.0, Segment.ACCESS, at) is lossy
    clean = alive("gateway", recent=0b1_0000_0000)
    assert not is_lan_lossy(clean, 120.0, Segment.ACCESS, at)


@pytest.mark.parametrize(
    ("shown", "onset_s"),
    [
        ([(10.0, 15.0), (8.0, 12.0)], 10.0),
        ([(10.0, 15.0), (8.0, 9.0)], 8.0),
        ([(10.0, 15.0), (9.0, 9.0)], 9.0),
        ([(10.0, 15.0), (8.0, 10.0)], 10.0),
        ([(10.0, 3.0), (8.0, 4.0)], 8.0),
    ],
    ids=[
        "the first",
        "since the last answer",
        "at the last answer",
        "at the other's last answer",
        "none since: the latest",
    ],
)
def test_a_silence_began_with_the_first_lost_run_since_any_of_them_answered(
    shown: list[tuple[float, float]], onset_s: float
) -> None:
    at = judged_link()
    tracks = [
        quiet(target, silent_since_ns=ago(since_s), answered_ns=ago(answered_s))
        for target, (since_s, answered_s) in zip(("zone", "far"), shown, strict=True)
    ]
    assert silence._onset_ns([silent(at, track) for track in tracks]) == ago(onset_s)


def test_the_strength_of_a_silence_grows_with_its_runs_and_falls_with_what_else_is_lost() -> None:
    at = judged_link()
    seen = [answering(at, alive("gateway"))]
    seen += [silent(at, quiet("zone", 3)), silent(at, quiet("far", 2))]
    suspicion = detect_silence(at, round_of(*seen))
    assert suspicion is not None
    assert suspicion.nats == pytest.approx(5 * log(1 / at.settings.loss_floor_ratio))
    seen[0] = answering(at, alive("gateway", recent=0b1_0101_0101))
    suspicion = detect_silence(at, round_of(*seen))
    assert suspicion is not None
    assert suspicion.nats == pytest.approx(5 * log(9 / 4.5))


def is_sure(*kinds: str, top: Segment | None, awaited: str = "", runs: int = 1) -> bool:
    at = judged_link()
    of_kind = {
        "icmp": lambda: quiet("zone", runs),
        "dns": lambda: lookups("zone", silences=runs),
        "http": lambda: pages(silences=runs),
    }
    if awaited:
        at.link.round = Round(opened_ns=1, due_ns=2, is_burst=True)
        at.link.round.awaited = {next(key for key in KEYS if key.kind == awaited)}
    return silence._speaks_enough(at, [silent(at, of_kind[kind]()) for kind in kinds], top)


KEYS = [
    point.key(Family.IP4) for point in judged_link().probes.points.values() if not point.is_service
]


@pytest.mark.parametrize(
    ("kinds", "top", "awaited", "runs", "expected"),
    [
        (("icmp",), None, "", 9, False),
        (("icmp", "dns"), None, "", 1, True),
        (("icmp",), None, "dns", 1, True),
        (("icmp",), None, "icmp", 1, False),
        (("icmp", "dns"), Segment.LAN, "", 1, True),
        (("icmp", "dns"), Segment.ACCESS, "", 1, False),
        (("icmp", "dns", "dns"), Segment.ACCESS, "", 1, False),
        (("icmp", "dns"), Segment.ACCESS, "", 2, True),
        (("icmp", "dns"), Segment.ACCESS, "dns", 1, True),
        (("icmp", "dns", "http"), Segment.CARRIER, "", 1, True),
        (("dns", "http"), Segment.CARRIER, "", 1, True),
    ],
    ids=[
        "echoes alone",
        "echoes and a lookup",
        "a lookup is awaited",
        "more echoes are awaited",
        "only the gateway answers",
        "one lookup, and something beyond the site answers",
        "the lookups of both families at one moment",
        "two lookups in a row",
        "two lookups of which one is awaited",
        "a lookup and a page",
        "no echo at all",
    ],
)
def test_two_protocols_must_be_silent_beyond_chance(
    kinds: tuple[str, ...], top: Segment | None, awaited: str, runs: int, *, expected: bool
) -> None:
    assert is_sure(*kinds, top=top, awaited=awaited, runs=runs) is expected


def test_where_echoes_are_all_that_is_measured_they_are_enough() -> None:
    at = judged_link()
    points = {key: point for key, point in at.probes.points.items() if key.kind == "icmp"}
    alone = LinkContext(at.memory, at.link, replace(at.probes, points=points), at.settings)
    assert silence._speaks_enough(alone, [silent(at, quiet("zone"))], None)


def test_a_silence_is_not_ripe_before_every_living_target_was_probed() -> None:
    at = judged_link(alive("exchange"))
    seen = [answering(at, alive("gateway")), answering(at, alive("core-fixed"))]
    far = [silent(at, quiet(target)) for target in ("zone", "far")]
    for answered in ([seen[0]], seen):
        suspicion = detect_silence(at, round_of(*answered, *far))
        assert suspicion is not None
        assert not suspicion.is_ripe
    suspicion = detect_silence(at, round_of(*seen, *far, silent(at, quiet("exchange"))))
    assert suspicion is not None
    assert suspicion.is_ripe


def test_a_silence_under_load_waits_until_a_queue_would_have_drained() -> None:
    for since_s, is_ripe in ((QUEUE_S - 0.1, False), (QUEUE_S, True)):
        at = judged_link()
        at.link.traffic = Traffic(read_ns=ago(1.0), down_bits_per_second=9e6, down_peak=9e6)
        seen = [answering(at, alive("gateway"))]
        seen += [
            silent(at, quiet(t, silent_since_ns=ago(since_s), answered_ns=ago(since_s + 1.0)))
            for t in ("zone", "far")
        ]
        suspicion = detect_silence(at, round_of(*seen))
        assert suspicion is not None
        assert suspicion.is_ripe is is_ripe


@pytest.mark.parametrize(
    ("page_s", "is_ripe"), [(PAGE_S - 0.1, False), (PAGE_S, True), (30.0, True)]
)
def test_a_silence_is_as_old_as_the_latest_answer_from_beyond_it(
    page_s: float, *, is_ripe: bool
) -> None:
    """Echoes may be limited for long, while pages continue to arrive."""
    page = pages(answered_ns=ago(page_s))
    at = judged_link(page)
    at.link.traffic = Traffic(read_ns=ago(1.0), down_bits_per_second=9e6, down_peak=9e6)
    seen = [answering(at, alive(target)) for target in ("gateway", "core-fixed")]
    seen += [
        silent(at, quiet(t, silent_since_ns=ago(25.0), answered_ns=ago(26.0)))
        for t in ("zone", "far", "exchange")
    ]
    suspicion = detect_silence(at, round_of(*seen))
    assert suspicion is not None
    assert suspicion.fault == TRANSIT_SILENT
    assert suspicion.onset_ns == ago(min(page_s, 25.0))
    assert suspicion.is_ripe is is_ripe


def test_a_family_is_silent_since_its_own_latest_answer() -> None:
    """A page over this family arrived while its echoes were limited; the other does not count."""
    own, other = pages(family=Family.IP6, answered_ns=ago(3.0)), pages(answered_ns=ago(1.5))
    at = judged_link(own, other)
    way = ("access-fixed", "core-fixed", "zone", "far")
    seen = [answering(at, alive(target)) for target in way]
    seen += [
        silent(at, quiet(t, family=Family.IP6, silent_since_ns=ago(25.0), answered_ns=ago(26.0)))
        for t in way
    ]
    suspicion = detect_silence(at, round_of(*seen))
    assert suspicion is not None
    assert suspicion.fault.symptom is Symptom.IPV6_DOWN
    assert suspicion.onset_ns == ago(3.0)


def test_answers_from_beside_a_silent_part_do_not_move_its_onset() -> None:
    """A target that answers beside a dead part is reached by another path."""
    at = judged_link(pages(answered_ns=ago(2.0)))
    part = SilenceCandidate(
        fault(Symptom.CARRIER_PARTIAL_OUTAGE),
        (silent(at, quiet("zone", silent_since_ns=ago(25.0))),),
    )
    suspicion = silence._suspicion(at, round_of(*part.silent), part)
    assert suspicion is not None
    assert suspicion.onset_ns == ago(25.0)


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        (Reason.PROXY_CANNOT_REACH, ACCESS_SILENT),
        (Reason.PROXY_SILENT, PROXY_SILENT),
        (Reason.TIMED_OUT, ACCESS_SILENT),
    ],
)
def test_behind_a_proxy_the_proxys_answer_decides_between_site_and_line(
    reason: Reason, fault: Diagnosis
) -> None:
    at = judged_link(alive("gateway"))
    probes = replace(at.probes, link=structs.replace(at.probes.link, proxy="http://proxy:3128"))
    behind = LinkContext(at.memory, at.link, probes, at.settings)
    seen = [answering(at, alive("gateway"))]
    assert named(behind, *seen, silent(at, pages(silences=4, reason=reason))) == fault


def test_a_refusal_by_the_gateway_needs_its_echoes() -> None:
    at = judged_link()
    at.link.facts = FACTS
    seen = [
        silent(at, pages(name, reason=Reason.NETWORK_UNREACHABLE, refused_by="192.168.1.1"))
        for name in ("motcua", "dichvucong")
    ]
    assert not silence._is_refused_by_gateway(at, seen)


def test_silence_somewhere_names_no_party() -> None:
    assert (SILENT_SOMEWHERE.state, SILENT_SOMEWHERE.segment) == (State.UNKNOWN, None)
    assert SILENT_SOMEWHERE.symptom is Symptom.NOT_YET_MEASURED

"""Latency: which round trips speak in a round, and on which rung a link is then slow."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import FIXED, two_links
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    answering,
    echoes,
    judged_link,
    lookups,
    pages,
)
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track, Traffic
from thongsuot_agent.judge.observations import Observation, Observations, rung_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.latency import (
    _is_fresh,
    _latency_evidence,
    detect_latency,
    is_latency_measured,
    is_suspiciously_slow,
)
from thongsuot_agent.judge.symptoms.own_queue import CAUSE_UNKNOWN
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SINCE_NS = ns(500.0)


@pytest.mark.parametrize(
    ("target", "is_gateway"), [("gateway", True), ("far", False)], ids=["gateway", "anchor"]
)
def test_the_gateways_latest_round_trip_speaks_a_round_longer(
    target: str, is_gateway: bool
) -> None:
    memory = Memory(links={"fixed": LinkMemory(name="fixed")})
    at = LinkContext(memory, memory.links["fixed"], two_links().links["fixed"], Settings())
    track = Track(kind="icmp", target=target, family=Family.IP4)
    point = at.probes.point_of(track)
    assert point is not None
    assert point.is_gateway is is_gateway

    def speaks(age_s: float) -> bool:
        track.value_ns = SINCE_NS - ns(age_s)
        seen = Observation(track, point, rung_of(point, None), answered=True, silent=False)
        return _is_fresh(at, seen, Observations(SINCE_NS, (seen,)))

    assert speaks(1.0), "it was under way when the round began"
    assert speaks(at.probes.round_s + 1.0) is is_gateway
    assert not speaks(at.probes.round_s + 1.1)


@pytest.mark.parametrize(("usual_s", "beside_s"), [(None, 0.0), (0.02, 0.02)])
def test_evidence_of_a_slow_echo_states_the_limit(usual_s: float | None, beside_s: float) -> None:
    memory = Memory(links={"fixed": LinkMemory(name="fixed")})
    at = LinkContext(memory, memory.links["fixed"], two_links().links["fixed"], Settings())
    track = Track(kind="icmp", target="far", family=Family.IP4, value_s=0.3, usual_s=usual_s)
    point = at.probes.point_of(track)
    assert point is not None
    seen = Observation(track, point, rung_of(point, None), answered=True, silent=False)
    (evidence,) = _latency_evidence(at, [seen])
    assert (evidence.value, evidence.limit) == (0.3, at.settings.slow_excess_s + beside_s)


SLOW: Shown = {
    "learned": 9,
    "usual_s": 0.02,
    "value_s": 0.2,
    "value_ns": NOW_NS,
    "slow_since_ns": ago(30.0),
}


def slow(target: str, **shown: object) -> Track:
    return echoes(target, **SLOW | shown)


def fast(target: str, **shown: object) -> Track:
    return slow(target, value_s=0.03, slow_since_ns=None, **shown)


SINCE = NOW_NS - ns(1.0)


def round_at(at: LinkContext) -> Observations:
    del at
    return Observations(SINCE, ())


def said(at: LinkContext) -> tuple[State, Segment | None, Symptom] | None:
    suspicion = detect_latency(at, round_at(at))
    if suspicion is None:
        return None
    return suspicion.fault.state, suspicion.fault.segment, suspicion.fault.symptom


def slow_on(segment: Segment, symptom: Symptom) -> tuple[State, Segment, Symptom]:
    return State.DEGRADED, segment, symptom


LAN = slow_on(Segment.LAN, Symptom.LAN_CONGESTED)
ACCESS = slow_on(Segment.ACCESS, Symptom.ACCESS_SLOW)
CARRIER = slow_on(Segment.CARRIER, Symptom.CARRIER_SLOW)
TRANSIT = slow_on(Segment.TRANSIT, Symptom.TRANSIT_SLOW)


@pytest.mark.parametrize(
    ("slow_ones", "fast_ones", "expected"),
    [
        (("zone", "far"), ("gateway",), ACCESS),
        (("gateway", "zone", "far"), (), LAN),
        (("zone", "far"), (), ACCESS),
        (("zone",), ("gateway",), ACCESS),
        (("zone", "far"), ("gateway", "access-fixed"), CARRIER),
        (("zone",), ("gateway", "access-fixed"), None),
        (("zone", "far"), ("access-fixed", "core-fixed"), TRANSIT),
        (("core-fixed", "zone", "far"), ("access-fixed",), CARRIER),
        (("access-fixed", "zone"), ("core-fixed",), None),
        (("abroad", "far"), ("zone", "exchange", "core-fixed"), TRANSIT),
        (("zone", "exchange"), ("abroad", "far"), TRANSIT),
        (("abroad",), ("zone", "exchange"), None),
        (("abroad", "zone"), ("far", "exchange"), None),
        (("abroad", "far", "core-fixed"), ("zone", "exchange"), None),
        (("abroad", "far"), ("zone",), TRANSIT),
        (("gateway",), ("zone",), None),
        (("gateway",), (), None),
        ((), ("gateway", "zone"), None),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_the_rung_after_the_last_fast_one_is_slow(
    slow_ones: tuple[str, ...],
    fast_ones: tuple[str, ...],
    expected: tuple[State, Segment, Symptom] | None,
) -> None:
    at = judged_link(*map(slow, slow_ones), *map(fast, fast_ones))
    at.link.boxes["box"] = Traffic()  # it says that no queue is the site's own
    assert said(at) == expected


@pytest.mark.parametrize(
    ("shown", "is_slow"),
    [
        ({"value_s": 0.17 + 1e-9}, True),
        ({"value_s": 0.17 - 1e-9}, False),
        ({"learned": 4}, False),
        ({"learned": 5}, True),
        ({"learned": 0, "value_s": 0.4}, False),
        ({"learned": 0, "value_s": 0.4 + 1e-9}, True),
        ({"value_s": None}, False),
    ],
    ids=[
        "150 ms above the usual",
        "not so much above it",
        "not learned yet",
        "learned of five",
        "400 ms",
        "above 400 ms, whatever is usual",
        "nothing measured",
    ],
)
def test_an_echo_is_slow_compared_with_its_usual_time_or_beyond_any_plausible_time(
    shown: Shown, *, is_slow: bool
) -> None:
    at = judged_link()
    assert is_suspiciously_slow(at, answering(at, slow("zone", **shown))) is is_slow


def test_echoes_from_abroad_are_compared_with_their_usual_time_only_and_lookups_never() -> None:
    at = judged_link()
    assert not is_suspiciously_slow(at, answering(at, slow("far", learned=0, value_s=0.5)))
    assert is_suspiciously_slow(at, answering(at, slow("far", value_s=0.5)))
    assert not is_suspiciously_slow(at, answering(at, lookups("zone", **SLOW | {"value_s": 9.0})))


@pytest.mark.parametrize(
    ("track", "is_measured"),
    [
        (slow("zone", value_ns=SINCE), True),
        (slow("zone", value_ns=SINCE - ns(0.2)), True),
        (slow("zone", value_ns=SINCE - ns(0.2) - 1), False),
        (slow("gateway"), False),
        (slow("gone"), False),
        (slow("zone", value_ns=None), False),
        (lookups("zone", **SLOW), False),
    ],
    ids=[
        "in the round",
        "back in it",
        "before it",
        "the gateway",
        "asked no more",
        "never",
        "a lookup",
    ],
)
def test_a_round_measures_latency_by_an_echo_beyond_the_site(
    track: Track, *, is_measured: bool
) -> None:
    at = judged_link(track)
    assert is_latency_measured(at, round_at(at)) is is_measured


def quick_lookup(target: str = "resolver", **shown: object) -> Track:
    of_lookup: Shown = {"value_s": 0.05, "usual_s": 0.04, "value_ns": NOW_NS}
    return lookups(target, **of_lookup | shown)


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (quick_lookup(), None),
        (quick_lookup(value_s=0.115 - 1e-9), None),
        (quick_lookup(value_s=0.115 + 1e-9), ACCESS),
        (quick_lookup(value_ns=SINCE), None),
        (quick_lookup(value_ns=SINCE - 1), ACCESS),
        (quick_lookup(usual_s=None), ACCESS),
        (quick_lookup(value_s=None), ACCESS),
        (quick_lookup(family=Family.IP6), ACCESS),
        (quick_lookup("gone"), ACCESS),
    ],
    ids=[
        "as quick as ever",
        "a little slower",
        "slower by 75 ms",
        "when the round began",
        "before the round",
        "nothing is usual",
        "none answered",
        "in the other family",
        "asked no more",
    ],
)
def test_quick_lookups_beyond_the_rung_refute_slow_echoes(
    lookup: Track, expected: tuple[State, Segment, Symptom] | None
) -> None:
    at = judged_link(slow("zone"), slow("far"), fast("gateway"), lookup)
    at.link.boxes["box"] = Traffic()
    assert said(at) == expected


def test_quick_lookups_to_the_carriers_name_server_say_nothing_of_what_lies_beyond() -> None:
    tracks = slow("zone"), slow("far"), fast("core-fixed")
    assert said(judged_link(*tracks, quick_lookup())) == TRANSIT
    assert said(judged_link(*tracks, quick_lookup("zone"))) is None


def test_lookups_say_nothing_of_the_sites_own_network() -> None:
    at = judged_link(slow("gateway"), slow("zone"), slow("far"), quick_lookup())
    assert said(at) == LAN


def test_slow_echoes_are_refuted_only_by_quick_lookups_in_every_slow_family() -> None:
    both = [slow(t, family=f) for t in ("zone", "far") for f in (Family.IP4, Family.IP6)]
    at = judged_link(*both, quick_lookup())
    at.link.boxes["box"] = Traffic()
    assert said(at) == ACCESS
    at = judged_link(*both, quick_lookup(), quick_lookup(family=Family.IP6))
    assert said(at) is None


def test_a_link_is_slow_since_the_first_run_that_shows_it() -> None:
    at = judged_link(
        slow("zone", slow_since_ns=ago(30.0)),
        slow("far", slow_since_ns=ago(40.0)),
        slow("access-fixed", slow_since_ns=ago(90.0)),
        fast("core-fixed"),
    )
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    assert suspicion.onset_ns == ago(40.0), "what lies nearer is not blamed"
    at = judged_link(slow("zone"), slow("far", slow_since_ns=ago(40.0)), fast("gateway"))
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    assert suspicion.onset_ns == ago(40.0)
    at = judged_link(*(slow(target, slow_since_ns=None) for target in ("zone", "far")))
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    assert suspicion.onset_ns == SINCE


def test_pages_that_are_quick_refute_echoes_that_are_slow_beyond_the_carrier_alone() -> None:
    page = pages("motcua", value_s=0.9, value_ns=NOW_NS, usual_s=0.2)
    assert said(judged_link(slow("zone"), slow("far"), fast("core-fixed"), page)) is None
    at = judged_link(slow("zone"), slow("far"), fast("gateway"), page)
    at.link.boxes["box"] = Traffic()
    assert said(at) == ACCESS


BUSY = Traffic(read_ns=NOW_NS, from_ns=ago(60.0), down_bits_per_second=9e6, down_peak=9e6)


def test_a_queue_caused_by_the_site_is_its_own_unless_it_lies_beyond_the_carrier() -> None:
    at = judged_link(slow("zone"), slow("far"), fast("gateway"))
    at.link.traffic = BUSY
    assert said(at) == LAN
    at = judged_link(slow("zone"), slow("far"), fast("core-fixed"))
    at.link.traffic = BUSY
    assert said(at) == TRANSIT


def test_evidence_of_the_sites_queue_includes_the_load_of_its_box() -> None:
    link = structs.replace(FIXED, contract_down_bits_per_second=10e6)
    site = two_links(links=(link,))
    at = judged_link(slow("zone"), slow("far"), fast("gateway"), site_probes=site)
    at.link.boxes["box"] = Traffic(read_ns=NOW_NS, down_bits_per_second=9e6)
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    assert suspicion.fault.segment is Segment.LAN
    assert [entry.target for entry in suspicion.evidence] == ["box", "gateway", "far", "zone"]


@pytest.mark.parametrize(
    ("segment", "slow_ones", "fast_ones"),
    [
        (Segment.ACCESS, ("zone", "far"), ("gateway",)),
        (Segment.CARRIER, ("zone", "far"), ("access-fixed",)),
    ],
)
def test_without_a_box_a_queue_on_the_line_stays_undecided(
    segment: Segment, slow_ones: tuple[str, ...], fast_ones: tuple[str, ...]
) -> None:
    at = judged_link(*map(slow, slow_ones), *map(fast, fast_ones))
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    assert suspicion.fault.segment is segment
    assert not suspicion.is_ripe, "it looks steady, and not for long enough"
    at.link.slow.is_pending = True
    for track in at.link.tracks.values():
        if track.target in slow_ones:
            track.value_s = 0.9
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    assert suspicion.fault == CAUSE_UNKNOWN
    assert suspicion.is_ripe


def ripe(at: LinkContext) -> bool:
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    return suspicion.is_ripe


def test_slowness_is_not_ripe_before_the_counters_cover_its_time() -> None:
    at = judged_link(slow("zone"), slow("far"), fast("core-fixed"))
    assert ripe(at)
    at.link.traffic = Traffic(read_ns=NOW_NS, from_ns=ago(30.0, 1))
    assert not ripe(at)
    at.link.traffic = Traffic(read_ns=NOW_NS, from_ns=ago(30.0))
    assert ripe(at)


@pytest.mark.parametrize(
    ("lower", "is_ripe"),
    [
        (fast("access-fixed", value_ns=SINCE - ns(1.0)), True),
        (fast("access-fixed", value_ns=SINCE - ns(1.0) - 1), False),
        (fast("access-fixed", value_ns=SINCE - ns(9.0), silences=1), True),
        (fast("access-fixed", value_ns=None), True),
        (fast("zone", value_ns=SINCE - ns(9.0)), True),
    ],
    ids=[
        "it was just under way",
        "it was not asked",
        "it is silent",
        "it was never measured",
        "it lies no lower",
    ],
)
def test_slowness_is_not_ripe_while_a_lower_rung_was_not_measured(
    lower: Track, *, is_ripe: bool
) -> None:
    at = judged_link(slow("exchange"), slow("far"), slow("abroad"), fast("core-fixed"), lower)
    assert ripe(at) is is_ripe


def test_evidence_is_in_the_order_of_the_ladder() -> None:
    at = judged_link(slow("zone"), slow("far"), fast("gateway"), fast("core-fixed"))
    suspicion = detect_latency(at, round_at(at))
    assert suspicion is not None
    assert [entry.target for entry in suspicion.evidence] == [
        "gateway",
        "core-fixed",
        "far",
        "zone",
    ]

"""Latency: which round trips speak in a round."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.observations import Observation, Observations, rung_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.latency import _is_fresh, _latency_evidence
from thongsuot_schema.result import Family

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
def test_evidence_says_beyond_which_round_trip_an_echo_is_slow(
    usual_s: float | None, beside_s: float
) -> None:
    memory = Memory(links={"fixed": LinkMemory(name="fixed")})
    at = LinkContext(memory, memory.links["fixed"], two_links().links["fixed"], Settings())
    track = Track(kind="icmp", target="far", family=Family.IP4, value_s=0.3, usual_s=usual_s)
    point = at.probes.point_of(track)
    assert point is not None
    seen = Observation(track, point, rung_of(point, None), answered=True, silent=False)
    (evidence,) = _latency_evidence(at, [seen])
    assert (evidence.value, evidence.limit) == (0.3, at.settings.slow_excess_s + beside_s)

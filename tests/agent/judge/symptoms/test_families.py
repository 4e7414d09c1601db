"""One family is dead while the other reaches what both should."""

import pytest

from tests.agent.judge.link_cases import (
    Shown,
    ago,
    answering,
    echoes,
    fault,
    held,
    judged_link,
    lookups,
    pages,
    round_of,
    silent,
)
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.observations import Observation, SilenceCandidate
from thongsuot_agent.judge.symptoms.families import dead_family, dead_family_of
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

IP4, IP6 = Family.IP4, Family.IP6
QUIET: Shown = {"silences": 3, "silent_since_ns": ago(10.0), "answered_ns": ago(15.0)}


def alive(target: str, family: Family = IP4, answered_s: float = 0.5) -> Track:
    return echoes(target, family=family, answered_ns=ago(answered_s))


def found(
    answered: list[tuple[str, Family]], lost: list[tuple[str, Family]], answered_s: float = 0.5
) -> tuple[LinkContext, SilenceCandidate | None]:
    at = judged_link()
    seen: list[Observation] = [
        answering(at, alive(target, family, answered_s)) for target, family in answered
    ]
    seen += [silent(at, echoes(target, family=family, **QUIET)) for target, family in lost]
    return at, dead_family(at, round_of(*seen))


def on(family: Family, *targets: str) -> list[tuple[str, Family]]:
    return [(target, family) for target in targets]


WAY = ("access-fixed", "core-fixed", "zone", "far")


@pytest.mark.parametrize(
    ("answered", "lost", "symptom", "segment"),
    [
        (on(IP4, "gateway", *WAY), on(IP6, *WAY), Symptom.IPV6_DOWN, Segment.ACCESS),
        (on(IP6, "gateway", *WAY), on(IP4, *WAY), Symptom.IPV4_DOWN, Segment.ACCESS),
        (
            on(IP4, *WAY) + on(IP6, "access-fixed"),
            on(IP6, "core-fixed", "zone", "far"),
            Symptom.IPV6_DOWN,
            Segment.CARRIER,
        ),
        (
            on(IP4, *WAY) + on(IP6, "gateway"),
            on(IP6, *WAY),
            Symptom.IPV6_DOWN,
            Segment.ACCESS,
        ),
        (on(IP4, *WAY), on(IP6, "gateway", *WAY), Symptom.IPV6_DOWN, Segment.LAN),
    ],
    ids=["IPv6", "IPv4", "from the core on", "beyond the gateway", "its gateway is silent too"],
)
def test_a_family_is_down_from_the_rung_after_its_last_that_answers(
    answered: list[tuple[str, Family]],
    lost: list[tuple[str, Family]],
    symptom: Symptom,
    segment: Segment,
) -> None:
    _, candidate = found(answered, lost)
    assert candidate is not None
    assert candidate.fault == fault(symptom, segment)
    assert candidate.is_ripe
    assert {observation.track.family for observation in candidate.silent} == {lost[0][1]}


@pytest.mark.parametrize(
    ("answered", "lost"),
    [
        (on(IP4, *WAY), on(IP6, "zone")),
        (on(IP4, "gateway"), on(IP6, "zone", "far")),
        (on(IP4, "zone", "far") + on(IP6, "exchange"), on(IP6, "zone", "far")),
        (on(IP4, "access-fixed") + on(IP6, "access-fixed"), on(IP6, "zone", "far")),
    ],
    ids=["one is silent", "only the gateway answers", "as far out", "no farther"],
)
def test_a_family_is_not_down_where_the_other_reaches_no_farther(
    answered: list[tuple[str, Family]], lost: list[tuple[str, Family]]
) -> None:
    assert found(answered, lost)[1] is None


def test_a_page_over_one_family_beside_echoes_over_the_other_compares_no_families() -> None:
    at = judged_link()
    page = answering(at, pages(family=IP6, answered_ns=ago(0.5)))
    lost = [silent(at, echoes(target, **QUIET)) for target in ("zone", "far")]
    assert dead_family(at, round_of(page, *lost)) is None
    lookup = answering(at, lookups("zone", family=IP6, answered_ns=ago(0.5)))
    lost.append(silent(at, lookups("zone", **QUIET)))
    assert dead_family(at, round_of(page, lookup, *lost)) is not None


@pytest.mark.parametrize(("answered_s", "is_ripe"), [(9.5, True), (9.500000001, False)])
def test_the_other_family_has_to_answer_half_a_second_after_the_silence_began(
    answered_s: float, *, is_ripe: bool
) -> None:
    _, candidate = found(on(IP4, *WAY), on(IP6, *WAY), answered_s)
    assert candidate is not None
    assert candidate.is_ripe is is_ripe


def test_a_dead_family_is_not_ripe_before_every_living_target_of_it_was_probed() -> None:
    at = judged_link(echoes("abroad", family=IP6, answered_ns=ago(20.0)))
    seen = [answering(at, alive(target)) for target in WAY]
    seen += [silent(at, echoes(target, family=IP6, **QUIET)) for target in WAY]
    candidate = dead_family(at, round_of(*seen))
    assert candidate is not None
    assert not candidate.is_ripe


def test_a_gateway_that_never_answered_in_the_family_is_not_a_fault_of_the_site() -> None:
    at = judged_link()
    seen = [answering(at, alive(target)) for target in WAY]
    seen += [silent(at, echoes(target, family=IP6, **QUIET)) for target in WAY]
    never = QUIET | {"answered_ns": None}
    seen.append(silent(at, echoes("gateway", family=IP6, **never)))
    candidate = dead_family(at, round_of(*seen))
    assert candidate is not None
    assert candidate.fault.segment is Segment.ACCESS


@pytest.mark.parametrize(
    ("symptom", "family"),
    [
        (Symptom.IPV4_DOWN, IP4),
        (Symptom.IPV6_DOWN, IP6),
        (Symptom.ACCESS_SILENT, None),
    ],
)
def test_the_dead_family_follows_from_the_reported_symptom(
    symptom: Symptom, family: Family | None
) -> None:
    assert dead_family_of(LinkMemory(name="fixed", silence=held(symptom))) is family
    assert dead_family_of(LinkMemory(name="fixed")) is None

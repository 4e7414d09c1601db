"""Which part of the world is silent, and how many have to be before a carrier is told."""

import pytest

from tests.agent.judge.link_cases import (
    Shown,
    add_link,
    ago,
    answering,
    echoes,
    judged_link,
    lookups,
    pages,
    round_of,
    silent,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import SilenceCandidate
from thongsuot_agent.judge.symptoms.partial import (
    DOMESTIC_SILENT,
    FOREIGN_SILENT,
    PARTIAL_OUTAGE,
    partial_outage,
)
from thongsuot_schema.result import Family

QUIET: Shown = {"silences": 3, "silent_since_ns": ago(10.0), "answered_ns": ago(15.0)}


def found(
    lost: tuple[str, ...],
    alive: tuple[str, ...],
    elsewhere: tuple[Track, ...] = (),
    *,
    unasked: tuple[str, ...] = (),
) -> SilenceCandidate | None:
    at = judged_link(*(echoes(target, answered_ns=ago(1.0)) for target in unasked))
    add_link(at.memory, "mobile", elsewhere)
    seen = [silent(at, echoes(target, **QUIET)) for target in lost]
    seen += [answering(at, echoes(target, answered_ns=ago(1.0))) for target in alive]
    return partial_outage(at, round_of(*seen))


@pytest.mark.parametrize(
    ("lost", "alive", "expected"),
    [
        (("abroad", "far"), ("zone", "exchange"), FOREIGN_SILENT),
        (("zone", "exchange"), ("abroad", "far"), DOMESTIC_SILENT),
        (("abroad", "far"), ("zone",), FOREIGN_SILENT),
        (("abroad",), ("zone", "exchange"), None),
        (("abroad", "zone"), ("far", "exchange"), PARTIAL_OUTAGE),
        (("abroad", "zone"), ("far", "exchange", "core-fixed"), PARTIAL_OUTAGE),
        (("abroad", "far"), ("access-fixed", "core-fixed"), None),
        (("abroad", "far"), ("access-fixed", "core-fixed", "gateway"), None),
        (("core-fixed", "abroad"), ("zone", "exchange"), PARTIAL_OUTAGE),
        ((), ("zone", "far"), None),
        (("access-fixed", "abroad"), ("zone", "exchange", "far"), None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_part_of_the_world_is_silent_where_the_rest_answers(
    lost: tuple[str, ...], alive: tuple[str, ...], expected: Diagnosis | None
) -> None:
    candidate = found(lost, alive)
    assert (None if candidate is None else candidate.fault) == expected
    if candidate is not None:
        assert candidate.is_ripe
        assert {observation.point.target for observation in candidate.silent} == set(lost)


@pytest.mark.parametrize(
    ("elsewhere", "is_told"),
    [
        ((echoes("abroad", silent_ns=ago(10.0)),), False),
        ((echoes("abroad", silent_ns=ago(10.0, 1)),), True),
        ((echoes("abroad", answered_ns=ago(1.0)),), True),
        ((echoes("far", silent_ns=ago(1.0)),), True),
        ((), True),
    ],
    ids=["silent there", "silent there before", "answers there", "of another", "not asked there"],
)
def test_a_target_that_no_link_reaches_is_dead_itself(
    elsewhere: tuple[Track, ...], *, is_told: bool
) -> None:
    candidate = found(("abroad", "zone"), ("far", "exchange"), elsewhere)
    assert (candidate is not None) is is_told


def test_a_side_that_was_not_wholly_asked_is_not_ripe() -> None:
    candidate = found(("abroad", "far"), ("zone",), unasked=("exchange",))
    assert candidate is not None
    assert not candidate.is_ripe
    candidate = found(("abroad", "far"), ("zone",), unasked=("access-fixed",))
    assert candidate is not None
    assert candidate.is_ripe, "what lies nearer need not be asked"


def test_a_target_that_answers_by_another_kind_or_family_is_not_silent() -> None:
    at = judged_link()
    seen = [silent(at, echoes(target, **QUIET)) for target in ("abroad", "zone")]
    seen += [answering(at, echoes(target, answered_ns=ago(1.0))) for target in ("far", "exchange")]
    assert partial_outage(at, round_of(*seen)) is not None
    seen.append(answering(at, lookups("zone", answered_ns=ago(1.0))))
    assert partial_outage(at, round_of(*seen)) is None
    seen[-1] = answering(at, echoes("zone", family=Family.IP6, answered_ns=ago(1.0)))
    assert partial_outage(at, round_of(*seen)) is None


def test_a_kind_that_nobody_so_far_out_answers_is_filtered_on_the_way() -> None:
    at = judged_link()
    seen = [silent(at, echoes(target, **QUIET)) for target in ("abroad", "far")]
    seen.append(answering(at, lookups("zone", answered_ns=ago(1.0))))
    assert partial_outage(at, round_of(*seen)) is None
    seen.append(answering(at, echoes("core-fixed", answered_ns=ago(1.0))))
    assert partial_outage(at, round_of(*seen)) is None
    seen.append(answering(at, echoes("exchange", answered_ns=ago(1.0))))
    assert partial_outage(at, round_of(*seen)) is not None


@pytest.mark.parametrize(
    ("alive", "is_told"),
    [
        (("far", "exchange"), True),
        (("far", "exchange", "abroad"), False),
        (("far", "exchange", "resolver"), False),
        (("far", "exchange", "access-fixed", "gateway"), True),
    ],
    ids=["three", "four", "one of them no farther than the nearest", "three so far out"],
)
def test_two_dead_anchors_are_no_outage_where_more_than_three_witnesses_answer(
    alive: tuple[str, ...], *, is_told: bool
) -> None:
    """All services together count as one witness."""
    at = judged_link()
    seen = [silent(at, echoes(target, **QUIET)) for target in ("core-fixed", "zone")]
    seen += [answering(at, echoes(target, answered_ns=ago(1.0))) for target in alive]
    seen += [answering(at, pages(name, answered_ns=ago(1.0))) for name in ("motcua", "dichvucong")]
    assert (partial_outage(at, round_of(*seen)) is not None) is is_told

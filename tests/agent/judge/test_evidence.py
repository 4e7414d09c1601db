"""Evidence: which series a verdict shows, in which order, and what they had done in the round."""

import pytest

from tests.agent.judge.link_cases import (
    Shown,
    add_link,
    answering,
    echoes,
    judged_link,
    lookups,
    round_of,
    silent,
)
from thongsuot_agent.judge.evidence import gather_evidence
from thongsuot_agent.judge.memory import RoundCounts, Track
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

FAILING: Shown = {"failures": 2, "reason": Reason.TIMED_OUT}


def test_the_lowest_rung_comes_first_then_target_kind_and_family() -> None:
    at = judged_link()
    seen = [
        answering(at, track)
        for track in (
            lookups("zone"),
            echoes("zone", family=Family.IP6),
            echoes("zone"),
            echoes("far"),
            echoes("gateway"),
            echoes("core-fixed"),
        )
    ]
    shown = gather_evidence(at, round_of(*seen))
    assert [(each.segment, each.target, each.kind, each.family) for each in shown] == [
        (Segment.LAN, "gateway", "icmp", Family.IP4),
        (Segment.CARRIER, "core-fixed", "icmp", Family.IP4),
        (Segment.TRANSIT, "far", "icmp", Family.IP4),
        (Segment.TRANSIT, "zone", "dns", Family.IP4),
        (Segment.TRANSIT, "zone", "icmp", Family.IP4),
        (Segment.TRANSIT, "zone", "icmp", Family.IP6),
    ]
    assert {each.link for each in shown} == {""}


@pytest.mark.parametrize(
    ("track", "outcome", "reason"),
    [
        (echoes("zone", **FAILING), Outcome.FAILED, Reason.TIMED_OUT),
        (echoes("zone", **FAILING | {"failures": 0}), Outcome.OK, None),
    ],
)
def test_evidence_shows_the_latest_outcome_of_a_series_and_the_counts_of_its_round(
    track: Track, outcome: Outcome, reason: Reason | None
) -> None:
    at = judged_link()
    track.tally = RoundCounts(ok=3, failed=2, unmeasured=1)
    (shown,) = gather_evidence(at, round_of(answering(at, track)))
    assert (shown.outcome, shown.reason) == (outcome, reason)
    assert (shown.ok, shown.failed, shown.unmeasured) == (3, 2, 1)


def test_each_working_link_is_shown_once_for_targets_silent_here() -> None:
    at = judged_link()
    add_link(
        at.memory,
        "mobile",
        [
            echoes("zone", **FAILING),
            echoes("far"),
            echoes("exchange"),
            echoes("gateway"),
            Track(kind="http", target="zone", family=Family.IP4),
        ],
    )
    add_link(at.memory, "unknown", [echoes("zone")]).known = False
    seen = [
        silent(at, echoes("zone")),
        silent(at, lookups("zone")),
        silent(at, echoes("far", family=Family.IP6)),
        silent(at, echoes("gateway")),
        answering(at, echoes("exchange")),
    ]
    shown = [each for each in gather_evidence(at, round_of(*seen)) if each.link]
    assert [(each.link, each.target, each.kind) for each in shown] == [
        ("mobile", "far", "icmp"),
        ("mobile", "zone", "icmp"),
    ]
    assert [each.outcome for each in shown] == [Outcome.OK, Outcome.FAILED]
    assert {each.segment for each in shown} == {Segment.TRANSIT}


def test_evidence_is_limited_to_twenty_series_of_the_link_and_eight_of_others() -> None:
    at = judged_link()
    for number in range(9):
        add_link(at.memory, f"other{number}", [echoes("zone")])
    gone = silent(at, echoes("zone"))
    near = answering(at, echoes("gateway"))
    shown = gather_evidence(at, round_of(gone, *[near] * 20))
    assert [each.target for each in shown if not each.link] == ["gateway"] * 20
    assert [each.link for each in shown if each.link] == [f"other{number}" for number in range(8)]

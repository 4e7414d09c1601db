"""Echoes at two paces: the same share is lost of both, or the same number passes in a second."""

import pytest
from msgspec import structs

from tests.agent.judge.link_cases import NOW_NS, echoes, judged_link
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.loss_memory import TargetPace
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.symptoms import echo_limit
from thongsuot_agent.judge.symptoms.echo_limit import (
    CHANGED,
    TURN_S,
    TURNS,
    begin_pace_test,
    count_paced_echo,
    limit_of,
    pace_probes,
    take_echo_limits,
)
from thongsuot_agent.judge.symptoms.silence import GATEWAY_SILENT
from thongsuot_schema.result import Family

ANCHORS = ("access-fixed", "core-fixed", "resolver", "zone", "exchange", "abroad", "far")

Counts = tuple[int, int, int, int]
"""Sent and answered at the slow pace, sent and answered at the fast one."""


@pytest.mark.parametrize(
    ("counts", "limit_per_s"),
    [
        ([(50, 25, 150, 26)], 0.65),
        ([(50, 25, 150, 75)], None),
        ([(50, 50, 150, 60)], 1.5),
        ([(50, 25, 60, 26)], None),
        ([(50, 50, 150, 150)], None),
        ([(50, 25, 150, 26), (50, 50, 150, 150)], 0.65),
        ([(8, 4, 24, 4)], None),
        ([(50, 0, 150, 0)], None),
    ],
    ids=[
        "as many a second at either pace",
        "the same share of both",
        "at the slow pace it lets all pass",
        "the paces hardly differ",
        "none is lost",
        "one target is not limited",
        "too few to tell",
        "none is answered",
    ],
)
def test_an_echo_limit_is_the_same_number_of_answers_a_second_at_any_pace(
    counts: list[Counts], limit_per_s: float | None
) -> None:
    paces = [TargetPace(sent=[a, c], answered=[b, d]) for a, b, c, d in counts]
    found = limit_of(paces)
    assert found == (None if limit_per_s is None else pytest.approx(limit_per_s))


def link_in_test() -> LinkContext:
    at = judged_link(*(echoes(name, answered_ns=NOW_NS) for name in ANCHORS))
    begin_pace_test(at)
    return at


def pass_turns(at: LinkContext, *, passing: int) -> list[int]:
    """
    Let the test run, each target being sent an echo every five seconds and what is asked for.

    Of every turn, ``passing`` echoes of each target are answered. Returns what was asked a turn.
    """
    asked = [0] * TURNS
    begun_ns = at.memory.now_ns
    answered: dict[tuple[int, str], int] = {}

    def send(target: str, second: int) -> None:
        turn = second // int(TURN_S)
        key = (turn, target)
        answered[key] = answered.get(key, 0) + 1
        is_answered = answered[key] <= passing
        track = next(track for track in at.link.tracks.values() if track.target == target)
        point = at.probes.point_of(track)
        assert point is not None
        reachability = Reachability.ANSWERED if is_answered else Reachability.SILENT
        count_paced_echo(at, point, track, begun_ns + second * NS_PER_S, reachability)

    for second in range(int(TURN_S * TURNS)):
        at.memory.now_ns = begun_ns + second * NS_PER_S
        for probe in pace_probes(at):
            asked[second // int(TURN_S)] += 1
            send(probe.target, second)
        if second % 5 == 0:
            for target in ANCHORS:
                send(target, second)
    at.memory.now_ns = begun_ns + round((TURN_S * TURNS + echo_limit.LAST_ANSWER_S) * NS_PER_S)
    assert not pace_probes(at)
    return asked


def test_an_echo_limit_found_at_two_paces_is_reported_once() -> None:
    at = link_in_test()
    asked = pass_turns(at, passing=1)
    assert not any(asked[::2]), "in the slow turns the schedule is left alone"
    assert all(asked[1::2])
    assert at.link.pace_test.begun_ns is None, "it is over"
    ((link, per_second),) = (structs.astuple(limit) for limit in take_echo_limits(at.memory))
    assert (link, per_second) == (at.link.name, pytest.approx(len(ANCHORS) / TURN_S))
    assert not take_echo_limits(at.memory), "the same is no news"
    begin_pace_test(at)
    pass_turns(at, passing=1)
    assert not take_echo_limits(at.memory)
    at.link.pace_test.limit_per_s = per_second / CHANGED
    begin_pace_test(at)
    pass_turns(at, passing=1)
    assert take_echo_limits(at.memory)


def test_if_every_echo_is_answered_no_limit_is_found() -> None:
    at = link_in_test()
    pass_turns(at, passing=99)
    assert not take_echo_limits(at.memory)


def test_a_metered_link_is_never_asked_for_it_and_a_dead_one_no_longer() -> None:
    metered = judged_link(echoes("zone", answered_ns=NOW_NS), name="mobile")
    assert metered.probes.is_metered
    begin_pace_test(metered)
    assert metered.link.pace_test.begun_ns is None
    at = link_in_test()
    at.link.silence = FaultSlot(fault=GATEWAY_SILENT)
    assert not pace_probes(at)
    assert at.link.pace_test.begun_ns is None


def test_echoes_to_the_sites_own_router_are_not_counted() -> None:
    at = link_in_test()
    gateway = echoes("gateway", answered_ns=NOW_NS)
    point = at.probes.point_of(gateway)
    assert point is not None
    count_paced_echo(at, point, gateway, at.memory.now_ns, Reachability.SILENT)
    assert not at.link.pace_test.targets
    assert gateway.family is Family.IP4

"""Which probes a link requests, and why."""

import msgspec
import pytest

from tests.agent.judge.inventories import two_links
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    answering,
    echoes,
    held,
    judged_link,
    lookups,
    pages,
    silent,
)
from tests.agent.judge.matrix.test_equipment import equipped
from thongsuot_agent.judge import links
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import LinkEvent, LinkFacts, Tick
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.loss_memory import LossTest
from thongsuot_agent.judge.memory import FaultSlot, FlapState, LinkMemory, Memory, Round, Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.interface import CABLE_UNPLUGGED, NO_ROUTE4
from thongsuot_schema.result import Family, Result, Series, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

CABLE_BACK = FaultSlot(
    fault=CABLE_UNPLUGGED, onset_ns=NS_PER_S, is_pending=True, pending=None, rounds=1
)


def empty_round(silence: FaultSlot, burst_ns: int | None = None) -> LinkMemory:
    """Return a link after a round in which nobody was measured: no CPU, or no proof of its line."""
    link = LinkMemory(
        name="fixed",
        facts=LinkFacts(present=True, carrier=True, has_address4=True, has_route4=True),
        known=True,
        silence=silence,
        burst_ns=burst_ns,
        round=Round(opened_ns=10 * NS_PER_S, due_ns=11 * NS_PER_S, is_burst=True),
    )
    memory = Memory(now_ns=12 * NS_PER_S, links={"fixed": link})
    links.close_round(LinkContext(memory, link, two_links().links["fixed"], Settings()))
    return link


def test_a_pending_change_asks_again_after_a_round_without_any_measured_run() -> None:
    """Otherwise a cable that is back would stay unplugged until the agent restarts."""
    link = empty_round(CABLE_BACK)
    assert link.burst_ns is not None


def test_a_confirmed_fault_is_checked_by_the_regular_schedule() -> None:
    link = empty_round(FaultSlot(fault=CABLE_UNPLUGGED, onset_ns=NS_PER_S))
    assert link.round is not None
    assert not link.round.is_burst


def test_a_burst_that_was_asked_for_meanwhile_is_made() -> None:
    assert empty_round(FaultSlot(), burst_ns=12 * NS_PER_S).burst_ns == 12 * NS_PER_S
    assert empty_round(FaultSlot()).burst_ns is None


def test_a_modem_whose_session_is_lost_is_queried_at_once() -> None:
    probes = equipped()
    memory = Memory()

    def asked(event: LinkEvent | Tick | Result) -> bool:
        outcome = step(memory, event, probes, Settings())
        return any(probe.kind == "radio" for probe in outcome.confirmation_probes)

    raw_ip = LinkFacts(
        present=True, carrier=True, point_to_point=True, has_address4=True, has_route4=True
    )
    series = Series(kind="radio", link="mobile", target="", family=Family.NONE, revision=1)
    assert not asked(LinkEvent(boottime_ns=NS_PER_S, link="mobile", facts=raw_ip))
    assert not asked(Result(series=series, boottime_ns=4 * NS_PER_S, finding=ok_finding({})))
    lost = msgspec.structs.replace(raw_ip, carrier=False, has_address4=False, has_route4=False)
    assert asked(LinkEvent(boottime_ns=5 * NS_PER_S, link="mobile", facts=lost))
    assert not asked(Result(series=series, boottime_ns=6 * NS_PER_S, finding=ok_finding({})))
    assert not asked(Tick(boottime_ns=20 * NS_PER_S, wall_s=None))


def test_a_link_is_dead_while_its_interface_cannot_send() -> None:
    link = LinkMemory(name="fixed")
    assert not links.is_dead(link)
    link.facts_slot = FaultSlot(fault=CABLE_UNPLUGGED)
    assert links.is_dead(link)
    link.facts_slot = FaultSlot(fault=NO_ROUTE4)
    assert not links.is_dead(link), "it is only degraded"


@pytest.mark.parametrize(
    ("change", "echo", "page"),
    [
        ({}, False, False),
        ({"slow": held(Symptom.ACCESS_SLOW)}, True, True),
        ({"slow": FaultSlot(is_pending=True)}, True, True),
        ({"loss_test": LossTest(cusum_up=0.1)}, True, False),
        ({"loss_fault": held()}, True, True),
        ({"carried_fault": held()}, False, True),
        ({"flap_state": FlapState(active=True)}, False, True),
    ],
    ids=["well", "slow", "slow soon", "losing", "loss told", "carried loss told", "flapping"],
)
def test_values_of_a_disturbed_line_are_not_learned_as_usual(
    change: Shown, *, echo: bool, page: bool
) -> None:
    link = LinkMemory(name="fixed", **change)
    assert links.is_disturbed(link, echoes("zone", learned=5), Settings()) is echo
    assert links.is_disturbed(link, pages(), Settings()) is page
    is_slow = bool(link.slow.fault or link.slow.is_pending)
    assert links.is_disturbed(link, echoes("zone", learned=4), Settings()) is is_slow


def expects(at: LinkContext, track: Track, reachability: Reachability) -> bool:
    """Return whether a run fits what is believed: no burst is asked for."""
    observe = silent if reachability is Reachability.SILENT else answering
    links.request_burst_if_unexpected(at, observe(at, track), reachability)
    return at.link.burst_ns is None


ANSWERED, SILENT = Reachability.ANSWERED, Reachability.SILENT
OUT = held(Symptom.ACCESS_SILENT, Segment.ACCESS, State.DOWN)


@pytest.mark.parametrize(
    ("change", "track", "reachability", "is_expected"),
    [
        ({}, echoes("zone", silences=1), SILENT, False),
        ({}, echoes("zone", silences=1, known_unresponsive=True), SILENT, True),
        ({"silence": OUT}, echoes("zone", silences=1), SILENT, True),
        ({"silence": FaultSlot(is_pending=True)}, echoes("zone", silences=1), SILENT, True),
        ({"silence": OUT}, echoes("zone"), ANSWERED, False),
        ({"silence": OUT}, echoes("gateway"), ANSWERED, True),
        ({}, echoes("zone"), ANSWERED, True),
        ({}, echoes("zone", value_s=0.5, value_ns=5, answered_ns=5), ANSWERED, False),
        ({}, echoes("zone", value_s=0.5, value_ns=4, answered_ns=5), ANSWERED, True),
        (
            {"slow": held(Symptom.ACCESS_SLOW)},
            echoes("zone", value_s=0.5, value_ns=5, answered_ns=5),
            ANSWERED,
            True,
        ),
        (
            {"slow": FaultSlot(is_pending=True)},
            echoes("zone", value_s=0.5, value_ns=5, answered_ns=5),
            ANSWERED,
            True,
        ),
        ({}, lookups(failures=1), Reachability.INCONCLUSIVE, False),
        ({"silence": OUT}, lookups(failures=1), Reachability.INCONCLUSIVE, True),
        ({"resolver": FaultSlot(is_pending=True)}, lookups(failures=1), ANSWERED, True),
        ({"known": False}, echoes("zone"), ANSWERED, False),
        ({"known": False, "burst_ns": None}, echoes("gateway"), ANSWERED, False),
        (
            {"round": Round(opened_ns=1, due_ns=2, is_burst=False)},
            echoes("zone", silences=1),
            SILENT,
            False,
        ),
        (
            {"round": Round(opened_ns=1, due_ns=2, is_burst=True)},
            echoes("zone", silences=1),
            SILENT,
            True,
        ),
    ],
    ids=[
        "a silence",
        "of who is known to be silent",
        "of a link that is out",
        "of one that is being looked at",
        "an answer to a link that is out",
        "the gateway's answer to it",
        "an answer",
        "a slow answer",
        "a slow answer before it",
        "a slow answer on a slow link",
        "a slow answer on one that may be slow",
        "a lookup that fails",
        "a lookup that fails on a link that is out",
        "a lookup of a server that is being looked at",
        "an answer to a link of which nothing is known",
        "its gateway's answer",
        "a silence in a passive round",
        "a silence in a burst",
    ],
)
def test_a_run_that_does_not_fit_what_is_believed_asks_for_a_round(
    change: Shown, track: Track, reachability: Reachability, *, is_expected: bool
) -> None:
    at = judged_link()
    for name, value in change.items():
        setattr(at.link, name, value)
    assert expects(at, track, reachability) is is_expected


def test_consecutive_timeouts_beyond_the_site_are_counted_until_an_answer() -> None:
    at = judged_link()
    for target, count in (("zone", 1), ("gateway", 1), ("far", 2)):
        expects(at, echoes(target, silences=1), SILENT)
        assert at.link.consecutive_timeouts == count, target
    expects(at, echoes("gateway"), ANSWERED)
    assert at.link.consecutive_timeouts == 2
    expects(at, echoes("zone"), ANSWERED)
    assert at.link.consecutive_timeouts == 0
    expects(at, echoes("zone", silences=1, known_unresponsive=True), SILENT)
    assert at.link.consecutive_timeouts == 0


def test_a_burst_that_is_due_is_not_put_off() -> None:
    for burst_ns, expected_ns in ((NOW_NS, NOW_NS), (NOW_NS - 1, NOW_NS - 1), (NOW_NS + 1, NOW_NS)):
        at = judged_link()
        at.link.burst_ns = burst_ns
        expects(at, echoes("zone", silences=1), SILENT)
        assert at.link.burst_ns == expected_ns


@pytest.mark.parametrize(
    ("bursts", "since_s", "timeouts", "is_asked"),
    [
        (0, 0.1, 0, True),
        (1, 1.999, 0, False),
        (1, 2.0, 0, True),
        (3, 7.999, 0, False),
        (3, 8.0, 0, True),
        (16, 59.999, 0, False),
        (16, 60.0, 0, True),
        (1, 0.1, 2, False),
        (1, 0.1, 3, True),
    ],
    ids=[
        "none was in vain",
        "less than two seconds after one",
        "two seconds after one",
        "less than eight after three",
        "eight after three",
        "less than a minute after many",
        "a minute after many",
        "three time-outs in a row",
        "four time-outs in a row",
    ],
)
def test_after_bursts_in_vain_one_more_lost_run_is_not_worth_another(
    bursts: int, since_s: float, timeouts: int, *, is_asked: bool
) -> None:
    at = judged_link()
    at.link.inconclusive_bursts, at.link.inconclusive_ns = bursts, ago(since_s)
    at.link.consecutive_timeouts = timeouts
    assert expects(at, echoes("zone", silences=1), SILENT) is not is_asked


def test_more_silences_than_loss_explains_open_a_burst_despite_earlier_vain_ones() -> None:
    at = judged_link(echoes("far", silences=2))
    at.link.inconclusive_bursts, at.link.inconclusive_ns = 9, NOW_NS
    assert not expects(at, echoes("zone", silences=2), SILENT)


@pytest.mark.parametrize(
    ("since_s", "before", "after"), [(120.0, 3, 4), (120.1, 3, 1), (1.0, 16, 16), (1.0, 15, 16)]
)
def test_bursts_in_vain_are_counted_for_two_minutes(
    since_s: float, before: int, after: int
) -> None:
    at = judged_link()
    at.link.inconclusive_bursts, at.link.inconclusive_ns = before, ago(since_s)
    links._note_inconclusive_burst(at)
    assert (at.link.inconclusive_bursts, at.link.inconclusive_ns) == (after, NOW_NS)


@pytest.mark.parametrize(
    ("change", "heard_s", "is_known"),
    [
        ({}, 35.0, True),
        ({}, 35.1, False),
        ({"facts_slot": FaultSlot(fault=CABLE_UNPLUGGED)}, 99.0, True),
        ({"heard_ns": None}, None, True),
    ],
    ids=["heard in time", "not heard for too long", "a dead interface says how it is", "never"],
)
def test_nothing_is_known_of_a_link_that_was_not_measured_for_long(
    change: Shown, heard_s: float | None, *, is_known: bool
) -> None:
    """After four of its shortest intervals and fifteen seconds."""
    at = judged_link()
    at.link.heard_ns = None if heard_s is None else ago(heard_s)
    at.link.slow = held(Symptom.ACCESS_SLOW)
    for name, value in change.items():
        setattr(at.link, name, value)
    links.apply_elapsed_time(at)
    assert at.link.known is is_known
    assert (at.link.slow.fault is not None) is is_known


@pytest.mark.parametrize(
    ("is_active", "early_ns", "is_over"), [(True, 0, False), (True, 1, True), (False, 1, False)]
)
def test_flapping_that_is_over_was_over_since_the_last_silence(
    early_ns: int, *, is_active: bool, is_over: bool
) -> None:
    at = judged_link()
    at.link.flap_state = FlapState(active=is_active, starts=[1], silent_ns=ago(90.0, early_ns))
    links.apply_elapsed_time(at)
    assert at.link.clear_ns == (ago(90.0, early_ns) if is_over else 0)
    assert at.link.flap_state.active is (is_active and not is_over)

"""The walk through the links, with what is seen of them set by hand: cables right and wrong."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from thongsuot_agent.commissioning import steps
from thongsuot_agent.commissioning.sights import CounterSight, LinkSight, Sights
from thongsuot_agent.commissioning.steps import NS_PER_S, Change, RecordedEvent
from thongsuot_schema.commissioning.events import DatedEvent, EventCode, run_from_events
from thongsuot_schema.commissioning.run import (
    AttemptOutcome,
    CommissioningRun,
    CommissioningStep,
    LinkProof,
    LinkStage,
    shown_failure,
)

S = NS_PER_S
EPOCH_S = 1_796_000_000.0


class WalkedSite:
    """
    A site with two lines, or those named, and the run on it; time passes by hand.

    A line that is up is answered every two seconds.
    """

    def __init__(self, *links: str) -> None:
        self.now_ns = 100 * S
        self.names = links or ("fixed", "mobile")
        self.lost: dict[str, int] = {}
        self.up: dict[str, int] = dict.fromkeys(self.names, 10 * S)
        self.elsewhere: dict[str, int] = {}
        self.silent: set[str] = set()
        self.answers: dict[str, list[int]] = {name: [] for name in self.names}
        self.counter: CounterSight | None = None
        self.recorded: list[RecordedEvent] = []
        proofs = [LinkProof(link=name, circuit=f"HN-{name}") for name in self.names]
        self.run = self._kept(steps.begin("ab12", proofs, self.sights()))

    def _kept(self, change: Change) -> CommissioningRun:
        self.recorded += change.events
        return change.run

    def sights(self) -> Sights:
        return Sights(
            now_ns=self.now_ns,
            links=tuple(
                LinkSight(
                    name=name,
                    lost_ns=self.lost.get(name),
                    up_ns=None if name in self.lost else self.up.get(name),
                    elsewhere_ns=self.elsewhere.get(name),
                    answers_ns=tuple(self.answers[name]),
                    address="203.0.113.9",
                )
                for name in self.names
            ),
            wall_s=lambda at_ns: EPOCH_S + at_ns / S,
            counter=self.counter,
        )

    def do(self, action: Callable[..., Change], *more: str) -> None:
        self.run = self._kept(action(self.run, *more, self.sights()))

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_ns += S
            for name in self.names:
                if name not in self.lost and name not in self.silent and self.now_ns % (2 * S) == 0:
                    self.answers[name].append(self.now_ns)
            self.do(steps.advance)

    def pull(self, *links: str) -> None:
        for name in links:
            self.lost[name] = self.now_ns
            self.up.pop(name)

    def plug(self, *links: str) -> None:
        for name in links:
            del self.lost[name]
            self.up[name] = self.now_ns

    def prove(self, link: str, read: str = "") -> None:
        assert self.run.current is not None
        assert self.run.current.link == link
        self.do(steps.ask_pull)
        self.wait(3)
        self.pull(link)
        self.wait(10)
        assert self.step() is CommissioningStep.RETURN
        self.plug(link)
        self.wait(5)
        assert self.step() is CommissioningStep.CIRCUIT
        self.do(steps.confirm_circuit, read)

    @property
    def codes(self) -> list[EventCode]:
        return [recorded.event.event for recorded in self.recorded]

    def step(self) -> CommissioningStep:
        return self.run.step

    def latest(self) -> EventCode:
        return self.recorded[-1].event.event

    def outcome(self) -> AttemptOutcome:
        failure = shown_failure(self.run)
        assert failure is not None
        assert self.step() is CommissioningStep.READY
        return failure.outcome


def test_a_correctly_cabled_site_is_proven_and_the_record_has_each_time() -> None:
    site = WalkedSite()
    site.prove("fixed")
    site.prove("mobile")
    site.do(steps.ask_counter)
    site.counter = CounterSight(expected=2, measured=1)
    site.wait(1)
    assert site.step() is CommissioningStep.MEASURING
    site.counter = CounterSight(expected=2, measured=2, opened=2, is_alive=True, link="fixed")
    site.wait(1)
    site.do(steps.finish)
    fixed, mobile = site.run.links
    assert {fixed.stage, mobile.stage} == {LinkStage.PROVEN}
    assert fixed.witnesses == ("mobile",)
    assert fixed.lost_s == EPOCH_S + 103
    assert fixed.returned_s == EPOCH_S + 113
    assert fixed.address == "203.0.113.9"
    assert site.run.is_complete
    read = run_from_events(
        DatedEvent(at_ns=round(EPOCH_S * S) + recorded.at_ns, event=recorded.event)
        for recorded in reversed(site.recorded)
    )
    assert read is not None
    assert set(read.links) == set(site.run.links)
    assert (read.is_complete, read.ended_s) == (True, site.run.ended_s)
    assert read.counter is not None
    assert (read.counter.open_services, read.counter.link) == (2, "fixed")


def test_planned_work_begins_before_the_cable_is_out_and_ends_when_all_answer_again() -> None:
    site = WalkedSite()
    site.prove("fixed")
    walked = [code for code in site.codes if code is not EventCode.LINK]
    assert walked == [
        EventCode.PULL_ASKED,
        EventCode.PULLED,
        EventCode.RETURNED,
        EventCode.SETTLED,
        EventCode.CIRCUIT_SAME,
    ]


def test_swapped_labels_are_reported_and_noted_and_no_link_counts_as_proven() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.pull("mobile")
    site.wait(9)
    assert site.step() is CommissioningStep.PULL, "others may fall with it"
    site.wait(3)
    assert site.outcome() is AttemptOutcome.OTHER_LOST
    site.plug("mobile")
    site.wait(1)
    site.do(steps.swap)
    assert [(proof.stage, proof.swapped_with) for proof in site.run.links] == [
        (LinkStage.SWAPPED, "mobile"),
        (LinkStage.SWAPPED, "fixed"),
    ]
    assert site.step() is CommissioningStep.COUNTER
    site.do(steps.finish)
    assert not site.run.is_complete


def test_a_wrong_cable_may_be_tried_again_and_the_right_one_proves() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.pull("mobile")
    site.wait(12)
    site.do(steps.ask_pull)
    assert site.step() is CommissioningStep.READY, "not while a line is down"
    assert steps.missing(site.run, site.sights()) == ("mobile",)
    site.plug("mobile")
    site.wait(1)
    site.prove("fixed")
    assert site.run.links[0].stage is LinkStage.PROVEN
    assert len(site.run.failures) == 1


def test_a_line_that_is_proven_already_was_only_pulled_by_mistake() -> None:
    site = WalkedSite()
    site.prove("fixed")
    site.do(steps.ask_pull)
    site.pull("fixed")
    site.wait(12)
    assert site.outcome() is AttemptOutcome.OTHER_LOST
    site.do(steps.swap)
    site.do(steps.skip, "fixed")
    assert [proof.stage for proof in site.run.links] == [LinkStage.PROVEN, LinkStage.UNTRIED]


def test_an_attempt_in_which_no_cable_was_pulled_proves_nothing() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.wait(119)
    assert site.step() is CommissioningStep.PULL
    site.wait(3)
    assert site.outcome() is AttemptOutcome.NOTHING_LOST
    assert site.latest() is EventCode.SETTLED


def test_a_cable_that_carries_both_lines_proves_neither() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.pull("fixed", "mobile")
    site.wait(12)
    assert site.outcome() is AttemptOutcome.SEVERAL_LOST
    failure = shown_failure(site.run)
    assert failure is not None
    assert failure.lost == ("fixed", "mobile")


def test_a_second_line_that_falls_a_moment_later_is_seen() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.pull("fixed")
    site.wait(3)
    site.pull("mobile")
    site.wait(12)
    assert site.outcome() is AttemptOutcome.SEVERAL_LOST


def test_a_line_that_does_not_answer_during_the_pull_is_no_witness() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.silent.add("mobile")
    site.pull("fixed")
    site.wait(80)
    assert site.step() is CommissioningStep.PULL
    site.wait(20)
    assert site.outcome() is AttemptOutcome.UNWITNESSED


def test_answers_from_before_the_pull_are_no_witness() -> None:
    site = WalkedSite()
    site.wait(20)
    site.do(steps.ask_pull)
    site.pull("fixed")
    site.silent.add("mobile")
    site.wait(10)
    assert site.step() is CommissioningStep.PULL
    site.silent.clear()
    site.wait(5)
    assert site.step() is CommissioningStep.RETURN


def test_a_line_that_does_not_come_back_is_reported_and_settles_when_it_does() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.pull("fixed")
    site.wait(10)
    site.wait(601)
    assert site.outcome() is AttemptOutcome.NOT_RETURNED
    assert site.run.links[0].lost_s is None
    assert site.latest() is EventCode.FAILED
    site.plug("fixed")
    site.wait(1)
    assert site.latest() is EventCode.SETTLED


def test_another_cable_that_is_pulled_at_the_return_is_reported() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.pull("fixed")
    site.wait(10)
    site.pull("mobile")
    site.wait(12)
    assert site.outcome() is AttemptOutcome.OTHER_LOST_AT_RETURN


def test_a_line_that_comes_back_by_another_router_is_not_proven() -> None:
    site = WalkedSite()
    site.do(steps.ask_pull)
    site.pull("fixed")
    site.wait(10)
    site.plug("fixed")
    site.elsewhere["fixed"] = site.now_ns
    site.wait(22)
    assert site.outcome() is AttemptOutcome.RETURNED_ELSEWHERE


@pytest.mark.parametrize("seconds", [1, 8], ids=["before it was seen to fall", "while it was out"])
def test_a_restart_in_the_middle_is_reported_and_what_was_proven_stays(seconds: int) -> None:
    site = WalkedSite()
    site.prove("fixed")
    site.do(steps.ask_pull)
    site.pull("mobile")
    site.wait(seconds)
    site.do(steps.interrupt)
    assert site.outcome() is AttemptOutcome.INTERRUPTED
    assert site.run.links[0].stage is LinkStage.PROVEN
    assert site.run.is_unsettled
    site.plug("mobile")
    site.wait(1)
    site.prove("mobile")
    assert site.run.proven == 2


def test_a_line_that_is_not_there_yet_holds_up_the_others_until_it_is_left_out() -> None:
    site = WalkedSite()
    site.pull("mobile")
    site.wait(1)
    site.do(steps.ask_pull)
    assert site.step() is CommissioningStep.READY
    site.do(steps.skip, "mobile")
    site.prove("fixed")
    assert site.step() is CommissioningStep.COUNTER
    assert [proof.stage for proof in site.run.links] == [LinkStage.PROVEN, LinkStage.SKIPPED]
    site.do(steps.finish)
    assert not site.run.is_complete


def test_a_single_line_is_proven_by_its_own_fall_and_return() -> None:
    site = WalkedSite("fixed")
    site.prove("fixed")
    assert site.run.links[0].stage is LinkStage.PROVEN
    assert site.run.links[0].witnesses == ()


def test_a_label_that_says_something_else_is_kept_as_it_is_read() -> None:
    site = WalkedSite("fixed")
    site.prove("fixed", "hn-FIXED ")
    assert site.run.links[0].is_circuit_same
    site = WalkedSite("fixed")
    site.prove("fixed", "HN-999")
    assert (site.run.links[0].circuit_read, site.run.links[0].is_circuit_same) == ("HN-999", False)
    site.counter = CounterSight(expected=1, measured=1, opened=1, is_alive=True)
    site.do(steps.ask_counter)
    site.wait(1)
    site.do(steps.finish)
    assert not site.run.is_complete


def test_a_counter_that_opens_nothing_in_a_minute_is_reported() -> None:
    site = WalkedSite("fixed")
    site.prove("fixed")
    site.counter = CounterSight(expected=2)
    site.do(steps.ask_counter)
    site.wait(59)
    assert site.step() is CommissioningStep.MEASURING
    site.wait(3)
    assert site.run.counter is not None
    assert (site.run.counter.is_alive, site.run.counter.services) == (False, 0)


def test_a_missing_address_is_waited_for_only_a_limited_time() -> None:
    site = WalkedSite("fixed")
    site.do(steps.ask_pull)
    site.pull("fixed")
    site.wait(6)
    site.plug("fixed")
    for waited in range(1, 14):
        site.now_ns += S
        site.answers["fixed"].append(site.now_ns)
        seen = site.sights()
        asked = tuple(replace(link, address="", is_address_pending=True) for link in seen.links)
        site.run = steps.advance(site.run, replace(seen, links=asked)).run
        assert (site.step() is CommissioningStep.CIRCUIT) == (waited >= 10)


def test_a_button_pressed_at_the_wrong_moment_changes_nothing() -> None:
    site = WalkedSite()
    before = site.run
    site.do(steps.swap)
    site.do(steps.confirm_circuit, "x")
    site.do(steps.ask_counter)
    site.do(steps.finish)
    site.do(steps.skip, "nothing")
    assert site.run == before
    site.do(steps.abandon)
    assert site.run.is_abandoned
    assert site.latest() is EventCode.ABANDONED

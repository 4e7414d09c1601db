"""Which plan is run, tried, refused: whatever happens in whatever order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.agent.siteplan.making import offer
from thongsuot_agent.siteplan import ledger as rules
from thongsuot_agent.siteplan.ledger import (
    PARDONS,
    REFUSED_KEPT,
    STARTS_UNPROVEN,
    Ground,
    Ledger,
)
from thongsuot_schema.siteplan.codec import Running, version_of
from thongsuot_schema.siteplan.model import Offer

FIRST, SECOND = offer(1), offer(2)


def good(one: Offer) -> Ledger:
    return rules.proven(rules.tried(Ledger(fingerprint="f"), one))


def test_what_has_proved_itself_is_run() -> None:
    ledger = good(FIRST)
    assert ledger.in_force == FIRST
    assert ledger.running == Running(version=version_of(FIRST))
    assert not ledger.wants(FIRST)
    assert ledger.wants(SECOND)


def test_what_is_tried_is_run_and_what_was_good_is_kept() -> None:
    ledger = rules.tried(good(FIRST), SECOND)
    assert (ledger.in_force, ledger.good) == (SECOND, FIRST)
    assert rules.proven(ledger).good == SECOND


def test_what_cut_the_agent_off_is_gone_back_from_and_not_tried_again() -> None:
    ledger = rules.rolled_back(rules.tried(good(FIRST), SECOND), Ground.CUT_OFF, "silence")
    assert (ledger.in_force, ledger.trial) == (FIRST, None)
    assert not ledger.wants(SECOND)
    assert ledger.running == Running(version=version_of(FIRST), refused=version_of(SECOND))
    # The same content made anew is another version, and so is what comes after.
    again = offer(3, bytes(SECOND.content))
    assert ledger.wants(again)
    after = rules.tried(ledger, again)
    assert after.running == Running(version=version_of(again)), "older refusals are past"


def test_an_agent_that_ends_on_probation_begins_with_what_was_good() -> None:
    ledger = rules.tried(good(FIRST), SECOND)
    for _ in range(STARTS_UNPROVEN - 1):
        ledger = rules.started(ledger, "f")
        assert ledger.in_force == FIRST
        assert ledger.wants(SECOND), "it may have been the power"
        ledger = rules.tried(ledger, SECOND)
    ledger = rules.started(ledger, "f")
    assert ledger.in_force == FIRST
    assert not ledger.wants(SECOND)
    assert ledger.refused[-1].ground is Ground.ENDED


def test_what_was_gone_back_from_may_come_again_where_that_did_not_help() -> None:
    ledger = rules.tried(good(FIRST), SECOND)
    for _ in range(PARDONS):
        ledger = rules.rolled_back(ledger, Ground.UNDECIDED, "silence")
        assert not ledger.wants(SECOND), "before a push has told"
        ledger = rules.decided(ledger, is_reached=False)
        assert ledger.undecided is None
        assert ledger.wants(SECOND)
        ledger = rules.tried(ledger, SECOND)
    assert rules.proven(ledger).pardoned is None
    ledger = rules.rolled_back(ledger, Ground.UNDECIDED, "silence")
    ledger = rules.decided(ledger, is_reached=False)
    assert not ledger.wants(SECOND)
    # Another version has chances of its own.
    third = rules.rolled_back(rules.tried(ledger, offer(3)), Ground.UNDECIDED, "silence")
    assert rules.decided(third, is_reached=False).wants(offer(3))


def test_what_was_gone_back_from_is_refused_where_that_helped() -> None:
    ledger = rules.rolled_back(rules.tried(good(FIRST), SECOND), Ground.UNDECIDED, "silence")
    ledger = rules.decided(ledger, is_reached=True)
    assert not ledger.wants(SECOND)
    assert (ledger.refused[-1].ground, ledger.refused[-1].reason) == (Ground.CUT_OFF, "silence")
    assert ledger.undecided is None


def test_what_another_plan_came_after_is_decided_by_that() -> None:
    ledger = rules.rolled_back(rules.tried(good(FIRST), SECOND), Ground.UNDECIDED, "silence")
    wrong = rules.refused(ledger, version_of(offer(3)), "wrong")
    assert wrong.undecided is not None
    told = Running(version=version_of(FIRST), refused=version_of(offer(3)))
    assert rules.decided(wrong, is_reached=True).running == wrong.running == told
    assert rules.decided(wrong, is_reached=False).wants(SECOND)
    ledger = rules.tried(wrong, offer(4))
    assert ledger.undecided is None
    assert not ledger.wants(SECOND)


def test_ends_under_one_plan_are_not_held_against_another() -> None:
    ledger = rules.started(rules.tried(good(FIRST), SECOND), "f")
    third = offer(3)
    ledger = rules.started(rules.tried(ledger, third), "f")
    assert ledger.unproven is not None
    assert (ledger.unproven.version, ledger.unproven.ends) == (version_of(third), 1)
    assert rules.proven(rules.tried(ledger, third)).unproven is None


def test_what_another_settings_file_found_wrong_may_come_again() -> None:
    ledger = rules.refused(good(FIRST), version_of(SECOND), "wrong")
    assert not rules.started(ledger, "f").wants(SECOND)
    assert rules.started(ledger, "other").wants(SECOND)
    cut = rules.rolled_back(rules.tried(good(FIRST), SECOND), Ground.CUT_OFF, "silence")
    assert not rules.started(cut, "other").wants(SECOND)


def test_a_good_plan_that_does_not_fit_any_more_is_not_run() -> None:
    ledger = rules.refused(good(FIRST), version_of(FIRST), "no such link")
    assert ledger.in_force is None
    assert ledger.running == Running(refused=version_of(FIRST))


def test_refusals_are_bounded_and_each_version_stands_once() -> None:
    ledger = Ledger()
    for number in range(1, 3 * REFUSED_KEPT):
        ledger = rules.refused(ledger, version_of(offer(number)), "x" * 5000)
        ledger = rules.refused(ledger, version_of(offer(number)), "again")
    assert len(ledger.refused) == REFUSED_KEPT
    assert ledger.refused[-1].reason == "again"


def test_a_disk_that_takes_files_again_is_given_the_plan_again() -> None:
    ledger = rules.refused(good(FIRST), version_of(SECOND), "full", Ground.NOT_KEPT)
    assert not ledger.wants(SECOND)
    assert rules.relieved(ledger).wants(SECOND)


class Life(RuleBasedStateMachine):
    """An agent's life: offers, proofs, cuts, power cuts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(fingerprint="f")
        self.proved: list[Offer] = []
        self.failed: set[str] = set()

    @rule(number=st.integers(1, 6))
    def is_offered(self, number: int) -> None:
        one = offer(number)
        if self.ledger.trial is None and self.ledger.wants(one):
            assert version_of(one) not in self.failed
            self.ledger = rules.tried(self.ledger, one)

    @rule(number=st.integers(1, 6))
    def is_found_wrong(self, number: int) -> None:
        one = offer(number)
        if self.ledger.trial is None and self.ledger.wants(one):
            self.ledger = rules.refused(self.ledger, version_of(one), "wrong")
            self.failed.add(version_of(one))

    @precondition(lambda self: self.ledger.trial is not None)
    @rule()
    def is_acknowledged(self) -> None:
        assert self.ledger.trial is not None
        self.proved.append(self.ledger.trial)
        self.ledger = rules.proven(self.ledger)

    @precondition(lambda self: self.ledger.trial is not None)
    @rule()
    def is_cut_off(self) -> None:
        assert self.ledger.trial is not None
        self.failed.add(version_of(self.ledger.trial))
        self.ledger = rules.rolled_back(self.ledger, Ground.UNDECIDED, "silence")

    @precondition(lambda self: self.ledger.undecided is not None)
    @rule(is_reached=st.booleans())
    def is_decided(self, is_reached: bool) -> None:
        assert self.ledger.undecided is not None
        version = self.ledger.undecided.version
        self.ledger = rules.decided(self.ledger, is_reached=is_reached)
        if version not in {one.version for one in self.ledger.refused}:
            assert not is_reached
            self.failed.remove(version)

    @rule()
    def starts(self) -> None:
        self.ledger = rules.started(self.ledger, "f")
        self.failed |= {one.version for one in self.ledger.refused}

    @invariant()
    def what_was_good_last_is_kept(self) -> None:
        assert self.ledger.good == (self.proved[-1] if self.proved else None)

    @invariant()
    def what_is_run_never_failed_while_it_is_remembered(self) -> None:
        running = self.ledger.running
        assert running.version != running.refused or not running.version
        refused = {one.version for one in self.ledger.refused}
        if self.ledger.trial is not None:
            assert version_of(self.ledger.trial) not in refused


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=30)

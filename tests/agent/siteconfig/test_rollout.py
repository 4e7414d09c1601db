"""Which site configuration is run, tried, refused: whatever happens in whatever order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.agent.siteconfig.making import offer
from thongsuot_agent.siteconfig import rollout as rules
from thongsuot_agent.siteconfig.rollout import (
    MAX_INTERRUPTED_STARTS,
    MAX_REFUSED,
    MAX_RETRIES,
    RefusalGround,
    RolloutState,
)
from thongsuot_schema.siteconfig.codec import RunningConfig, version_of
from thongsuot_schema.siteconfig.model import OfferedConfig

FIRST, SECOND = offer(1), offer(2)


def good(config: OfferedConfig) -> RolloutState:
    return rules.confirm_trial(rules.begin_trial(RolloutState(fingerprint="f"), config))


def test_what_has_proved_itself_is_run() -> None:
    ledger = good(FIRST)
    assert ledger.active == FIRST
    assert ledger.running == RunningConfig(version=version_of(FIRST))
    assert not ledger.is_new(FIRST)
    assert ledger.is_new(SECOND)


def test_what_is_tried_is_run_and_what_was_good_is_kept() -> None:
    ledger = rules.begin_trial(good(FIRST), SECOND)
    assert (ledger.active, ledger.good) == (SECOND, FIRST)
    assert rules.confirm_trial(ledger).good == SECOND


def test_what_cut_the_agent_off_is_gone_back_from_and_not_tried_again() -> None:
    ledger = rules.roll_back(
        rules.begin_trial(good(FIRST), SECOND), RefusalGround.CUT_OFF, "silence"
    )
    assert (ledger.active, ledger.trial) == (FIRST, None)
    assert not ledger.is_new(SECOND)
    assert ledger.running == RunningConfig(version=version_of(FIRST), refused=version_of(SECOND))
    # The same content made anew is another version, and so is what comes after.
    again = offer(3, bytes(SECOND.content))
    assert ledger.is_new(again)
    after = rules.begin_trial(ledger, again)
    assert after.running == RunningConfig(version=version_of(again)), "older refusals are past"


def test_an_agent_that_ends_on_probation_begins_with_what_was_good() -> None:
    ledger = rules.begin_trial(good(FIRST), SECOND)
    for _ in range(MAX_INTERRUPTED_STARTS - 1):
        ledger = rules.after_restart(ledger, "f")
        assert ledger.active == FIRST
        assert ledger.is_new(SECOND), "it may have been the power"
        ledger = rules.begin_trial(ledger, SECOND)
    ledger = rules.after_restart(ledger, "f")
    assert ledger.active == FIRST
    assert not ledger.is_new(SECOND)
    assert ledger.refused[-1].ground is RefusalGround.ENDED


def test_what_was_gone_back_from_may_come_again_where_that_did_not_help() -> None:
    ledger = rules.begin_trial(good(FIRST), SECOND)
    for _ in range(MAX_RETRIES):
        ledger = rules.roll_back(ledger, RefusalGround.UNDECIDED, "silence")
        assert not ledger.is_new(SECOND), "before a push has told"
        ledger = rules.settle_undecided(ledger, is_reached=False)
        assert ledger.undecided is None
        assert ledger.is_new(SECOND)
        ledger = rules.begin_trial(ledger, SECOND)
    assert rules.confirm_trial(ledger).retried is None
    ledger = rules.roll_back(ledger, RefusalGround.UNDECIDED, "silence")
    ledger = rules.settle_undecided(ledger, is_reached=False)
    assert not ledger.is_new(SECOND)
    # Another version has chances of its own.
    third = rules.roll_back(rules.begin_trial(ledger, offer(3)), RefusalGround.UNDECIDED, "silence")
    assert rules.settle_undecided(third, is_reached=False).is_new(offer(3))


def test_what_was_gone_back_from_is_refused_where_that_helped() -> None:
    ledger = rules.roll_back(
        rules.begin_trial(good(FIRST), SECOND), RefusalGround.UNDECIDED, "silence"
    )
    ledger = rules.settle_undecided(ledger, is_reached=True)
    assert not ledger.is_new(SECOND)
    assert (ledger.refused[-1].ground, ledger.refused[-1].reason) == (
        RefusalGround.CUT_OFF,
        "silence",
    )
    assert ledger.undecided is None


def test_what_another_site_config_came_after_is_decided_by_that() -> None:
    ledger = rules.roll_back(
        rules.begin_trial(good(FIRST), SECOND), RefusalGround.UNDECIDED, "silence"
    )
    wrong = rules.refuse_version(ledger, version_of(offer(3)), "wrong")
    assert wrong.undecided is not None
    told = RunningConfig(version=version_of(FIRST), refused=version_of(offer(3)))
    assert rules.settle_undecided(wrong, is_reached=True).running == wrong.running == told
    assert rules.settle_undecided(wrong, is_reached=False).is_new(SECOND)
    ledger = rules.begin_trial(wrong, offer(4))
    assert ledger.undecided is None
    assert not ledger.is_new(SECOND)


def test_ends_under_one_site_config_are_not_held_against_another() -> None:
    ledger = rules.after_restart(rules.begin_trial(good(FIRST), SECOND), "f")
    third = offer(3)
    ledger = rules.after_restart(rules.begin_trial(ledger, third), "f")
    assert ledger.interrupted is not None
    assert (ledger.interrupted.version, ledger.interrupted.ends) == (version_of(third), 1)
    assert rules.confirm_trial(rules.begin_trial(ledger, third)).interrupted is None


def test_what_another_settings_file_found_wrong_may_come_again() -> None:
    ledger = rules.refuse_version(good(FIRST), version_of(SECOND), "wrong")
    assert not rules.after_restart(ledger, "f").is_new(SECOND)
    assert rules.after_restart(ledger, "other").is_new(SECOND)
    cut = rules.roll_back(rules.begin_trial(good(FIRST), SECOND), RefusalGround.CUT_OFF, "silence")
    assert not rules.after_restart(cut, "other").is_new(SECOND)


def test_a_good_site_config_that_does_not_fit_any_more_is_not_run() -> None:
    ledger = rules.refuse_version(good(FIRST), version_of(FIRST), "no such link")
    assert ledger.active is None
    assert ledger.running == RunningConfig(refused=version_of(FIRST))


def test_refusals_are_bounded_and_each_version_stands_once() -> None:
    ledger = RolloutState()
    for number in range(1, 3 * MAX_REFUSED):
        ledger = rules.refuse_version(ledger, version_of(offer(number)), "x" * 5000)
        ledger = rules.refuse_version(ledger, version_of(offer(number)), "again")
    assert len(ledger.refused) == MAX_REFUSED
    assert ledger.refused[-1].reason == "again"


def test_a_disk_that_takes_files_again_is_given_the_site_config_again() -> None:
    ledger = rules.refuse_version(good(FIRST), version_of(SECOND), "full", RefusalGround.NOT_KEPT)
    assert not ledger.is_new(SECOND)
    assert rules.clear_disk_refusals(ledger).is_new(SECOND)


class RolloutMachine(RuleBasedStateMachine):
    """An agent's life: offers, proofs, cuts, power cuts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = RolloutState(fingerprint="f")
        self.proved: list[OfferedConfig] = []
        self.failed: set[str] = set()

    @rule(number=st.integers(1, 6))
    def is_offered(self, number: int) -> None:
        offered = offer(number)
        if self.ledger.trial is None and self.ledger.is_new(offered):
            assert version_of(offered) not in self.failed
            self.ledger = rules.begin_trial(self.ledger, offered)

    @rule(number=st.integers(1, 6))
    def is_found_wrong(self, number: int) -> None:
        offered = offer(number)
        if self.ledger.trial is None and self.ledger.is_new(offered):
            self.ledger = rules.refuse_version(self.ledger, version_of(offered), "wrong")
            self.failed.add(version_of(offered))

    @precondition(lambda self: self.ledger.trial is not None)
    @rule()
    def is_acknowledged(self) -> None:
        assert self.ledger.trial is not None
        self.proved.append(self.ledger.trial)
        self.ledger = rules.confirm_trial(self.ledger)

    @precondition(lambda self: self.ledger.trial is not None)
    @rule()
    def is_cut_off(self) -> None:
        assert self.ledger.trial is not None
        self.failed.add(version_of(self.ledger.trial))
        self.ledger = rules.roll_back(self.ledger, RefusalGround.UNDECIDED, "silence")

    @precondition(lambda self: self.ledger.undecided is not None)
    @rule(is_reached=st.booleans())
    def is_decided(self, is_reached: bool) -> None:
        assert self.ledger.undecided is not None
        version = self.ledger.undecided.version
        self.ledger = rules.settle_undecided(self.ledger, is_reached=is_reached)
        if version not in {config.version for config in self.ledger.refused}:
            assert not is_reached
            self.failed.remove(version)

    @rule()
    def starts(self) -> None:
        self.ledger = rules.after_restart(self.ledger, "f")
        self.failed |= {config.version for config in self.ledger.refused}

    @invariant()
    def what_was_good_last_is_kept(self) -> None:
        assert self.ledger.good == (self.proved[-1] if self.proved else None)

    @invariant()
    def what_is_run_never_failed_while_it_is_remembered(self) -> None:
        running = self.ledger.running
        assert running.version != running.refused or not running.version
        refused = {config.version for config in self.ledger.refused}
        if self.ledger.trial is not None:
            assert version_of(self.ledger.trial) not in refused


TestLife = RolloutMachine.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=30)

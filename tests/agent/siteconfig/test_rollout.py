"""Which site configuration is run, tried or refused, in whatever order events come."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.agent.siteconfig.making import offer
from tests.timing import examples
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


def test_a_proven_site_config_is_run() -> None:
    rollout = good(FIRST)
    assert rollout.active == FIRST
    assert rollout.running == RunningConfig(version=version_of(FIRST))
    assert not rollout.is_new(FIRST)
    assert rollout.is_new(SECOND)


def test_an_offered_version_is_run_and_the_last_good_one_is_kept() -> None:
    rollout = rules.begin_trial(good(FIRST), SECOND)
    assert (rollout.active, rollout.good) == (SECOND, FIRST)
    assert rules.confirm_trial(rollout).good == SECOND


def test_a_site_config_that_cut_the_agent_off_is_rolled_back_and_not_tried_again() -> None:
    rollout = rules.roll_back(
        rules.begin_trial(good(FIRST), SECOND), RefusalGround.CUT_OFF, "silence"
    )
    assert (rollout.active, rollout.trial) == (FIRST, None)
    assert not rollout.is_new(SECOND)
    assert rollout.running == RunningConfig(version=version_of(FIRST), refused=version_of(SECOND))
    # The same content made again is another version, and so is what comes after.
    again = offer(3, bytes(SECOND.content))
    assert rollout.is_new(again)
    after = rules.begin_trial(rollout, again)
    assert after.running == RunningConfig(version=version_of(again)), "older refusals are past"


def test_an_agent_that_ends_on_probation_begins_with_what_was_good() -> None:
    rollout = rules.begin_trial(good(FIRST), SECOND)
    for _ in range(MAX_INTERRUPTED_STARTS - 1):
        rollout = rules.after_restart(rollout, "f")
        assert rollout.active == FIRST
        assert rollout.is_new(SECOND), "it may have been the power"
        rollout = rules.begin_trial(rollout, SECOND)
    rollout = rules.after_restart(rollout, "f")
    assert rollout.active == FIRST
    assert not rollout.is_new(SECOND)
    assert rollout.refused[-1].ground is RefusalGround.ENDED


def test_a_version_that_was_rolled_back_may_come_again_if_the_rollback_did_not_help() -> None:
    rollout = rules.begin_trial(good(FIRST), SECOND)
    for _ in range(MAX_RETRIES):
        rollout = rules.roll_back(rollout, RefusalGround.UNDECIDED, "silence")
        assert not rollout.is_new(SECOND), "before a push has told"
        rollout = rules.settle_undecided(rollout, is_reached=False)
        assert rollout.undecided is None
        assert rollout.is_new(SECOND)
        rollout = rules.begin_trial(rollout, SECOND)
    assert rules.confirm_trial(rollout).retried is None
    rollout = rules.roll_back(rollout, RefusalGround.UNDECIDED, "silence")
    rollout = rules.settle_undecided(rollout, is_reached=False)
    assert not rollout.is_new(SECOND)
    # Another version has chances of its own.
    third = rules.roll_back(
        rules.begin_trial(rollout, offer(3)), RefusalGround.UNDECIDED, "silence"
    )
    assert rules.settle_undecided(third, is_reached=False).is_new(offer(3))


def test_a_version_that_was_rolled_back_is_refused_if_the_rollback_helped() -> None:
    rollout = rules.roll_back(
        rules.begin_trial(good(FIRST), SECOND), RefusalGround.UNDECIDED, "silence"
    )
    rollout = rules.settle_undecided(rollout, is_reached=True)
    assert not rollout.is_new(SECOND)
    assert (rollout.refused[-1].ground, rollout.refused[-1].reason) == (
        RefusalGround.CUT_OFF,
        "silence",
    )
    assert rollout.undecided is None


def test_an_undecided_rollback_is_settled_under_the_next_site_config() -> None:
    rollout = rules.roll_back(
        rules.begin_trial(good(FIRST), SECOND), RefusalGround.UNDECIDED, "silence"
    )
    wrong = rules.refuse_version(rollout, version_of(offer(3)), "wrong")
    assert wrong.undecided is not None
    running = RunningConfig(version=version_of(FIRST), refused=version_of(offer(3)))
    assert rules.settle_undecided(wrong, is_reached=True).running == wrong.running == running
    assert rules.settle_undecided(wrong, is_reached=False).is_new(SECOND)
    rollout = rules.begin_trial(wrong, offer(4))
    assert rollout.undecided is None
    assert not rollout.is_new(SECOND)


def test_restarts_during_the_trial_of_one_site_config_do_not_count_against_another() -> None:
    rollout = rules.after_restart(rules.begin_trial(good(FIRST), SECOND), "f")
    third = offer(3)
    rollout = rules.after_restart(rules.begin_trial(rollout, third), "f")
    assert rollout.interrupted is not None
    assert (rollout.interrupted.version, rollout.interrupted.ends) == (version_of(third), 1)
    assert rules.confirm_trial(rules.begin_trial(rollout, third)).interrupted is None


def test_a_config_refused_by_another_settings_file_may_come_again() -> None:
    rollout = rules.refuse_version(good(FIRST), version_of(SECOND), "wrong")
    assert not rules.after_restart(rollout, "f").is_new(SECOND)
    assert rules.after_restart(rollout, "other").is_new(SECOND)
    cut = rules.roll_back(rules.begin_trial(good(FIRST), SECOND), RefusalGround.CUT_OFF, "silence")
    assert not rules.after_restart(cut, "other").is_new(SECOND)


def test_a_good_site_config_that_does_not_fit_any_more_is_not_run() -> None:
    rollout = rules.refuse_version(good(FIRST), version_of(FIRST), "no such link")
    assert rollout.active is None
    assert rollout.running == RunningConfig(refused=version_of(FIRST))


def test_refusals_are_bounded_and_each_version_stands_once() -> None:
    rollout = RolloutState()
    for number in range(1, 3 * MAX_REFUSED):
        rollout = rules.refuse_version(rollout, version_of(offer(number)), "x" * 5000)
        rollout = rules.refuse_version(rollout, version_of(offer(number)), "again")
    assert len(rollout.refused) == MAX_REFUSED
    assert rollout.refused[-1].reason == "again"


def test_a_site_config_refused_for_a_full_disk_may_be_tried_again_once_files_can_be_written() -> (
    None
):
    rollout = rules.refuse_version(good(FIRST), version_of(SECOND), "full", RefusalGround.NOT_KEPT)
    assert not rollout.is_new(SECOND)
    assert rules.clear_disk_refusals(rollout).is_new(SECOND)


class RolloutMachine(RuleBasedStateMachine):
    """An agent's life: offers, proofs, cuts, power cuts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.rollout = RolloutState(fingerprint="f")
        self.proved: list[OfferedConfig] = []
        self.failed: set[str] = set()

    @rule(number=st.integers(1, 6))
    def is_offered(self, number: int) -> None:
        offered = offer(number)
        if self.rollout.trial is None and self.rollout.is_new(offered):
            assert version_of(offered) not in self.failed
            self.rollout = rules.begin_trial(self.rollout, offered)

    @rule(number=st.integers(1, 6))
    def is_found_wrong(self, number: int) -> None:
        offered = offer(number)
        if self.rollout.trial is None and self.rollout.is_new(offered):
            self.rollout = rules.refuse_version(self.rollout, version_of(offered), "wrong")
            self.failed.add(version_of(offered))

    @precondition(lambda self: self.rollout.trial is not None)
    @rule()
    def is_acknowledged(self) -> None:
        assert self.rollout.trial is not None
        self.proved.append(self.rollout.trial)
        self.rollout = rules.confirm_trial(self.rollout)

    @precondition(lambda self: self.rollout.trial is not None)
    @rule()
    def is_cut_off(self) -> None:
        assert self.rollout.trial is not None
        self.failed.add(version_of(self.rollout.trial))
        self.rollout = rules.roll_back(self.rollout, RefusalGround.UNDECIDED, "silence")

    @precondition(lambda self: self.rollout.undecided is not None)
    @rule(is_reached=st.booleans())
    def is_decided(self, is_reached: bool) -> None:
        assert self.rollout.undecided is not None
        version = self.rollout.undecided.version
        self.rollout = rules.settle_undecided(self.rollout, is_reached=is_reached)
        if version not in {config.version for config in self.rollout.refused}:
            assert not is_reached
            self.failed.remove(version)

    @rule()
    def starts(self) -> None:
        self.rollout = rules.after_restart(self.rollout, "f")
        self.failed |= {config.version for config in self.rollout.refused}

    @invariant()
    def what_was_good_last_is_kept(self) -> None:
        assert self.rollout.good == (self.proved[-1] if self.proved else None)

    @invariant()
    def what_is_run_never_failed_while_it_is_remembered(self) -> None:
        running = self.rollout.running
        assert running.version != running.refused or not running.version
        refused = {config.version for config in self.rollout.refused}
        if self.rollout.trial is not None:
            assert version_of(self.rollout.trial) not in refused


TestLife = RolloutMachine.TestCase
TestLife.settings = settings(max_examples=examples(200), stateful_step_count=30)

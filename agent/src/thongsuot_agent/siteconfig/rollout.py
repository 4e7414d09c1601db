"""
Rollout state: the site configuration that is running, the one on trial, and the refused ones. Pure.

    offered ──examined── wrong ───────────────────────────► refused
       │ right
       ▼
     trial ── a push under it is acknowledged ────────────► good
       │  └── the collector is not reached ──► good before ─► undecided
       └───── the agent ends ──► good before; the third time ─► refused

    undecided ── the next push, under what was good ── arrives ──► refused
                                                   └── does not ──► may be tried again

A refused version is not tried again. Whether the rollback restores connectivity distinguishes an
unavailable collector from a site configuration that cut the agent off; because this may be
coincidence, a version is retried at most three times. Each step is a new rollout state, which is on
the disk before it takes effect.
"""

from enum import StrEnum

import msgspec
from msgspec import structs

from thongsuot_schema.siteconfig.codec import RunningConfig, version_of
from thongsuot_schema.siteconfig.model import OfferedConfig

MAX_REFUSED = 16
_REASON_CHARACTERS = 1000
MAX_INTERRUPTED_STARTS = 3
"""
Terminations of the agent under one site configuration on probation until it counts as the cause.
"""
MAX_RETRIES = 3
"""Retries of one version because the collector was not reachable without it either."""


class RefusalGround(StrEnum):
    """Why a version is not run."""

    INVALID = "invalid"
    """It is invalid for this device, with this version of the agent and this settings file."""

    UNDECIDED = "undecided"
    """The collector was not reachable under it; there was no attempt without it yet."""

    CUT_OFF = "cut_off"
    """The collector was not reachable under it, but was without it."""

    ENDED = "ended"
    """The agent terminated repeatedly under it."""

    NOT_KEPT = "not_kept"
    """It cannot be written to the disk."""


class RefusedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is not run; ``reason`` is for people."""

    version: str
    ground: RefusalGround
    reason: str


class InterruptedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """The number of terminations of the agent while a version was on probation."""

    version: str
    ends: int


class RetriedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The number of retries of a version."""

    version: str
    times: int


class RolloutState(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``good`` is confirmed, ``trial`` is on probation; neither: only the settings file.

    ``fingerprint`` identifies the agent and settings file for which site configurations were
    invalid.
    """

    good: OfferedConfig | None = None
    trial: OfferedConfig | None = None
    interrupted: InterruptedTrial | None = None
    retried: RetriedVersion | None = None
    refused: tuple[RefusedVersion, ...] = ()
    fingerprint: str = ""

    @property
    def active(self) -> OfferedConfig | None:
        """The configuration that the agent runs."""
        return self.trial or self.good

    @property
    def running(self) -> RunningConfig:
        """The agent's report about this with each push."""
        version = "" if self.active is None else version_of(self.active)
        # Irrelevant if older than the running one.
        last = self.refused[-1].version if self.refused else ""
        is_newer = last and _number(last) > (_number(version) if version else 0)
        return RunningConfig(version=version, refused=last if is_newer else "")

    @property
    def undecided(self) -> RefusedVersion | None:
        """The version that was rolled back, and may not be the cause of the lost connectivity."""
        undecided = (
            refused for refused in self.refused if refused.ground is RefusalGround.UNDECIDED
        )
        return next(undecided, None)

    def is_new(self, offer: OfferedConfig) -> bool:
        """Return whether an offer is new: neither running nor refused."""
        version = version_of(offer)
        if self.active is not None and version_of(self.active) == version:
            return False
        return all(refused.version != version for refused in self.refused)


def after_restart(rollout: RolloutState, fingerprint: str) -> RolloutState:
    """
    Return the rollout state after a start: the good version runs, the one on trial must be offered
    again.

    Refusals by another version of the agent or another settings file are dropped.
    """
    refused = rollout.refused
    if fingerprint != rollout.fingerprint:
        refused = tuple(
            refusal for refusal in refused if refusal.ground is not RefusalGround.INVALID
        )
    rollout = structs.replace(rollout, refused=refused, fingerprint=fingerprint)
    if rollout.trial is None:
        return rollout
    version = version_of(rollout.trial)
    before = rollout.interrupted
    ends = 1 + (before.ends if before is not None and before.version == version else 0)
    unproven = InterruptedTrial(version=version, ends=ends)
    if ends >= MAX_INTERRUPTED_STARTS:
        reason = f"the agent ended {ends} times while it was on probation"
        return roll_back(rollout, RefusalGround.ENDED, reason)
    return structs.replace(rollout, trial=None, interrupted=unproven)


def clear_disk_refusals(rollout: RolloutState) -> RolloutState:
    """Return the rollout state without refusals because of a failed disk write."""
    kept = tuple(
        refused for refused in rollout.refused if refused.ground is not RefusalGround.NOT_KEPT
    )
    return structs.replace(rollout, refused=kept)


def begin_trial(rollout: RolloutState, offer: OfferedConfig) -> RolloutState:
    """Return the rollout state with an offer on probation."""
    if (
        rollout.undecided is not None
    ):  # the offer arrived without that site configuration: the collector was reached
        rollout = settle_undecided(rollout, is_reached=True)
    return structs.replace(rollout, trial=offer)


def confirm_trial(rollout: RolloutState) -> RolloutState:
    """Return the rollout state with the site configuration on probation confirmed."""
    assert rollout.trial is not None, "only what is tried can prove itself"
    return structs.replace(rollout, good=rollout.trial, trial=None, interrupted=None, retried=None)


def roll_back(rollout: RolloutState, ground: RefusalGround, reason: str) -> RolloutState:
    """Return the rollout state after the site configuration on probation has failed."""
    assert rollout.trial is not None, "only what is tried can fail"
    rollout = _with_refusal(rollout, version_of(rollout.trial), ground, reason)
    return structs.replace(rollout, trial=None, interrupted=None)


def settle_undecided(rollout: RolloutState, *, is_reached: bool) -> RolloutState:
    """
    Return the rollout state after the first push without the rolled back site configuration.

    If that fails, too, the site configuration may be tried again, ``MAX_RETRIES`` times.
    """
    undecided, before = rollout.undecided, rollout.retried
    assert undecided is not None, "only what is undecided can be decided"
    times = before.times if before is not None and before.version == undecided.version else 0
    if is_reached or times >= MAX_RETRIES:
        cut_off = structs.replace(undecided, ground=RefusalGround.CUT_OFF)
        kept = tuple(cut_off if refused is undecided else refused for refused in rollout.refused)
        return structs.replace(rollout, refused=kept)
    others = tuple(refused for refused in rollout.refused if refused is not undecided)
    pardoned = RetriedVersion(version=undecided.version, times=times + 1)
    return structs.replace(rollout, refused=others, retried=pardoned)


def refuse_version(
    rollout: RolloutState, version: str, reason: str, ground: RefusalGround = RefusalGround.INVALID
) -> RolloutState:
    """
    Return the rollout state with a version refused; the running one continues, unless it is that.
    """
    rollout = _with_refusal(rollout, version, ground, reason)
    if rollout.good is not None and version_of(rollout.good) == version:
        rollout = structs.replace(rollout, good=None)
    return rollout


def _with_refusal(
    rollout: RolloutState, version: str, ground: RefusalGround, reason: str
) -> RolloutState:
    refusal = RefusedVersion(version=version, ground=ground, reason=reason[:_REASON_CHARACTERS])
    others = tuple(refused for refused in rollout.refused if refused.version != version)
    return structs.replace(rollout, refused=(*others, refusal)[-MAX_REFUSED:])


def _number(version: str) -> int:
    return int(version.partition("-")[0])

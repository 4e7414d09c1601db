"""
Rollout state: which site configuration runs, which is on trial, which are refused. Pure.

    offered ──examined── wrong ───────────────────────────► refused
       │ right
       ▼
     trial ── a push under it is acknowledged ────────────► good
       │  └── the collector is not reached ──► good before ─► undecided
       └───── the agent ends ──► good before; the third time ─► refused

    undecided ── the next push, under what was good ── arrives ──► refused
                                                   └── does not ──► may be tried again

What is refused stays so: the same version is not tried again. A centre that was away is told from a
site configuration that cut the agent off by whether the way back helps; since chance has a part in
that, only three times for one version. Each step is a new rollout state, which is on the disk
before anything follows from it.
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
Ends of the agent under one site configuration on probation until the site configuration is taken to
be why.
"""
MAX_RETRIES = 3
"""Times that one version may come again because without it the collector was not reached either."""


class RefusalGround(StrEnum):
    """Why a version is not run."""

    INVALID = "invalid"
    """It is wrong for this device, with this version of the agent and this settings file."""

    UNDECIDED = "undecided"
    """Under it the collector was not reached; without it nobody has tried yet."""

    CUT_OFF = "cut_off"
    """Under it the collector was not reached, without it it was."""

    ENDED = "ended"
    """Under it the agent ended again and again."""

    NOT_KEPT = "not_kept"
    """The disk does not take it."""


class RefusedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is not run; ``reason`` is for people."""

    version: str
    ground: RefusalGround
    reason: str


class InterruptedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """How often the agent ended while a version was on probation."""

    version: str
    ends: int


class RetriedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """How often a version was let come again."""

    version: str
    times: int


class RolloutState(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``good`` has proved itself, ``trial`` is on probation; neither: the settings file alone.

    ``fingerprint`` names agent and settings file by which site configurations were found invalid.
    """

    good: OfferedConfig | None = None
    trial: OfferedConfig | None = None
    interrupted: InterruptedTrial | None = None
    retried: RetriedVersion | None = None
    refused: tuple[RefusedVersion, ...] = ()
    fingerprint: str = ""

    @property
    def active(self) -> OfferedConfig | None:
        """What the agent runs."""
        return self.trial or self.good

    @property
    def running(self) -> RunningConfig:
        """What the agent says of this with each push."""
        version = "" if self.active is None else version_of(self.active)
        # Older than what runs, it does not matter any more.
        last = self.refused[-1].version if self.refused else ""
        is_newer = last and _number(last) > (_number(version) if version else 0)
        return RunningConfig(version=version, refused=last if is_newer else "")

    @property
    def undecided(self) -> RefusedVersion | None:
        """What was gone back from, and perhaps was not why the collector was not reached."""
        undecided = (
            refused for refused in self.refused if refused.ground is RefusalGround.UNDECIDED
        )
        return next(undecided, None)

    def is_new(self, offer: OfferedConfig) -> bool:
        """Return whether an offer is news: neither run nor refused."""
        version = version_of(offer)
        if self.active is not None and version_of(self.active) == version:
            return False
        return all(refused.version != version for refused in self.refused)


def after_restart(rollout: RolloutState, fingerprint: str) -> RolloutState:
    """
    Return the rollout state of an agent that starts: what was good runs, what was tried must come
    again.

    What another agent or another settings file found invalid is not held against a site
    configuration.
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
    """
    Return the rollout state in which nothing is refused because of a disk that did not take it.
    """
    kept = tuple(
        refused for refused in rollout.refused if refused.ground is not RefusalGround.NOT_KEPT
    )
    return structs.replace(rollout, refused=kept)


def begin_trial(rollout: RolloutState, offer: OfferedConfig) -> RolloutState:
    """Return the rollout state in which an offer is on probation."""
    if (
        rollout.undecided is not None
    ):  # the offer came while without that site configuration: it was reached
        rollout = settle_undecided(rollout, is_reached=True)
    return structs.replace(rollout, trial=offer)


def confirm_trial(rollout: RolloutState) -> RolloutState:
    """Return the rollout state in which the site configuration on probation has proved itself."""
    assert rollout.trial is not None, "only what is tried can prove itself"
    return structs.replace(rollout, good=rollout.trial, trial=None, interrupted=None, retried=None)


def roll_back(rollout: RolloutState, ground: RefusalGround, reason: str) -> RolloutState:
    """Return the rollout state in which the site configuration on probation has failed."""
    assert rollout.trial is not None, "only what is tried can fail"
    rollout = _with_refusal(rollout, version_of(rollout.trial), ground, reason)
    return structs.replace(rollout, trial=None, interrupted=None)


def settle_undecided(rollout: RolloutState, *, is_reached: bool) -> RolloutState:
    """
    Return the rollout state after the first push without the site configuration that was gone back
    from.

    Where that does not arrive either, the site configuration may come again, ``MAX_RETRIES`` times.
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
    Return the rollout state in which a version is refused; what runs goes on, unless it is
    that.
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

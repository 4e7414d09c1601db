"""
Ledger: which plan this device runs, which it tries, which it will not run. Pure.

    offered ──examined── wrong ───────────────────────────► refused
       │ right
       ▼
     trial ── a push under it is acknowledged ────────────► good
       │  └── the collector is not reached ──► good before ─► undecided
       └───── the agent ends ──► good before; the third time ─► refused

    undecided ── the next push, under what was good ── arrives ──► refused
                                                   └── does not ──► may be tried again

What is refused stays so: the same version is not tried again. A centre that was away is told from a
plan that cut the agent off by whether the way back helps; since chance has a part in that, only
three times for one version. Each step is a new ledger, which is on the disk before anything follows
from it.
"""

from enum import StrEnum

import msgspec
from msgspec import structs

from thongsuot_schema.siteplan.codec import Running, version_of
from thongsuot_schema.siteplan.model import Offer

REFUSED_KEPT = 16
_REASON_CHARACTERS = 1000
STARTS_UNPROVEN = 3
"""Ends of the agent under one plan on probation until the plan is taken to be why."""
PARDONS = 3
"""Times that one version may come again because without it the collector was not reached either."""


class Ground(StrEnum):
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


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is not run; ``reason`` is for people."""

    version: str
    ground: Ground
    reason: str


class Unproven(msgspec.Struct, frozen=True, kw_only=True):
    """How often the agent ended while a version was on probation."""

    version: str
    ends: int


class Pardoned(msgspec.Struct, frozen=True, kw_only=True):
    """How often a version was let come again."""

    version: str
    times: int


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``good`` has proved itself, ``trial`` is on probation; neither: the settings file alone.

    ``fingerprint`` names agent and settings file by which plans were found invalid.
    """

    good: Offer | None = None
    trial: Offer | None = None
    unproven: Unproven | None = None
    pardoned: Pardoned | None = None
    refused: tuple[Refused, ...] = ()
    fingerprint: str = ""

    @property
    def in_force(self) -> Offer | None:
        """What the agent runs."""
        return self.trial or self.good

    @property
    def running(self) -> Running:
        """What the agent says of this with each push."""
        version = "" if self.in_force is None else version_of(self.in_force)
        # Older than what runs, it does not matter any more.
        last = self.refused[-1].version if self.refused else ""
        is_newer = last and _number(last) > (_number(version) if version else 0)
        return Running(version=version, refused=last if is_newer else "")

    @property
    def undecided(self) -> Refused | None:
        """What was gone back from, and perhaps was not why the collector was not reached."""
        found = (one for one in self.refused if one.ground is Ground.UNDECIDED)
        return next(found, None)

    def wants(self, offer: Offer) -> bool:
        """Return whether an offer is news: neither run nor refused."""
        version = version_of(offer)
        if self.in_force is not None and version_of(self.in_force) == version:
            return False
        return all(one.version != version for one in self.refused)


def started(ledger: Ledger, fingerprint: str) -> Ledger:
    """
    Return the ledger of an agent that starts: with what was good; what was tried has to come again.

    What another agent or another settings file found invalid is not held against a plan.
    """
    refused = ledger.refused
    if fingerprint != ledger.fingerprint:
        refused = tuple(one for one in refused if one.ground is not Ground.INVALID)
    ledger = structs.replace(ledger, refused=refused, fingerprint=fingerprint)
    if ledger.trial is None:
        return ledger
    version = version_of(ledger.trial)
    before = ledger.unproven
    ends = 1 + (before.ends if before is not None and before.version == version else 0)
    unproven = Unproven(version=version, ends=ends)
    if ends >= STARTS_UNPROVEN:
        reason = f"the agent ended {ends} times while it was on probation"
        return rolled_back(ledger, Ground.ENDED, reason)
    return structs.replace(ledger, trial=None, unproven=unproven)


def relieved(ledger: Ledger) -> Ledger:
    """Return the ledger in which nothing is refused because of a disk that did not take it."""
    kept = tuple(one for one in ledger.refused if one.ground is not Ground.NOT_KEPT)
    return structs.replace(ledger, refused=kept)


def tried(ledger: Ledger, offer: Offer) -> Ledger:
    """Return the ledger in which an offer is on probation."""
    if ledger.undecided is not None:  # the offer came while without that plan: it was reached
        ledger = decided(ledger, is_reached=True)
    return structs.replace(ledger, trial=offer)


def proven(ledger: Ledger) -> Ledger:
    """Return the ledger in which the plan on probation has proved itself."""
    assert ledger.trial is not None, "only what is tried can prove itself"
    return structs.replace(ledger, good=ledger.trial, trial=None, unproven=None, pardoned=None)


def rolled_back(ledger: Ledger, ground: Ground, reason: str) -> Ledger:
    """Return the ledger in which the plan on probation has failed."""
    assert ledger.trial is not None, "only what is tried can fail"
    ledger = _refusing(ledger, version_of(ledger.trial), ground, reason)
    return structs.replace(ledger, trial=None, unproven=None)


def decided(ledger: Ledger, *, is_reached: bool) -> Ledger:
    """
    Return the ledger after the first push without the plan that was gone back from.

    Where that does not arrive either, the plan may come again, ``PARDONS`` times.
    """
    one, before = ledger.undecided, ledger.pardoned
    assert one is not None, "only what is undecided can be decided"
    times = before.times if before is not None and before.version == one.version else 0
    if is_reached or times >= PARDONS:
        cut_off = structs.replace(one, ground=Ground.CUT_OFF)
        kept = tuple(cut_off if each is one else each for each in ledger.refused)
        return structs.replace(ledger, refused=kept)
    others = tuple(each for each in ledger.refused if each is not one)
    pardoned = Pardoned(version=one.version, times=times + 1)
    return structs.replace(ledger, refused=others, pardoned=pardoned)


def refused(ledger: Ledger, version: str, reason: str, ground: Ground = Ground.INVALID) -> Ledger:
    """Return the ledger in which a version is refused; what runs goes on, unless it is that."""
    ledger = _refusing(ledger, version, ground, reason)
    if ledger.good is not None and version_of(ledger.good) == version:
        ledger = structs.replace(ledger, good=None)
    return ledger


def _refusing(ledger: Ledger, version: str, ground: Ground, reason: str) -> Ledger:
    one = Refused(version=version, ground=ground, reason=reason[:_REASON_CHARACTERS])
    others = tuple(each for each in ledger.refused if each.version != version)
    return structs.replace(ledger, refused=(*others, one)[-REFUSED_KEPT:])


def _number(version: str) -> int:
    return int(version.partition("-")[0])

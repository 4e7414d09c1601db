"""
Site configurations: the collector's configuration for this agent: validated, tried, kept or rolled
back.

The rules are in ``siteconfig.rollout``; this module connects them with the disk, the pushes and the
clock. One task takes all steps in order; the rollout state is on the disk before it takes effect. A
site configuration on probation is judged by pushes that began under it, on new connections: one
that was open before proves nothing. The same test is applied to the rollback: if connectivity does
not return, the site configuration was not the cause.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Never

import msgspec

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.errors import SiteConfigRefused
from thongsuot_agent.siteconfig import rollout as rules
from thongsuot_agent.siteconfig.rollout import RefusalGround, RolloutState
from thongsuot_agent.siteconfig.rollout_file import load_rollout, save_rollout
from thongsuot_agent.siteconfig.validate import validate_offer
from thongsuot_agent.status import SiteConfigStatus
from thongsuot_agent.uplink.answer import PushDisposition, PushOutcome
from thongsuot_agent.version import VERSION
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.limits import TEXT_CHARACTERS
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.catalogue.host import SITE_CONFIG
from thongsuot_schema.metric import Metric
from thongsuot_schema.siteconfig.codec import version_of
from thongsuot_schema.siteconfig.model import OfferedConfig, SiteConfiguration

_log = logging.getLogger(__name__)

_OK = 200
_OFFER = msgspec.json.Decoder(OfferedConfig)
_RETRY_TICKS = 60
"""After this many seconds a failed write is retried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSiteConfig:
    """The active state: the rollout state, and the configurations that follow from it."""

    rollout: RolloutState
    config: AgentConfig
    site_config: SiteConfiguration | None = None
    notices: tuple[tuple[NoticeCode, str], ...] = ()
    """The events to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfigCallbacks:
    """
    Who carries out what follows; called on the loop, must not block.

    ``apply`` has a configuration hold, and the site configuration that it was made with (``None``:
    the file alone); ``on_notice`` keeps code and text in the record; ``push_now`` pushes at once.
    """

    now_ns: Callable[[], int]
    apply: Callable[[AgentConfig, SiteConfiguration | None], None]
    on_notice: Callable[[NoticeCode, str], None]
    push_now: Callable[[], None]


@dataclass(slots=True, kw_only=True)
class _Probation:
    since_ns: int
    running_text: str
    tries: int = 0
    problem: str = ""
    is_proven: bool = False


def restore_site_config(own: AgentConfig, path: Path) -> ActiveSiteConfig:
    """
    Return what holds as the agent starts: the site configuration that was good, if it still fits
    the device.

    A version on probation when the agent ended is not kept: it is offered again when the collector
    is reached.
    """
    if not own.site_config.accept:
        return ActiveSiteConfig(rollout=RolloutState(), config=own)
    before = load_rollout(path)
    rollout = rules.after_restart(before, fingerprint_from(own))
    site_config, config = None, own
    if rollout.good is not None:
        try:
            site_config, config = validate_offer(rollout.good, own)
        except SiteConfigRefused as error:
            rollout = rules.refuse_version(rollout, version_of(rollout.good), str(error))
    if rollout != before:
        try:
            save_rollout(path, rollout)
        except OSError as error:
            _log.warning("cannot write rollout file=%s: %s; continuing without it", path, error)
    known = {refused.version for refused in before.refused}
    fresh = [refused for refused in rollout.refused if refused.version not in known]
    notices = tuple(
        (NoticeCode.CONFIG_REJECTED, f"{refused.version} {refused.reason}") for refused in fresh
    )
    return ActiveSiteConfig(
        rollout=rollout, config=config, site_config=site_config, notices=notices
    )


def fingerprint_from(own: AgentConfig) -> str:
    """
    Return the name of agent and settings file together: by these a site configuration is valid or
    not.
    """
    return digest_of(VERSION.encode() + msgspec.json.encode(own)).hex()


def site_config_status(rollout: RolloutState, *, is_accepting: bool) -> SiteConfigStatus:
    """Return the status of site configurations."""
    offer = rollout.active
    state = "none" if offer is None else "good" if rollout.trial is None else "trial"
    refused = rollout.refused[-1] if rollout.refused else None
    return SiteConfigStatus(
        state=state if is_accepting else "off",
        version="" if offer is None else version_of(offer),
        made_s=None if offer is None else offer.made_ns / NS_PER_S,
        refused="" if refused is None else refused.version,
        reason="" if refused is None else refused.reason,
    )


@dataclass(slots=True, kw_only=True)
class SiteConfigManager:
    """Receives offers in answers and the outcome of pushes; ``run`` acts on them."""

    own: AgentConfig
    path: Path
    active: ActiveSiteConfig
    callbacks: SiteConfigCallbacks
    _offered: OfferedConfig | None = None
    _probation: _Probation | None = None
    _is_reached_after_rollback: bool | None = None
    """Whether the first push after the way back from a site configuration reached the collector."""
    _is_unsaved: bool = False
    _ticks: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def running_text(self) -> str:
        """The header of a push about site configurations; empty if none are accepted."""
        return self.active.rollout.running.header_value if self.own.site_config.accept else ""

    @property
    def status(self) -> SiteConfigStatus:
        """The status of site configurations."""
        return site_config_status(self.active.rollout, is_accepting=self.own.site_config.accept)

    def metrics(self) -> dict[Metric, float]:
        """Return the host probe's metrics of site configurations."""
        offer = self.active.rollout.active
        return {} if offer is None else {SITE_CONFIG: float(offer.number)}

    def on_push_end(self, running_text: str, outcome: PushOutcome) -> None:
        """A push has ended that began with ``running_text``."""
        if not self.own.site_config.accept:
            return
        if outcome.answer is not None and bytes(outcome.answer.site_config):
            self._accept_offer(outcome.answer.site_config)
        probation = self._probation
        if probation is None and running_text == self.running_text:
            self._note_push_after_rollback(outcome)
        if probation is None or running_text != probation.running_text:
            return
        if outcome.disposition is PushDisposition.DURABLE and outcome.status == _OK:
            probation.is_proven = True
            self._woken.set()
        elif outcome.answer is None and outcome.is_tried:
            probation.tries += 1
            probation.problem = outcome.text

    def tick(self) -> None:
        """A second has passed."""
        self._ticks += 1
        is_retried = self._is_unsaved and self._ticks % _RETRY_TICKS == 0
        if is_retried or self._is_overdue():
            self._woken.set()

    async def run(self) -> Never:
        """Process events until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.process_pending()

    async def process_pending(self) -> None:
        """Carry out the pending steps."""
        if self._is_unsaved:
            await self._retry_save()
        probation = self._probation
        if probation is not None and probation.is_proven:
            await self._confirm_trial()
        elif probation is not None and self._is_overdue():
            await self._roll_back(probation)
        elif self._is_reached_after_rollback is not None:
            await self._settle_undecided(is_reached=self._is_reached_after_rollback)
        offer, self._offered = self._offered, None
        # While one is tried, the answer that brings the next has proved it or comes again.
        if offer is not None and self._probation is None and self.active.rollout.is_new(offer):
            await self._start_trial(offer)

    def _note_push_after_rollback(self, outcome: PushOutcome) -> None:
        if self.active.rollout.undecided is None or self._is_reached_after_rollback is not None:
            return
        if outcome.is_tried:
            self._is_reached_after_rollback = outcome.answer is not None
            self._woken.set()

    def _accept_offer(self, raw: msgspec.Raw) -> None:
        try:
            self._offered = _OFFER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning(
                "cannot read the site configuration in an answer: %s; continuing with "
                "the present one",
                error,
            )
            return
        self._woken.set()

    def _is_overdue(self) -> bool:
        probation, bounds = self._probation, self.own.site_config
        if probation is None or probation.is_proven:
            return False
        lasted_ns = self.callbacks.now_ns() - probation.since_ns
        is_long = lasted_ns >= bounds.probation_s * NS_PER_S
        return is_long and probation.tries >= bounds.probation_tries

    async def _start_trial(self, offer: OfferedConfig) -> None:
        version = version_of(offer)
        try:
            site_config, config = validate_offer(offer, self.own)
        except SiteConfigRefused as error:
            for line in error.mistakes:
                _log.warning("site configuration %s refused: %s", version, line)
            rollout = rules.refuse_version(self.active.rollout, version, str(error))
            await self._save_rollout(rollout)
            self._add_notice(NoticeCode.CONFIG_REJECTED, f"{version} {error}")
            return
        before = self.active
        if not await self._save_rollout(rules.begin_trial(before.rollout, offer)):
            reason = "the disk does not take it"
            rollout = rules.refuse_version(before.rollout, version, reason, RefusalGround.NOT_KEPT)
            self._set_active(rollout, before.config, before.site_config)
            self._add_notice(NoticeCode.CONFIG_REJECTED, f"{version} {reason}")
            return
        _log.info(
            "site configuration %s on trial; active before: %s",
            version,
            before.rollout.running.header_value,
        )
        self._set_active(self.active.rollout, config, site_config)
        self._probation = _Probation(
            since_ns=self.callbacks.now_ns(), running_text=self.running_text
        )
        self.callbacks.apply(config, site_config)
        self.callbacks.push_now()

    async def _confirm_trial(self) -> None:
        self._probation = None
        await self._save_rollout(rules.confirm_trial(self.active.rollout))
        version = self.active.rollout.running.version
        _log.info("site configuration %s confirmed", version)
        self._add_notice(NoticeCode.CONFIG_APPLIED, version)

    async def _roll_back(self, probation: _Probation) -> None:
        rollout = self.active.rollout
        assert rollout.trial is not None, "probation is of the site configuration that is tried"
        version = version_of(rollout.trial)
        lasted_s = (self.callbacks.now_ns() - probation.since_ns) / NS_PER_S
        reason = (
            f"the collector was not reached for {lasted_s:.0f} s,"
            f" {probation.tries} tries: {probation.problem}"
        )
        _log.warning("site configuration %s rolled back: %s", version, reason)
        self._probation = None
        await self._save_rollout(rules.roll_back(rollout, RefusalGround.UNDECIDED, reason))
        site_config, config = None, self.own
        good = self.active.rollout.good
        if good is not None:
            site_config, config = validate_offer(good, self.own)
        self._set_active(self.active.rollout, config, site_config)
        self.callbacks.apply(config, site_config)
        self._add_notice(NoticeCode.CONFIG_REJECTED, f"{version} {reason}")

    async def _settle_undecided(self, *, is_reached: bool) -> None:
        self._is_reached_after_rollback = None
        undecided = self.active.rollout.undecided
        if undecided is None:  # another was offered and tried meanwhile
            return
        await self._save_rollout(rules.settle_undecided(self.active.rollout, is_reached=is_reached))
        reached = "reached" if is_reached else "not reached either"
        is_refused = any(
            refused.version == undecided.version for refused in self.active.rollout.refused
        )
        fate = "stays refused" if is_refused else "may come again"
        _log.warning(
            "site configuration %s %s: without it the collector is %s",
            undecided.version,
            fate,
            reached,
        )

    async def _retry_save(self) -> None:
        before = self.active
        if not await self._save_rollout(rules.clear_disk_refusals(before.rollout)):
            self.active = before

    async def _save_rollout(self, rollout: RolloutState) -> bool:
        """Save and activate a rollout state; return whether it is on the disk."""
        try:
            await asyncio.to_thread(save_rollout, self.path, rollout)
        except OSError as error:
            _log.warning("cannot write rollout file=%s: %s; retrying", self.path, error)
            self._is_unsaved = True
        else:
            self._is_unsaved = False
        self._set_active(rollout, self.active.config, self.active.site_config)
        return not self._is_unsaved

    def _set_active(
        self, rollout: RolloutState, config: AgentConfig, site_config: SiteConfiguration | None
    ) -> None:
        self.active = ActiveSiteConfig(rollout=rollout, config=config, site_config=site_config)

    def _add_notice(self, code: NoticeCode, text: str) -> None:
        self.callbacks.on_notice(code, text.replace("\n", "; ")[:TEXT_CHARACTERS])
        self.callbacks.push_now()

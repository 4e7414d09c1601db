"""
Plans: what the collector would have this agent watch: examined, tried, kept or gone back from.

The rules stand in ``siteplan.ledger``; here they meet the disk, the pushes and the clock. All
steps are taken by one task, one after the other; a ledger is on the disk before what it says is
done. The plan on probation is judged by pushes that began under it, on new connections: one that
was open before proves nothing. Then the way back is: if it does not help, the plan was not why.
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
from thongsuot_agent.errors import PlanRefused
from thongsuot_agent.siteplan import ledger as rules
from thongsuot_agent.siteplan.examine import examined
from thongsuot_agent.siteplan.file import load, save
from thongsuot_agent.siteplan.ledger import Ground, Ledger
from thongsuot_agent.status import PlanStatus
from thongsuot_agent.uplink.answer import Meaning, Reading
from thongsuot_agent.version import VERSION
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.limits import TEXT_CHARACTERS
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.catalogue.host import PLAN
from thongsuot_schema.metric import Metric
from thongsuot_schema.siteplan.codec import version_of
from thongsuot_schema.siteplan.model import Offer, SitePlan

_log = logging.getLogger(__name__)

_OK = 200
_OFFER = msgspec.json.Decoder(Offer)
_RETRY_BEATS = 60
"""After this many seconds a disk that refused is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What holds: a ledger, and the plan and the configuration that follow from it."""

    ledger: Ledger
    config: AgentConfig
    plan: SitePlan | None = None
    news: tuple[tuple[NoticeCode, str], ...] = ()
    """What is to be reported of the way here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHands:
    """
    Who carries out what follows; called on the loop, must not block.

    ``apply`` has a configuration hold, and the plan that it was made with (``None``: the file
    alone); ``on_notice`` keeps code and text in the record; ``on_news`` pushes at once.
    """

    now_ns: Callable[[], int]
    apply: Callable[[AgentConfig, SitePlan | None], None]
    on_notice: Callable[[NoticeCode, str], None]
    on_news: Callable[[], None]


@dataclass(slots=True, kw_only=True)
class _Probation:
    since_ns: int
    said: str
    tries: int = 0
    problem: str = ""
    is_proven: bool = False


def taken_up(own: AgentConfig, path: Path) -> Holding:
    """
    Return what holds as the agent starts: the plan that was good, if it still fits the device.

    What was on probation when the agent ended does not hold: it comes again when the collector is
    reached.
    """
    if not own.plan.accept:
        return Holding(ledger=Ledger(), config=own)
    before = load(path)
    ledger = rules.started(before, fingerprint_of(own))
    plan, config = None, own
    if ledger.good is not None:
        try:
            plan, config = examined(ledger.good, own)
        except PlanRefused as error:
            ledger = rules.refused(ledger, version_of(ledger.good), str(error))
    if ledger != before:
        try:
            save(path, ledger)
        except OSError as error:
            _log.warning("cannot write plans file=%s: %s; goes on without", path, error)
    known = {one.version for one in before.refused}
    fresh = [one for one in ledger.refused if one.version not in known]
    news = tuple((NoticeCode.CONFIG_REJECTED, f"{one.version} {one.reason}") for one in fresh)
    return Holding(ledger=ledger, config=config, plan=plan, news=news)


def fingerprint_of(own: AgentConfig) -> str:
    """Return the name of agent and settings file together: by these a plan is valid or not."""
    return digest_of(VERSION.encode() + msgspec.json.encode(own)).hex()


def status_of(ledger: Ledger, *, is_accepting: bool) -> PlanStatus:
    """Return what the status says of plans."""
    offer = ledger.in_force
    state = "none" if offer is None else "good" if ledger.trial is None else "trial"
    refused = ledger.refused[-1] if ledger.refused else None
    return PlanStatus(
        state=state if is_accepting else "off",
        version="" if offer is None else version_of(offer),
        made_s=None if offer is None else offer.made_ns / NS_PER_S,
        refused="" if refused is None else refused.version,
        reason="" if refused is None else refused.reason,
    )


@dataclass(slots=True, kw_only=True)
class Plans:
    """Takes in what answers offer and what becomes of pushes; ``run`` acts on it."""

    own: AgentConfig
    path: Path
    holding: Holding
    hands: PlanHands
    _offered: Offer | None = None
    _probation: _Probation | None = None
    _helped: bool | None = None
    """Whether the first push after the way back from a plan reached the collector."""
    _is_unsaved: bool = False
    _beats: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def said(self) -> str:
        """What a push says of plans; empty where none are taken."""
        return self.holding.ledger.running.text if self.own.plan.accept else ""

    @property
    def status(self) -> PlanStatus:
        """What the status says of plans."""
        return status_of(self.holding.ledger, is_accepting=self.own.plan.accept)

    def values(self) -> dict[Metric, float]:
        """Return what the host probe says of plans."""
        offer = self.holding.ledger.in_force
        return {} if offer is None else {PLAN: float(offer.number)}

    def take_push(self, said: str, reading: Reading) -> None:
        """A push has ended that began with ``said``."""
        if not self.own.plan.accept:
            return
        if reading.answer is not None and bytes(reading.answer.plan):
            self._take_offer(reading.answer.plan)
        probation = self._probation
        if probation is None and said == self.said:
            self._take_way_back(reading)
        if probation is None or said != probation.said:
            return
        if reading.meaning is Meaning.DURABLE and reading.status == _OK:
            probation.is_proven = True
            self._woken.set()
        elif reading.answer is None and reading.is_tried:
            probation.tries += 1
            probation.problem = reading.text

    def pass_time(self) -> None:
        """A second has passed."""
        self._beats += 1
        is_retried = self._is_unsaved and self._beats % _RETRY_BEATS == 0
        if is_retried or self._is_overdue():
            self._woken.set()

    async def run(self) -> Never:
        """Act on what comes in, for ever."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.settle()

    async def settle(self) -> None:
        """Do what is due."""
        if self._is_unsaved:
            await self._keep_again()
        probation = self._probation
        if probation is not None and probation.is_proven:
            await self._prove()
        elif probation is not None and self._is_overdue():
            await self._roll_back(probation)
        elif self._helped is not None:
            await self._decide(is_reached=self._helped)
        offer, self._offered = self._offered, None
        # While one is tried, the answer that brings the next has proved it or comes again.
        if offer is not None and self._probation is None and self.holding.ledger.wants(offer):
            await self._try(offer)

    def _take_way_back(self, reading: Reading) -> None:
        if self.holding.ledger.undecided is None or self._helped is not None:
            return
        if reading.is_tried:
            self._helped = reading.answer is not None
            self._woken.set()

    def _take_offer(self, raw: msgspec.Raw) -> None:
        try:
            self._offered = _OFFER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("cannot read the plan in an answer: %s; goes on as before", error)
            return
        self._woken.set()

    def _is_overdue(self) -> bool:
        probation, bounds = self._probation, self.own.plan
        if probation is None or probation.is_proven:
            return False
        lasted_ns = self.hands.now_ns() - probation.since_ns
        is_long = lasted_ns >= bounds.probation_s * NS_PER_S
        return is_long and probation.tries >= bounds.probation_tries

    async def _try(self, offer: Offer) -> None:
        version = version_of(offer)
        try:
            plan, config = examined(offer, self.own)
        except PlanRefused as error:
            for line in error.mistakes:
                _log.warning("plan %s refused: %s", version, line)
            ledger = rules.refused(self.holding.ledger, version, str(error))
            await self._keep(ledger)
            self._report(NoticeCode.CONFIG_REJECTED, f"{version} {error}")
            return
        before = self.holding
        if not await self._keep(rules.tried(before.ledger, offer)):
            reason = "the disk does not take it"
            ledger = rules.refused(before.ledger, version, reason, Ground.NOT_KEPT)
            self._hold(ledger, before.config, before.plan)
            self._report(NoticeCode.CONFIG_REJECTED, f"{version} {reason}")
            return
        _log.info("plan %s is tried; in force before: %s", version, before.ledger.running.text)
        self._hold(self.holding.ledger, config, plan)
        self._probation = _Probation(since_ns=self.hands.now_ns(), said=self.said)
        self.hands.apply(config, plan)
        self.hands.on_news()

    async def _prove(self) -> None:
        self._probation = None
        await self._keep(rules.proven(self.holding.ledger))
        version = self.holding.ledger.running.version
        _log.info("plan %s has proved itself", version)
        self._report(NoticeCode.CONFIG_APPLIED, version)

    async def _roll_back(self, probation: _Probation) -> None:
        ledger = self.holding.ledger
        assert ledger.trial is not None, "probation is of the plan that is tried"
        version = version_of(ledger.trial)
        lasted_s = (self.hands.now_ns() - probation.since_ns) / NS_PER_S
        reason = (
            f"the collector was not reached for {lasted_s:.0f} s,"
            f" {probation.tries} tries: {probation.problem}"
        )
        _log.warning("plan %s taken back: %s", version, reason)
        self._probation = None
        await self._keep(rules.rolled_back(ledger, Ground.UNDECIDED, reason))
        plan, config = None, self.own
        good = self.holding.ledger.good
        if good is not None:
            plan, config = examined(good, self.own)
        self._hold(self.holding.ledger, config, plan)
        self.hands.apply(config, plan)
        self._report(NoticeCode.CONFIG_REJECTED, f"{version} {reason}")

    async def _decide(self, *, is_reached: bool) -> None:
        self._helped = None
        one = self.holding.ledger.undecided
        if one is None:  # another was offered and tried meanwhile
            return
        await self._keep(rules.decided(self.holding.ledger, is_reached=is_reached))
        found = "reached" if is_reached else "not reached either"
        is_refused = any(each.version == one.version for each in self.holding.ledger.refused)
        fate = "stays refused" if is_refused else "may come again"
        _log.warning("plan %s %s: without it the collector is %s", one.version, fate, found)

    async def _keep_again(self) -> None:
        before = self.holding
        if not await self._keep(rules.relieved(before.ledger)):
            self.holding = before

    async def _keep(self, ledger: Ledger) -> bool:
        """Have a ledger hold; return whether it is on the disk."""
        try:
            await asyncio.to_thread(save, self.path, ledger)
        except OSError as error:
            _log.warning("cannot write plans file=%s: %s; tried again", self.path, error)
            self._is_unsaved = True
        else:
            self._is_unsaved = False
        self._hold(ledger, self.holding.config, self.holding.plan)
        return not self._is_unsaved

    def _hold(self, ledger: Ledger, config: AgentConfig, plan: SitePlan | None) -> None:
        self.holding = Holding(ledger=ledger, config=config, plan=plan)

    def _report(self, code: NoticeCode, text: str) -> None:
        self.hands.on_notice(code, text.replace("\n", "; ")[:TEXT_CHARACTERS])
        self.hands.on_news()

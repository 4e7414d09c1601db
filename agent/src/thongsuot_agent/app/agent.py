"""Agent: one service point's device, wired together, from its first batch to its last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Never
from urllib.parse import urlsplit

from thongsuot_agent.app.asks import Asks, Hands
from thongsuot_agent.app.chance import chance, new_id
from thongsuot_agent.app.desk import Desk, Orders
from thongsuot_agent.app.front import Front
from thongsuot_agent.app.identity import Identity
from thongsuot_agent.app.keepsake import Keepsake, load, save
from thongsuot_agent.app.notify import Notifier
from thongsuot_agent.app.plans import Holding, PlanHands, Plans
from thongsuot_agent.app.samples import Samples
from thongsuot_agent.app.setting import Setting, under
from thongsuot_agent.app.supervisor import Supervisor
from thongsuot_agent.app.uplinks import Uplinks
from thongsuot_agent.clock import NS_PER_S, TrueTime
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.judge.events import Wish
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.plan import plan_from
from thongsuot_agent.links.lateness import LATENESS
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_agent.own import OWN
from thongsuot_agent.page.latest import Latest
from thongsuot_agent.page.pages import Pages
from thongsuot_agent.page.server import Server
from thongsuot_agent.schedule.doubt import LateHistory
from thongsuot_agent.schedule.job import Reach, jobs_from_plan
from thongsuot_agent.schedule.purse import Purse
from thongsuot_agent.schedule.runner import Listener, Runner
from thongsuot_agent.schedule.timetable import Rhythm, due_after, spread
from thongsuot_agent.siteplan.overlay import respec_by
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.uplink.lane import Lane, Terms
from thongsuot_agent.uplink.line import Door
from thongsuot_agent.uplink.uplink import PlanTalk, Uplink
from thongsuot_agent.version import VERSION
from thongsuot_schema.batch.push import Ask
from thongsuot_schema.catalogue.host import SPENT, SPOOL, SPOOL_USED, WAITING
from thongsuot_schema.metric import Metric
from thongsuot_schema.result import Result
from thongsuot_schema.siteplan.model import SitePlan

_log = logging.getLogger(__name__)

_TICK_S = 1.0
_LOOK_EVERY_BEATS = 60
_PURSE_EVERY_BEATS = 3600
_LAST_PUSH_S = 2.0
_PURSE, _SAMPLES = "purse", "samples"


class Agent:
    """The whole agent. ``run`` is its life; ``stop`` ends it in good order."""

    def __init__(
        self, setting: Setting, monitor: LinkMonitor, notifier: Notifier, holding: Holding
    ) -> None:
        monitor.respec(respec_by(holding.plan))
        self._setting = setting = under(setting, holding.config)
        self._monitor = monitor
        self._notifier = notifier
        self._stop = asyncio.Event()
        self._upkeep = asyncio.Event()
        self._supervisor = Supervisor()
        self._true_time = TrueTime()
        self._uplinks = Uplinks(monitor.links)
        self._reaches: tuple[Reach, ...] = ()
        self._beats = 0
        self._beat_ns = setting.clock.boottime_ns()
        kept = load(
            setting.places.keepsake, boot_id=setting.boot_id, fingerprint=setting.fingerprint
        )
        self._purse = Purse(self._trusted_wall_ns, "" if kept is None else kept.purse)
        self._samples = Samples(self._trusted_wall_ns)
        self._spool = self._make_spool()
        self._desk = self._make_desk(kept)
        self._runner = Runner(
            setting.clock,
            monitor.links,
            self._purse,
            LateHistory(LATENESS.note),
            Listener(on_result=self._take_result, on_notice=self._spool.add),
        )
        self._plans = self._make_plans(holding)
        self._asks = self._make_asks()
        self._identity = Identity(setting, self._trusted_wall_ns)
        self._uplink = self._make_uplink()
        self._desk.serve(
            Orders(
                on_wish=self._fulfil,
                on_news=self._send_news,
                on_way_out=self._uplink.hurry,
                on_link_down=self._uplink.leave,
                on_family=self._uplink.avoid,
            )
        )
        self.front = self._make_front()

    def stop(self) -> None:
        """Begin the end: seal, try one push, bring the rest to the disk."""
        self._stop.set()

    async def run(self) -> None:
        """Live until ``stop``."""
        await self._open()
        tasks: dict[str, Callable[[], Awaitable[object]]] = {
            "links": lambda: self._monitor.run(self._take_link),
            "schedule": self._runner.run,
            "beat": self._beat,
            "push": self._seal_for_ever,
            "upkeep": self._keep_up_for_ever,
            "fresh lane": self._uplink.run_fresh,
            "backlog lane": self._uplink.run_backlog,
            "plans": self._plans.run,
        }
        tasks |= self._identity.tasks()
        listen = self._setting.config.page.listen
        if listen:
            server = Server(Pages(self.front.sources()).page_for)
            tasks["page"] = lambda: server.run(listen, _log_page)
        try:
            await self._supervisor.run(tasks, self._stop)
        finally:
            await self._close()

    async def _open(self) -> None:
        OWN.answered_by(self._own_values)
        self._replan()
        await self._spool.open()
        remembered = await self._spool.recall(_PURSE)
        self._purse.remember(remembered or "")
        self._samples.remember(await self._spool.recall(_SAMPLES) or "")
        self._desk.begin(VERSION)
        for code, text in self._plans.holding.news:
            self._desk.take_notice(code, text)
        for name, link in self._monitor.links.items():
            self._desk.take_link(name, ABSENT, link.state)
        _log.info(
            "started version=%s site=%s links=%s",
            VERSION,
            self._setting.config.site.name,
            ",".join(self._monitor.links) or "none",
        )
        self._notifier.send("READY=1")

    async def _close(self) -> None:
        self._notifier.send("STOPPING=1")
        self._spool.seal()
        try:
            async with asyncio.timeout(_LAST_PUSH_S):
                await self._uplink.push_last()
        except TimeoutError:
            _log.info("the last batch was not acknowledged in time; it goes to the disk")
        self._uplink.close()
        self._identity.close()
        self._desk.close()
        await self._remember()
        self._save()
        await self._spool.close()
        _log.info("stopped waiting_batches=%d", self._spool.status().waiting_batches)

    async def _beat(self) -> Never:
        """Once a second: the judge's clock, the watchdog, and what is looked after now and then."""
        while True:
            await asyncio.sleep(_TICK_S)
            self._beat_ns = self._setting.clock.boottime_ns()
            self._beats += 1
            wall_ns = self._trusted_wall_ns()
            self._desk.pass_time(None if wall_ns is None else wall_ns / NS_PER_S)
            self._asks.pass_time()
            self._plans.pass_time()
            self._notifier.send("WATCHDOG=1")
            if self._beats % _LOOK_EVERY_BEATS == 0 or self._desk.is_plan_stale:
                self._desk.is_plan_stale = False
                self._replan()  # name servers change without a word from the kernel
            if self._beats % _PURSE_EVERY_BEATS == 0:
                await self._remember()

    async def _remember(self) -> None:
        """Bring to the disk what a month adds up to."""
        if self._purse.is_needed:
            await self._spool.remember(_PURSE, self._purse.book())
        if not self._samples.is_empty:
            await self._spool.remember(_SAMPLES, self._samples.book())

    async def _seal_for_ever(self) -> Never:
        setting = self._setting
        every_ns = round(setting.config.collector.push_every_s * NS_PER_S)
        # Agents that boot together after a power cut do not push together.
        rhythm = Rhythm(every_ns=every_ns, offset_ns=spread(setting.config.site.name, every_ns))
        while True:
            now_ns = setting.clock.boottime_ns()
            await asyncio.sleep((due_after(rhythm, now_ns) - now_ns) / NS_PER_S)
            self._seal()

    async def _keep_up_for_ever(self) -> Never:
        while True:
            await self._upkeep.wait()
            self._upkeep.clear()
            await self._spool.keep_up()

    def _seal(self) -> None:
        if self._spool.seal():
            self._uplink.wake()
        self._upkeep.set()
        self._save()

    def _send_news(self) -> None:
        self._seal()
        self._uplink.hurry()

    def _take_link(self, name: str, before: LinkState, after: LinkState) -> None:
        self._replan()
        self._desk.take_link(name, before, after)

    def _take_result(self, result: Result) -> None:
        self._samples.take(result)
        self._desk.take_result(result)
        self._asks.take_result(result)

    def _take_asks(self, asks: tuple[Ask, ...]) -> None:
        # One that comes with the last push could not be ended; it comes again after the start.
        if not self._stop.is_set():
            self._asks.take(asks)

    def _fulfil(self, wish: Wish) -> None:
        self._runner.wish(wish.kind, wish.link, wish.target, wish.family)

    def _replan(self) -> None:
        """Plan anew where the links are not those that were planned for."""
        reaches = self._uplinks.reaches(self._desk.states())
        if reaches == self._reaches:
            return
        setting = self._setting
        specs = self._uplinks.specs
        if specs != tuple(reach.spec for reach in self._reaches):
            self._desk.plan = plan_from(specs, setting.targets, setting.probes)
        self._reaches = reaches
        jobs = jobs_from_plan(setting.config.site.name, setting.probes, setting.targets, reaches)
        self._spool.expect(job.series for job in jobs)
        self._purse.plan(specs, jobs)
        self._runner.plan(jobs)
        _log.info("planned series=%d links=%d", len(jobs), len(specs))

    def _change_plan(self, config: AgentConfig, plan: SitePlan | None) -> None:
        """Watch by another site plan from now on; what did not change goes on as it was."""
        self._monitor.respec(respec_by(plan))
        self._setting = setting = under(self._setting, config)
        self._desk.change_plan(
            plan_from(self._uplinks.specs, setting.targets, setting.probes),
            setting.lan_targets,
            VERSION,
        )
        self._reaches = ()
        self._replan()
        # Whatever was open before shows nothing of whether the collector is reached now.
        self._uplink.renew()
        self._save()

    def _save(self) -> None:
        keepsake = Keepsake(
            boot_id=self._setting.boot_id,
            fingerprint=self._setting.fingerprint,
            memory=self._desk.memory,
            history=self._desk.history.dump(),
            purse=self._purse.book(),
            families=self._uplinks.families,
        )
        save(self._setting.places.keepsake, keepsake)

    def _trusted_wall_ns(self) -> int | None:
        """Return the wall time, ``None`` while nobody vouches for it."""
        clock = self._setting.clock
        if not self._true_time.is_known:
            return None if clock.error_s() is None else clock.wall_ns()
        now_ns = clock.boottime_ns()
        return self._true_time.wall_ns(now_ns, clock.wall_ns(), now_ns)

    def _own_values(self, link: str) -> dict[Metric, float]:
        record = self._spool.status()
        values: dict[Metric, float] = {
            WAITING: record.waiting_batches,
            SPOOL: record.disk_bytes,
            SPOOL_USED: min(1.0, record.disk_bytes / self._setting.config.spool.max_bytes),
        }
        values |= self._identity.values() | self._plans.values()
        spent = self._purse.spent_bytes().get(link)
        return values if spent is None else values | {SPENT: spent}

    def _make_spool(self) -> Spool:
        setting = self._setting
        return Spool(
            setting.config.spool,
            setting.places,
            setting.clock,
            site=setting.config.site.name,
            boot_id=setting.boot_id,
            trusted_wall_ns=self._trusted_wall_ns,
        )

    def _make_desk(self, kept: Keepsake | None) -> Desk:
        setting = self._setting
        desk = Desk(
            setting.clock,
            self._spool,
            self._monitor.links,
            plan=plan_from(self._uplinks.specs, setting.targets, setting.probes),
            settings=setting.config.judge,
            memory=Memory() if kept is None else kept.memory,
            latest=Latest(setting.lan_targets),
            recorder=setting.recorder,
        )
        if kept is not None:
            desk.history.load(kept.history, setting.clock.boottime_ns())
            self._uplinks.families = kept.families
        return desk

    def _make_plans(self, holding: Holding) -> Plans:
        setting = self._setting
        hands = PlanHands(
            now_ns=setting.clock.boottime_ns,
            apply=self._change_plan,
            on_notice=self._desk.take_notice,
            on_news=self._send_news,
        )
        return Plans(own=setting.own, path=setting.places.plans, holding=holding, hands=hands)

    def _make_front(self) -> Front:
        return Front(
            current=lambda: self._setting,
            desk=self._desk,
            spool=self._spool,
            uplinks=self._uplinks,
            uplink=self._uplink,
            purse=self._purse,
            samples=self._samples,
            true_time=self._true_time,
            supervisor=self._supervisor,
            started_ns=self._setting.clock.boottime_ns(),
            plans=self._plans,
            asks=self._asks,
            identity=self._identity,
            beat_ns=lambda: self._beat_ns,
        )

    def _make_asks(self) -> Asks:
        return Asks(
            Hands(
                now_ns=self._setting.clock.boottime_ns,
                matching=self._runner.matching,
                wanted_here=self._runner.wanted_here,
                begin=self._runner.begin,
                on_notice=self._desk.take_notice,
                on_news=self._send_news,
                new_id=new_id,
            )
        )

    def _make_uplink(self) -> Uplink:
        setting = self._setting
        collector = setting.config.collector
        terms = Terms(
            door=Door(
                url=collector.url.rstrip("/"),
                host=urlsplit(collector.url).hostname or "",
                ca_file=collector.ca_file,
                timeout_s=collector.timeout_s,
            ),
            links=self._monitor.links,
            clock=setting.clock,
            boot_id=setting.boot_id,
            token=setting.token,
            ways=lambda: self._uplinks.ways(self._desk.states()),
            pay=self._purse.pay,
            layout_of=self._spool.layout,
            plan=lambda: self._plans.said,
            certificate=self._identity.pair,
        )
        self._identity.serve(Lane(terms), chance)
        return Uplink(
            self._spool,
            fresh=Lane(terms),
            backlog=Lane(terms),
            clock=setting.clock,
            true_time=self._true_time,
            chance=chance,
            on_asks=self._take_asks,
            plans=PlanTalk(said=lambda: self._plans.said, heard=self._plans.take_push),
        )


def _log_page(host: str, port: int) -> None:
    _log.info("page listens on host=%s port=%d", host, port)

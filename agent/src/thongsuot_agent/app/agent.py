"""Agent: one service point's device, wired together, from its first batch to its last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Never
from urllib.parse import urlsplit

from thongsuot_agent.app.checkpoint import Checkpoint, load, save
from thongsuot_agent.app.identity import DeviceIdentity
from thongsuot_agent.app.jitter import jitter, new_id
from thongsuot_agent.app.link_registry import LinkRegistry
from thongsuot_agent.app.requested_tests import RequestedTestCallbacks, RequestedTests
from thongsuot_agent.app.result_pipeline import PipelineCallbacks, ResultPipeline
from thongsuot_agent.app.run_context import RunContext, with_config
from thongsuot_agent.app.sampling import SamplingProgress
from thongsuot_agent.app.site_configs import (
    ActiveSiteConfig,
    SiteConfigCallbacks,
    SiteConfigManager,
)
from thongsuot_agent.app.status_provider import StatusProvider
from thongsuot_agent.app.supervisor import Supervisor
from thongsuot_agent.app.systemd import SystemdNotifier
from thongsuot_agent.clock import NS_PER_S, TrueTime
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.links.lateness import LATENESS
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_agent.page.latest import LatestResults
from thongsuot_agent.page.pages import LocalPages
from thongsuot_agent.page.server import LocalPageServer
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.scheduler.job import SchedulableLink, jobs_from_plan
from thongsuot_agent.scheduler.measurement_doubts import LatenessHistory
from thongsuot_agent.scheduler.runner import Runner, RunnerCallbacks
from thongsuot_agent.scheduler.timetable import FixedPeriod, due_after, phase_from_name
from thongsuot_agent.siteconfig.overlay import spec_updater
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_agent.uplink.upload_service import SiteConfigHooks, UploadService
from thongsuot_agent.uplink.uploader import UploadConfig, Uploader
from thongsuot_agent.version import VERSION
from thongsuot_schema.batch.push import TestRequest
from thongsuot_schema.catalogue.host import SPENT, SPOOL, SPOOL_USED, WAITING
from thongsuot_schema.metric import Metric
from thongsuot_schema.result import Result
from thongsuot_schema.siteconfig.model import SiteConfiguration

_log = logging.getLogger(__name__)

_TICK_S = 1.0
_RESCHEDULE_EVERY_TICKS = 60
_SAVE_TOTALS_EVERY_TICKS = 3600
_LAST_PUSH_S = 2.0
_PURSE, _SAMPLES = "purse", "samples"


class Agent:
    """The whole agent. ``run`` is its life; ``stop`` ends it in good order."""

    def __init__(
        self,
        setting: RunContext,
        monitor: LinkMonitor,
        notifier: SystemdNotifier,
        holding: ActiveSiteConfig,
    ) -> None:
        monitor.update_specs(spec_updater(holding.site_config))
        self._setting = setting = with_config(setting, holding.config)
        self._monitor = monitor
        self._notifier = notifier
        self._stop = asyncio.Event()
        self._upkeep = asyncio.Event()
        self._supervisor = Supervisor()
        self._true_time = TrueTime()
        self._uplinks = LinkRegistry(monitor.links)
        self._reaches: tuple[SchedulableLink, ...] = ()
        self._beats = 0
        self._beat_ns = setting.clock.boottime_ns()
        kept = load(
            setting.paths.checkpoint_file, boot_id=setting.boot_id, fingerprint=setting.fingerprint
        )
        self._purse = DataBudget(self._trusted_wall_ns, "" if kept is None else kept.data_budget)
        self._samples = SamplingProgress(self._trusted_wall_ns)
        self._spool = self._make_spool()
        self._desk = self._make_pipeline(kept)
        self._runner = Runner(
            setting.clock,
            monitor.links,
            self._purse,
            LatenessHistory(LATENESS.note),
            RunnerCallbacks(on_result=self._on_result, on_notice=self._spool.add_entry),
            services=ProbeServices(self_metrics=self._self_metrics),
        )
        self._plans = self._make_site_configs(holding)
        self._asks = self._make_requested_tests()
        self._identity = DeviceIdentity(setting, self._trusted_wall_ns)
        self._uplink = self._make_upload_service()
        self._desk.set_callbacks(
            PipelineCallbacks(
                on_confirmation_probe=self._confirm,
                on_verdict_change=self._push_now,
                on_link_usable=self._uplink.push_now,
                on_link_down=self._uplink.abandon_link,
                on_down_family=self._uplink.avoid_family,
            )
        )
        self.status_provider = self._make_status_provider()

    def stop(self) -> None:
        """Begin the end: seal, try one push, bring the rest to the disk."""
        self._stop.set()

    async def run(self) -> None:
        """Live until ``stop``."""
        await self._open()
        tasks: dict[str, Callable[[], Awaitable[object]]] = {
            "links": lambda: self._monitor.run(self._on_link_change),
            "schedule": self._runner.run,
            "beat": self._tick_forever,
            "push": self._seal_periodically,
            "upkeep": self._maintain_spool,
            "fresh lane": self._uplink.run_fresh,
            "backlog lane": self._uplink.run_backlog,
            "plans": self._plans.run,
        }
        tasks |= self._identity.tasks()
        listen = self._setting.config.page.listen
        if listen:
            server = LocalPageServer(LocalPages(self.status_provider.sources()).page_for)
            tasks["page"] = lambda: server.run(listen, _log_page)
        try:
            await self._supervisor.run(tasks, self._stop)
        finally:
            await self._close()

    async def _open(self) -> None:
        self._reschedule()
        await self._spool.open()
        remembered = await self._spool.load_fact(_PURSE)
        self._purse.restore(remembered or "")
        self._samples.restore(await self._spool.load_fact(_SAMPLES) or "")
        self._desk.start(VERSION)
        for code, text in self._plans.active.notices:
            self._desk.add_notice(code, text)
        for name, link in self._monitor.links.items():
            self._desk.accept_link_change(name, ABSENT, link.state)
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
        await self._save_monthly_totals()
        self._save_checkpoint()
        await self._spool.close()
        _log.info("stopped waiting_batches=%d", self._spool.status().waiting_batches)

    async def _tick_forever(self) -> Never:
        """Once a second: the judge's clock, the watchdog, and what is looked after now and then."""
        while True:
            await asyncio.sleep(_TICK_S)
            self._beat_ns = self._setting.clock.boottime_ns()
            self._beats += 1
            wall_ns = self._trusted_wall_ns()
            self._desk.tick(None if wall_ns is None else wall_ns / NS_PER_S)
            self._asks.tick()
            self._plans.tick()
            self._notifier.send("WATCHDOG=1")
            if self._beats % _RESCHEDULE_EVERY_TICKS == 0 or self._desk.is_plan_stale:
                self._desk.is_plan_stale = False
                self._reschedule()  # name servers change without a word from the kernel
            if self._beats % _SAVE_TOTALS_EVERY_TICKS == 0:
                await self._save_monthly_totals()

    async def _save_monthly_totals(self) -> None:
        """Bring to the disk what a month adds up to."""
        if self._purse.has_metered_links:
            await self._spool.save_fact(_PURSE, self._purse.dump())
        if not self._samples.is_empty:
            await self._spool.save_fact(_SAMPLES, self._samples.dump())

    async def _seal_periodically(self) -> Never:
        setting = self._setting
        every_ns = round(setting.config.collector.push_every_s * NS_PER_S)
        # Agents that boot together after a power cut do not push together.
        rhythm = FixedPeriod(
            every_ns=every_ns, offset_ns=phase_from_name(setting.config.site.name, every_ns)
        )
        while True:
            now_ns = setting.clock.boottime_ns()
            await asyncio.sleep((due_after(rhythm, now_ns) - now_ns) / NS_PER_S)
            self._seal()

    async def _maintain_spool(self) -> Never:
        while True:
            await self._upkeep.wait()
            self._upkeep.clear()
            await self._spool.maintain()

    def _seal(self) -> None:
        if self._spool.seal():
            self._uplink.wake()
        self._upkeep.set()
        self._save_checkpoint()

    def _push_now(self) -> None:
        self._seal()
        self._uplink.push_now()

    def _on_link_change(self, name: str, before: LinkState, after: LinkState) -> None:
        self._reschedule()
        self._desk.accept_link_change(name, before, after)

    def _on_result(self, result: Result) -> None:
        self._samples.add_result(result)
        self._desk.accept_result(result)
        self._asks.on_result(result)

    def _on_test_requests(self, asks: tuple[TestRequest, ...]) -> None:
        # One that comes with the last push could not be ended; it comes again after the start.
        if not self._stop.is_set():
            self._asks.accept_requests(asks)

    def _confirm(self, wish: ConfirmationProbe) -> None:
        self._runner.confirm(wish.kind, wish.link, wish.target, wish.family)

    def _reschedule(self) -> None:
        """Plan anew where the links are not those that were planned for."""
        reaches = self._uplinks.schedulable_links(self._desk.link_states())
        if reaches == self._reaches:
            return
        setting = self._setting
        specs = self._uplinks.specs
        if specs != tuple(reach.spec for reach in self._reaches):
            self._desk.plan = site_probes_from(specs, setting.targets, setting.probes)
        self._reaches = reaches
        jobs = jobs_from_plan(setting.config.site.name, setting.probes, setting.targets, reaches)
        self._spool.expect_series(job.series for job in jobs)
        self._purse.set_jobs(specs, jobs)
        self._runner.set_jobs(jobs)
        _log.info("planned series=%d links=%d", len(jobs), len(specs))

    def _apply_site_config(self, config: AgentConfig, plan: SiteConfiguration | None) -> None:
        """Watch by another site plan from now on; what did not change goes on as it was."""
        self._monitor.update_specs(spec_updater(plan))
        self._setting = setting = with_config(self._setting, config)
        self._desk.replace_inventory(
            site_probes_from(self._uplinks.specs, setting.targets, setting.probes),
            setting.lan_targets,
            VERSION,
        )
        self._reaches = ()
        self._reschedule()
        # Whatever was open before shows nothing of whether the collector is reached now.
        self._uplink.reconnect()
        self._save_checkpoint()

    def _save_checkpoint(self) -> None:
        keepsake = Checkpoint(
            boot_id=self._setting.boot_id,
            fingerprint=self._setting.fingerprint,
            memory=self._desk.memory,
            history=self._desk.history.dump(),
            data_budget=self._purse.dump(),
            families=self._uplinks.families,
        )
        save(self._setting.paths.checkpoint_file, keepsake)

    def _trusted_wall_ns(self) -> int | None:
        """Return the wall time, ``None`` while nobody vouches for it."""
        clock = self._setting.clock
        if not self._true_time.is_known:
            return None if clock.error_s() is None else clock.wall_ns()
        now_ns = clock.boottime_ns()
        return self._true_time.wall_ns(now_ns, clock.wall_ns(), now_ns)

    def _self_metrics(self, link: str) -> dict[Metric, float]:
        record = self._spool.status()
        values: dict[Metric, float] = {
            WAITING: record.waiting_batches,
            SPOOL: record.disk_bytes,
            SPOOL_USED: min(1.0, record.disk_bytes / self._setting.config.spool.max_bytes),
        }
        values |= self._identity.metrics() | self._plans.metrics()
        spent = self._purse.spent_bytes().get(link)
        return values if spent is None else values | {SPENT: spent}

    def _make_spool(self) -> Spool:
        setting = self._setting
        return Spool(
            setting.config.spool,
            setting.paths,
            setting.clock,
            site=setting.config.site.name,
            boot_id=setting.boot_id,
            trusted_wall_ns=self._trusted_wall_ns,
        )

    def _make_pipeline(self, kept: Checkpoint | None) -> ResultPipeline:
        setting = self._setting
        desk = ResultPipeline(
            setting.clock,
            self._spool,
            self._monitor.links,
            plan=site_probes_from(self._uplinks.specs, setting.targets, setting.probes),
            settings=setting.config.judge,
            memory=Memory() if kept is None else kept.memory,
            latest=LatestResults(setting.lan_targets),
            recorder=setting.recorder,
        )
        if kept is not None:
            desk.history.load(kept.history, setting.clock.boottime_ns())
            self._uplinks.families = kept.families
        return desk

    def _make_site_configs(self, holding: ActiveSiteConfig) -> SiteConfigManager:
        setting = self._setting
        hands = SiteConfigCallbacks(
            now_ns=setting.clock.boottime_ns,
            apply=self._apply_site_config,
            on_notice=self._desk.add_notice,
            push_now=self._push_now,
        )
        return SiteConfigManager(
            own=setting.local_config,
            path=setting.paths.rollout_file,
            active=holding,
            callbacks=hands,
        )

    def _make_status_provider(self) -> StatusProvider:
        return StatusProvider(
            current_context=lambda: self._setting,
            pipeline=self._desk,
            spool=self._spool,
            link_registry=self._uplinks,
            upload_service=self._uplink,
            data_budget=self._purse,
            sampling=self._samples,
            true_time=self._true_time,
            supervisor=self._supervisor,
            started_ns=self._setting.clock.boottime_ns(),
            site_configs=self._plans,
            requested_tests=self._asks,
            identity=self._identity,
            ticked_ns=lambda: self._beat_ns,
        )

    def _make_requested_tests(self) -> RequestedTests:
        return RequestedTests(
            RequestedTestCallbacks(
                now_ns=self._setting.clock.boottime_ns,
                matching_jobs=self._runner.matching_jobs,
                local_requests=self._runner.local_requests,
                start_run=self._runner.start_run,
                on_notice=self._desk.add_notice,
                push_now=self._push_now,
                new_id=new_id,
            )
        )

    def _make_upload_service(self) -> UploadService:
        setting = self._setting
        collector = setting.config.collector
        terms = UploadConfig(
            endpoint=CollectorEndpoint(
                url=collector.url.rstrip("/"),
                host=urlsplit(collector.url).hostname or "",
                ca_file=collector.ca_file,
                timeout_s=collector.timeout_s,
            ),
            links=self._monitor.links,
            clock=setting.clock,
            boot_id=setting.boot_id,
            token=setting.token,
            candidates=lambda: self._uplinks.upload_candidates(self._desk.link_states()),
            charge=self._purse.charge,
            layout_of=self._spool.layout,
            running_config=lambda: self._plans.running_text,
            certificate=self._identity.pair,
        )
        self._identity.set_uploader(Uploader(terms), jitter)
        return UploadService(
            self._spool,
            fresh=Uploader(terms),
            backlog=Uploader(terms),
            clock=setting.clock,
            true_time=self._true_time,
            chance=jitter,
            on_asks=self._on_test_requests,
            plans=SiteConfigHooks(
                running_text=lambda: self._plans.running_text, on_push_end=self._plans.on_push_end
            ),
        )


def _log_page(host: str, port: int) -> None:
    _log.info("page listens on host=%s port=%d", host, port)

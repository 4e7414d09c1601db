"""Agent: one service point's device, wired together, from its first batch to its last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Never

from thongsuot_agent.app import compose
from thongsuot_agent.app.checkpoint import Checkpoint, CheckpointFile
from thongsuot_agent.app.commissioning import Commissioning
from thongsuot_agent.app.identity import DeviceIdentity
from thongsuot_agent.app.jitter import jitter
from thongsuot_agent.app.link_registry import LinkRegistry
from thongsuot_agent.app.local_problems import LocalProblems
from thongsuot_agent.app.place import PlaceFile
from thongsuot_agent.app.requested_tests import RequestedTests
from thongsuot_agent.app.result_pipeline import PipelineCallbacks
from thongsuot_agent.app.route_requests import RouteRequests
from thongsuot_agent.app.run_context import RunContext, with_config
from thongsuot_agent.app.sampling import SamplingProgress
from thongsuot_agent.app.site_configs import (
    ActiveSiteConfig,
    SiteConfigCallbacks,
    SiteConfigManager,
)
from thongsuot_agent.app.status_provider import StatusProvider
from thongsuot_agent.app.systemd import SystemdNotifier
from thongsuot_agent.clock import NS_PER_S, TrueTime
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_agent.page.pages import LocalPages
from thongsuot_agent.page.server import LocalPageServer
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.scheduler.job import SchedulableLink, jobs_from_schedules
from thongsuot_agent.scheduler.runner import RunnerCallbacks
from thongsuot_agent.scheduler.timetable import FixedPeriod, due_after, phase_from_name
from thongsuot_agent.siteconfig.overlay import spec_updater
from thongsuot_agent.uplink.upload_service import SiteConfigHooks, UploadService
from thongsuot_agent.uplink.uploader import Uploader
from thongsuot_agent.version import VERSION
from thongsuot_runtime.supervisor import Supervisor
from thongsuot_schema.batch.push import TestRequest
from thongsuot_schema.catalogue.host import SPENT, SPOOL, SPOOL_USED, WAITING
from thongsuot_schema.metric import Metric
from thongsuot_schema.result import Result
from thongsuot_schema.siteconfig.model import SiteConfiguration

_log = logging.getLogger(__name__)

_RESCHEDULE_EVERY_TICKS = 60
_SAVE_TOTALS_EVERY_TICKS = 3600
_LAST_PUSH_S = 2.0
_DATA_BUDGET, _SAMPLING = "data_budget", "sampling"


class Agent:
    """The whole agent. ``run`` is its life; ``stop`` ends it in good order."""

    def __init__(
        self,
        context: RunContext,
        monitor: LinkMonitor,
        notifier: SystemdNotifier,
        active: ActiveSiteConfig,
    ) -> None:
        monitor.update_specs(spec_updater(active.site_config))
        monitor.update_carriers(active.config.carriers)
        self._context = context = with_config(context, active.config)
        self._monitor = monitor
        self._notifier = notifier
        self._stop = asyncio.Event()
        self._upkeep = asyncio.Event()
        self._supervisor = Supervisor(random=jitter)
        self._true_time = TrueTime()
        self._links = LinkRegistry(monitor.links)
        self._schedulable: tuple[SchedulableLink, ...] = ()
        self._ticks = 0
        self._ticked_ns = context.clock.boottime_ns()
        self._checkpoint = CheckpointFile(context.paths.checkpoint_file)
        checkpoint = self._checkpoint.load(boot_id=context.boot_id, fingerprint=context.fingerprint)
        wall_ns = partial(self._true_time.trusted_wall_ns, context.clock)
        self._wall_ns = wall_ns
        self._data_budget = DataBudget(
            wall_ns, "" if checkpoint is None else checkpoint.data_budget
        )
        self._sampling = SamplingProgress(wall_ns)
        self._route_requests = RouteRequests(context.paths.route_request_file)
        self._spool = compose.make_spool(context, wall_ns)
        self._place = PlaceFile(context.paths.place_file, context.config.site.name)
        self._pipeline = compose.make_pipeline(
            context, self._spool, self._links, checkpoint, self._place
        )
        self._runner = compose.make_runner(
            context,
            monitor.links,
            self._data_budget,
            RunnerCallbacks(on_result=self._on_result, on_notice=self._spool.add_entry),
            self_metrics=self._self_metrics,
        )
        self._site_configs = self._make_site_configs(active)
        self._requested_tests, self._commissioning = self._make_local_actions()
        self._identity = DeviceIdentity(context, wall_ns)
        self._upload_service = self._make_upload_service()
        self._pipeline.set_callbacks(
            PipelineCallbacks(
                on_confirmation_probe=self._confirm,
                on_verdict_change=self._push_now,
                on_link_usable=self._upload_service.push_now,
                on_link_down=self._on_link_down,
                on_down_family=self._upload_service.avoid_family,
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
            "tick": self._tick_forever,
            "push": self._seal_periodically,
            "upkeep": self._maintain_spool,
            "upload fresh": self._upload_service.run_fresh,
            "upload backlog": self._upload_service.run_backlog,
            "site configuration": self._site_configs.run,
            "commissioning": self._commissioning.save_changes,
        }
        tasks |= self._identity.tasks()
        tasks |= compose.sms_tasks(self._context, self._pipeline, self._wall_ns)
        listen = self._context.config.page.listen
        if listen:
            server = LocalPageServer(LocalPages(self.status_provider.sources()).page_for)
            tasks["page"] = lambda: server.run(listen, compose.log_page)
        try:
            await self._supervisor.run(tasks, self._stop)
        finally:
            await self._close()

    async def _open(self) -> None:
        self._reschedule()
        await self._spool.open()
        remembered = await self._spool.load_fact(_DATA_BUDGET)
        self._data_budget.restore(remembered or "")
        self._sampling.restore(await self._spool.load_fact(_SAMPLING) or "")
        self._pipeline.start(VERSION)
        await self._commissioning.restore()
        for code, text in self._site_configs.active.notices:
            self._pipeline.add_notice(code, text)
        for name, link in self._monitor.links.items():
            self._pipeline.accept_link_change(name, ABSENT, link.state)
        _log.info(
            "started version=%s site=%s links=%s",
            VERSION,
            self._context.config.site.name,
            ",".join(self._monitor.links) or "none",
        )
        self._notifier.send("READY=1")

    async def _close(self) -> None:
        self._notifier.send("STOPPING=1")
        self._spool.seal()
        try:
            async with asyncio.timeout(_LAST_PUSH_S):
                await self._upload_service.push_last()
        except TimeoutError:
            _log.info("the last batch was not acknowledged in time; it is written to the disk")
        self._upload_service.close()
        self._identity.close()
        self._pipeline.close()
        await self._save_monthly_totals()
        self._save_checkpoint()
        await self._spool.close()
        _log.info("stopped waiting_batches=%d", self._spool.status().waiting_batches)

    async def _tick_forever(self) -> Never:
        """Once a second: the judge's clock, the watchdog, and periodic work."""
        clock = self._context.clock
        while True:
            await asyncio.sleep(self._runner.until_next_tick_s(clock.boottime_ns()))
            self._ticked_ns = clock.boottime_ns()
            self._ticks += 1
            wall_ns = self._wall_ns()
            self._pipeline.tick(None if wall_ns is None else wall_ns / NS_PER_S)
            self._requested_tests.tick()
            self._commissioning.tick()
            self._site_configs.tick()
            self._route_requests.tick(self._monitor.links, self._ticked_ns)
            self._notifier.send("WATCHDOG=1")
            if self._ticks % _RESCHEDULE_EVERY_TICKS == 0 or self._pipeline.needs_rescheduling:
                self._pipeline.needs_rescheduling = False
                self._reschedule()  # name servers change without a word from the kernel
            if self._ticks % _SAVE_TOTALS_EVERY_TICKS == 0:
                await self._save_monthly_totals()

    async def _save_monthly_totals(self) -> None:
        """Save the monthly totals to the disk."""
        if self._data_budget.has_metered_links:
            await self._spool.save_fact(_DATA_BUDGET, self._data_budget.dump())
        if not self._sampling.is_empty:
            await self._spool.save_fact(_SAMPLING, self._sampling.dump())

    async def _seal_periodically(self) -> Never:
        context = self._context
        every_ns = round(context.config.collector.push_every_s * NS_PER_S)
        # Agents that boot together after a power cut do not push together.
        rhythm = FixedPeriod(
            every_ns=every_ns, offset_ns=phase_from_name(context.config.site.name, every_ns)
        )
        while True:
            now_ns = context.clock.boottime_ns()
            await asyncio.sleep((due_after(rhythm, now_ns) - now_ns) / NS_PER_S)
            self._seal()

    async def _maintain_spool(self) -> Never:
        while True:
            await self._upkeep.wait()
            self._upkeep.clear()
            await self._spool.maintain()

    def _seal(self) -> None:
        if self._spool.seal():
            self._upload_service.wake()
        self._upkeep.set()
        self._save_checkpoint()

    def _push_now(self) -> None:
        self._seal()
        self._upload_service.push_now()

    def _on_link_change(self, name: str, before: LinkState, after: LinkState) -> None:
        self._reschedule()
        self._commissioning.on_link_change(name, before, after)
        self._pipeline.accept_link_change(name, before, after)

    def _on_link_down(self, name: str) -> None:
        self._upload_service.abandon_link(name)
        self._runner.confirm_site()

    def _on_result(self, result: Result) -> None:
        self._sampling.add_result(result)
        self._pipeline.accept_result(result)
        self._requested_tests.on_result(result)
        self._commissioning.on_result(result)

    def _on_test_requests(self, requests: tuple[TestRequest, ...]) -> None:
        # One that comes with the last push could not be ended; it comes again after the start.
        if not self._stop.is_set():
            self._requested_tests.accept_requests(requests)

    def _confirm(self, probe: ConfirmationProbe) -> None:
        self._runner.confirm(probe.kind, probe.link, probe.target, probe.family)

    def _reschedule(self) -> None:
        """Reschedule if the links differ from the scheduled ones."""
        schedulable = self._links.schedulable_links(self._pipeline.link_states())
        if schedulable == self._schedulable:
            return
        context = self._context
        specs = self._links.specs
        if specs != tuple(link.spec for link in self._schedulable):
            self._pipeline.site_probes = site_probes_from(specs, context.targets, context.probes)
        self._schedulable = schedulable
        jobs = jobs_from_schedules(
            context.config.site.name, context.probes, context.targets, schedulable
        )
        self._spool.expect_series(job.series for job in jobs)
        self._data_budget.set_jobs(specs, jobs)
        self._runner.set_jobs(jobs)
        _log.info("scheduled series=%d links=%d", len(jobs), len(specs))

    def _apply_site_config(
        self, config: AgentConfig, site_config: SiteConfiguration | None
    ) -> None:
        """Use another site configuration from now on; unchanged parts continue."""
        self._monitor.update_specs(spec_updater(site_config))
        self._monitor.update_carriers(config.carriers)
        self._context = context = with_config(self._context, config)
        self._pipeline.replace_inventory(
            site_probes_from(self._links.specs, context.targets, context.probes),
            context.targets,
            VERSION,
        )
        self._commissioning.set_targets(context.targets)
        self._schedulable = ()
        self._reschedule()
        # An open connection does not show whether the collector can be reached now.
        self._upload_service.reconnect()
        self._save_checkpoint()

    def _save_checkpoint(self) -> None:
        checkpoint = Checkpoint(
            boot_id=self._context.boot_id,
            fingerprint=self._context.fingerprint,
            memory=self._pipeline.memory,
            history=self._pipeline.history.dump(),
            data_budget=self._data_budget.dump(),
            families=self._links.families,
        )
        self._checkpoint.save(checkpoint)
        self._place.save(self._pipeline.memory, self._links.specs)

    def _self_metrics(self, link: str) -> dict[Metric, float]:
        record = self._spool.status()
        values: dict[Metric, float] = {
            WAITING: record.waiting_batches,
            SPOOL: record.disk_bytes,
            SPOOL_USED: min(1.0, record.disk_bytes / self._context.config.spool.max_bytes),
        }
        values |= self._identity.metrics() | self._site_configs.metrics()
        spent = self._data_budget.spent_bytes().get(link)
        return values if spent is None else values | {SPENT: spent}

    def _make_site_configs(self, active: ActiveSiteConfig) -> SiteConfigManager:
        context = self._context
        return SiteConfigManager(
            own=context.local_config,
            path=context.paths.rollout_file,
            active=active,
            callbacks=SiteConfigCallbacks(
                now_ns=context.clock.boottime_ns,
                apply=self._apply_site_config,
                on_notice=self._pipeline.add_notice,
                push_now=self._push_now,
            ),
        )

    def _make_local_actions(self) -> tuple[RequestedTests, Commissioning]:
        context, runner, pipeline = self._context, self._runner, self._pipeline
        tests = compose.make_requested_tests(
            context, runner, pipeline, self._data_budget, self._push_now
        )
        commissioning = compose.make_commissioning(
            context,
            self._links,
            runner,
            pipeline,
            self._spool,
            true_time=self._true_time,
            push_now=self._push_now,
        )
        return tests, commissioning

    def _make_upload_service(self) -> UploadService:
        context = self._context
        upload_config = compose.make_upload_config(
            context,
            self._links,
            candidates=lambda: self._links.upload_candidates(self._pipeline.link_states()),
            charge=self._data_budget.charge,
            layout_of=self._spool.layout,
            running_config=lambda: self._site_configs.running_text,
            record_report=self._spool.record_report,
            identity=self._identity,
        )
        self._identity.set_uploader(Uploader(upload_config), jitter)
        return UploadService(
            self._spool,
            fresh=Uploader(upload_config),
            backlog=Uploader(upload_config),
            clock=context.clock,
            true_time=self._true_time,
            jitter=jitter,
            on_test_requests=self._on_test_requests,
            site_configs=SiteConfigHooks(
                running_text=lambda: self._site_configs.running_text,
                on_push_end=self._site_configs.on_push_end,
            ),
        )

    def _make_status_provider(self) -> StatusProvider:
        return StatusProvider(
            current_context=lambda: self._context,
            pipeline=self._pipeline,
            spool=self._spool,
            link_registry=self._links,
            upload_service=self._upload_service,
            data_budget=self._data_budget,
            sampling=self._sampling,
            true_time=self._true_time,
            supervisor=self._supervisor,
            started_ns=self._context.clock.boottime_ns(),
            site_configs=self._site_configs,
            requested_tests=self._requested_tests,
            commissioning=self._commissioning,
            problems=LocalProblems(self._context.clock, self._pipeline.add_notice, self._push_now),
            identity=self._identity,
            ticked_ns=lambda: self._ticked_ns,
        )

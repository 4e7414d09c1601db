"""Status provider for the local page, ``/status.json`` and ``/metrics``."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from thongsuot_agent.app.commissioning import Commissioning
from thongsuot_agent.app.identity import DeviceIdentity
from thongsuot_agent.app.link_registry import LinkRegistry
from thongsuot_agent.app.local_problems import LocalProblems
from thongsuot_agent.app.requested_tests import RequestedTests
from thongsuot_agent.app.result_pipeline import ResultPipeline
from thongsuot_agent.app.run_context import RunContext
from thongsuot_agent.app.sampling import SamplingProgress
from thongsuot_agent.app.site_configs import SiteConfigManager
from thongsuot_agent.clock import NS_PER_S, TrueTime
from thongsuot_agent.page.exposition import Exposition
from thongsuot_agent.page.pages import PageSources
from thongsuot_agent.page.site_view import PageContext, SiteViewInputs, site_view
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.status import (
    AgentStatus,
    CollectorStatus,
    RecordStatus,
    TaskStatus,
    VerdictStatus,
)
from thongsuot_agent.uplink.upload_service import UploadService
from thongsuot_agent.version import VERSION
from thongsuot_runtime.supervisor import Supervisor
from thongsuot_schema.metric import MetricType
from thongsuot_schema.view import SiteView

_HEALTHY_NS = 30 * NS_PER_S
"""A beat that is later than this means that the process does not do its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusProvider:
    """
    Looks at the parts of the agent; changes none. ``current_context`` returns the setting that
    holds, ``ticked_ns`` when the agent last beat.
    """

    current_context: Callable[[], RunContext]
    pipeline: ResultPipeline
    spool: Spool
    link_registry: LinkRegistry
    upload_service: UploadService
    data_budget: DataBudget
    sampling: SamplingProgress
    true_time: TrueTime
    supervisor: Supervisor
    requested_tests: RequestedTests
    commissioning: Commissioning
    problems: LocalProblems
    identity: DeviceIdentity
    started_ns: int
    site_configs: SiteConfigManager
    ticked_ns: Callable[[], int]

    @property
    def context(self) -> RunContext:
        """The setting that holds now: a site configuration changes it."""
        return self.current_context()

    def sources(self) -> PageSources:
        """Return the data of the pages."""
        return PageSources(
            view=self.view,
            status=self.status,
            metrics=self.metrics,
            is_healthy=self.is_healthy,
            boottime_ns=self.context.clock.boottime_ns,
            month=self.pipeline.month,
            lines=self.pipeline.lines,
            names=self.context.config.page.names,
            report_problem=self.problems.report,
            request_tests=self.requested_tests.request_local_tests
            if self.context.config.page.test_button
            else None,
            commissioning=self.commissioning if self.context.config.page.commissioning else None,
        )

    def is_healthy(self) -> bool:
        """Return whether the agent does its work."""
        return self.context.clock.boottime_ns() - self.ticked_ns() < _HEALTHY_NS

    def view(self) -> SiteView:
        """Return the content of the page."""
        config = self.context.config
        answer = self.upload_service.answer
        inputs = SiteViewInputs(
            site=config.site,
            links=self.link_registry.specs,
            targets=self.context.targets,
            carriers=config.carriers,
            standing_verdicts=self.pipeline.standing_verdicts,
            history=self.pipeline.history,
            latest=self.pipeline.latest,
            now_ns=self.context.clock.boottime_ns(),
            wall_s=self._wall_s,
            spent=self.data_budget.monthly_usage(),
            carrying_since_ns=self.link_registry.carrying_since_ns(),
            counter=self.pipeline.counter.view(self.context.clock.boottime_ns(), self._wall_s),
            routes={name: memory.paths for name, memory in self.pipeline.memory.links.items()},
        )
        context = PageContext(
            notified=() if answer is None else answer.notifications,
            incidents=() if answer is None else answer.incidents,
            problems=self.problems.recent(self._wall_s),
            nearest=self.upload_service.nearest,
            collector_reachable=self.upload_service.is_reachable,
            collector_away_ns=self.upload_service.away_since_ns,
            collector_failover=self._failover_host(),
            backlog_batches=self.spool.status().waiting_batches,
            clock_trusted=self._is_clock_trusted(),
            has_duplicate_devices=answer is not None and answer.has_duplicate_devices,
            version=VERSION,
            tests=self.requested_tests.recent_tests(self._wall_s),
            next_test_s=self.requested_tests.cooldown_left_ns() / NS_PER_S,
        )
        return site_view(inputs, context)

    def status(self) -> AgentStatus:
        """Return the status."""
        now_ns = self.context.clock.boottime_ns()
        return AgentStatus(
            version=VERSION,
            site=self.context.config.site.name,
            now_s=self._wall_s(now_ns),
            clock_trusted=self._is_clock_trusted(),
            started_s=self._wall_s(self.started_ns),
            results=self.pipeline.latest.count,
            links=self.link_registry.statuses(self.data_budget.spent_bytes()),
            verdicts=tuple(
                VerdictStatus(
                    link=issued.verdict.link,
                    service=issued.verdict.service,
                    state=issued.verdict.state,
                    segment=issued.verdict.segment,
                    symptom=issued.verdict.symptom,
                    since_s=self._wall_s(issued.onset_ns),
                )
                for issued in self.pipeline.standing_verdicts
            ),
            record=self._record_status(),
            collector=self._collector_status(now_ns),
            sampling=self.sampling.statuses(),
            tasks=tuple(
                TaskStatus(name=task.name, restarts=task.restarts, error=task.error)
                for task in self.supervisor.failed_tasks
            ),
            site_config=self.site_configs.status,
        )

    def metrics(self) -> Exposition:
        """Return the content of ``/metrics``."""
        site = self.context.config.site
        exposition = Exposition(
            {"commune": site.commune, "site": site.name}, self.link_registry.specs
        )
        exposition.add_results(self.pipeline.latest.fresh_results(self.context.clock.boottime_ns()))
        exposition.add_verdicts(issued.verdict for issued in self.pipeline.standing_verdicts)
        self._add_self_metrics(exposition)
        return exposition

    def _add_self_metrics(self, exposition: Exposition) -> None:
        record = self.spool.status()
        counters = {
            "results": ("Results made since the agent started", self.pipeline.latest.count),
            "dropped_results": ("Results dropped for room", record.dropped_results),
            "rejected_batches": ("Batches that the collector refused", record.rejected_batches),
            "restarts": (
                "Restarts of tasks of the agent",
                sum(task.restarts for task in self.supervisor.failed_tasks),
            ),
        }
        for name, (text, value) in counters.items():
            exposition.add_agent_metric(
                f"thongsuot_agent_{name}_total", text, value, MetricType.COUNTER
            )
        exposition.add_agent_metric(
            "thongsuot_agent_waiting_batches",
            "Batches that the collector has not acknowledged",
            record.waiting_batches,
        )
        exposition.add_agent_metric(
            "thongsuot_agent_spool_disk_bytes", "Size of the record on disk", record.disk_bytes
        )
        site_config = self.site_configs.status
        exposition.add_agent_metric(
            "thongsuot_agent_site_config_info",
            "The site configuration that is run, and how it stands: off, none, trial, good",
            1.0,
            more={
                "version": site_config.version,
                "state": site_config.state,
                "refused": site_config.refused,
            },
        )
        collector = self.context.config.collector
        for url in (collector.url, *collector.failover_urls):
            exposition.add_agent_metric(
                "thongsuot_agent_collector_answers",
                "1 for the address of the collector that answered the latest push, 0 for others",
                float(url.rstrip("/") == self.upload_service.answering_url),
                more={"address": url.rstrip("/")},
            )
        expiry_s = self.identity.expiry_s
        if expiry_s is not None:
            exposition.add_agent_metric(
                "thongsuot_agent_certificate_expiry_timestamp_seconds",
                "When the certificate runs out that this device shows the collector",
                expiry_s,
            )
        for link, spent in self.data_budget.spent_bytes().items():
            exposition.add_agent_metric(
                "thongsuot_agent_allowance_spent_bytes",
                "What monitoring used of a link's allowance this month",
                spent,
                link=link,
            )

    def _record_status(self) -> RecordStatus:
        record = self.spool.status()
        return RecordStatus(
            waiting_batches=record.waiting_batches,
            waiting_results=record.waiting_results,
            disk_bytes=record.disk_bytes,
            dropped_results=record.dropped_results,
            dropped_batches=record.dropped_batches,
            rejected_batches=record.rejected_batches,
            in_memory_only=record.is_in_memory,
            disk_refuses=record.is_disk_refusing,
        )

    def _collector_status(self, now_ns: int) -> CollectorStatus:
        uplink = self.upload_service
        since_ns = uplink.acknowledged_ns
        return CollectorStatus(
            url=self.context.config.collector.url,
            reachable=uplink.is_reachable,
            acknowledged_s_ago=None if since_ns is None else (now_ns - since_ns) / NS_PER_S,
            problem=uplink.problem,
            link=uplink.last_good,
            certificate_expiry_s=self.identity.expiry_s,
            certificate_problem=self.identity.problem,
            answering_url=uplink.answering_url,
        )

    def _failover_host(self) -> str:
        """Return the host that answers in place of the preferred one; empty: that one does."""
        answering_url = self.upload_service.answering_url
        is_preferred = answering_url == self.context.config.collector.url.rstrip("/")
        return "" if is_preferred else urlsplit(answering_url).netloc

    def _wall_s(self, boottime_ns: int) -> float:
        clock = self.context.clock
        now_ns = clock.boottime_ns()
        return self.true_time.wall_ns(boottime_ns, clock.wall_ns(), now_ns) / NS_PER_S

    def _is_clock_trusted(self) -> bool:
        clock = self.context.clock
        return self.true_time.is_trusted(clock.boottime_ns(), clock.wall_ns())

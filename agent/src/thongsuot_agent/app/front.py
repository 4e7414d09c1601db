"""Front: what the agent shows of itself, on the page, in the status and in figures."""

from collections.abc import Callable
from dataclasses import dataclass

from thongsuot_agent.app.asks import Asks
from thongsuot_agent.app.desk import Desk
from thongsuot_agent.app.identity import Identity
from thongsuot_agent.app.plans import Plans
from thongsuot_agent.app.samples import Samples
from thongsuot_agent.app.setting import Setting
from thongsuot_agent.app.supervisor import Supervisor
from thongsuot_agent.app.uplinks import Uplinks
from thongsuot_agent.clock import NS_PER_S, TrueTime
from thongsuot_agent.page.exposition import Exposition
from thongsuot_agent.page.pages import Sources
from thongsuot_agent.page.site_view import Outlook, Surroundings, site_view
from thongsuot_agent.schedule.purse import Purse
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.status import (
    AgentStatus,
    CollectorStatus,
    RecordStatus,
    TaskStatus,
    VerdictStatus,
)
from thongsuot_agent.uplink.uplink import Uplink
from thongsuot_agent.version import VERSION
from thongsuot_schema.metric import MetricType
from thongsuot_schema.page.view import SiteView

_WELL_NS = 30 * NS_PER_S
"""A beat that is later than this means that the process does not do its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """
    Looks at the parts of the agent; changes none. ``current`` returns the setting that holds,
    ``beat_ns`` when the agent last beat.
    """

    current: Callable[[], Setting]
    desk: Desk
    spool: Spool
    uplinks: Uplinks
    uplink: Uplink
    purse: Purse
    samples: Samples
    true_time: TrueTime
    supervisor: Supervisor
    asks: Asks
    identity: Identity
    started_ns: int
    plans: Plans
    beat_ns: Callable[[], int]

    @property
    def setting(self) -> Setting:
        """The setting that holds now: a site plan changes it."""
        return self.current()

    def sources(self) -> Sources:
        """Return what the pages are made from."""
        return Sources(
            view=self.view,
            status=self.status,
            figures=self.figures,
            is_well=self.is_well,
            boottime_ns=self.setting.clock.boottime_ns,
            want_tests=self.asks.want_here if self.setting.config.page.asks else None,
        )

    def is_well(self) -> bool:
        """Return whether the agent does its work."""
        return self.setting.clock.boottime_ns() - self.beat_ns() < _WELL_NS

    def view(self) -> SiteView:
        """Return what the page shows."""
        config = self.setting.config
        answer = self.uplink.answer
        outlook = Outlook(
            site=config.site,
            links=self.uplinks.specs,
            targets=self.setting.targets,
            carriers=config.carriers,
            given=self.desk.given,
            history=self.desk.history,
            latest=self.desk.latest,
            now_ns=self.setting.clock.boottime_ns(),
            wall_s=self._wall_s,
            spent=self.purse.spent(),
            carrying_since_ns=self.uplinks.carrying_since_ns(),
            routes={name: one.paths for name, one in self.desk.memory.links.items()},
        )
        surroundings = Surroundings(
            told=() if answer is None else answer.told,
            collector_reachable=self.uplink.is_reachable,
            backlog_batches=self.spool.status().waiting_batches,
            clock_trusted=self._is_clock_trusted(),
            version=VERSION,
            tests=self.asks.shown(self._wall_s),
            next_test_s=self.asks.rests_ns() / NS_PER_S,
        )
        return site_view(outlook, surroundings)

    def status(self) -> AgentStatus:
        """Return what the status says."""
        now_ns = self.setting.clock.boottime_ns()
        return AgentStatus(
            version=VERSION,
            site=self.setting.config.site.name,
            now_s=self._wall_s(now_ns),
            clock_trusted=self._is_clock_trusted(),
            started_s=self._wall_s(self.started_ns),
            results=self.desk.latest.count,
            links=self.uplinks.statuses(self.purse.spent_bytes()),
            verdicts=tuple(
                VerdictStatus(
                    link=one.verdict.link,
                    service=one.verdict.service,
                    state=one.verdict.state,
                    segment=one.verdict.segment,
                    symptom=one.verdict.symptom,
                    since_s=self._wall_s(one.onset_ns),
                )
                for one in self.desk.given
            ),
            record=self._record_status(),
            collector=self._collector_status(now_ns),
            sampling=self.samples.statuses(),
            tasks=tuple(
                TaskStatus(name=one.name, restarts=one.restarts, error=one.error)
                for one in self.supervisor.casualties
            ),
            plan=self.plans.status,
        )

    def figures(self) -> Exposition:
        """Return what ``/metrics`` says."""
        site = self.setting.config.site
        exposition = Exposition({"commune": site.commune, "site": site.name}, self.uplinks.specs)
        exposition.add_results(self.desk.latest.fresh(self.setting.clock.boottime_ns()))
        exposition.add_verdicts(one.verdict for one in self.desk.given)
        self._add_own(exposition)
        return exposition

    def _add_own(self, exposition: Exposition) -> None:
        record = self.spool.status()
        counters = {
            "results": ("Results made since the agent started", self.desk.latest.count),
            "dropped_results": ("Results dropped for room", record.dropped_results),
            "rejected_batches": ("Batches that the collector refused", record.rejected_batches),
            "restarts": (
                "Restarts of tasks of the agent",
                sum(one.restarts for one in self.supervisor.casualties),
            ),
        }
        for name, (text, value) in counters.items():
            exposition.add_own(f"thongsuot_agent_{name}_total", text, value, MetricType.COUNTER)
        exposition.add_own(
            "thongsuot_agent_waiting_batches",
            "Batches that the collector has not acknowledged",
            record.waiting_batches,
        )
        exposition.add_own(
            "thongsuot_agent_spool_disk_bytes", "Size of the record on disk", record.disk_bytes
        )
        plan = self.plans.status
        exposition.add_own(
            "thongsuot_agent_plan_info",
            "The site plan that is run, and how it stands: off, none, trial, good",
            1.0,
            more={"version": plan.version, "state": plan.state, "refused": plan.refused},
        )
        expiry_s = self.identity.expiry_s
        if expiry_s is not None:
            exposition.add_own(
                "thongsuot_agent_certificate_expiry_timestamp_seconds",
                "When the certificate runs out that this device shows the collector",
                expiry_s,
            )
        for link, spent in self.purse.spent_bytes().items():
            exposition.add_own(
                "thongsuot_agent_allowance_spent_bytes",
                "What monitoring used of a link's allowance this month",
                spent,
                link=link,
            )

    def _record_status(self) -> RecordStatus:
        record = self.spool.status()
        return RecordStatus(
            stream=record.stream,
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
        uplink = self.uplink
        since_ns = uplink.acknowledged_ns
        return CollectorStatus(
            url=self.setting.config.collector.url,
            reachable=uplink.is_reachable,
            acknowledged_s_ago=None if since_ns is None else (now_ns - since_ns) / NS_PER_S,
            problem=uplink.problem,
            link=uplink.last_good,
            certificate_expiry_s=self.identity.expiry_s,
            certificate_problem=self.identity.problem,
        )

    def _wall_s(self, boottime_ns: int) -> float:
        clock = self.setting.clock
        now_ns = clock.boottime_ns()
        return self.true_time.wall_ns(boottime_ns, clock.wall_ns(), now_ns) / NS_PER_S

    def _is_clock_trusted(self) -> bool:
        clock = self.setting.clock
        return self.true_time.is_trusted(clock.boottime_ns(), clock.wall_ns())

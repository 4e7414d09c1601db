"""
Result pipeline: every result, notice and link change is recorded, then judged.

Things are stored in the order in which they were judged: all on one event loop, without waiting.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from thongsuot_agent.app.judge_recorder import JudgeRecorder
from thongsuot_agent.app.link_registry import can_send, describe_change
from thongsuot_agent.clock import Clocks
from thongsuot_agent.judge import inventory_change, paths
from thongsuot_agent.judge.egress import EgressChange
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import (
    ConfirmationProbe,
    LinkEvent,
    ResultArrival,
    Tick,
    facts_from,
)
from thongsuot_agent.judge.memory import IssuedVerdict, Memory
from thongsuot_agent.judge.recording import Recorded
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes
from thongsuot_agent.judge.symptoms.echo_limit import EchoLimit
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.page.counter import CounterTracker
from thongsuot_agent.page.history import History
from thongsuot_agent.page.latest import LatestResults
from thongsuot_agent.page.line_history import LineHistory
from thongsuot_agent.page.month import MonthHistory
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.result import Family, Result
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

_log = logging.getLogger(__name__)

DOWN_FAMILY = {Symptom.IPV4_DOWN: Family.IP4, Symptom.IPV6_DOWN: Family.IP6}
"""The address family to be avoided, by the fault of a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineCallbacks:
    """
    Callbacks for the consequences of results; called on the loop, must not block.

    ``on_confirmation_probe`` measures at once; ``on_verdict_change`` pushes at once (a verdict
    changed); ``on_link_usable`` is called when a link came up; ``on_link_down`` when one was judged
    down; ``on_down_family``, with every verdict on a link, with the family that is dead on it while
    the other is not.
    """

    on_confirmation_probe: Callable[[ConfirmationProbe], None]
    on_verdict_change: Callable[[], None]
    on_link_usable: Callable[[], None]
    on_link_down: Callable[[str], None]
    on_down_family: Callable[[str, Family | None], None]


class ResultPipeline:
    """Takes in results, notices and changes of links; holds the judge's memory between them."""

    def __init__(
        self,
        clock: Clocks,
        spool: Spool,
        links: Mapping[str, LiveLink],
        *,
        site_probes: SiteProbes,
        settings: Settings,
        memory: Memory,
        latest: LatestResults,
        recorder: JudgeRecorder | None = None,
    ) -> None:
        self._clock = clock
        self._spool = spool
        self._links = links
        self._settings = settings
        self._recorder = recorder
        self._broken = 0
        self._callbacks: PipelineCallbacks | None = None
        self.site_probes = site_probes
        self.memory = memory
        self.latest = latest
        self.history = History()
        self.month = MonthHistory()
        self.lines = LineHistory()
        self.counter = CounterTracker()
        self.needs_rescheduling = False
        """Whether something was learned or ruled that the schedule does not know yet."""

    def set_callbacks(self, callbacks: PipelineCallbacks) -> None:
        """Set the callbacks, before anything arrives."""
        self._callbacks = callbacks

    def start(self, version: str) -> None:
        """
        Record that a process begins, and repeat the verdicts of an earlier one that still stand.

        Readers of the record discard everything from before a start.
        """
        self.add_notice(NoticeCode.STARTED, version)
        for name in self._links:
            self._update_hops(name)
        now_ns = self._clock.boottime_ns()
        for issued in self.standing_verdicts:
            self._spool.add_entry(
                VerdictChange(
                    verdict=issued.verdict,
                    before=issued.state,
                    onset_boottime_ns=issued.onset_ns,
                    decided_boottime_ns=now_ns,
                )
            )

    def replace_inventory(
        self, site_probes: SiteProbes, targets: Iterable[Target], version: str
    ) -> None:
        """
        Judge by another inventory from now on.

        Repeated as by a process that starts: verdicts that are not repeated no longer stand.
        """
        inventory_change.forget_removed_targets(self.memory, self.site_probes, site_probes)
        self.site_probes = site_probes
        self.latest.replace_targets(targets)
        self.start(version)

    @property
    def standing_verdicts(self) -> tuple[IssuedVerdict, ...]:
        """The verdicts that stand."""
        return tuple(self.memory.issued.values())

    def link_states(self) -> dict[str, State]:
        """Return the verdicts on the links."""
        return {
            issued.verdict.link: issued.verdict.state
            for issued in self.standing_verdicts
            if not issued.verdict.service
        }

    def accept_result(self, result: Result) -> None:
        """A run has ended."""
        self._spool.add_entry(result)
        # After the record has it: a kill cannot undo a logged line.
        if _log.isEnabledFor(logging.DEBUG):
            series, finding = result.series, result.finding
            _log.debug(
                "run kind=%s link=%s target=%s family=%s boottime_ns=%d outcome=%s reason=%s",
                series.kind,
                series.link or "-",
                series.target or "-",
                series.family,
                result.boottime_ns,
                finding.outcome,
                finding.reason or "-",
            )
        self.latest.add_result(result)
        if self.latest.is_of_line(result.series):
            self.lines.add_result(result)
        self.counter.add_result(result)
        self._judge_event(ResultArrival(boottime_ns=self._clock.boottime_ns(), result=result))
        if result.series.kind == paths.PATH:
            self._update_hops(result.series.link)
        if icmp.OLD_FLOW in result.finding.evidence:
            series = result.series
            text = f"{series.link} to {series.target} ({series.family.value}): an old flow is dead"
            _log.info("old flow dead link=%s target=%s", series.link, series.target)
            self.add_notice(NoticeCode.OLD_FLOW_DEAD, text)

    def add_notice(self, code: NoticeCode, text: str, count: int = 0) -> None:
        """The agent has something to say about itself."""
        now_ns = self._clock.boottime_ns()
        self._spool.add_entry(Notice(code=code, boottime_ns=now_ns, text=text[:200], count=count))

    def accept_link_change(self, name: str, before: LinkState, after: LinkState) -> None:
        """A link changed, or is looked at for the first time."""
        description = describe_change(name, before, after)
        if description:
            _log.info("link changed: %s", description)
            self.add_notice(NoticeCode.LINKS_CHANGED, description)
        resolvers = self._links[name].resolvers
        shared = self._links[name].has_shared_resolvers
        self._judge_event(
            LinkEvent(
                boottime_ns=self._clock.boottime_ns(),
                link=name,
                facts=facts_from(after, resolvers, shared_resolvers=shared),
            )
        )
        if can_send(after) and not can_send(before):
            self._required_callbacks().on_link_usable()

    def tick(self, wall_s: float | None) -> None:
        """Called every second; ``wall_s`` is Unix time while the clock is trusted."""
        now_ns = self._clock.boottime_ns()
        self.history.tick(now_ns)
        self.month.tick(self.standing_verdicts, now_ns, wall_s)
        self.lines.tick(now_ns, wall_s)
        self._judge_event(Tick(boottime_ns=now_ns, wall_s=wall_s))

    def close(self) -> None:
        """Release open resources, and save the state."""
        self.month.save(None)
        self.lines.save()
        if self._recorder is not None:
            self._recorder.close()

    def _judge_event(self, event: Recorded) -> None:
        if self._recorder is not None:
            self._recorder.write(event, self.site_probes, self._settings)
        try:
            ruling = step(self.memory, event, self.site_probes, self._settings)
        except Exception as error:  # noqa: BLE001 - a bug of the judge must not end the measuring
            self._reset_judge(error)
            return
        self.memory = ruling.memory
        callbacks = self._required_callbacks()
        for change in ruling.changes:
            self._accept_verdict_change(change)
        for route in ruling.route_changes:
            family = route.family.value
            text = f"{route.link} to {route.target} ({family}): {route.text}"
            self.add_notice(NoticeCode.ROUTE_CHANGED, text)
        for moved in ruling.egress_changes:
            self._accept_egress_change(moved)
        for limit in ruling.echo_limits:
            self._accept_echo_limit(limit)
        for probe in ruling.confirmation_probes:
            callbacks.on_confirmation_probe(probe)
        if ruling.changes:
            callbacks.on_verdict_change()

    def _accept_egress_change(self, change: EgressChange) -> None:
        """The site went over to another carrier, or came back: no verdict need change with it."""
        own = change.before or self._links[change.link].spec.carrier or "its own carrier"
        text = (
            f"{change.link}: packets went over from {own} to {change.carrier}"
            if change.carrier
            else f"{change.link}: packets leave by {own} again"
        )
        _log.info("egress changed: %s", text)
        self.add_notice(NoticeCode.EGRESS_CHANGED, text)

    def _accept_echo_limit(self, limit: EchoLimit) -> None:
        """
        The network passes only a limited number of echoes: a fact for the record, not a fault.
        """
        text = f"{limit.link}: about {limit.per_second:.1g} echoes a second are answered"
        _log.info("echoes are limited link=%s per_second=%.1f", limit.link, limit.per_second)
        self._spool.add_entry(
            Notice(
                code=NoticeCode.ECHOES_LIMITED,
                boottime_ns=self._clock.boottime_ns(),
                text=text,
                value=limit.per_second,
            )
        )

    def _update_hops(self, name: str) -> None:
        """
        Let the link know which routers the judge has learned: the carrier's first, the site's last.
        """
        known, link = self.memory.links.get(name), self._links.get(name)
        if known is None or link is None:
            return
        hops, edges = paths.first_hops(known), paths.edges(known)
        self.needs_rescheduling |= hops.keys() != link.first_hops.keys()
        self.needs_rescheduling |= edges.keys() != link.edges.keys()
        link.first_hops, link.edges = hops, edges

    def _reset_judge(self, error: Exception) -> None:
        """
        The judge failed on an event: its state may be broken too, so it restarts without state.
        """
        self._broken += 1
        if self._broken & (self._broken - 1) == 0:  # the first, then once per doubling
            _log.error(
                "cannot judge times=%d; restarting with an empty memory",
                self._broken,
                exc_info=error,
            )
            problem = f"judge: {type(error).__name__}: {error}"
            self.add_notice(NoticeCode.PROBE_BROKEN, problem)
        # Recorded verdicts stay recorded: the record continues from them, never before them.
        self.memory = Memory(issued=self.memory.issued)
        for name, link in self._links.items():
            resolvers, shared = link.resolvers, link.has_shared_resolvers
            facts = facts_from(link.state, resolvers, shared_resolvers=shared)
            now_ns = self._clock.boottime_ns()
            event = LinkEvent(boottime_ns=now_ns, link=name, facts=facts)
            self.memory = step(self.memory, event, self.site_probes, self._settings).memory

    def _accept_verdict_change(self, change: VerdictChange) -> None:
        verdict = change.verdict
        self._spool.add_entry(change)
        _log.info(
            "verdict link=%s service=%s state=%s before=%s segment=%s symptom=%s "
            "decided_boottime_ns=%d",
            verdict.link or "-",
            verdict.service or "-",
            verdict.state,
            change.before,
            verdict.segment or "-",
            verdict.symptom,
            change.decided_boottime_ns,
        )
        self.history.add_change(change)
        if not verdict.service:
            self.needs_rescheduling = True  # the links that replace others may have changed
            callbacks = self._required_callbacks()
            callbacks.on_down_family(verdict.link, DOWN_FAMILY.get(verdict.symptom))
            if verdict.state is State.DOWN:
                callbacks.on_link_down(verdict.link)

    def _required_callbacks(self) -> PipelineCallbacks:
        assert self._callbacks is not None, "serve comes first"
        return self._callbacks

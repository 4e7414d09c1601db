"""
Desk: where everything that the agent makes comes in, is kept, and is put before the judge.

The order in which things are kept is the order in which they were judged: all on one loop, none
waits.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from thongsuot_agent.app.recorder import Recorder
from thongsuot_agent.app.uplinks import can_send, difference
from thongsuot_agent.clock import Clock
from thongsuot_agent.judge import paths, replan
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import Arrival, LinkEvent, Tick, Wish, facts_from
from thongsuot_agent.judge.memory import Given, Memory
from thongsuot_agent.judge.plan import Plan
from thongsuot_agent.judge.recording import Recorded
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.links.link import Link
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.page.history import History
from thongsuot_agent.page.latest import Latest
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.result import Family, Result
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

_log = logging.getLogger(__name__)

DEAD_FAMILY = {Symptom.IP4_DEAD: Family.IP4, Symptom.IP6_DEAD: Family.IP6}
"""The family that nothing should be tried in first, by what is wrong with a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """
    Who is told of what follows; called on the loop, must not block.

    ``on_wish`` measures at once; ``on_news`` pushes at once (a verdict changed); ``on_way_out``
    hears that a link came up; ``on_link_down`` that one was judged down; ``on_family``, with every
    verdict on a link, which family is dead on it while the other is not.
    """

    on_wish: Callable[[Wish], None]
    on_news: Callable[[], None]
    on_way_out: Callable[[], None]
    on_link_down: Callable[[str], None]
    on_family: Callable[[str, Family | None], None]


class Desk:
    """Takes in results, notices and changes of links; holds the judge's memory between them."""

    def __init__(
        self,
        clock: Clock,
        spool: Spool,
        links: Mapping[str, Link],
        *,
        plan: Plan,
        settings: Settings,
        memory: Memory,
        latest: Latest,
        recorder: Recorder | None = None,
    ) -> None:
        self._clock = clock
        self._spool = spool
        self._links = links
        self._settings = settings
        self._recorder = recorder
        self._broken = 0
        self._orders: Orders | None = None
        self.plan = plan
        self.memory = memory
        self.latest = latest
        self.history = History()
        self.is_plan_stale = False
        """Whether something was learned or ruled that the plan does not know yet."""

    def serve(self, orders: Orders) -> None:
        """Say who carries out what is ruled; before anything comes in."""
        self._orders = orders

    def begin(self, version: str) -> None:
        """
        Note that a process begins, and say again what an earlier one had found to stand.

        Whoever reads the record lets nothing stand that was said before a start.
        """
        self.take_notice(NoticeCode.STARTED, version)
        for name in self._links:
            self._tell_first_hops(name)
        now_ns = self._clock.boottime_ns()
        for one in self.given:
            self._spool.add(
                VerdictChange(
                    verdict=one.verdict,
                    before=one.state,
                    onset_boottime_ns=one.onset_ns,
                    decided_boottime_ns=now_ns,
                )
            )

    def change_plan(self, plan: Plan, lan_targets: frozenset[str], version: str) -> None:
        """
        Judge under another plan from now on.

        Said anew as by a process that starts: what is not said again does not stand any more.
        """
        replan.forget(self.memory, self.plan, plan)
        self.plan = plan
        self.latest.leave_out(lan_targets)
        self.begin(version)

    @property
    def given(self) -> tuple[Given, ...]:
        """The verdicts that stand."""
        return tuple(self.memory.given.values())

    def states(self) -> dict[str, State]:
        """Return the verdicts on the links."""
        return {
            one.verdict.link: one.verdict.state for one in self.given if not one.verdict.service
        }

    def take_result(self, result: Result) -> None:
        """A run has ended."""
        self._spool.add(result)
        # After the record has it: what this line says, no kill can take back.
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
        self.latest.take(result)
        self._tell(Arrival(boottime_ns=self._clock.boottime_ns(), result=result))
        if result.series.kind == paths.PATH:
            self._tell_first_hops(result.series.link)

    def take_notice(self, code: NoticeCode, text: str, count: int = 0) -> None:
        """The agent has something to say about itself."""
        now_ns = self._clock.boottime_ns()
        self._spool.add(Notice(code=code, boottime_ns=now_ns, text=text[:200], count=count))

    def take_link(self, name: str, before: LinkState, after: LinkState) -> None:
        """A link changed, or is looked at for the first time."""
        what = difference(name, before, after)
        if what:
            _log.info("link changed: %s", what)
            self.take_notice(NoticeCode.LINKS_CHANGED, what)
        resolvers = self._links[name].resolvers
        self._tell(
            LinkEvent(
                boottime_ns=self._clock.boottime_ns(),
                link=name,
                facts=facts_from(after, resolvers),
            )
        )
        if can_send(after) and not can_send(before):
            self._carried_out_by().on_way_out()

    def pass_time(self, wall_s: float | None) -> None:
        """A second has passed; ``wall_s`` is Unix time where somebody vouches for it."""
        now_ns = self._clock.boottime_ns()
        self.history.pass_time(now_ns)
        self._tell(Tick(boottime_ns=now_ns, wall_s=wall_s))

    def close(self) -> None:
        """Release what is open."""
        if self._recorder is not None:
            self._recorder.close()

    def _tell(self, event: Recorded) -> None:
        if self._recorder is not None:
            self._recorder.write(event, self.plan, self._settings)
        try:
            ruling = step(self.memory, event, self.plan, self._settings)
        except Exception as error:  # noqa: BLE001 - a bug of the judge must not end the measuring
            self._begin_judging_anew(error)
            return
        self.memory = ruling.memory
        orders = self._carried_out_by()
        for change in ruling.changes:
            self._take_change(change)
        for route in ruling.routes:
            family = route.family.value
            text = f"{route.link} to {route.target} ({family}): {route.text}"
            self.take_notice(NoticeCode.ROUTE_CHANGED, text)
        for wish in ruling.wishes:
            orders.on_wish(wish)
        if ruling.changes:
            orders.on_news()

    def _tell_first_hops(self, name: str) -> None:
        """Let the link know which router the judge has learned to be the carrier's first."""
        known, link = self.memory.links.get(name), self._links.get(name)
        if known is None or link is None:
            return
        hops = paths.first_hops(known)
        self.is_plan_stale |= hops.keys() != link.first_hops.keys()
        link.first_hops = hops

    def _begin_judging_anew(self, error: Exception) -> None:
        """
        The judge broke over an event: what it knew may be broken too, so it begins with nothing.
        """
        self._broken += 1
        if self._broken & (self._broken - 1) == 0:  # the first, then once per doubling
            _log.error("cannot judge times=%d; begins anew", self._broken, exc_info=error)
            what = f"judge: {type(error).__name__}: {error}"
            self.take_notice(NoticeCode.PROBE_BROKEN, what)
        self.memory = Memory()
        for name, link in self._links.items():
            facts = facts_from(link.state, link.resolvers)
            now_ns = self._clock.boottime_ns()
            event = LinkEvent(boottime_ns=now_ns, link=name, facts=facts)
            self.memory = step(self.memory, event, self.plan, self._settings).memory

    def _take_change(self, change: VerdictChange) -> None:
        verdict = change.verdict
        self._spool.add(change)
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
        self.history.take(change)
        if not verdict.service:
            self.is_plan_stale = True  # which links stand in for others may be another matter now
            orders = self._carried_out_by()
            orders.on_family(verdict.link, DEAD_FAMILY.get(verdict.symptom))
            if verdict.state is State.DOWN:
                orders.on_link_down(verdict.link)

    def _carried_out_by(self) -> Orders:
        assert self._orders is not None, "serve comes first"
        return self._orders

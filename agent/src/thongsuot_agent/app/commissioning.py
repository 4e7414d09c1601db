"""Commissioning on the running agent: access, the observed links, the recorded steps."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Never

import msgspec

from thongsuot_agent.commissioning import steps
from thongsuot_agent.commissioning.answers import SeenAnswers
from thongsuot_agent.commissioning.code_check import CodeCheck
from thongsuot_agent.commissioning.sights import LinkSight, Sights
from thongsuot_agent.commissioning.steps import Change
from thongsuot_agent.judge.memory import IssuedVerdict
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.scheduler.job import Job
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.catalogue import counter, egress
from thongsuot_schema.commissioning.events import RUN_ID_LIMIT, format_event
from thongsuot_schema.commissioning.run import (
    TEXT_LIMIT,
    CommissioningProgress,
    CommissioningRun,
    CommissioningStart,
    CommissioningStep,
    LinkProof,
)
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.result import Result
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_log = logging.getLogger(__name__)

_ELSEWHERE = frozenset({Symptom.GATEWAY_REPLACED, Symptom.FIRST_HOP_REPLACED, Symptom.DEVICE_MOVED})
_WATCHING = frozenset({CommissioningStep.PULL, CommissioningStep.RETURN})
_ASK_EVERY_TICKS = 2
"""How often links are probed in addition while a cable is unplugged: a person is waiting."""


class StoredRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as stored on the disk, with the key of the person who walks through it."""

    run: CommissioningRun
    key: str


_DECODER = msgspec.json.Decoder(StoredRun)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissioningCallbacks:
    """
    The inputs of a run and the callbacks that carry out its requests; called on the loop, must not
    block.

    ``add_notice`` keeps a notice in the record; ``push_now`` pushes at once, because the collector
    must know a step before its cable is unplugged. ``load`` and ``save`` access the disk.
    """

    now_ns: Callable[[], int]
    wall_s: Callable[[int], float]
    links: Mapping[str, LiveLink]
    standing_verdicts: Callable[[], Iterable[IssuedVerdict]]
    jobs_of_kind: Callable[[str], tuple[Job, ...]]
    start_run: Callable[[Job], None]
    add_notice: Callable[[Notice], None]
    push_now: Callable[[], None]
    new_id: Callable[[], str]
    token: Callable[[], str]
    load: Callable[[], Awaitable[str | None]]
    save: Callable[[str], Awaitable[None]]


class Commissioning:
    """The run that there is, or was last; one at a time."""

    def __init__(self, callbacks: CommissioningCallbacks) -> None:
        self._callbacks = callbacks
        self._answers = SeenAnswers()
        self._code = CodeCheck(
            callbacks.token, callbacks.now_ns, lambda: callbacks.wall_s(callbacks.now_ns())
        )
        self._carrier_lost_ns: dict[str, int] = {}
        self._carrier_gained_ns: dict[str, int] = {}
        self._ticks = 0
        self.run: CommissioningRun | None = None
        self._key = ""
        self._changed = asyncio.Event()

    def set_targets(self, targets: Iterable[Target]) -> None:
        """From now on these are measured."""
        self._answers.set_targets(targets)

    async def restore(self) -> None:
        """Continue the run of an earlier process; an unfinished step must be repeated."""
        text = await self._callbacks.load()
        if not text:
            return
        try:
            stored = _DECODER.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("cannot read the commissioning run: %s; starting without it", error)
            return
        self.run, self._key = stored.run, stored.key
        self._apply(steps.interrupt(stored.run, self.sights()))

    async def save_changes(self) -> Never:
        """Bring every change to the disk, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self.run is not None:
                stored = StoredRun(run=self.run, key=self._key)
                await self._callbacks.save(msgspec.json.encode(stored).decode())

    def is_key(self, key: str) -> bool:
        """Return whether a key is that of the run."""
        # Compared by digest, so that the time does not reveal the key.
        return bool(self._key) and digest_of(self._key.encode()) == digest_of(key.encode())

    def progress(self, key: str) -> CommissioningProgress:
        """Return the state of the run, for the holder of this key."""
        run = self.run
        if run is None:
            return CommissioningProgress(run=None)
        sights = self.sights()
        left_ns = 0
        if run.step is CommissioningStep.PULL and run.attempt is not None:
            left_ns = run.attempt.asked_ns + steps.PULL_TIMEOUT_NS - sights.now_ns
        return CommissioningProgress(
            run=run,
            key=key if self.is_key(key) else "",
            missing=steps.missing(run, sights),
            left_s=max(0, left_ns) / steps.NS_PER_S,
            is_seen=any(sight.lost_ns is not None for sight in sights.links),
        )

    def begin(self, code: str) -> CommissioningStart:
        """Begin a run, in the place of any other, if the code is good."""
        problem = self._code.problem(code)
        if problem is not None:
            _log.warning("commissioning refused: %s code", problem)
            return CommissioningStart(problem=problem)
        sights = self.sights()
        if self.run is not None:
            self._apply(steps.abandon(self.run, sights))
        self._key = self._callbacks.new_id() + self._callbacks.new_id()
        proofs = [
            LinkProof(link=name, circuit=link.spec.circuit)
            for name, link in self._callbacks.links.items()
        ]
        run_id = self._callbacks.new_id()[:RUN_ID_LIMIT]
        self._apply(steps.begin(run_id, proofs, sights))
        _log.info("commissioning begins run=%s links=%d", run_id, len(proofs))
        return CommissioningStart(key=self._key)

    def act(self, action: str, key: str, fields: Mapping[str, str]) -> bool:
        """Carry out the action of a person; ``False``: unknown action, or a wrong key."""
        run = self.run
        if run is None or not self.is_key(key):
            return False
        sights = self.sights()
        match action:
            case "pull":
                self._apply(steps.ask_pull(run, sights))
            case "skip":
                self._apply(steps.skip(run, fields.get("link", ""), sights))
            case "swap":
                self._apply(steps.swap(run, sights))
            case "circuit":
                read = " ".join(fields.get("circuit", "").split())[:TEXT_LIMIT]
                self._apply(steps.confirm_circuit(run, read, sights))
            case "counter":
                self._answers.begin_counter(sights.now_ns)
                self._apply(steps.ask_counter(run, sights))
                for job in self._callbacks.jobs_of_kind(counter.KIND.name):
                    self._callbacks.start_run(job)
            case "finish":
                self._apply(steps.finish(run, sights))
            case _:
                return False
        return True

    def on_result(self, result: Result) -> None:
        """A run of a probe has ended."""
        self._answers.add_result(result)

    def on_link_change(self, name: str, before: LinkState, after: LinkState) -> None:
        """A link changed, or is looked at for the first time."""
        now_ns = self._callbacks.now_ns()
        if before.carrier and not after.carrier:
            self._carrier_lost_ns[name] = now_ns
        elif after.carrier and not before.carrier:
            self._carrier_gained_ns[name] = now_ns

    def tick(self) -> None:
        """A second has passed."""
        run = self.run
        if run is None or run.step is CommissioningStep.DONE:
            return
        self._ticks += 1
        if run.step in _WATCHING and self._ticks % _ASK_EVERY_TICKS == 0:
            self._ask_links(run)
        self._apply(steps.advance(run, self.sights()))

    def sights(self) -> Sights:
        """Return the current observations."""
        callbacks = self._callbacks
        issued = {
            known.verdict.link: known
            for known in callbacks.standing_verdicts()
            if not known.verdict.service
        }
        expected = {job.series.target for job in callbacks.jobs_of_kind(counter.KIND.name)}
        return Sights(
            now_ns=callbacks.now_ns(),
            links=tuple(
                self._sight(name, link, issued.get(name)) for name, link in callbacks.links.items()
            ),
            wall_s=callbacks.wall_s,
            counter=self._answers.counter(len(expected)),
        )

    def _sight(self, name: str, link: LiveLink, issued: IssuedVerdict | None) -> LinkSight:
        state = State.UNKNOWN if issued is None else issued.verdict.state
        symptom = Symptom.NOT_YET_MEASURED if issued is None else issued.verdict.symptom
        onset_ns = 0 if issued is None else issued.onset_ns
        lost_ns = up_ns = elsewhere_ns = None
        if not link.state.carrier:
            lost_ns = self._carrier_lost_ns.get(name, onset_ns)
        elif state is State.DOWN or symptom is Symptom.EGRESS_OTHER_CARRIER:
            lost_ns = onset_ns
        elif symptom in _ELSEWHERE:
            elsewhere_ns = onset_ns
        elif state in {State.UP, State.DEGRADED}:
            up_ns = max(onset_ns, self._carrier_gained_ns.get(name, 0))
        is_seen = up_ns is not None and link.seen_address.at_ns > up_ns
        return LinkSight(
            name=name,
            lost_ns=lost_ns,
            up_ns=up_ns,
            elsewhere_ns=elsewhere_ns,
            answers_ns=self._answers.of(name),
            address=link.seen_address.address if is_seen else "",
            is_address_pending=not is_seen and any(self._egress_jobs(name)),
        )

    def _egress_jobs(self, link: str) -> tuple[Job, ...]:
        jobs = self._callbacks.jobs_of_kind(egress.KIND.name)
        return tuple(job for job in jobs if job.series.link == link)

    def _ask_links(self, run: CommissioningRun) -> None:
        """
        Probe hosts beyond the site over each link: 84 bytes per echo; and for a link that is back,
        determine the line it leaves by.
        """
        current = run.current
        if run.step is CommissioningStep.RETURN and current is not None:
            for job in self._egress_jobs(current.link):
                self._callbacks.start_run(job)
        for job in self._callbacks.jobs_of_kind("icmp"):
            if job.series.link in self._callbacks.links and self._answers.is_far(job.series.target):
                self._callbacks.start_run(job)

    def _apply(self, change: Change) -> None:
        if change.run != self.run:
            self.run = change.run
            self._changed.set()
        for recorded in change.events:
            notice = Notice(
                code=NoticeCode.COMMISSIONING,
                boottime_ns=recorded.at_ns,
                text=format_event(recorded.event),
            )
            self._callbacks.add_notice(notice)
            event = recorded.event
            _log.info(
                "commissioning run=%s event=%s link=%s %s",
                event.run,
                event.event,
                event.link or "-",
                event.text,
            )
        if change.events:
            self._callbacks.push_now()

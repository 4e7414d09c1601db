"""
Work notices: notify the city about work proposed by a carrier, and the carrier about the decision.

Sent notices are only recorded in the delivery log: a restarted collector, or a new leader,
continues from there.
"""

import asyncio
import logging
import random as random_
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.correlation import proposed_work
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.party import CITY, ResponsibleParty, Severity
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.delivery_log import (
    DeliveryLogEntry,
    load_attempts,
    save_threads,
)
from thongsuot_collector.notify.dispatch.quiet_hours import QuietHours
from thongsuot_collector.notify.dispatch.routing import routes_of
from thongsuot_collector.notify.dispatch.sender import Sender
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult, PlainNotice
from thongsuot_collector.notify.render.work import WorkNoticeKind, work_text
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_runtime.backoff import Backoff
from thongsuot_schema.segment import Party

CHECK_EVERY_S: Final = 5.0
_LONGEST_WAIT_S: Final = 300.0
_OVER: Final = frozenset({ChannelOutcome.DELIVERED, ChannelOutcome.REJECTED})
"""Final outcomes: the notice was delivered by the route, or never will be."""

_log = logging.getLogger(__name__)

_RouteKey = tuple[str, WorkNoticeKind, str]


class DueNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice about a proposal that is due, and since when (Unix time)."""

    work: ProposedWork
    kind: WorkNoticeKind
    audience: ResponsibleParty
    since_ns: int


@dataclass(slots=True, kw_only=True)
class RouteTry:
    """The progress of a route: the time of the next attempt, and the channel's memo."""

    backoff: Backoff
    not_before_ns: int = 0
    memo: str = ""


def due_notice(work: ProposedWork, now_ns: int) -> DueNotice | None:
    """Return the notice due for a proposal; none if nobody decided in time."""
    decision = work.decision
    if decision is None:
        if not work.is_pending(now_ns):
            return None
        return DueNotice(
            work=work, kind=WorkNoticeKind.PROPOSED, audience=CITY, since_ns=work.proposed_ns
        )
    kind = WorkNoticeKind.CONFIRMED if decision.is_confirmed else WorkNoticeKind.REFUSED
    carrier = ResponsibleParty(Party.CARRIER, work.carrier)
    return DueNotice(work=work, kind=kind, audience=carrier, since_ns=decision.at_ns)


class WorkNotices:
    """
    Sends the notices by channels that people read, and retries each until it is delivered.

    A party's fallback channels join as for incidents: if it has no other that people read, or those
    have not delivered for ``escalate_after_s``. In quiet hours a proposal waits.
    """

    def __init__(
        self,
        sender: Sender,
        directory: InventoryDirectory,
        settings: NotifySettings,
        store: Engine,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        random: Callable[[], float] = random_.random,
    ) -> None:
        self._sender = sender
        self._directory = directory
        self._settings = settings
        self._store = store
        self._quiet = QuietHours(settings)
        self._now_ns = now_ns
        self._random = random
        self._tries: dict[_RouteKey, RouteTry] = {}
        self._unreachable: set[tuple[str, WorkNoticeKind]] = set()

    async def run(self) -> None:
        """Check periodically until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_EVERY_S)

    async def check(self) -> None:
        """Check all open proposals once, and send the due notices."""
        now_ns = self._now_ns()
        if self._quiet.until_ns(Severity.MINOR, now_ns):
            return
        proposals = await asyncio.to_thread(
            proposed_work.load_recent, self._store, ends_after_ns=now_ns
        )
        going_on = {work.id for work in proposals}
        self._tries = {key: known for key, known in self._tries.items() if key[0] in going_on}
        for work in proposals:
            notice = due_notice(work, now_ns)
            if notice is not None:
                await self._send_due(notice)

    async def _send_due(self, notice: DueNotice) -> None:
        attempts = [
            attempt
            for attempt in await asyncio.to_thread(load_attempts, self._store, notice.work.id)
            if attempt.kind == notice.kind
        ]
        for route in self._routes(notice, attempts):
            key = (notice.work.id, notice.kind, route)
            if key not in self._tries:
                self._tries[key] = RouteTry(backoff=self._backoff())
            known = self._tries[key]
            if self._now_ns() >= known.not_before_ns:
                await self._attempt(notice, route, known)

    def _routes(self, notice: DueNotice, attempts: Iterable[DeliveryLogEntry]) -> list[str]:
        """Return the routes that still have to deliver a notice."""
        routes = routes_of(notice.audience, self._directory, self._settings).routes
        every = [route for route in routes.every if self._is_read(route)]
        fallbacks = [route for route in routes.fallbacks if self._is_read(route)]
        over = {attempt.channel for attempt in attempts if attempt.outcome in _OVER}
        has_anybody = any(attempt.outcome is ChannelOutcome.DELIVERED for attempt in attempts)
        waited_s = (self._now_ns() - notice.since_ns) / NS_PER_S
        if not every or (not has_anybody and waited_s > self._settings.escalate_after_s):
            every += fallbacks
        if not every and (notice.work.id, notice.kind) not in self._unreachable:
            self._unreachable.add((notice.work.id, notice.kind))
            _log.warning(
                "nobody is notified of proposed work=%s: no channel of %s is read by people",
                notice.work.id,
                notice.audience,
            )
        return [route for route in every if route not in over]

    def _backoff(self) -> Backoff:
        return Backoff(first_s=self._settings.retry_s, limit_s=_LONGEST_WAIT_S, random=self._random)

    def _is_read(self, route: str) -> bool:
        return self._sender.is_read_by_people(route.partition(":")[0])

    async def _attempt(self, notice: DueNotice, route: str, known: RouteTry) -> None:
        began_ns = self._now_ns()
        result = await self._sender.send_notice(route, self._notice(notice, route, known.memo))
        now_ns = self._now_ns()
        if result.memo is not None:
            known.memo = result.memo
        known.not_before_ns = now_ns + round(_wait_s(known, result) * NS_PER_S)
        entry = DeliveryLogEntry(
            incident=notice.work.id,
            number=0,
            audience=str(notice.audience),
            channel=route,
            kind=notice.kind,
            began_ns=began_ns,
            took_ns=now_ns - began_ns,
            outcome=result.outcome,
            reference=result.reference,
            text=result.text,
        )
        # A sent notice is recorded even if the process is about to end.
        await asyncio.shield(asyncio.to_thread(save_threads, self._store, (), (entry,)))
        _log.info(
            "notified of proposed work=%s kind=%s audience=%s channel=%s: %s",
            notice.work.id,
            notice.kind,
            notice.audience,
            route,
            result.outcome,
        )

    def _notice(self, due: DueNotice, route: str, memo: str) -> PlainNotice:
        channel, _, address = route.partition(":")
        work, language = due.work, self._sender.language_of(channel)
        url = self._url(due)
        text = work_text(due.kind, work, self._directory, language, page_url=url)
        return PlainNotice(
            key=f"{due.kind}:{work.id}:{due.audience}:{route}",
            thread_id=f"work:{work.id}",
            audience=due.audience,
            contact=routes_of(due.audience, self._directory, self._settings).contact,
            title=text.title,
            body=text.body,
            at_ns=due.since_ns,
            address=address,
            memo=memo,
            page_url=url,
        )

    def _url(self, due: DueNotice) -> str:
        """Return the reader's page: the decision for the city, the desk for a carrier."""
        base = self._settings.page_url.rstrip("/")
        desk = f"{base}/desk/{due.work.carrier}"
        if not base:
            return ""
        return f"{desk}/work/{due.work.id}" if due.audience == CITY else desk


def _wait_s(known: RouteTry, result: ChannelResult) -> float:
    """Return the wait of a route after an attempt."""
    if result.outcome in _OVER:
        return 0.0
    return known.backoff.next_wait_s(at_least_s=result.retry_after_s)

"""Lane: one request at a time, over the best link that works."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from thongsuot_agent.clock import Clock
from thongsuot_agent.links.link import Link
from thongsuot_agent.spool.parcel import Parcel
from thongsuot_agent.uplink.answer import Meaning, Reading, Response, read_answer
from thongsuot_agent.uplink.line import Door, Line, Request
from thongsuot_agent.uplink.order import Way, in_order
from thongsuot_schema.batch.push import (
    CONTENT_TYPE_BATCH,
    CONTENT_TYPE_LAYOUT,
    HEADER_BOOT,
    HEADER_BOOTTIME,
    HEADER_PLAN,
    HEADER_WALL,
    PATH_BATCHES,
    PATH_LAYOUTS,
)
from thongsuot_schema.result import Family

_log = logging.getLogger(__name__)

DIRECT = ""
"""Name of the way without a link: to a collector on the device itself."""

LayoutOf = Callable[[bytes], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What all lanes share.

    ``token`` is asked for with every request, ``certificate`` too (key and certificate in PEM form,
    empty for none), ``ways`` for the links that there are to try now; ``pay`` is told what was used
    on each. ``plan`` is what is said of the site plan with each batch; empty: nothing.
    """

    door: Door
    links: Mapping[str, Link]
    clock: Clock
    boot_id: str
    token: Callable[[], str]
    ways: Callable[[], Iterable[Way]]
    pay: Callable[[str, int], None]
    layout_of: LayoutOf
    plan: Callable[[], str] = lambda: ""
    certificate: Callable[[], bytes] = bytes


class Lane:
    """Delivers batches one after the other."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._lines: dict[str, Line] = {}
        self._under_way: dict[str, asyncio.Timeout] = {}
        self._is_stale = False
        self.last_good = DIRECT
        """The link that took the latest push."""

    async def deliver(self, parcel: Parcel) -> Reading:
        """
        Push a batch over one link after the other until somebody answers for the collector.

        Returns what that means; ``LATER`` with the last problem when no link got through.
        """
        if self._is_stale:
            self._is_stale = False
            self.close()
        reading = Reading(meaning=Meaning.LATER, status=0, text="no link can send", is_tried=False)
        for name in self._names():
            reading = await self._deliver_over(name, parcel)
            if reading.answer is not None:
                self.last_good = name
                return reading
            _log.debug("push failed link=%s status=%d: %s", name, reading.status, reading.text)
        return reading

    async def errand(self, path: str, content_type: str, body: bytes) -> Response:
        """Post something else over one link after the other until a server answers."""
        response = Response(status=0, problem="no link can send")
        for name in self._names():
            response = await self._post(name, path, content_type, body)
            if response.status:
                break
        return response

    def abandon(self, link: str) -> None:
        """End at once what is under way on a link."""
        under_way = self._under_way.get(link)
        if under_way is not None:
            under_way.reschedule(asyncio.get_running_loop().time())

    def avoid(self, link: str, family: Family | None) -> None:
        """Use another family on a link, where there is one; what is under way ends at once."""
        line = self._lines.get(link)
        if line is None or not line.avoid(family):
            return
        self.abandon(link)

    def renew(self) -> None:
        """Begin the next batch with a look-up and a connection that are new; none is cut short."""
        self._is_stale = True

    def close(self) -> None:
        """Give up all connections."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()

    def _names(self) -> tuple[str, ...]:
        if is_on_device(self._terms.door.host) or not self._terms.links:
            return (DIRECT,)
        return in_order(self._terms.ways(), self.last_good)

    async def _deliver_over(self, name: str, parcel: Parcel) -> Reading:
        reading = await self._push(name, parcel)
        if reading.meaning is not Meaning.LAYOUT_WANTED:
            return reading
        layout = await self._terms.layout_of(parcel.layout)
        if layout is None:
            return Reading(
                meaning=Meaning.NEVER,
                status=reading.status,
                answer=reading.answer,
                text=f"layout {parcel.layout.hex()} is lost",
            )
        given = await self._post(name, PATH_LAYOUTS, CONTENT_TYPE_LAYOUT, layout)
        if given.status != 200:
            why = given.problem or given.body[:100].decode(errors="replace")
            return Reading(
                meaning=Meaning.LATER,
                status=given.status,
                answer=reading.answer,
                text=f"layout refused: {why}",
            )
        again = await self._push(name, parcel)
        if again.meaning is Meaning.LAYOUT_WANTED:
            return Reading(
                meaning=Meaning.LATER,
                status=again.status,
                answer=again.answer,
                text="the layout that was given is asked for again",
            )
        return again

    async def _push(self, name: str, parcel: Parcel) -> Reading:
        response = await self._post(name, PATH_BATCHES, CONTENT_TYPE_BATCH, parcel.body)
        return read_answer(response, parcel.key.number)

    async def _post(self, name: str, path: str, content_type: str, body: bytes) -> Response:
        line = self._line(name)
        request = Request(
            path=path,
            headers=self._headers(content_type),
            body=body,
            certificate=self._terms.certificate(),
        )
        try:
            with self._bounded(name) as bound:
                async with bound:
                    return await line.post(request)
        except TimeoutError:
            return Response(status=0, problem="given up: the link was judged down")
        finally:
            self._terms.pay(name, line.spent_bytes)

    def _headers(self, content_type: str) -> tuple[str, ...]:
        plan = self._terms.plan() if content_type == CONTENT_TYPE_BATCH else ""
        return (
            f"Content-Type: {content_type}",
            f"Authorization: Bearer {self._terms.token()}",
            f"{HEADER_BOOT}: {self._terms.boot_id}",
            f"{HEADER_BOOTTIME}: {self._terms.clock.boottime_ns()}",
            f"{HEADER_WALL}: {self._terms.clock.wall_ns()}",
            *((f"{HEADER_PLAN}: {plan}",) if plan else ()),
        )

    def _line(self, name: str) -> Line:
        if name not in self._lines:
            link = None if name == DIRECT else self._terms.links[name]
            self._lines[name] = Line(self._terms.door, link, self._terms.clock)
        return self._lines[name]

    @contextmanager
    def _bounded(self, name: str) -> Iterator[asyncio.Timeout]:
        bound = self._under_way[name] = asyncio.timeout(None)
        try:
            yield bound
        finally:
            del self._under_way[name]


def is_on_device(host: str) -> bool:
    """Return whether a host is the device itself, which no uplink leads to."""
    return host in {"localhost", "::1"} or host.startswith("127.")

"""
Acknowledged data that may not be on the receiver's disk yet.

VictoriaMetrics answers while samples are in its memory and flushes them within seconds: a kill
loses unflushed data, although it was acknowledged. So a sink's cursor stays behind the deliveries
until a receiver that is *the same process as before the delivery* has had time to flush them; if it
is another process, the sink delivers again from its cursor. The process is identified by
``process_start_time_seconds``, which VictoriaMetrics, Prometheus and InfluxDB expose.
"""

import asyncio
import http.client
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.journal import Tally
from thongsuot_collector.sinks.delivery.http import HttpEndpoint
from thongsuot_collector.sinks.delivery.lanes import Lanes
from thongsuot_collector.store.dead_letters import DeadLetter

_DELIVERIES_KEPT = 64
"""Above it deliveries are merged: a receiver that does not identify its process costs no memory."""

_PARTS = 32
"""
Deliveries within such a part of ``flushed_after_s`` are merged: with some every second (as of ten
thousand agents) the limit above would merge the last ones for as long as others come, and the
cursor would stay behind by twice the time.
"""

_LOOKS = 3
"""Checks of the process within ``flushed_after_s``."""

_ANSWER_BYTES = 4 << 20
_START = re.compile(rb"^process_start_time_seconds (\S+)$", re.MULTILINE)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery: the sink's position after it, and its tallies."""

    lanes: Lanes
    tallies: tuple[Tally, ...] = ()
    retried: tuple[tuple[DeadLetter, StoredEntry], ...] = ()


def joined(deliveries: Iterable[Delivery]) -> Delivery:
    """Return consecutive deliveries merged into one; at least one."""
    all_of_them = list(deliveries)
    tallies: dict[tuple[int, str], Tally] = {}
    for delivery in all_of_them:
        for tally in delivery.tallies:
            before = tallies.get((tally.day, tally.site))
            tallies[tally.day, tally.site] = (
                tally
                if before is None
                else msgspec.structs.replace(
                    tally,
                    delivered=before.delivered + tally.delivered,
                    dead_letters=before.dead_letters + tally.dead_letters,
                )
            )
    return Delivery(
        lanes=all_of_them[-1].lanes,
        tallies=tuple(tallies.values()),
        retried=tuple(retried for delivery in all_of_them for retried in delivery.retried),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """
    A delivery, the time of its acknowledgement, and the receiver's process before it; ``since_s``
    is the time of the first of those that were merged.
    """

    delivery: Delivery
    since_s: float
    at_s: float
    process: float | None


class UnflushedDeliveries:
    """
    Deliveries that may not be on the receiver's disk. Pure.

    A process is identified by its start time; ``None`` if unknown.
    """

    def __init__(self, *, flushed_after_s: float) -> None:
        self._flushed_after_s = flushed_after_s
        self._answered: deque[_Answered] = deque()
        self._process: float | None = None

    def __len__(self) -> int:
        return len(self._answered)

    @property
    def is_process_known(self) -> bool:
        """Whether the receiver has ever identified its process."""
        return self._process is not None

    def add(self, delivery: Delivery, *, at_s: float) -> None:
        """Add a delivery that was just acknowledged."""
        since_s = at_s
        if self._answered and self._is_merged(self._answered[-1], at_s):
            before = self._answered.pop()
            delivery, since_s = joined((before.delivery, delivery)), before.since_s
        self._answered.append(
            _Answered(delivery=delivery, since_s=since_s, at_s=at_s, process=self._process)
        )

    def _is_merged(self, before: _Answered, at_s: float) -> bool:
        """Return whether a delivery is merged with the one before it."""
        is_close = at_s - before.since_s < self._flushed_after_s / _PARTS
        is_full = len(self._answered) >= _DELIVERIES_KEPT
        return before.process == self._process and (is_close or is_full)

    def clear(self) -> None:
        """Drop all, which will be delivered again."""
        self._answered.clear()

    def take_flushed(self, process: float, *, asked_s: float) -> list[Delivery] | None:
        """
        Return the deliveries on the disk of a receiver, given its process at the time of a query.

        ``None``: it is not the process that acknowledged them, and all must be delivered again.
        """
        self._process = process
        if any(answered.process != process for answered in self._answered):
            self.clear()
            return None
        flushed: list[Delivery] = []
        while self._answered and asked_s - self._answered[0].at_s >= self._flushed_after_s:
            flushed.append(self._answered.popleft().delivery)
        return flushed

    def retried_sequences(self) -> frozenset[int]:
        """Return the entries of dead letters that wait here."""
        return frozenset(
            letter.sequence
            for answered in self._answered
            for letter, _ in answered.delivery.retried
        )


class FlushWatch:
    """Queries the receiver's process, as often as its unflushed deliveries require."""

    def __init__(
        self, name: str, started_s: Callable[[], float], *, flushed_after_s: float
    ) -> None:
        self.unflushed = UnflushedDeliveries(flushed_after_s=flushed_after_s)
        self._name = name
        self._started_s = started_s
        self._every_s = flushed_after_s / _LOOKS
        self._asked_s = float("-inf")
        self._is_unanswered = False

    def due_in_s(self) -> float:
        """Return the seconds until the next query; infinite if none is needed."""
        if self.unflushed.is_process_known and not self.unflushed:
            return float("inf")
        return max(0.0, self._asked_s + self._every_s - time.monotonic())

    async def look(self) -> list[Delivery] | None:
        """Return the flushed deliveries; ``None``: the others must be delivered again."""
        self._asked_s = time.monotonic()
        try:
            process = await asyncio.to_thread(self._started_s)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if not self._is_unanswered:
                _log.warning(
                    "cannot query whether the receiver restarted sink=%s: %s; the cursor does "
                    "not move until that is known",
                    self._name,
                    error,
                )
            self._is_unanswered = True
            return []
        self._is_unanswered = False
        return self.unflushed.take_flushed(process, asked_s=self._asked_s)


def process_started_s(endpoint: HttpEndpoint) -> float:
    """
    Return the start of the process behind a metrics URL, Unix time.

    Raises:
        OSError, http.client.HTTPException: there was no answer.
        ValueError: the answer does not have it.
    """
    parts = urlsplit(endpoint.url)
    assert parts.hostname is not None
    connection: http.client.HTTPConnection
    if endpoint.tls is None:
        connection = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=endpoint.timeout_s
        )
    else:
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=endpoint.timeout_s, context=endpoint.tls
        )
    try:
        connection.request("GET", parts.path or "/", headers=dict(endpoint.headers))
        answer = connection.getresponse()
        text = answer.read(_ANSWER_BYTES)
    finally:
        connection.close()
    match = _START.search(text)
    if answer.status != http.client.OK or match is None:
        raise ValueError(
            f"{endpoint.url} answered {answer.status} without process_start_time_seconds"
        )
    return float(match.group(1))

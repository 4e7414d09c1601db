"""Tracer: sends the probes of one flow one after the other, and matches the answers."""

import asyncio
import errno
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from thongsuot_agent.links.flow import Flow, ProbeReply
from thongsuot_agent.links.lateness import LATE_S, LATENESS
from thongsuot_agent.links.roundtrip import NS_PER_S, Stopwatch, TransmitTimestamp
from thongsuot_schema.result import QualityFlag


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedReply:
    """The answer to a probe, and its delay."""

    reply: ProbeReply
    rtt_s: float
    doubts: frozenset[QualityFlag] = frozenset()


@dataclass(slots=True, kw_only=True, eq=False)
class TracerProbe:
    """
    One sent probe and its answer. ``is_refused_here``: this device refused to send it.
    """

    number: int
    hops: int
    size_bytes: int
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    answer: TimedReply | None = None
    is_refused_here: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether no further answer can be expected."""
        return self.answer is not None or self.is_refused_here


class Tracer:
    """
    Sends probes on a flow and collects the answers; a context manager on a running event loop.

    ``sent_bytes`` and ``received_bytes`` are at IP level. ``nameless`` counts answers that quote
    too little to identify their probe; they are matched only if no other is in flight.

    Once an answer has shown that the kernel stamps them, answers wake the process only while it
    waits for them: a trace of ten hops takes half as many wake-ups, and measures the same.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._by_number: dict[int, TracerProbe] = {}
        self._by_stamp: dict[int, TracerProbe] = {}
        self._late: frozenset[QualityFlag] = frozenset()
        self._is_listening = False
        self._is_waiting = False
        self._is_stamped = False
        self.sent_bytes = 0
        self.received_bytes = 0
        self.nameless = 0

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_listening()
        self._flow.close()

    def send(self, hops: int, size_bytes: int = 0) -> TracerProbe:
        """
        Send one probe with a hop limit; 0 bytes: the smallest possible size.

        Raises:
            OSError: the kernel cannot send over this link.
        """
        size_bytes = size_bytes or self._flow.smallest_bytes
        sent = TracerProbe(number=len(self._by_number) + 1, hops=hops, size_bytes=size_bytes)
        self._by_number[sent.number] = sent
        try:
            stamp = self._flow.send(sent.number, hops, size_bytes)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            sent.is_refused_here = True
            return sent
        if stamp is None:
            self._by_stamp.clear()
        else:
            self._by_stamp[stamp] = sent
        self.sent_bytes += size_bytes
        # On most devices the timestamp is already waiting: reading it now saves a wake-up.
        self.collect()
        return sent

    async def wait_for(self, probes: Iterable[TracerProbe], timeout_s: float) -> None:
        """Wait until all of these are answered, at most for this time."""
        deadline_s = self._loop.time() + timeout_s
        waiting = list(probes)
        self.collect()
        self._is_waiting = True
        self._listen()
        try:
            async with asyncio.timeout_at(deadline_s):
                while not all(probe.is_settled for probe in waiting):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            late_s = self._loop.time() - deadline_s
            LATENESS.note(late_s)
            if late_s > LATE_S:
                self._late = frozenset({QualityFlag.TIMER_LATE})
            # If the process did not get the CPU in time, answers may be in the queue with their
            # timestamps.
            self.collect()
        finally:
            self._is_waiting = False
            if self._is_stamped:
                self._stop_listening()

    def collect(self) -> None:
        """Read what has arrived; nothing is waited for."""
        for event in self._flow.events():
            if isinstance(event, TransmitTimestamp):
                sent = self._by_stamp.get(event.number)
                if sent is not None and sent.stopwatch.note_departure(event.stamp_ns):
                    del self._by_stamp[event.number]
            else:
                self.received_bytes += event.size_bytes
                self._accept_reply(event)

    def _accept_reply(self, heard: ProbeReply) -> None:
        sent = self._probe_of(heard)
        if sent is None or sent.answer is not None:
            return  # foreign, or a duplicate
        rtt_ns, doubts = sent.stopwatch.stop(heard.stamp_ns)
        sent.answer = TimedReply(reply=heard, rtt_s=rtt_ns / NS_PER_S, doubts=doubts | self._late)
        self._is_stamped = not doubts
        if self._is_waiting or not self._is_stamped:
            self._listen()
        else:
            self._stop_listening()
        self._news.set()

    def _listen(self) -> None:
        if not self._is_listening:
            self._loop.add_reader(self._flow, self.collect)
            self._is_listening = True

    def _stop_listening(self) -> None:
        if self._is_listening:
            self._loop.remove_reader(self._flow)
            self._is_listening = False

    def _probe_of(self, heard: ProbeReply) -> TracerProbe | None:
        if heard.number is not None:
            return self._by_number.get(heard.number)
        self.nameless += 1
        open_ = [probe for probe in self._by_number.values() if not probe.is_settled]
        return open_[0] if len(open_) == 1 else None

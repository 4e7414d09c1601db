"""Exchange: one UDP query and its response, timed by the kernel's timestamps."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from thongsuot_agent.links.lateness import LATE_S, LATENESS
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.roundtrip import NS_PER_S, READ_AT_ONCE, Stopwatch
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.proto import control
from thongsuot_schema.result import QualityFlag

T = TypeVar("T")

_BUFFER_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeResult(Generic[T]):
    """
    The result of a query.

    ``value`` is ``None`` if no acceptable response arrived in time; ``unsolicited`` counts
    datagrams that were not accepted. ``received_bytes`` is the length of the answer without
    headers.
    """

    value: T | None
    took_s: float
    doubts: frozenset[QualityFlag]
    unsolicited: int
    received_bytes: int


async def exchange(
    opened: socket.socket, question: bytes, accept: Callable[[bytes], T | None], timeout_s: float
) -> ExchangeResult[T]:
    """
    Send a query on a connected, non-blocking UDP socket and wait for the response.

    ``accept`` turns a datagram into a value, or ``None`` if it does not answer this query.

    Raises:
        LinkUnusable: this device's kernel did not send it: nothing has left yet, so no other host
            can be the cause.
        OSError: an ICMP error, such as that of a closed port.
    """
    waiting = _Exchange(opened, accept, timeout_s)
    return await waiting.run(question)


class _Exchange(Generic[T]):
    def __init__(
        self, opened: socket.socket, accept: Callable[[bytes], T | None], timeout_s: float
    ) -> None:
        self._socket = opened
        self._accept = accept
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[ExchangeResult[T]] = self._loop.create_future()
        self._unsolicited = 0
        self._late: frozenset[QualityFlag] = frozenset()
        opened.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_BOTH)
        self._stopwatch = Stopwatch()

    async def run(self, question: bytes) -> ExchangeResult[T]:
        # Restarted: the time to prepare the socket does not belong to the network.
        self._stopwatch = Stopwatch()
        try:
            self._socket.send(question)
        except OSError as error:
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        deadline_s = self._loop.time() + self._timeout_s
        timer = self._loop.call_at(deadline_s, self._expire, deadline_s)
        # On most devices the timestamp is already waiting: reading it now saves a wake-up.
        self._take_stamps()
        self._loop.add_reader(self._socket, self._drain)
        try:
            return await self._future
        finally:
            timer.cancel()
            self._loop.remove_reader(self._socket)

    def _drain(self) -> None:
        try:
            # Timestamps first: the timestamp of the query is queued before its response can arrive.
            self._take_stamps()
            for _ in range(READ_AT_ONCE):
                if self._future.done():
                    return
                data, ancillary, _, _ = self._socket.recvmsg(_BUFFER_BYTES, control.SPACE_BYTES)
                self._accept_datagram(data, control.parse(ancillary).stamp_ns)
        except BlockingIOError:
            return
        except OSError as error:
            if not self._future.done():
                self._future.set_exception(error)

    def _take_stamps(self) -> None:
        while True:
            try:
                _, ancillary, _, _ = self._socket.recvmsg(
                    0, control.SPACE_BYTES, socket.MSG_ERRQUEUE
                )
            except BlockingIOError:
                return
            ancillary_data = control.parse(ancillary)
            if (
                ancillary_data.error is not None
                and ancillary_data.error.origin == control.ORIGIN_STAMP
            ):
                self._stopwatch.left_ns = ancillary_data.stamp_ns

    def _accept_datagram(self, data: bytes, stamp_ns: int | None) -> None:
        value = self._accept(data)
        if value is None:
            # Counted, not accepted: anyone who guesses the port can send here (RFC 5452, section
            # 3).
            self._unsolicited += 1
            return
        took_ns, doubts = self._stopwatch.stop(stamp_ns)
        if took_ns <= self._timeout_s * NS_PER_S:
            self._finish(value, took_ns / NS_PER_S, doubts, len(data))

    def _expire(self, deadline_s: float) -> None:
        late_s = self._loop.time() - deadline_s
        LATENESS.note(late_s)
        if late_s > LATE_S:
            self._late = frozenset({QualityFlag.TIMER_LATE})
        # If the process did not get the CPU in time, the response may be in the buffer with its
        # timestamp.
        self._drain()
        if not self._future.done():
            self._finish(None, self._timeout_s, frozenset(), 0)

    def _finish(
        self, value: T | None, took_s: float, doubts: frozenset[QualityFlag], received_bytes: int
    ) -> None:
        self._future.set_result(
            ExchangeResult(
                value=value,
                took_s=took_s,
                doubts=doubts | self._late,
                unsolicited=self._unsolicited,
                received_bytes=received_bytes,
            )
        )

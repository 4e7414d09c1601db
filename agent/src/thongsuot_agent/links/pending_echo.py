"""Pending echo: a request whose answer is awaited, and what becomes of it."""

import asyncio
from dataclasses import dataclass

import msgspec

from thongsuot_agent.links.egress import Egress
from thongsuot_agent.links.roundtrip import Stopwatch
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import QualityFlag


class EchoResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of one request.

    ``rtt_s`` is set exactly when it was answered in time. Otherwise ``reason`` has the cause.
    ``hop_limit`` is that of the answer. ``received_bytes`` and ``sent_bytes`` are at IP level.
    """

    rtt_s: float | None = None
    hop_limit: int | None = None
    reason: Reason | None = None
    detail: str = ""
    doubts: frozenset[QualityFlag] = frozenset()
    sent_bytes: int = 0
    received_bytes: int = 0
    late_rtt_s: float | None = None
    """Round-trip time of an earlier echo to this destination, answered after its time limit."""
    is_old_flow_dead: bool = False
    """Whether echoes to this destination are answered, except those of the previous flow."""


@dataclass(slots=True, kw_only=True, eq=False)
class PendingEcho:
    """One request that was sent, until it is answered or given up."""

    sequence: int
    payload: bytes
    egress: Egress
    timeout_ns: int
    stopwatch: Stopwatch
    number: int
    future: "asyncio.Future[EchoResult]"
    deadline_s: float
    flow: int
    is_old_flow: bool = False
    timer: asyncio.TimerHandle | None = None
    unproven: str = ""
    doubts: frozenset[QualityFlag] = frozenset()

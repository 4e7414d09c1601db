"""
The short-lived process of a kind that fills a link: one request on standard input, one report on
standard output.

Bounded in memory and CPU time from the inside, in time by its parent.
"""

import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

_MEMORY_BYTES = 1 << 30
"""
Limit of address space: libraries are mapped, not used (2026-11: 28 MiB resident, 30 speedtest-cli).
"""
_CPU_S = 120
_FIRST_TO_GO = "500"
"""Where memory runs out, the kernel ends this process and not the agent (proc(5))."""

Q = TypeVar("Q", bound=msgspec.Struct)


def serve_request(kind: type[Q], carry_out: Callable[[Q], msgspec.Struct]) -> None:
    """Carry out the request on standard input, and write its report."""
    _limit_resources()
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=kind)
    sys.stdout.buffer.write(msgspec.json.encode(carry_out(request)))


def _limit_resources() -> None:
    # The agent's own service allows no process to set limits; there its limits hold for this one.
    with suppress(OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, "ascii")

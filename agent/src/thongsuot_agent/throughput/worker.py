"""
The short-lived process: one order on standard input, one report on standard output.

Bounded in memory and CPU time from the inside, in time by its parent.
"""

import resource
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from thongsuot_agent.throughput.protocol import FileTestRequest, LoadTestRequest, SpeedtestRequest

_MEMORY_BYTES = 1 << 30
"""Of address space: libraries are mapped, not used (2026-11: 28 MiB resident, 30 speedtest-cli)."""
_CPU_S = 120
_FIRST_TO_GO = "500"
"""Where memory runs out, the kernel ends this process and not the agent (proc(5))."""


def main() -> int:
    """Carry out the order."""
    _bound()
    order = msgspec.json.decode(
        sys.stdin.buffer.read(), type=LoadTestRequest | FileTestRequest | SpeedtestRequest
    )
    # Each loads only what it needs: speedtest-cli brings Python's own TLS and XML.
    match order:
        case LoadTestRequest():
            from thongsuot_agent.throughput import load  # noqa: PLC0415

            report: object = load.run(order)
        case FileTestRequest():
            from thongsuot_agent.throughput import file  # noqa: PLC0415

            report = file.run(order)
        case _:
            from thongsuot_agent.throughput import speedtest_cli  # noqa: PLC0415

            report = speedtest_cli.run(order)
    sys.stdout.buffer.write(msgspec.json.encode(report))
    return 0


def _bound() -> None:
    # The agent's own service allows no process to set limits; there its limits hold for this one.
    with suppress(OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, "ascii")


if __name__ == "__main__":
    sys.exit(main())

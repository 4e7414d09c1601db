"""
How a device comes up where that is not as usual: another boot, another hour.

A boot has a clock of its own. All agents of a lab share one kernel; without a clock of its own, the
boot after a power cut would claim to have begun with the host, long before the power went, and its
site would look like two devices at once.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STARTED_AFTER_S = 5
"""How long a device has been up when its agent starts."""

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_BIND_BOOT_ID = f'mount --bind "$1" {_BOOT_ID}; shift; exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class BootEnvironment:
    """
    What an agent finds when it starts.

    ``boot_id`` is a file with the kernel's name of this boot, ``None`` for the true one. Another
    boot has its own clocks of time since the boot (time_namespaces(7)), each the machine's plus a
    whole number of seconds; ``env`` is added to the environment.
    """

    boot_id: Path | None = None
    monotonic_offset_s: int = 0
    boottime_offset_s: int = 0
    env: Mapping[str, str] = field(default_factory=dict)

    def wrap(self, command: Sequence[str]) -> list[str]:
        """Return the command that starts another in these circumstances; only for root."""
        words = [f"{name}={value}" for name, value in self.env.items()]
        inner = ["env", *words, *command] if words else list(command)
        if self.boot_id is None:
            return inner
        clocks = [
            f"--monotonic={self.monotonic_offset_s}",
            f"--boottime={self.boottime_offset_s}",
        ]
        mounted = ["unshare", "--mount", "--time", *clocks, "--", "sh", "-ec"]
        return [*mounted, _BIND_BOOT_ID, "sh", str(self.boot_id), *inner]


def new_boot(boot_id: Path, env: Mapping[str, str]) -> BootEnvironment:
    """Return what a device finds that has just been switched on: its clocks begin anew."""
    return BootEnvironment(
        boot_id=boot_id,
        monotonic_offset_s=STARTED_AFTER_S - int(time.clock_gettime(time.CLOCK_MONOTONIC)),
        boottime_offset_s=STARTED_AFTER_S - int(time.clock_gettime(time.CLOCK_BOOTTIME)),
        env=env,
    )


CURRENT_BOOT = BootEnvironment()

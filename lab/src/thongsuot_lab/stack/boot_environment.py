"""
How a device boots in unusual circumstances: a new boot, another time of day.

A boot has clocks of its own. All agents of a lab share one kernel; with the kernel's clock, the
boot after a power cut would claim to have begun with the host, long before the power failed, and
its site would look like two devices at once.
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
    The environment in which an agent starts.

    ``boot_id`` is a file with the kernel's id of this boot, ``None`` for the real one. A simulated
    boot has its own boot-time clocks (time_namespaces(7)), offset from the machine's by a whole
    number of seconds; ``env`` is added to the environment.
    """

    boot_id: Path | None = None
    monotonic_offset_s: int = 0
    boottime_offset_s: int = 0
    env: Mapping[str, str] = field(default_factory=dict)

    def wrap(self, command: Sequence[str]) -> list[str]:
        """Return a command that starts another one in this environment; only for root."""
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
    """Return the environment of a device that has just been switched on: its clocks restart."""
    return BootEnvironment(
        boot_id=boot_id,
        monotonic_offset_s=STARTED_AFTER_S - int(time.clock_gettime(time.CLOCK_MONOTONIC)),
        boottime_offset_s=STARTED_AFTER_S - int(time.clock_gettime(time.CLOCK_BOOTTIME)),
        env=env,
    )


CURRENT_BOOT = BootEnvironment()

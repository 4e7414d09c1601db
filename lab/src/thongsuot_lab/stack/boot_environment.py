"""How a device comes up where that is not as usual: another boot, another hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_BIND_BOOT_ID = f'mount --bind "$1" {_BOOT_ID}; shift; exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class BootEnvironment:
    """
    What an agent finds when it starts.

    ``boot_id`` is a file with the kernel's name of this boot, ``None`` for the true one; ``env`` is
    added to the environment.
    """

    boot_id: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def wrap(self, command: Sequence[str]) -> list[str]:
        """Return the command that starts another in these circumstances; only for root."""
        words = [f"{name}={value}" for name, value in self.env.items()]
        inner = ["env", *words, *command] if words else list(command)
        if self.boot_id is None:
            return inner
        mounted = ["unshare", "--mount", "--", "sh", "-ec", _BIND_BOOT_ID, "sh", str(self.boot_id)]
        return [*mounted, *inner]


CURRENT_BOOT = BootEnvironment()

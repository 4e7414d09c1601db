"""Which faults are active in a running lab. Kept as files beside it, so every process sees them."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from thongsuot_lab import faults
from thongsuot_lab.fault_scope import FaultScope, undo_fault

if TYPE_CHECKING:
    from thongsuot_lab.lab import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFault:
    """One fault that was applied and not healed; ``since_s`` is seconds since the epoch."""

    key: str
    name: str
    arguments: dict[str, object]
    segment: str | None
    since_s: float


@dataclass(frozen=True, slots=True)
class ActiveFaults:
    """Applies and heals faults of one lab."""

    lab: Lab

    def apply(self, name: str, given: dict[str, object]) -> str:
        """Apply a fault, unless exactly this one is active; returns its key."""
        fault = faults.load(name)
        arguments = fault.arguments(given)
        key = " ".join([name, *(f"{word}={value}" for word, value in arguments.items())])
        path = self._path(key)
        if path.exists():
            return key
        act = FaultScope(self.lab, key)
        about: dict[str, object] = {
            "name": name,
            "arguments": arguments,
            "segment": fault.segment,
            "since_s": time.time(),
        }
        try:
            fault.apply(act, **arguments)
            act.commit(path, about)
        except BaseException:
            # Half a fault is none: what it did already is undone.
            act.commit(path, about)
            undo_fault(self.lab, path)
            raise
        return key

    def heal(self, name: str | None, arguments: dict[str, object]) -> list[str]:
        """Undo the active faults that match; returns their keys."""
        wanted = {word: str(value) for word, value in arguments.items()}
        healed = []
        for path, one in self._files():
            has = {word: str(value) for word, value in one.arguments.items()}
            if name in (None, one.name) and wanted.items() <= has.items():
                healed.append(undo_fault(self.lab, path))
        return healed

    def active(self) -> list[ActiveFault]:
        """All of them, oldest first."""
        return [one for _, one in self._files()]

    def _files(self) -> list[tuple[Path, ActiveFault]]:
        found = []
        for path in (self.lab.run_dir / "faults").glob("*.json"):
            state = json.loads(path.read_text())
            state.pop("undo")
            found.append((path, ActiveFault(**state)))
        return sorted(found, key=lambda entry: entry[1].since_s)

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self.lab.run_dir / "faults" / f"{digest}.json"

"""Which faults are active in a running lab. Kept as files beside it, so every process sees them."""

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

from thongsuot_lab.fault_loader import load_fault
from thongsuot_lab.fault_scope import FaultScope, FaultTarget, undo_fault


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

    lab: FaultTarget

    def apply(self, name: str, values: dict[str, object]) -> str:
        """
        Apply a fault, unless the same fault with the same arguments is active; return its key.
        """
        fault = load_fault(name)
        arguments = fault.arguments(values)
        key = " ".join([name, *(f"{word}={value}" for word, value in arguments.items())])
        path = self._path(key)
        if path.exists():
            return key
        scope = FaultScope(self.lab, key)
        about: dict[str, object] = {
            "name": name,
            "arguments": arguments,
            "segment": fault.segment,
            "since_s": time.time(),
        }
        try:
            fault.apply(scope, **arguments)
            scope.commit(path, about)
        except BaseException:
            # A fault is applied as a whole or not at all: undo the part that was applied.
            scope.commit(path, about)
            undo_fault(self.lab, path)
            raise
        return key

    def heal(self, name: str | None, arguments: dict[str, object]) -> list[str]:
        """Undo the active faults that match and return their keys."""
        wanted = {word: str(value) for word, value in arguments.items()}
        healed = []
        for path, fault in self._files():
            actual = {word: str(value) for word, value in fault.arguments.items()}
            if name in (None, fault.name) and wanted.items() <= actual.items():
                healed.append(undo_fault(self.lab, path))
        return healed

    def active(self) -> list[ActiveFault]:
        """Return all active faults, oldest first."""
        return [fault for _, fault in self._files()]

    def _files(self) -> list[tuple[Path, ActiveFault]]:
        faults = []
        for path in (self.lab.run_dir / "faults").glob("*.json"):
            state = json.loads(path.read_text())
            state.pop("undo")
            faults.append((path, ActiveFault(**state)))
        return sorted(faults, key=lambda entry: entry[1].since_s)

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self.lab.run_dir / "faults" / f"{digest}.json"

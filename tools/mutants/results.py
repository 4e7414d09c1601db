"""What is known already of a tree, so that a run that was stopped goes on where it was."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from tools.mutants.changes import AREAS, ROOT
from tools.mutants.worker import TestRunResult, result_from

FOLDER = ROOT / ".cache" / "mutants"


def digest_of(area: str, root: Path = ROOT) -> str:
    """Return a name for an area's sources and tests as they are now."""
    digest = hashlib.sha256()
    for folder in (AREAS[area].sources, *AREAS[area].tests):
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


class KnownResults:
    """Results of an area's changes, and the record of its tests, both for one state of the tree."""

    def __init__(self, area: str, root: Path, folder: Path = FOLDER) -> None:
        self._folder = folder / f"{area}-{digest_of(area, root)}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._results = self._folder / "results.jsonl"
        self._record = self._folder / "record.json"

    def noticed_by(self) -> Mapping[str, str]:
        """Return which test noticed each change that was played, by its name."""
        if not self._results.exists():
            return {}
        lines = self._results.read_text("utf-8").splitlines()
        return dict(json.loads(line) for line in lines)

    def add(self, name: str, noticed_by: str) -> None:
        """Keep what became of a change."""
        with self._results.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps([name, noticed_by])}\n")

    def record(self) -> TestRunResult | None:
        """Return what the tests cost and call, if that was recorded."""
        return result_from(self._record.read_text("utf-8")) if self._record.exists() else None

    def keep_record(self, record: TestRunResult) -> None:
        """Keep what the tests cost and call."""
        part = self._record.with_suffix(".part")
        part.write_text(json.dumps(asdict(record)), "utf-8")
        part.rename(self._record)

    def forget(self, names: Iterable[str]) -> None:
        """Drop what became of some changes."""
        known = self.noticed_by()
        self._results.unlink(missing_ok=True)
        for name in known.keys() - set(names):
            self.add(name, known[name])

"""
Known results of an area in its current state, so that nothing is measured twice.

A run that was stopped continues where it was. After a new test, only that test is recorded, and
only survivors are run again; after a change of the sources, or of what their tests share, no result
is valid any more.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.mutants.changes import AREAS, ROOT
from tools.mutants.worker import TestRecord, TestRunResult

FOLDER = ROOT / ".cache" / "mutants"


def _is_test(path: Path) -> bool:
    return path.name.startswith("test_")


def _digest(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTests:
    """
    The cost and the executed blocks of all tests of an area.

    ``modules`` are the third-party modules that they load, ``at_import`` the blocks of the area
    that are executed outside tests, by file.
    """

    records: Mapping[str, TestRecord]
    modules: Sequence[str]
    at_import: Mapping[str, Collection[int]]


class KnownResults:
    """
    Results of an area's changes, and the record of its tests.

    ``is_units``: of those tests alone that simulate nothing.
    """

    def __init__(
        self, area: str, root: Path, folder: Path = FOLDER, *, is_units: bool = False
    ) -> None:
        self.area = area
        tests = [path for name in AREAS[area].tests for path in (root / name).rglob("*.py")]
        word = AREAS[area].simulation if is_units else ""
        files = [
            path
            for path in tests
            if _is_test(path) and not (word and word in path.read_text("utf-8"))
        ]
        sources = (root / AREAS[area].sources).rglob("*.py")
        shared = (path for path in tests if not _is_test(path))
        self._tests = {path.relative_to(root).as_posix(): _digest(root, [path]) for path in files}
        self._all_tests = _digest(root, files)
        self._folder = folder / f"{area}-{_digest(root, (*sources, *shared))}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._results = self._folder / ("results-units.jsonl" if is_units else "results.jsonl")

    @property
    def test_files(self) -> Sequence[str]:
        """All files of the area's tests."""
        return sorted(self._tests)

    def noticed_by(self) -> Mapping[str, str]:
        """Return which test noticed each change that was run, by its name."""
        known: dict[str, str] = {}
        if self._results.exists():
            for line in self._results.read_text("utf-8").splitlines():
                name, test, digest = json.loads(line)
                if digest == self._digest_for(test):
                    known[name] = test
        return known

    def add(self, name: str, noticed_by: str) -> None:
        """Store the result of a change."""
        line = json.dumps([name, noticed_by, self._digest_for(noticed_by)])
        with self._results.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def _digest_for(self, noticed_by: str) -> str:
        """
        Return the state that a result depends on: one test, or, if no test fails, all of them.
        """
        return self._tests.get(noticed_by.partition("::")[0], self._all_tests)

    def unrecorded(self) -> Sequence[str]:
        """Return the test files that have no record for their current state."""
        return [file for file in sorted(self._tests) if not self._record(file).exists()]

    def keep_record(self, file: str, recorded: TestRunResult) -> None:
        """Store the cost and the executed blocks of a file's tests."""
        record = self._record(file)
        part = record.with_suffix(".part")
        records = {
            name: asdict(test)
            for name, test in recorded.records.items()
            if name.partition("::")[0] == file
        }
        part.write_text(json.dumps([records, recorded.modules, recorded.at_import]), "utf-8")
        part.rename(record)

    def records(self) -> RecordedTests:
        """Return the records of all tests."""
        records: dict[str, TestRecord] = {}
        modules: dict[str, None] = {}
        at_import: defaultdict[str, set[int]] = defaultdict(set)
        for file in self._tests:
            plain, loaded, imported = json.loads(self._record(file).read_text("utf-8"))
            records |= {name: TestRecord(**test) for name, test in plain.items()}
            modules |= dict.fromkeys(loaded)
            for source, lines in imported.items():
                at_import[source].update(lines)
        return RecordedTests(records=records, modules=list(modules), at_import=at_import)

    def forget(self, names: Iterable[str]) -> None:
        """Drop the results of some changes."""
        known = self.noticed_by()
        self._results.unlink(missing_ok=True)
        for name in known.keys() - set(names):
            self.add(name, known[name])

    def _record(self, file: str) -> Path:
        return self._folder / f"{self._tests[file]}-blocks.json"

"""The runs and changes that one agent logged, against what the journal and Prometheus have."""

import json
import re
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_lab.matrix.journal_reader import StoredBatch
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Result, Series

NS_PER_MS = 1_000_000

RunKey = tuple[str, str, str, str, int]
"""One run: kind, link, target, family, and its start on CLOCK_BOOTTIME in milliseconds."""

ChangeKey = tuple[str, str, str, int]
"""One verdict change: link, service, state, and when it was decided, in milliseconds."""

_AHEAD_S = 60
"""
More than a result may be dated too late: a boot's start that was estimated late (less than two
seconds) is corrected slowly.
"""

_RUN = re.compile(
    r" run kind=(?P<kind>\S+) link=(?P<link>\S+) target=(?P<target>\S+) family=(?P<family>\S+)"
    r" boottime_ns=(?P<ns>\d+) "
)
_CHANGE = re.compile(
    r" verdict link=(?P<link>\S+) service=(?P<service>\S+) state=(?P<state>\S+) "
    r".*decided_boottime_ns=(?P<ns>\d+)"
)
_KINDS = {name: catalogue.load(name) for name in catalogue.kinds()}
_GAPS = {NoticeCode.GAP, NoticeCode.DROPPED}


@dataclass(slots=True)
class SiteReconciliation:
    """
    ``logged_runs`` and ``logged_changes`` are those that the agent logged, once it had stored them.
    """

    logged_runs: Counter[RunKey] = field(default_factory=Counter)
    logged_changes: Counter[ChangeKey] = field(default_factory=Counter)
    stored_runs: Counter[RunKey] = field(default_factory=Counter)
    stored_changes: Counter[ChangeKey] = field(default_factory=Counter)
    repeated_changes: set[ChangeKey] = field(default_factory=set)
    gaps: list[str] = field(default_factory=list)

    def read_log(self, log: Path) -> None:
        """Add what the agent logged."""
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if match := _RUN.search(line):
                    words = (match["kind"], match["link"], match["target"], match["family"])
                    kind, link, target, family = map(_empty_if_dash, words)
                    self.logged_runs[kind, link, target, family, int(match["ns"]) // NS_PER_MS] += 1
                elif match := _CHANGE.search(line):
                    link, service = _empty_if_dash(match["link"]), _empty_if_dash(match["service"])
                    ms = int(match["ns"]) // NS_PER_MS
                    self.logged_changes[link, service, match["state"], ms] += 1

    def read_batch(self, batch: StoredBatch) -> None:
        """Add a batch of the journal."""
        self.stored_runs.update(run_key(result) for result in batch.batch.results)
        for change in batch.batch.changes:
            verdict, ms = change.verdict, change.decided_boottime_ns // NS_PER_MS
            turn = (verdict.link, verdict.service, verdict.state.value, ms)
            self.stored_changes[turn] += 1
            if change.before is verdict.state:
                self.repeated_changes.add(turn)
        self.gaps += [notice.text for notice in batch.batch.notices if notice.code in _GAPS]

    @property
    def missing_runs(self) -> Counter[RunKey]:
        """Return the runs that were made but are not stored."""
        return self.logged_runs - self.stored_runs

    @property
    def missing_changes(self) -> Counter[ChangeKey]:
        """Return the verdict changes that were made but are not stored."""
        return self.logged_changes - self.stored_changes

    @property
    def unlogged(self) -> int:
        """Return how many stored items the agent had no time to log: one run or change per kill."""
        # Verdicts from before a restart are repeated after it, and not logged.
        changes = self.stored_changes.keys() - self.logged_changes.keys() - self.repeated_changes
        return len(self.stored_runs.keys() - self.logged_runs.keys()) + len(changes)

    @property
    def duplicated(self) -> list[RunKey | ChangeKey]:
        """
        Return what is stored more often than it was made; a kill may happen before the log line.
        """
        return [
            *(
                key
                for key, count in self.stored_runs.items()
                if count > max(1, self.logged_runs[key])
            ),
            *(
                turn
                for turn, count in self.stored_changes.items()
                if count > max(1, self.logged_changes[turn])
            ),
        ]

    def line(self, site: str) -> str:
        """Return one line for people."""
        return (
            f"{site}: made {self.logged_runs.total()} kept {self.stored_runs.total()} "
            f"missing {self.missing_runs.total()} doubled {len(self.duplicated)} "
            f"kept unlogged {self.unlogged} "
            f"gaps announced {len(self.gaps)}; verdict changes made {self.logged_changes.total()} "
            f"missing {self.missing_changes.total()}"
        )


def run_key(result: Result) -> RunKey:
    """Return what identifies a run."""
    series = result.series
    ms = result.boottime_ns // NS_PER_MS
    return series.kind, series.link, series.target, series.family.value, ms


def expected_samples(batch: StoredBatch) -> Iterator[tuple[str, int]]:
    """Yield the outcome samples that a batch must produce: labels as one text, and time in ms."""
    offset_ms = batch.entry.epoch_ns // NS_PER_MS
    last_ms: dict[Series, int] = {}
    for result in batch.batch.results:
        series, kind = result.series, _KINDS[result.series.kind]
        is_unmeasured = result.finding.outcome is Outcome.UNMEASURED
        name = kind.unmeasured_name if is_unmeasured else kind.success_name
        family = "" if series.family is Family.NONE else series.family.value
        labels = f"{name} {batch.batch.site} {series.link} {series.target} {family}"
        time_ms = offset_ms + result.boottime_ns // NS_PER_MS
        # Two runs in the same millisecond are stored a millisecond apart, whatever their outcomes:
        # a database keeps only one sample per timestamp.
        last_ms[series] = max(time_ms, last_ms.get(series, 0) + 1)
        yield labels, last_ms[series]


def prometheus_samples(prometheus: str, *, range_s: int) -> Iterator[tuple[str, int]]:
    """
    Yield every outcome sample in Prometheus of the last seconds, in the form of
    ``expected_samples``; also those dated a little ahead of the present time.
    """
    names = "|".join(
        name for kind in _KINDS.values() for name in (kind.success_name, kind.unmeasured_name)
    )
    selector = f'{{__name__=~"{names}"}}[{range_s + _AHEAD_S}s]'
    query = urllib.parse.urlencode({"query": selector, "time": time.time() + _AHEAD_S})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?{query}", timeout=60.0) as answer:
        answered = json.load(answer)["data"]["result"]
    for series in answered:
        labels = series["metric"]
        words = [labels.get(word, "") for word in ("__name__", "site", "link", "target", "family")]
        for time_s, _ in series["values"]:
            yield " ".join(words), round(float(time_s) * 1000)


def _empty_if_dash(word: str) -> str:
    return "" if word == "-" else word

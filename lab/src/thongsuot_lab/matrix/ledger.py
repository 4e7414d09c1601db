"""Ledger: what agents said that they had made, against what the journal and Prometheus have."""

import json
import re
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_lab.matrix.record import Kept
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.catalogue import dns, host, http, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Result, Series

NS_PER_MS = 1_000_000

Key = tuple[str, str, str, str, int]
"""One run: kind, link, target, family, and its start on CLOCK_BOOTTIME in milliseconds."""

Turn = tuple[str, str, str, int]
"""One verdict change: link, service, state, and when it was decided, in milliseconds."""

_RUN = re.compile(
    r" run kind=(?P<kind>\S+) link=(?P<link>\S+) target=(?P<target>\S+) family=(?P<family>\S+)"
    r" boottime_ns=(?P<ns>\d+) "
)
_TURN = re.compile(
    r" verdict link=(?P<link>\S+) service=(?P<service>\S+) state=(?P<state>\S+) "
    r".*decided_boottime_ns=(?P<ns>\d+)"
)
_KINDS = {kind.name: kind for kind in (icmp.KIND, dns.KIND, http.KIND, host.KIND)}
_GAPS = {NoticeCode.GAP, NoticeCode.DROPPED}


@dataclass(slots=True)
class Ledger:
    """One site. ``made`` and ``turned`` are what the agent told in its log, once it was kept."""

    made: Counter[Key] = field(default_factory=Counter)
    turned: Counter[Turn] = field(default_factory=Counter)
    kept: Counter[Key] = field(default_factory=Counter)
    kept_turns: Counter[Turn] = field(default_factory=Counter)
    said_again: set[Turn] = field(default_factory=set)
    gaps: list[str] = field(default_factory=list)

    def read_log(self, log: Path) -> None:
        """Take in what the agent told."""
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if found := _RUN.search(line):
                    words = (found["kind"], found["link"], found["target"], found["family"])
                    kind, link, target, family = map(_plain, words)
                    self.made[kind, link, target, family, int(found["ns"]) // NS_PER_MS] += 1
                elif found := _TURN.search(line):
                    link, service = _plain(found["link"]), _plain(found["service"])
                    ms = int(found["ns"]) // NS_PER_MS
                    self.turned[link, service, found["state"], ms] += 1

    def read_batch(self, kept: Kept) -> None:
        """Take in a batch of the journal."""
        self.kept.update(key_of(result) for result in kept.batch.results)
        for change in kept.batch.changes:
            verdict, ms = change.verdict, change.decided_boottime_ns // NS_PER_MS
            turn = (verdict.link, verdict.service, verdict.state.value, ms)
            self.kept_turns[turn] += 1
            if change.before is verdict.state:
                self.said_again.add(turn)
        self.gaps += [one.text for one in kept.batch.notices if one.code in _GAPS]

    @property
    def missing(self) -> Counter[Key]:
        """What was made and is not there."""
        return self.made - self.kept

    @property
    def missing_turns(self) -> Counter[Turn]:
        """Verdict changes that were made and are not there."""
        return self.turned - self.kept_turns

    @property
    def unheard(self) -> int:
        """How much is there that the agent had no time to tell of: a run or a turn a kill."""
        # What stood before a restart is said again after it, and not told.
        turns = self.kept_turns.keys() - self.turned.keys() - self.said_again
        return len(self.kept.keys() - self.made.keys()) + len(turns)

    @property
    def doubled(self) -> list[Key | Turn]:
        """What is there more often than it was made; a kill may come before the telling of one."""
        return [
            *(key for key, count in self.kept.items() if count > max(1, self.made[key])),
            *(turn for turn, count in self.kept_turns.items() if count > max(1, self.turned[turn])),
        ]

    def line(self, site: str) -> str:
        """Return one line for people."""
        return (
            f"{site}: made {self.made.total()} kept {self.kept.total()} "
            f"missing {self.missing.total()} doubled {len(self.doubled)} "
            f"gaps announced {len(self.gaps)}; verdict changes made {self.turned.total()} "
            f"missing {self.missing_turns.total()}"
        )


def key_of(result: Result) -> Key:
    """Return what identifies a run."""
    series = result.series
    ms = result.boottime_ns // NS_PER_MS
    return series.kind, series.link, series.target, series.family.value, ms


def samples_of(kept: Kept) -> Iterator[tuple[str, int]]:
    """Yield the outcome samples that a batch has to become: labels as one text, and time in ms."""
    offset_ms = kept.entry.epoch_ns // NS_PER_MS
    last_ms: dict[Series, int] = {}
    for result in kept.batch.results:
        series, kind = result.series, _KINDS[result.series.kind]
        is_unmeasured = result.finding.outcome is Outcome.UNMEASURED
        name = kind.unmeasured_name if is_unmeasured else kind.success_name
        family = "" if series.family is Family.NONE else series.family.value
        labels = f"{name} {kept.batch.site} {series.link} {series.target} {family}"
        time_ms = offset_ms + result.boottime_ns // NS_PER_MS
        # Two runs in one millisecond are put a millisecond apart, whatever came of them: a database
        # keeps one.
        last_ms[series] = max(time_ms, last_ms.get(series, 0) + 1)
        yield labels, last_ms[series]


def samples_in(prometheus: str, *, range_s: int) -> Iterator[tuple[str, int]]:
    """Yield every outcome sample that Prometheus has of the last seconds, as ``samples_of``."""
    names = "|".join(
        name for kind in _KINDS.values() for name in (kind.success_name, kind.unmeasured_name)
    )
    asked = urllib.parse.urlencode({"query": f'{{__name__=~"{names}"}}[{range_s}s]'})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?{asked}", timeout=60.0) as answer:
        found = json.load(answer)["data"]["result"]
    for one in found:
        about = one["metric"]
        words = [about.get(word, "") for word in ("__name__", "site", "link", "target", "family")]
        for time_s, _ in one["values"]:
            yield " ".join(words), round(float(time_s) * 1000)


def batches_in_order(everything: Iterable[Kept]) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of the batches of each stream of each site, as they came."""
    found: dict[tuple[str, str], list[int]] = {}
    for kept in everything:
        found.setdefault((kept.batch.site, kept.batch.stream), []).append(kept.batch.number)
    return found


def _plain(word: str) -> str:
    return "" if word == "-" else word

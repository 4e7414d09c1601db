"""Words for requested tests: their names, their progress, their results."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from thongsuot_schema.batch.push import TestRefusal
from thongsuot_schema.catalogue import http, path, radio, throughput
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.view import TestRun
from thongsuot_schema.words.figures import milliseconds, number
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.reasons import REASONS

TEST_TITLES: Final[dict[str, Text]] = {
    http.KIND.name: Text("schema.words.requested_tests.titles.portals"),
    path.KIND.name: Text("schema.words.requested_tests.titles.path"),
    throughput.KIND.name: Text("schema.words.requested_tests.titles.throughput"),
    radio.KIND.name: Text("schema.words.requested_tests.titles.radio"),
}
"""Kinds of tests, the most requested first."""

UNDER_WAY: Final = Text("schema.words.requested_tests.under_way")
DONE: Final = Text("schema.words.requested_tests.done")
REFUSED: Final = Text("schema.words.requested_tests.refused")

REFUSALS: Final[dict[TestRefusal, Text]] = {
    TestRefusal.KIND: Text("schema.words.requested_tests.refusals.kind"),
    TestRefusal.NOT_CONFIGURED: Text("schema.words.requested_tests.refusals.not_configured"),
    TestRefusal.TOO_MANY_RUNS: Text("schema.words.requested_tests.refusals.too_many_runs"),
    TestRefusal.BUDGET: Text("schema.words.requested_tests.refusals.budget"),
    TestRefusal.TIMEOUT: Text("schema.words.requested_tests.refusals.timeout"),
}

GOOD: Final = Text("schema.words.requested_tests.good")
_ALL_GOOD: Final = Text("schema.words.requested_tests.conclusion.all_good")
_SOME_FAILED: Final = Text("schema.words.requested_tests.conclusion.some_failed")
_NONE_MADE: Final = Text("schema.words.requested_tests.conclusion.none_made")

OUTCOMES: Final[dict[str, Text]] = {
    Outcome.OK: Text("schema.words.requested_tests.outcomes.ok"),
    Outcome.FAILED: Text("schema.words.requested_tests.outcomes.failed"),
    Outcome.UNMEASURED: Text("schema.words.requested_tests.outcomes.unmeasured"),
}

_FAMILIES: Final[dict[str, str]] = {Family.IP4: " IPv4", Family.IP6: " IPv6"}
_HOPS: Final = Text("schema.words.requested_tests.hops")
_DOWN: Final = Text("schema.words.requested_tests.down")
_UP: Final = Text("schema.words.requested_tests.up")


def _rate(way: Text) -> Callable[[float, Language], str]:
    return lambda value, language: way.read(language, rate=number(value * 8 / 1e6, 1, language))


def _signal(leg: str) -> Callable[[float, Language], str]:
    return lambda value, language: f"RSRP {leg} {number(value, 0, language)} dBm"


_SHOWN: Final[dict[str, Callable[[float, Language], str]]] = {
    http.TOTAL.name: milliseconds,
    path.RTT.name: milliseconds,
    path.HOPS.name: lambda value, language: _HOPS.read(language, count=f"{value:.0f}"),
    throughput.DOWN.name: _rate(_DOWN),
    throughput.UP.name: _rate(_UP),
    radio.LTE_RSRP.name: _signal("LTE"),
    radio.NR_RSRP.name: _signal("5G"),
}
"""The figures that a person at a counter can use; all others are in the record."""


def count_good(runs: Sequence[TestRun], language: Language) -> str:
    """Return how many runs were good: "27/28 phép đo tốt", and how many could not be made."""
    counts = Counter(run.outcome for run in runs)
    unmeasured = counts[Outcome.UNMEASURED]
    parts = [GOOD.read(language, ok=counts[Outcome.OK], tried=len(runs) - unmeasured)]
    if unmeasured:
        parts.append(f"{unmeasured} {OUTCOMES[Outcome.UNMEASURED].read(language)}")
    return ", ".join(parts)


def rates_of(run: TestRun, language: Language) -> Iterator[str]:
    """Yield the rates that a run has measured."""
    for name in (throughput.DOWN.name, throughput.UP.name):
        if name in run.values:
            yield _SHOWN[name](run.values[name], language)


def conclude(runs: Sequence[TestRun], figures: str, language: Language) -> str:
    """Return the results of runs in one sentence; ``figures`` are those of each link."""
    outcomes = {run.outcome for run in runs}
    if outcomes <= {Outcome.UNMEASURED}:
        return _NONE_MADE.read(language)
    word = _ALL_GOOD if outcomes <= {Outcome.OK, Outcome.UNMEASURED} else _SOME_FAILED
    return word.read(language, figures=figures)


def describe_run(run: TestRun, title: str, language: Language) -> str:
    """Return the result of one run: ``what`` is its link and target, by their titles."""
    known = OUTCOMES.get(run.outcome)
    text = run.outcome if known is None else known.read(language)
    if run.reason:
        text += f" ({_reason(run.reason, language)})"
    figures = _figures(run, language)
    return f"{title}{_FAMILIES.get(run.family, '')}: {'; '.join((text, *figures))}"


def _figures(run: TestRun, language: Language) -> Iterator[str]:
    for name, value in run.values.items():
        if name in _SHOWN:
            yield _SHOWN[name](value, language)


def describe_refusal(refusal: str, language: Language) -> str:
    """Return why a test is not run, from the agent's answer: a ``TestRefusal`` and details."""
    word, _, details = refusal.partition(" ")
    try:
        known = REFUSALS[TestRefusal(word)].read(language)
    except ValueError:
        return refusal  # a newer agent's word
    return f"{known} ({details})" if details else known


def _reason(word: str, language: Language) -> str:
    try:
        return REASONS[Reason(word)].read(language)
    except ValueError:
        return word  # of another release

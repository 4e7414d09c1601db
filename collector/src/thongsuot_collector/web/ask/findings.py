"""What was found by a test, in words and figures. Pure."""

from collections.abc import Callable, Iterator
from typing import Final

from thongsuot_collector.directory import Directory
from thongsuot_collector.store.asks import Ask, Found
from thongsuot_collector.web.ask import labels
from thongsuot_schema.batch.push import AskRefusal
from thongsuot_schema.catalogue import http, path, radio, throughput
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.renamed import now
from thongsuot_schema.words.figures import milliseconds, number
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.reasons import REASONS

_OUTCOMES: Final[dict[str, Text]] = {
    Outcome.OK: labels.OUTCOME_OK,
    Outcome.FAILED: labels.OUTCOME_FAILED,
    Outcome.UNMEASURED: labels.OUTCOME_UNMEASURED,
}


def _rate(way: Text) -> Callable[[float, Language], str]:
    return lambda value, language: (
        f"{way.read(language)} {number(value * 8 / 1e6, 1, language)} Mbit/s"
    )


def _signal(leg: str) -> Callable[[float, Language], str]:
    return lambda value, language: f"RSRP {leg} {number(value, 0, language)} dBm"


_SHOWN: Final[dict[str, Callable[[float, Language], str]]] = {
    http.TOTAL.name: milliseconds,
    path.RTT.name: milliseconds,
    path.HOPS.name: lambda value, language: f"{value:.0f} {labels.HOPS.read(language)}",
    throughput.DOWN.name: _rate(labels.DOWN),
    throughput.UP.name: _rate(labels.UP),
    radio.LTE_RSRP.name: _signal("LTE"),
    radio.NR_RSRP.name: _signal("5G"),
}
"""The figures that a person at a counter can use; all others are in the record."""


def result_of(ask: Ask, directory: Directory, language: Language) -> list[str]:
    """Return what came of a test: a line a run, or why there is none."""
    if ask.said:
        return [_refusal(ask.said, language)]
    return list(_lines(ask, directory, language))


def _refusal(said: str, language: Language) -> str:
    word, _, details = said.partition(" ")
    try:
        known = labels.REFUSALS[AskRefusal(word)].read(language)
    except ValueError:
        return said  # a newer agent's word
    return f"{known} ({details})" if details else known


def _lines(ask: Ask, directory: Directory, language: Language) -> Iterator[str]:
    for run in ask.findings:
        what = ", ".join(
            part for part in (run.link, _title(run.target, directory, language)) if part
        )
        family = {"ip4": " IPv4", "ip6": " IPv6"}.get(run.family, "")
        yield f"{what}{family}: {_outcome(run, language)}"


def _outcome(run: Found, language: Language) -> str:
    known = _OUTCOMES.get(run.outcome)
    text = run.outcome if known is None else known.read(language)
    if run.reason:
        text += f" ({_reason(run.reason, language)})"
    return "; ".join((text, *_figures(run, language)))


def _figures(run: Found, language: Language) -> Iterator[str]:
    for name, value in run.values.items():
        today = now(name)  # an answer is kept as it came, by whatever name
        if today.name in _SHOWN:
            yield _SHOWN[today.name](value / today.divisor, language)


def _reason(word: str, language: Language) -> str:
    try:
        return REASONS[Reason(word)].read(language)
    except ValueError:
        return word  # of an older release of this collector


def _title(name: str, directory: Directory, language: Language) -> str:
    target = directory.target(name)
    if target is None:
        return name
    return (target.title_vi if language == "vi" else target.title_en) or name

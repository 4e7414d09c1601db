"""Words for the evidence of a verdict: what was probed, and what came of it."""

from typing import Final

from thongsuot_schema.catalogue import snmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.verdict import Evidence
from thongsuot_schema.words.figures import milliseconds, number, percent
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.reasons import REASONS
from thongsuot_schema.words.states import SEGMENTS

FAMILIES: Final[dict[Family, str]] = {Family.IP4: "IPv4", Family.IP6: "IPv6", Family.NONE: ""}

_UNITS: Final[dict[str, str]] = {"_dbm": " dBm", "_decibels": " dB"}
_CONDITIONS: Final[dict[str, tuple[Text, Text]]] = {
    snmp.OPTICAL_LOST.name: (
        Text("schema.words.evidence.conditions.light"),
        Text("schema.words.evidence.conditions.no_light"),
    ),
    snmp.ON_BATTERY.name: (
        Text("schema.words.evidence.conditions.mains"),
        Text("schema.words.evidence.conditions.on_battery"),
    ),
}
"""What is said of a condition that does not hold, and of one that holds."""
_GOOD: Final = Text("schema.words.evidence.good")
_ANSWERED: Final = Text("schema.words.evidence.answered")
_UNMEASURED: Final = Text("schema.words.evidence.unmeasured")
_FIGURE: Final = Text("schema.words.evidence.figure")


def evidence_subject(evidence: Evidence, language: Language) -> str:
    """Return what was probed: kind, target, family and where that target stands."""
    parts = [evidence.kind.upper(), evidence.target, FAMILIES[evidence.family]]
    subject = " ".join(part for part in parts if part)
    if evidence.segment is None:
        return subject
    return f"{subject} · {SEGMENTS[evidence.segment].read(language)}"


def evidence_outcome(evidence: Evidence, language: Language) -> str:
    """Return what came of it: counts of runs, the reason, the figure against its limit."""
    parts = []
    tried = evidence.ok + evidence.failed
    is_about_answers = evidence.reason in {None, Reason.TIMED_OUT}
    if tried:
        text = _ANSWERED if is_about_answers else _GOOD
        parts.append(text.read(language, ok=evidence.ok, tried=tried))
    if evidence.unmeasured:
        parts.append(_UNMEASURED.read(language, count=evidence.unmeasured))
    if evidence.reason is not None and not (is_about_answers and tried):
        parts.append(REASONS[evidence.reason].read(language))
    if evidence.value is not None:
        value = metric_value(evidence.metric, evidence.value, language)
        if evidence.limit is not None:
            limit = metric_value(evidence.metric, evidence.limit, language)
            value = _FIGURE.read(language, value=value, limit=limit)
        parts.append(value)
    return ", ".join(parts)


def metric_value(metric: str, value: float, language: Language) -> str:
    """
    Return a value as people read it: in the unit that its metric's name ends in, or in words.
    """
    if metric in _CONDITIONS:
        return _CONDITIONS[metric][value >= 0.5].read(language)
    if metric.endswith("_ratio"):
        return percent(value, language)
    if metric.endswith("_seconds"):
        return milliseconds(value, language)
    unit = next((text for ending, text in _UNITS.items() if metric.endswith(ending)), "")
    return number(value, 0 if value == int(value) else 1, language) + unit

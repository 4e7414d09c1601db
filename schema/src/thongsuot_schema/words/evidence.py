"""Words for the evidence of a verdict: the probes, with their results."""

from collections.abc import Mapping
from typing import Final

from thongsuot_schema.catalogue import dns, http, icmp, snmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
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
"""The texts for a condition that does not hold, and for one that holds."""
_GOOD: Final = Text("schema.words.evidence.good")
_ANSWERED: Final = Text("schema.words.evidence.answered")
_UNMEASURED: Final = Text("schema.words.evidence.unmeasured")
_STATUS: Final = Text("schema.words.evidence.status")
_FIGURE: Final = Text("schema.words.evidence.figure")


_PROBES: Final[dict[str, Text]] = {
    dns.KIND.name: Text("schema.words.evidence.probes.dns"),
    http.KIND.name: Text("schema.words.evidence.probes.http"),
    icmp.KIND.name: Text("schema.words.evidence.probes.icmp"),
}
_ALONE: Final[dict[str, Text]] = {icmp.KIND.name: Text("schema.words.evidence.alone.icmp")}
_UNTITLED: Final[dict[Segment, Text]] = {
    Segment.LAN: Text("schema.words.evidence.targets.lan"),
    Segment.ACCESS: Text("schema.words.evidence.targets.access"),
    Segment.CARRIER: Text("schema.words.evidence.targets.carrier"),
    Segment.TRANSIT: Text("schema.words.evidence.targets.transit"),
}
"""The name of a segment's anchor, if the inventory gives it no title."""


def evidence_subject(evidence: Evidence, titles: Mapping[str, str], language: Language) -> str:
    """
    Return the probed target, its place, and the kind of probe.

    ``titles`` are those of targets, by their names.
    """
    segment, target = evidence.segment, evidence.target
    untitled = None
    if target and target not in titles and segment is not None:
        untitled = _UNTITLED.get(segment)
    if untitled is not None:
        target = untitled.read(language)
    subject = probe_subject(evidence.kind, target, evidence.family, titles, language)
    if segment is None or untitled is not None:
        return subject  # the anchor of a segment says which segment it is
    return f"{subject} · {SEGMENTS[segment].read(language)}"


def probe_subject(
    kind: str,
    target: str,
    family: Family,
    titles: Mapping[str, str],
    language: Language,
) -> str:
    """Return what a probe requests, and over which addresses."""
    title = titles.get(target, target)
    probe = _PROBES.get(kind)
    if not title:
        subject = _ALONE[kind].read(language) if kind in _ALONE else kind.upper()
    elif probe is None:
        subject = f"{kind.upper()}, {title}"
    else:
        subject = probe.read(language, target=title)
    return f"{subject} ({FAMILIES[family]})" if FAMILIES[family] else subject


def evidence_outcome(evidence: Evidence, language: Language) -> str:
    """Return the results: counts of runs, the reason, the figure against its limit."""
    parts = []
    tried = evidence.ok + evidence.failed
    is_about_answers = evidence.reason in {None, Reason.TIMED_OUT}
    if tried:
        text = _ANSWERED if is_about_answers else _GOOD
        parts.append(text.read(language, ok=evidence.ok, tried=tried))
    if evidence.unmeasured:
        parts.append(_UNMEASURED.read(language, count=evidence.unmeasured))
    if evidence.metric == http.STATUS.name and evidence.value is not None:
        parts.append(_STATUS.read(language, status=int(evidence.value)))
        return ", ".join(parts)
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
    """Return a value for people: in the unit at the end of its metric's name, or in words."""
    if metric in _CONDITIONS:
        return _CONDITIONS[metric][value >= 0.5].read(language)
    if metric.endswith("_ratio"):
        return percent(value, language)
    if metric.endswith("_seconds"):
        return milliseconds(value, language)
    unit = next((text for ending, text in _UNITS.items() if metric.endswith(ending)), "")
    return number(value, 0 if value == int(value) else 1, language) + unit

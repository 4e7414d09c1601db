"""
Rule files of Prometheus: recording and alerting rules as YAML that a person can read.

Written without a library: the output is at most five keys deep, and all of it is text. A library
would be a dependency for forty lines.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """A rule that stores the value of an expression under a name of its own."""

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Yield the rule's lines, without indentation."""
        yield f"- record: {self.name}"
        yield f"  expr: {_text(self.expr)}"
        yield from _mapping("labels", self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """
    A rule that fires when its expression has had a result for ``lasting``.

    Texts are templates of Prometheus. ``severity``: ``critical`` pages someone, ``warning`` can
    wait until the morning, ``none`` is not a fault.
    """

    name: str
    expr: str
    lasting: str
    severity: str
    summary_vi: str
    summary_en: str
    action_vi: str
    action_en: str

    def lines(self) -> Iterator[str]:
        """Yield the rule's lines, without indentation."""
        yield f"- alert: {self.name}"
        yield f"  expr: {_text(self.expr)}"
        yield f"  for: {self.lasting}"
        yield from _mapping("labels", {"party": "city", "severity": self.severity})
        annotations = {
            "summary": self.summary_vi,
            "description": self.action_vi,
            "summary_en": self.summary_en,
            "description_en": self.action_en,
            "runbook": f"docs/runbook.md#{self.name.lower()}",
        }
        yield from _mapping("annotations", annotations)


Rule = RecordingRule | AlertRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """Rules that are evaluated together, in order, at a fixed interval."""

    name: str
    every: str
    rules: tuple[Rule, ...]


def rule_file_text(groups: Iterable[RuleGroup], *, head: str) -> str:
    """Return a rule file; ``head`` is a comment at its top."""
    lines = [f"# {line}" for line in head.splitlines()]
    lines.append("groups:")
    for group in groups:
        lines += [f"  - name: {group.name}", f"    interval: {group.every}", "    rules:"]
        for rule in group.rules:
            lines.extend(f"      {line}" for line in rule.lines())
    return "\n".join(lines) + "\n"


def _mapping(key: str, values: Mapping[str, str]) -> Iterator[str]:
    if values:
        yield f"  {key}:"
        for name, value in values.items():
            yield f"    {name}: {_text(value)}"


def _text(value: str) -> str:
    """
    Return one line of text in YAML's single quotes, in which only the quote itself is special.
    """
    assert "\n" not in value, value
    return "'" + value.replace("'", "''") + "'"

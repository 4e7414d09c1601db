"""
The pages of docs/reference that are generated from code: written here, compared by a test.

The head of each page says what it was generated from. Each is a pure function from our own types to
Markdown, so that a test can compare the committed file with the current one.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from tools.api_reference import api_page
from tools.commands import commands_page, results_schema
from tools.figures import figures_page
from tools.glossary import glossary_page
from tools.python_reference import python_page
from tools.settings import agent_page, collector_page
from tools.statements import statements_page

from thongsuot_collector.notify import loader as notify_loader
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody
from thongsuot_collector.sinks import loader as sink_loader
from thongsuot_collector.web.incident.evidence import EvidenceFile
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.metric import Metric, ProbeKind

ROOT = Path(__file__).resolve().parent.parent

_METRICS_HEAD = """\
# Metrics

What is measured. Made from `schema/src/thongsuot_schema/catalogue/` by `./run reference`; do not
edit.

Each kind of measurement also has two metrics of its own outcome: `<kind>_success` is 1 for a
run that ended `ok`, 0 for one that `failed`, and absent when the run could not be made;
`<kind>_unmeasured` is 1 for a run that could not be made, else absent. A value that was not
measured is absent, never 0. *Step* is the smallest difference that is kept on the way to the
collector. *Attention* is from where on boards colour a value, and whose figure that is; nothing
judges by it.
"""


def number(value: float) -> str:
    """Return a number in plain notation: no exponent, no trailing zeros."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


def limits(metric: Metric) -> str:
    """Return the plausible range of a metric; an open end is left out."""
    low = "" if metric.minimum is None else number(metric.minimum)
    high = "" if metric.maximum is None else number(metric.maximum)
    return f"{low} to {high}".strip() if high else (f"from {low}" if low else "any")


def attention(metric: Metric) -> str:
    """Return the threshold from which a metric needs attention, and its source."""
    thresholds = metric.limits
    if thresholds is None:
        return ""
    values = [
        f"{number(value)}" for value in (thresholds.warn, thresholds.bad) if value is not None
    ]
    side = "below" if thresholds.low_is_bad else "from"
    return f"{side} {', '.join(values)} ({thresholds.source or 'own'})"


def _kind_section(kind: ProbeKind) -> Iterator[str]:
    yield f"\n## {kind.name}: {kind.title_en} (*{kind.title_vi}*), revision {kind.revision}\n"
    yield "| metric | type | unit | range | step | attention | what it is | tiếng Việt |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for metric in kind.metrics:
        yield (
            f"| `{metric.full_name}` | {metric.type} | {metric.unit} | {limits(metric)} "
            f"| {number(metric.resolution)} | {attention(metric)} | {metric.help_en} "
            f"| {metric.help_vi} |"
        )


def metrics_page() -> str:
    """Return docs/reference/metrics.md."""
    lines = [_METRICS_HEAD.rstrip("\n")]
    for name in catalogue.kinds():
        lines.extend(_kind_section(catalogue.load(name)))
    return "\n".join(lines) + "\n"


def webhook_schema() -> str:
    """Return docs/reference/webhook.schema.json: the JSON Schema of a webhook's body."""
    return json.dumps(msgspec.json.schema(WebhookBody), ensure_ascii=False, indent=1) + "\n"


def evidence_schema() -> str:
    """Return docs/reference/evidence.schema.json: an incident's evidence, as JSON Schema."""
    return json.dumps(msgspec.json.schema(EvidenceFile), ensure_ascii=False, indent=1) + "\n"


def channels_page() -> str:
    """Return docs/reference/channels/README.md: the table of all kinds of channels."""
    lines = [
        "# Table of channels\n",
        "The value of `kind` in a `[[channels]]` table. Made from",
        "`collector/src/thongsuot_collector/notify/channels/` by `./run reference`; do not edit.",
        "What they have in common: [channels](../channels.md).\n",
        "| kind | notifies | a message is delivered when | a repeat is recognised by |",
        "| --- | --- | --- | --- |",
    ]
    for name in notify_loader.kinds():
        kind = notify_loader.load(name)
        lines.append(
            f"| [`{name}`]({name}.md) | {kind.notifies} | {kind.delivered_when} "
            f"| {kind.recognises_by} |"
        )
    return "\n".join(lines) + "\n"


def sinks_page() -> str:
    """Return docs/reference/sinks/README.md: the table of all kinds of sinks."""
    lines = [
        "# Table of sinks\n",
        "The value of `kind` in a `[[sinks]]` table. Made from",
        "`collector/src/thongsuot_collector/sinks/` by `./run reference`; do not edit.",
        "What they have in common: [sinks](../sinks.md).\n",
        "| kind | for | what it needs |",
        "| --- | --- | --- |",
    ]
    for name in sink_loader.kinds():
        kind = sink_loader.load(name)
        lines.append(f"| `{name}` | {kind.delivers_to} | {kind.needs} |")
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/agent-settings.md": agent_page,
    "docs/reference/api.md": api_page,
    "docs/reference/channels/README.md": channels_page,
    "docs/reference/collector-settings.md": collector_page,
    "docs/reference/commands.md": commands_page,
    "docs/reference/commands.schema.json": results_schema,
    "docs/reference/evidence.schema.json": evidence_schema,
    "docs/reference/figures.md": figures_page,
    "docs/reference/glossary.md": glossary_page,
    "docs/reference/metrics.md": metrics_page,
    "docs/reference/python.md": python_page,
    "docs/reference/sinks/README.md": sinks_page,
    "docs/reference/statements.md": statements_page,
    "docs/reference/webhook.schema.json": webhook_schema,
}
"""Path of each generated page, and the function that makes it."""


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()

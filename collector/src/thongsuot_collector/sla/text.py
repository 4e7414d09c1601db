"""Text: a statement for a terminal. Pure."""

from collections.abc import Iterable, Iterator

from thongsuot_collector.sla import sheet
from thongsuot_collector.sla.issue import Issue
from thongsuot_collector.sla.sheet import Line
from thongsuot_collector.sla.tiles import Account
from thongsuot_collector.sla.words import TITLE, cause, day_time, length, moment, month_title
from thongsuot_schema.words.language import Language, Text


def text_of(issue: Issue, language: Language) -> str:
    """Return a statement as lines of text."""
    made = issue.statement
    title = f"{TITLE.read(language)} {made.circuit.name}, {month_title(made.month, language)}"
    if issue.is_draft:
        until = day_time(issue.issued_ms)
        status = Text(f"Bản tạm tính đến {until}", f"Draft up to {until}")
    else:
        status = Text(
            f"Số {issue.number}, lần phát hành {issue.revision}",
            f"No. {issue.number}, revision {issue.revision}",
        )
    lines = [title, status.read(language), ""]
    lines += [*_lines([*sheet.head(issue), *sheet.terms_lines(made.terms)], language), ""]
    lines += [*_lines([*sheet.sums(made), *sheet.results(made)], language), ""]
    lines += _interruptions(issue, language)
    lines += [f"* {sheet.change_text(one).read(language)}" for one in issue.changes]
    return "\n".join(lines).rstrip("\n")


def _lines(lines: Iterable[Line], language: Language) -> Iterator[str]:
    for one in lines:
        formula = f"  = {one.formula}" if one.formula else ""
        label = f"{one.mark:1} {one.label.read(language)}"
        yield f"{label:58} {one.value.read(language)}{formula}"


def _interruptions(issue: Issue, language: Language) -> Iterator[str]:
    for one in issue.statement.interruptions:
        until = "…" if one.until_ms is None else moment(one.until_ms, language)
        yield (
            f"{one.number}. {moment(one.from_ms, language)} – {until}  "
            f"{length(one.down_ms, language)}  {cause(one.symptom, Account.DOWN, language)}"
        )

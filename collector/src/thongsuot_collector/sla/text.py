"""Text: a statement for a terminal. Pure."""

from collections.abc import Iterable, Iterator

from thongsuot_collector.sla import statement_lines
from thongsuot_collector.sla.dispute import outcome_text, statement_text
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.sla.statement_lines import StatementLine
from thongsuot_collector.sla.switch_over_text import switch_over_texts
from thongsuot_collector.sla.words import TITLE, cause, day_time, length, moment, month_title
from thongsuot_schema.words.language import Language, Text


def text_of(issue: IssuedStatement, language: Language) -> str:
    """Return a statement as lines of text."""
    statement = issue.statement
    title = (
        f"{TITLE.read(language)} {statement.circuit.name}, {month_title(statement.month, language)}"
    )
    if issue.is_draft:
        until = day_time(issue.issued_ms)
        status = Text("collector.sla.text.draft", until=until)
    else:
        status = Text(
            "collector.sla.text.number_and_revision", number=issue.number, revision=issue.revision
        )
    lines = [title, status.read(language), ""]
    lines += [
        *_lines(
            [*statement_lines.circuit_lines(issue), *statement_lines.terms_lines(statement.terms)],
            language,
        ),
        "",
    ]
    lines += [
        *_lines(
            [*statement_lines.total_lines(statement), *statement_lines.result_lines(statement)],
            language,
        ),
        "",
    ]
    lines += _interruptions(issue, language)
    lines += [
        f"! {moment(disputed.from_ms, language)} {disputed.incident}: "
        f"{statement_text(disputed).read(language)} {outcome_text(disputed).read(language)}"
        for disputed in statement.disputes
    ]
    lines += [f"→ {text.read(language)}" for text in switch_over_texts(statement.switch_overs)]
    lines += [f"* {statement_lines.change_text(change).read(language)}" for change in issue.changes]
    return "\n".join(lines).rstrip("\n")


def _lines(lines: Iterable[StatementLine], language: Language) -> Iterator[str]:
    for line in lines:
        formula = f"  = {line.formula}" if line.formula else ""
        label = f"{line.mark:1} {line.label.read(language)}"
        yield f"{label:58} {line.value.read(language)}{formula}"


def _interruptions(issue: IssuedStatement, language: Language) -> Iterator[str]:
    for interruption in issue.statement.interruptions:
        until = "…" if interruption.until_ms is None else moment(interruption.until_ms, language)
        symptom = cause(interruption.symptom, TimeClass.DOWN, language)
        yield (
            f"{interruption.number}. {moment(interruption.from_ms, language)} – {until}  "
            f"{length(interruption.down_ms, language)}  {symptom}"
        )

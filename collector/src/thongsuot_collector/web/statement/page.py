"""The page of one circuit's month, with its arithmetic. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from thongsuot_collector.sla import statement_lines
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.sla.statement import Interruption, Statement
from thongsuot_collector.sla.statement_lines import StatementLine
from thongsuot_collector.sla.switch_over_text import switch_over_texts
from thongsuot_collector.sla.words import (
    TIME_CLASSES,
    TITLE,
    cause,
    day_time,
    length,
    moment,
    month_title,
)
from thongsuot_collector.statements import labels as paper
from thongsuot_collector.web.incident import decision_labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.statement import labels
from thongsuot_collector.web.statement.listing import MET_STATES, statement_path
from thongsuot_schema.words.figures import number
from thongsuot_schema.words.language import Language, Text


class InterruptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One interruption, in the words and figures of the page."""

    number: int
    began: str
    began_note: str
    ended: str
    down: str
    notified: str
    down_notified: str
    restore: str
    cause: str
    incident: str


def statement_page(
    issue: IssuedStatement,
    revisions: Sequence[tuple[int, int]],
    *,
    reader: PageReader,
    disputes: Sequence[str] = (),
    closings: Sequence[str] = (),
) -> str:
    """
    Return one circuit's month. ``revisions``: number and time (Unix ms) of each; ``disputes``: the
    intervals disputed by its carrier; ``closings``: the incidents that the city closed while the
    circuit was out.
    """
    statement, language = issue.statement, reader.language
    results = list(statement_lines.result_lines(statement))
    frame = Frame(
        title=f"{TITLE.read(language)} {statement.circuit.name}, "
        f"{month_title(statement.month, language)}",
        state=MET_STATES[statement.is_available_enough],
        url_in=lambda other: _url(issue, reader, language=other),
        home_url=reader.url(reader.home),
        place=_status(issue, language),
    )
    content = {
        "labels": labels,
        "paper": paper,
        "met_states": MET_STATES,
        "links": (
            (_url(issue, reader, ".pdf"), labels.PDF),
            (_url(issue, reader, ".csv"), labels.CSV),
            (reader.url(f"/sla/{statement.month}"), labels.ALL_CIRCUITS),
        ),
        "circuit": statement_lines.circuit_lines(issue),
        "terms": list(statement_lines.terms_lines(statement.terms)),
        "totals": list(statement_lines.total_lines(statement)),
        "assessed": [line for line in results if not line.is_result],
        "verdicts": _verdicts(statement, results),
        "interruptions": [_interruption(row, language) for row in statement.interruptions],
        "sum": _sum(statement, language),
        "periods": list(_periods(statement, language)),
        "disputes": disputes,
        "closings_title": decision_labels.STATEMENT_TITLE,
        "closings": closings,
        "switch_overs": [text.read(language) for text in switch_over_texts(statement.switch_overs)],
        "changes": [statement_lines.change_text(change).read(language) for change in issue.changes],
        "revisions": _revisions(issue, revisions, reader),
        "notes": [note.read(language) for note in statement_lines.method_notes(statement)],
    }
    return render("statement", frame, language, content)


def _url(
    issue: IssuedStatement,
    reader: PageReader,
    ending: str = "",
    *,
    language: Language | None = None,
) -> str:
    statement = issue.statement
    tail = f"&revision={issue.revision}" if issue.revision else ""
    path = statement_path(statement.month, statement.circuit)
    return f"{reader.url(f'{path}{ending}', language)}{tail}"


def _status(issue: IssuedStatement, language: Language) -> str:
    at = day_time(issue.issued_ms)
    if issue.is_draft:
        status = labels.DRAFT_UNTIL.read(language, at=at)
    else:
        status = labels.ISSUED.read(language, number=issue.number, revision=issue.revision, at=at)
    if not issue.statement.is_generated:
        return status
    return f"{status} · {statement_lines.GENERATED.read(language)}"


def _verdicts(
    statement: Statement, results: Sequence[StatementLine]
) -> list[tuple[StatementLine, bool | None]]:
    """Return the assessed figures, and whether they meet the terms."""
    are_met = (statement.is_available_enough, statement.is_repaired_enough)
    return list(zip((line for line in results if line.is_result), are_met, strict=True))


def _interruption(interruption: Interruption, language: Language) -> InterruptionRow:
    error_s, restore_ms = interruption.error_s, interruption.restore_ms
    error = "" if error_s is None else f"±{number(error_s, 3, language)} s"
    before = paper.FROM_BEFORE.read(language) if interruption.is_from_before else ""
    return InterruptionRow(
        number=interruption.number,
        began=moment(interruption.from_ms, language),
        began_note=", ".join(filter(None, (error, before))),
        ended=_moment(interruption.until_ms, paper.GOES_ON, language),
        down=length(interruption.down_ms, language),
        notified=_moment(interruption.notified_ms, paper.NOT_NOTIFIED, language),
        down_notified=length(interruption.down_notified_ms, language),
        restore="–" if restore_ms is None else length(restore_ms, language),
        cause=cause(interruption.symptom, TimeClass.DOWN, language),
        incident=" / ".join(filter(None, (interruption.incident, interruption.reference))),
    )


def _sum(statement: Statement, language: Language) -> dict[str, str]:
    interruptions = statement.interruptions
    return {
        "down": length(sum(interruption.down_ms for interruption in interruptions), language),
        "down_notified": length(
            sum(interruption.down_notified_ms for interruption in interruptions), language
        ),
        "restore": length(
            sum(interruption.restore_ms or 0 for interruption in interruptions), language
        ),
    }


def _moment(at_ms: int | None, otherwise: Text, language: Language) -> str:
    return otherwise.read(language) if at_ms is None else moment(at_ms, language)


def _periods(statement: Statement, language: Language) -> Iterator[dict[str, object]]:
    """Yield the periods of each class listed by a statement, and their sum."""
    for time_class in statement_lines.LISTED_CLASSES:
        periods = statement_lines.listed_periods(statement, time_class)
        if periods:
            yield {
                "title": TIME_CLASSES[time_class],
                "length": length(sum(period.length_ms for period in periods), language),
                "rows": [
                    {
                        "began": moment(period.from_ms, language),
                        "ended": moment(period.until_ms, language),
                        "length": length(period.length_ms, language),
                        "note": period.work or cause(period.symptom, time_class, language),
                    }
                    for period in periods
                ],
            }


def _revisions(
    issue: IssuedStatement, revisions: Sequence[tuple[int, int]], reader: PageReader
) -> list[tuple[int, str, str]]:
    """Return number, URL and moment of each revision; the shown one has no URL."""
    path = statement_path(issue.statement.month, issue.statement.circuit)
    return [
        (
            revision,
            "" if revision == issue.revision else f"{reader.url(path)}&revision={revision}",
            day_time(issued_ms),
        )
        for revision, issued_ms in revisions
    ]

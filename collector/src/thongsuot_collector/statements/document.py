"""
Document: all words and figures of a statement on paper, Vietnamese with English beside it. Pure.

Its shape is what ``templates/statement.typ`` reads, so nothing of the layout stands here.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from thongsuot_collector.sla import statement_lines
from thongsuot_collector.sla.csv_table import fingerprint
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.sla.statement import Interruption, Statement
from thongsuot_collector.sla.statement_lines import StatementLine
from thongsuot_collector.sla.words import (
    TIME_CLASSES,
    TITLE,
    cause,
    day_time,
    length,
    moment,
    month_title,
)
from thongsuot_collector.statements import labels
from thongsuot_collector.statements.file_name import file_name
from thongsuot_schema.words.figures import number
from thongsuot_schema.words.language import Text, capitalised

MAKER = "Thông Suốt"

_SAME_FIGURES = str.maketrans(",", ".")


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table; that of a sum begins with its name, over the first three columns."""

    cells: tuple[str, ...]
    is_sum: bool = False


class DocumentPart(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a section; ``kind`` says how it is laid out and which of the rest it has."""

    kind: Literal[
        "facts", "totals", "verdicts", "interruptions", "periods", "paragraphs", "signatures"
    ]
    lines: tuple[StatementLine, ...] = ()
    heads: tuple[Text, ...] = ()
    rows: tuple[DocumentRow, ...] = ()
    texts: tuple[Text, ...] = ()


class DocumentSection(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered section."""

    title: Text
    parts: tuple[DocumentPart, ...]


class StatementDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it. ``file_name`` and ``file_about`` are of the table that is attached."""

    title: str
    maker: str
    heading: Text
    month: str
    number: str
    revision: str
    digest: str
    page: str
    sign: str
    file_name: str
    file_about: str
    sections: tuple[DocumentSection, ...]


def statement_document(issue: IssuedStatement, table: bytes) -> StatementDocument:
    """Return a statement on paper; ``table`` is its CSV, which goes with it."""
    statement = issue.statement
    return StatementDocument(
        title=f"{TITLE.vi} {issue.number}",
        maker=MAKER,
        heading=TITLE,
        month=capitalised(month_title(statement.month, "vi")),
        number=f"{_both(labels.NUMBER)} {issue.number}",
        revision=_revision(issue),
        digest=f"{_both(labels.ATTACHED)}, SHA-256 {fingerprint(table)}",
        page=_both(labels.PAGE),
        sign=labels.SIGN.vi,
        file_name=file_name(issue, "csv"),
        file_about=_both(labels.TABLE),
        sections=tuple(_sections(issue)),
    )


def _sections(issue: IssuedStatement) -> Iterator[DocumentSection]:
    statement = issue.statement
    results = tuple(statement_lines.result_lines(statement))
    terms = tuple(statement_lines.terms_lines(statement.terms))
    yield _section(
        labels.CIRCUIT,
        DocumentPart(kind="facts", lines=_shown(statement_lines.circuit_lines(issue))),
    )
    yield _section(labels.TERMS, DocumentPart(kind="facts", lines=_shown(terms)))
    totals = tuple(statement_lines.total_lines(statement))
    yield _section(labels.RESULT, DocumentPart(kind="totals", lines=totals))
    yield _section(
        labels.HELD,
        DocumentPart(kind="totals", lines=tuple(line for line in results if not line.is_result)),
        DocumentPart(kind="verdicts", lines=tuple(line for line in results if line.is_result)),
    )
    yield _section(labels.INTERRUPTIONS, _interruptions(statement))
    yield _section(labels.PERIODS, _periods(statement))
    if issue.changes:
        changes = tuple(statement_lines.change_text(change) for change in issue.changes)
        yield _section(labels.CHANGES, DocumentPart(kind="paragraphs", texts=changes))
    yield _section(
        labels.METHOD_AND_SIGNATURES,
        DocumentPart(kind="paragraphs", texts=tuple(statement_lines.method_notes(statement))),
        DocumentPart(kind="signatures", texts=(labels.CUSTOMER, labels.CARRIER)),
    )


def _section(title: Text, *parts: DocumentPart) -> DocumentSection:
    return DocumentSection(title=title, parts=parts)


def _shown(lines: Iterable[StatementLine]) -> tuple[StatementLine, ...]:
    """Return lines whose English is left out where it says the same, the decimal mark apart."""
    return tuple(
        msgspec.structs.replace(line, value=Text(line.value.vi, ""))
        if line.value.vi.translate(_SAME_FIGURES) == line.value.en.translate(_SAME_FIGURES)
        else line
        for line in lines
    )


def _interruptions(statement: Statement) -> DocumentPart:
    interruptions = statement.interruptions
    if not interruptions:
        return DocumentPart(kind="paragraphs", texts=(labels.NONE,))
    total = DocumentRow(
        cells=(
            _both(labels.SUM),
            length(sum(interruption.down_ms for interruption in interruptions), "vi"),
            "",
            length(sum(interruption.down_notified_ms for interruption in interruptions), "vi"),
            length(sum(interruption.restore_ms or 0 for interruption in interruptions), "vi"),
            "",
        ),
        is_sum=True,
    )
    return DocumentPart(
        kind="interruptions",
        heads=labels.INTERRUPTION_HEADS,
        rows=(*map(_interruption, interruptions), total),
    )


def _interruption(interruption: Interruption) -> DocumentRow:
    error_s, restore_ms = interruption.error_s, interruption.restore_ms
    began = (
        _two_lines(interruption.from_ms),
        "" if error_s is None else f"±{number(error_s, 3, 'vi')} s",
        labels.FROM_BEFORE.vi if interruption.is_from_before else "",
    )
    incident = " / ".join(filter(None, (interruption.incident, interruption.reference)))
    return DocumentRow(
        cells=(
            str(interruption.number),
            "\n".join(filter(None, began)),
            _moment(interruption.until_ms, labels.GOES_ON),
            length(interruption.down_ms, "vi"),
            _moment(interruption.notified_ms, labels.NOT_NOTIFIED),
            length(interruption.down_notified_ms, "vi"),
            "–" if restore_ms is None else length(restore_ms, "vi"),
            "\n".join(filter(None, (cause(interruption.symptom, TimeClass.DOWN, "vi"), incident))),
        )
    )


def _periods(statement: Statement) -> DocumentPart:
    rows: list[DocumentRow] = []
    for time_class in statement_lines.LISTED_CLASSES:
        periods = statement_lines.listed_periods(statement, time_class)
        rows += [
            DocumentRow(
                cells=(
                    str(place),
                    moment(period.from_ms, "vi"),
                    moment(period.until_ms, "vi"),
                    length(period.length_ms, "vi"),
                    period.work or cause(period.symptom, time_class, "vi"),
                )
            )
            for place, period in enumerate(periods, 1)
        ]
        if periods:
            title = f"{labels.SUM.vi}: {_both(TIME_CLASSES[time_class])}"
            total = length(sum(period.length_ms for period in periods), "vi")
            rows.append(DocumentRow(cells=(title, total, ""), is_sum=True))
    if not rows:
        return DocumentPart(kind="paragraphs", texts=(labels.NONE,))
    return DocumentPart(kind="periods", heads=labels.PERIOD_HEADS, rows=tuple(rows))


def _revision(issue: IssuedStatement) -> str:
    at = day_time(issue.issued_ms)
    if issue.is_draft:
        return _both(labels.DRAFT).format(at=at)
    before = issue.revision - 1
    vi, en = (
        text.format(revision=issue.revision, at=at, before=before)
        for text in (
            labels.REVISION.vi + (labels.REPLACES.vi if before else ""),
            labels.REVISION.en + (labels.REPLACES.en if before else ""),
        )
    )
    return f"{vi} / {en}"


def _moment(at_ms: int | None, otherwise: Text) -> str:
    return otherwise.vi if at_ms is None else _two_lines(at_ms)


def _two_lines(at_ms: int) -> str:
    """Return a moment on two lines, day and time."""
    return moment(at_ms, "vi").replace(" ", "\n")


def _both(text: Text) -> str:
    return f"{text.vi} / {text.en}"

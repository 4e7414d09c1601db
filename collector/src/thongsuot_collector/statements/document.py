"""
Document: all words and figures of a printed statement, Vietnamese with English beside it. Pure.

Its structure is the input of ``templates/statement.typ``, which has the layout.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from thongsuot_collector.sla import statement_lines
from thongsuot_collector.sla.csv_table import fingerprint
from thongsuot_collector.sla.dispute import DisputedInterval, outcome_text, statement_text
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
from thongsuot_collector.statements import labels
from thongsuot_collector.statements.summary import file_name
from thongsuot_schema.localizable import Readable
from thongsuot_schema.words.figures import number
from thongsuot_schema.words.language import Text, capitalised
from thongsuot_schema.words.translations import REFERENCE

MAKER = "Thông Suốt"

_BESIDE = "en"
"""The language beside the reference on paper."""

_SAME_FIGURES = str.maketrans(",", ".")


class PrintedText(msgspec.Struct, frozen=True, kw_only=True):
    """A printed text, and the same in English in small letters beside it."""

    text: str
    beside: str


class PrintedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a statement (``StatementLine``) on paper."""

    label: PrintedText
    value: PrintedText
    mark: str
    formula: str
    is_result: bool


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table; the row of a sum begins with its name, across the first three columns."""

    cells: tuple[str, ...]
    is_sum: bool = False


class DocumentPart(msgspec.Struct, frozen=True, kw_only=True):
    """One element of a section; ``kind`` selects its layout and its other fields."""

    kind: Literal[
        "facts", "totals", "verdicts", "interruptions", "periods", "paragraphs", "signatures"
    ]
    lines: tuple[PrintedLine, ...] = ()
    heads: tuple[PrintedText, ...] = ()
    rows: tuple[DocumentRow, ...] = ()
    texts: tuple[PrintedText, ...] = ()


class DocumentSection(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered section."""

    title: PrintedText
    parts: tuple[DocumentPart, ...]


class StatementDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document. ``file_name`` and ``file_about`` describe the attached table."""

    title: str
    maker: str
    heading: PrintedText
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
    """Return the document of a statement; ``table`` is its CSV, which is attached."""
    statement = issue.statement
    return StatementDocument(
        title=f"{TITLE.read(REFERENCE)} {issue.number}",
        maker=MAKER,
        heading=_printed(TITLE),
        month=capitalised(month_title(statement.month, REFERENCE)),
        number=f"{_both(labels.NUMBER)} {issue.number}",
        revision=_revision(issue),
        digest=f"{_both(labels.ATTACHED)}, SHA-256 {fingerprint(table)}",
        page=_both(labels.PAGE),
        sign=labels.SIGN.read(REFERENCE),
        file_name=file_name(issue, "csv"),
        file_about=_both(labels.TABLE),
        sections=tuple(_sections(issue)),
    )


def _sections(issue: IssuedStatement) -> Iterator[DocumentSection]:
    statement = issue.statement
    results = _printed_lines(statement_lines.result_lines(statement))
    terms = statement_lines.terms_lines(statement.terms)
    yield _section(
        labels.CIRCUIT,
        DocumentPart(kind="facts", lines=_shown(statement_lines.circuit_lines(issue))),
    )
    yield _section(labels.TERMS, DocumentPart(kind="facts", lines=_shown(terms)))
    totals = _printed_lines(statement_lines.total_lines(statement))
    yield _section(labels.RESULT, DocumentPart(kind="totals", lines=totals))
    yield _section(
        labels.HELD,
        DocumentPart(kind="totals", lines=tuple(line for line in results if not line.is_result)),
        DocumentPart(kind="verdicts", lines=tuple(line for line in results if line.is_result)),
    )
    yield _section(labels.INTERRUPTIONS, _interruptions(statement))
    yield _section(labels.PERIODS, _periods(statement))
    if statement.disputes:
        yield _section(labels.DISPUTES, *map(_dispute, statement.disputes))
    if statement.switch_overs:
        texts = tuple(map(_printed, switch_over_texts(statement.switch_overs)))
        yield _section(labels.SWITCH_OVERS, DocumentPart(kind="paragraphs", texts=texts))
    if issue.changes:
        changes = tuple(_printed(statement_lines.change_text(change)) for change in issue.changes)
        yield _section(labels.CHANGES, DocumentPart(kind="paragraphs", texts=changes))
    yield _section(
        labels.METHOD_AND_SIGNATURES,
        DocumentPart(
            kind="paragraphs", texts=tuple(map(_printed, statement_lines.method_notes(statement)))
        ),
        DocumentPart(
            kind="signatures", texts=(_printed(labels.CUSTOMER), _printed(labels.CARRIER))
        ),
    )


def _section(title: Text, *parts: DocumentPart) -> DocumentSection:
    return DocumentSection(title=_printed(title), parts=parts)


def _printed(text: Readable) -> PrintedText:
    return PrintedText(text=text.read(REFERENCE), beside=text.read(_BESIDE))


def _printed_line(line: StatementLine) -> PrintedLine:
    return PrintedLine(
        label=_printed(line.label),
        value=_printed(line.value),
        mark=line.mark,
        formula=line.formula,
        is_result=line.is_result,
    )


def _printed_lines(lines: Iterable[StatementLine]) -> tuple[PrintedLine, ...]:
    return tuple(map(_printed_line, lines))


def _shown(lines: Iterable[StatementLine]) -> tuple[PrintedLine, ...]:
    """Return lines without the English text where it only differs in the decimal mark."""
    return tuple(
        msgspec.structs.replace(line, value=PrintedText(text=line.value.text, beside=""))
        if line.value.text.translate(_SAME_FIGURES) == line.value.beside.translate(_SAME_FIGURES)
        else line
        for line in _printed_lines(lines)
    )


def _interruptions(statement: Statement) -> DocumentPart:
    interruptions = statement.interruptions
    if not interruptions:
        return DocumentPart(kind="paragraphs", texts=(_printed(labels.NONE),))
    total = DocumentRow(
        cells=(
            _both(labels.SUM),
            length(sum(interruption.down_ms for interruption in interruptions), REFERENCE),
            "",
            length(sum(interruption.down_notified_ms for interruption in interruptions), REFERENCE),
            length(sum(interruption.restore_ms or 0 for interruption in interruptions), REFERENCE),
            "",
        ),
        is_sum=True,
    )
    return DocumentPart(
        kind="interruptions",
        heads=tuple(map(_printed, labels.INTERRUPTION_HEADS)),
        rows=(*map(_interruption, interruptions), total),
    )


def _interruption(interruption: Interruption) -> DocumentRow:
    error_s, restore_ms = interruption.error_s, interruption.restore_ms
    began = (
        _two_lines(interruption.from_ms),
        "" if error_s is None else f"±{number(error_s, 3, 'vi')} s",
        labels.FROM_BEFORE.read(REFERENCE) if interruption.is_from_before else "",
    )
    incident = " / ".join(filter(None, (interruption.incident, interruption.reference)))
    return DocumentRow(
        cells=(
            str(interruption.number),
            "\n".join(filter(None, began)),
            _moment(interruption.until_ms, labels.GOES_ON),
            length(interruption.down_ms, REFERENCE),
            _moment(interruption.notified_ms, labels.NOT_NOTIFIED),
            length(interruption.down_notified_ms, REFERENCE),
            "–" if restore_ms is None else length(restore_ms, REFERENCE),
            "\n".join(
                filter(None, (cause(interruption.symptom, TimeClass.DOWN, REFERENCE), incident))
            ),
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
                    moment(period.from_ms, REFERENCE),
                    moment(period.until_ms, REFERENCE),
                    length(period.length_ms, REFERENCE),
                    period.work or cause(period.symptom, time_class, REFERENCE),
                )
            )
            for place, period in enumerate(periods, 1)
        ]
        if periods:
            title = f"{labels.SUM.read(REFERENCE)}: {_both(TIME_CLASSES[time_class])}"
            total = length(sum(period.length_ms for period in periods), REFERENCE)
            rows.append(DocumentRow(cells=(title, total, ""), is_sum=True))
    if not rows:
        return DocumentPart(kind="paragraphs", texts=(_printed(labels.NONE),))
    return DocumentPart(
        kind="periods", heads=tuple(map(_printed, labels.PERIOD_HEADS)), rows=tuple(rows)
    )


def _dispute(disputed: DisputedInterval) -> DocumentPart:
    """Return an interval disputed by the carrier, its reason, and the city's decision."""
    until_ms = disputed.until_ms
    end = labels.GOES_ON.read(REFERENCE) if until_ms is None else moment(until_ms, REFERENCE)
    place = f"{moment(disputed.from_ms, REFERENCE)} – {end} ({disputed.incident})"
    return DocumentPart(
        kind="paragraphs",
        texts=(
            PrintedText(text=place, beside=""),
            _printed(statement_text(disputed)),
            _printed(outcome_text(disputed)),
        ),
    )


def _revision(issue: IssuedStatement) -> str:
    at = day_time(issue.issued_ms)
    if issue.is_draft:
        return _both(labels.DRAFT, at=at)
    before = issue.revision - 1
    if before:
        return _both(labels.REPLACEMENT, revision=issue.revision, at=at, before=before)
    return _both(labels.REVISION, revision=issue.revision, at=at)


def _moment(at_ms: int | None, otherwise: Text) -> str:
    return otherwise.read(REFERENCE) if at_ms is None else _two_lines(at_ms)


def _two_lines(at_ms: int) -> str:
    """Return a moment on two lines, day and time."""
    return moment(at_ms, REFERENCE).replace(" ", "\n")


def _both(text: Text, **values: str | int) -> str:
    return f"{text.read(REFERENCE, **values)} / {text.read(_BESIDE, **values)}"

"""The page of one circuit's month, with the arithmetic on it. Pure."""

from collections.abc import Sequence

from thongsuot_collector.sla import statement_lines
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.sla.statement import Interruption, Statement
from thongsuot_collector.sla.words import (
    TIME_CLASSES,
    TITLE,
    cause,
    day_time,
    length,
    moment,
    month_title,
)
from thongsuot_collector.web.layout import lines, page, section
from thongsuot_collector.web.statement import cells, labels
from thongsuot_collector.web.statement.listing import statement_path
from thongsuot_schema.page.escape import escape
from thongsuot_schema.words.figures import number
from thongsuot_schema.words.language import Language, Text


def statement_page(
    issue: IssuedStatement, revisions: Sequence[tuple[int, int]], *, language: Language
) -> str:
    """Return one circuit's month. ``revisions``: number and time (Unix ms) of each."""
    made = issue.statement
    other: Language = "en" if language == "vi" else "vi"
    changes = [statement_lines.change_text(one).read(language) for one in issue.changes]
    parts = (
        ("circuit", labels.CIRCUIT, cells.facts(statement_lines.circuit_lines(issue), language)),
        ("terms", labels.TERMS, cells.facts(statement_lines.terms_lines(made.terms), language)),
        ("result", labels.RESULT, cells.sums(statement_lines.total_lines(made), language)),
        ("held", labels.HELD, _held(made, language)),
        ("interruptions", labels.INTERRUPTIONS, _interruptions(made, language)),
        ("stretches", labels.STRETCHES, _stretches(made, language)),
        ("changes", labels.CHANGES, lines(changes)),
        ("revisions", labels.REVISIONS, _revisions(issue, revisions, language)),
        (
            "reckoned",
            labels.RECKONED,
            lines([one.read(language) for one in statement_lines.method_notes(made)]),
        ),
    )
    body = "".join(section(key, title.read(language), inner) for key, title, inner in parts)
    return page(
        f"{TITLE.read(language)} {made.circuit.name}, {month_title(made.month, language)}",
        f"{_files(issue, language)}{body}",
        language=language,
        state=cells.MET_STATES[made.is_available_enough],
        other_url=_url(issue, other),
        home_url=f"/?lang={language}",
        place=_status(issue, language),
    )


def _url(issue: IssuedStatement, language: Language, ending: str = "") -> str:
    made = issue.statement
    tail = f"&revision={issue.revision}" if issue.revision else ""
    return f"{statement_path(made.month, made.circuit)}{ending}?lang={language}{tail}"


def _files(issue: IssuedStatement, language: Language) -> str:
    month = issue.statement.month
    links = (
        (_url(issue, language, ".pdf"), labels.PDF),
        (_url(issue, language, ".csv"), labels.CSV),
        (f"/sla/{month}?lang={language}", labels.ALL_CIRCUITS),
    )
    found = "".join(
        f'<a href="{escape(url)}">{escape(title.read(language))}</a>' for url, title in links
    )
    return f'<p class="acts">{found}</p>'


def _status(issue: IssuedStatement, language: Language) -> str:
    at = day_time(issue.issued_ms)
    if issue.is_draft:
        text = Text(f"Bản tạm tính đến {at}, chưa phát hành", f"Draft up to {at}, not issued")
    else:
        text = Text(
            f"Số {issue.number}, lần phát hành {issue.revision}, {at}",
            f"No. {issue.number}, revision {issue.revision}, {at}",
        )
    return text.read(language)


def _held(made: Statement, language: Language) -> str:
    found = list(statement_lines.result_lines(made))
    marks = (made.is_available_enough, made.is_repaired_enough)
    results = zip((one for one in found if one.is_result), marks, strict=True)
    rows = "".join(
        f"<div><dt>{escape(line.label.read(language))}</dt>"
        f"<dd>{cells.verdict(line.value.read(language), mark)}</dd></div>"
        for line, mark in results
    )
    sums = cells.sums((one for one in found if not one.is_result), language)
    return f'{sums}<dl class="facts">{rows}</dl>'


def _interruptions(made: Statement, language: Language) -> str:
    found = made.interruptions
    if not found:
        return f"<p>{escape(labels.NONE.read(language))}</p>"
    total = [
        f'<th scope="row" colspan="3">{escape(labels.SUM.read(language))}</th>',
        cells.figure(length(sum(one.down_ms for one in found), language)),
        cells.text(""),
        cells.figure(length(sum(one.down_notified_ms for one in found), language)),
        cells.figure(length(sum(one.restore_ms or 0 for one in found), language)),
        cells.text(""),
    ]
    rows = [_interruption(one, language) for one in found]
    return cells.table(labels.INTERRUPTION_HEADS, [*rows, cells.row(total, is_sum=True)], language)


def _interruption(one: Interruption, language: Language) -> str:
    error = "" if one.error_s is None else f"±{number(one.error_s, 3, language)} s"
    before = labels.FROM_BEFORE.read(language) if one.is_from_before else ""
    named = " / ".join(filter(None, (one.incident, one.reference)))
    return cells.row(
        (
            cells.figure(str(one.number)),
            cells.noted(moment(one.from_ms, language), ", ".join(filter(None, (error, before)))),
            _moment(one.until_ms, labels.GOES_ON, language),
            cells.figure(length(one.down_ms, language)),
            _moment(one.notified_ms, labels.NOT_TOLD, language),
            cells.figure(length(one.down_notified_ms, language)),
            cells.figure("–" if one.restore_ms is None else length(one.restore_ms, language)),
            cells.noted(cause(one.symptom, TimeClass.DOWN, language), named),
        )
    )


def _moment(at_ms: int | None, otherwise: Text, language: Language) -> str:
    return cells.text(otherwise.read(language) if at_ms is None else moment(at_ms, language))


def _stretches(made: Statement, language: Language) -> str:
    rows: list[str] = []
    for account in statement_lines.LISTED_CLASSES:
        tiles = statement_lines.listed_periods(made, account)
        rows.extend(
            cells.row(
                (
                    cells.figure(str(place)),
                    cells.text(moment(one.from_ms, language)),
                    cells.text(moment(one.until_ms, language)),
                    cells.figure(length(one.length_ms, language)),
                    cells.text(one.work or cause(one.symptom, account, language)),
                )
            )
            for place, one in enumerate(tiles, 1)
        )
        if tiles:
            title = f"{labels.SUM.read(language)}: {TIME_CLASSES[account].read(language)}"
            total = length(sum(one.length_ms for one in tiles), language)
            head = f'<th scope="row" colspan="3">{escape(title)}</th>'
            rows.append(cells.row((head, cells.figure(total), cells.text("")), is_sum=True))
    if not rows:
        return f"<p>{escape(labels.NONE.read(language))}</p>"
    return cells.table(labels.STRETCH_HEADS, rows, language)


def _revisions(
    issue: IssuedStatement, revisions: Sequence[tuple[int, int]], language: Language
) -> str:
    made = issue.statement
    path = statement_path(made.month, made.circuit)
    rows = []
    for one, issued_ms in revisions:
        url = escape(f"{path}?lang={language}&revision={one}")
        link = f"<b>{one}</b>" if one == issue.revision else f'<a href="{url}">{one}</a>'
        rows.append(f"<li>{link}: {day_time(issued_ms)}</li>")
    return f'<ul class="plain">{"".join(rows)}</ul>' if rows else ""

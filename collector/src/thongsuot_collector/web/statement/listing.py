"""The list of a month: each circuit in one line. Pure."""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from thongsuot_collector.sla.statement import Circuit, DisplayNames
from thongsuot_collector.sla.words import MET, TITLE, length, month_title, percent
from thongsuot_collector.statements.summary import StatementSummary
from thongsuot_collector.web.layout import page
from thongsuot_collector.web.statement import cells, labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language


class CircuitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One circuit in a month's list; ``brief`` is ``None`` while nothing is issued."""

    circuit: Circuit
    names: DisplayNames
    brief: StatementSummary | None


def list_page(
    rows: Sequence[CircuitRow],
    *,
    month: str,
    months: Sequence[str],
    language: Language,
    wanted: str,
) -> str:
    """Return the list of a month's circuits. ``wanted`` is what was searched for."""
    other: Language = "en" if language == "vi" else "vi"
    found = cells.table(labels.LIST_HEADS, (_row(one, month, language) for one in rows), language)
    if not rows:
        found = f"<p>{escape(labels.NO_CIRCUITS.read(language))}</p>"
    body = f"{_months(month, months, language)}{_form(language, wanted)}"
    states = [cells.MET_STATES[one.brief.is_met] for one in rows if one.brief is not None]
    return page(
        f"{TITLE.read(language)}, {month_title(month, language)}",
        f'{body}<div class="card">{found}</div>',
        language=language,
        state=State.DOWN if State.DOWN in states else State.UP,
        other_url=f"/sla/{month}?lang={other}",
        home_url=f"/?lang={language}",
    )


def statement_path(month: str, circuit: Circuit) -> str:
    """Return where a circuit's month stands."""
    return f"/sla/{month}/{quote(circuit.name)}"


def _months(month: str, months: Sequence[str], language: Language) -> str:
    links = [
        f'<b aria-current="page">{escape(month_title(one, language))}</b>'
        if one == month
        else f'<a href="/sla/{one}?lang={language}">{escape(month_title(one, language))}</a>'
        for one in months
    ]
    return f'<p class="acts">{"".join(links)}</p>'


def _form(language: Language, wanted: str) -> str:
    find = escape(labels.FIND.read(language))
    return (
        f'<form role="search" class="find"><input type="search" name="q" value="{escape(wanted)}" '
        f'aria-label="{find}" placeholder="{find}">'
        f'<input type="hidden" name="lang" value="{language}">'
        f'<button class="button">{escape(labels.SEARCH.read(language))}</button></form>'
    )


def _row(row: CircuitRow, month: str, language: Language) -> str:
    brief = row.brief
    url = f"{statement_path(month, row.circuit)}?lang={language}"
    found = [
        f'<th scope="row"><a href="{escape(url)}">{escape(row.circuit.name)}</a></th>',
        cells.text(row.names.site),
        cells.text(row.names.carrier),
    ]
    if brief is None:
        draft = escape(labels.DRAFT.read(language))
        return cells.row([*found, f'<td colspan="4"></td><td class="soft">{draft}</td>'])
    met = cells.verdict(MET[brief.is_met].read(language), brief.is_met)
    return cells.row(
        [
            *found,
            cells.figure(percent(brief.share, language)),
            cells.figure(length(brief.down_ms, language)),
            cells.figure(str(brief.interruptions)),
            f"<td>{met}</td>",
            cells.figure(str(brief.revision)),
        ]
    )

"""The list of a month: each circuit in one line. Pure."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

import msgspec

from thongsuot_collector.sla.statement import Circuit, DisplayNames
from thongsuot_collector.sla.words import MET, TITLE, length, month_title, percent
from thongsuot_collector.statements.summary import StatementSummary
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.statement import labels
from thongsuot_schema.state import State

MET_STATES = {True: State.UP, False: State.DOWN, None: State.UNKNOWN}
"""The colour for whether a target is met."""


class CircuitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One circuit in a month's list; ``summary`` is ``None`` while nothing is issued."""

    circuit: Circuit
    names: DisplayNames
    summary: StatementSummary | None


def list_page(
    rows: Sequence[CircuitRow],
    *,
    month: str,
    months: Sequence[str],
    query: str,
    reader: PageReader,
) -> str:
    """Return the list of a month's circuits. ``query`` is the search text."""
    language = reader.language
    states = [MET_STATES[row.summary.is_met] for row in rows if row.summary is not None]
    frame = Frame(
        title=f"{TITLE.read(language)}, {month_title(month, language)}",
        state=State.DOWN if State.DOWN in states else State.UP,
        url_in=lambda other: reader.url(f"/sla/{month}", other),
        home_url=reader.url(reader.home),
    )
    content = {
        "labels": labels,
        "months": [
            (reader.url(f"/sla/{name}"), month_title(name, language), name == month)
            for name in months
        ],
        "key": reader.key,
        "query": query,
        "rows": [
            {
                "url": reader.url(statement_path(month, row.circuit)),
                "circuit": row.circuit.name,
                "site": row.names.site,
                "carrier": row.names.carrier,
                "summary": row.summary,
            }
            for row in rows
        ],
        "met": MET,
        "met_states": MET_STATES,
        "percent": partial(percent, language=language),
        "length": partial(length, language=language),
    }
    return render("statements", frame, language, content)


def statement_path(month: str, circuit: Circuit) -> str:
    """Return the path of a circuit's month."""
    return f"/sla/{month}/{quote(circuit.name)}"

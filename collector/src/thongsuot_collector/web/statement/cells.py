"""Cells: tables whose figures stand under each other, as HTML. Pure."""

from collections.abc import Iterable, Sequence

from thongsuot_collector.sla.statement_lines import StatementLine
from thongsuot_schema.page.escape import escape
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language, Text

MET_STATES = {True: State.UP, False: State.DOWN, None: State.UNKNOWN}
"""In which colour it is shown whether a target is met."""


def text(found: str) -> str:
    """Return a cell of text."""
    return f"<td>{escape(found)}</td>"


def figure(found: str) -> str:
    """Return a cell of a figure: it stands to the right, and never breaks."""
    return f'<td class="n">{escape(found)}</td>'


def noted(found: str, note: str) -> str:
    """Return a cell of text with a note under it."""
    small = f'<br><span class="soft">{escape(note)}</span>' if note else ""
    return f"<td>{escape(found)}{small}</td>"


def verdict(found: str, is_met: bool | None) -> str:
    """Return whether something is met, in its colour."""
    return f'<span class="{MET_STATES[is_met]} state">{escape(found)}</span>'


def row(cells: Iterable[str], *, is_sum: bool = False) -> str:
    """Return a row of a table."""
    return f"<tr{' class=sum' if is_sum else ''}>{''.join(cells)}</tr>"


def table(heads: Sequence[Text], rows: Iterable[str], language: Language) -> str:
    """Return a table that scrolls sideways where the screen is narrow."""
    head = "".join(f'<th scope="col">{escape(one.read(language))}</th>' for one in heads)
    head = f"<thead><tr>{head}</tr></thead>" if heads else ""
    body = f"<tbody>{''.join(rows)}</tbody>"
    return f'<div class="scroll"><table class="table">{head}{body}</table></div>'


def facts(lines: Iterable[StatementLine], language: Language) -> str:
    """Return labelled lines as a list of facts."""
    rows = "".join(
        f"<div><dt>{escape(one.label.read(language))}</dt>"
        f"<dd>{escape(one.value.read(language))}</dd></div>"
        for one in lines
    )
    return f'<dl class="facts">{rows}</dl>'


def sums(lines: Iterable[StatementLine], language: Language) -> str:
    """Return labelled lines with their marks and their arithmetic."""
    rows = []
    for one in lines:
        value = escape(one.value.read(language))
        label = escape(one.label.read(language))
        rows.append(
            row(
                (
                    text(one.mark),
                    f"<td>{f'<b>{label}</b>' if one.formula else label}</td>",
                    f'<td class="soft f">{escape(one.formula)}</td>',
                    f'<td class="n">{f"<b>{value}</b>" if one.formula else value}</td>',
                )
            )
        )
    return table((), rows, language) if rows else ""

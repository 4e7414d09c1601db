"""The computers at the counter: the number, duration and times of their switch-overs."""

from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.switch_overs import Departure, SwitchOverFigures, departures
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.titles import subject_title

_SHOWN = 10
"""The newest switch-overs of a month."""


def switch_overs_part(view: SiteView, language: Language) -> str:
    """Return the switch-overs of the last 31 days as HTML; empty if there were none."""
    if view.counter is None or not view.counter.switch_overs:
        return ""
    moves = departures(view.counter.switch_overs)
    titles = {link.name: subject_title(link, language) for link in view.links}
    rows = []
    for departure in reversed(moves[-_SHOWN:]):
        moved = departure.moved
        way = labels.SWITCH_OVER_WAY.read(
            language,
            before=titles.get(moved.from_link, moved.from_link),
            after=titles.get(moved.to_link, moved.to_link),
        )
        took = labels.SWITCH_OVER_TOOK.read(language, took=duration(moved.took_s, language))
        rows.append(
            f"<li><time>{moment(moved.at_s)}</time>"
            f"<div><b>{escape(way)}</b>"
            f"<span>{escape(took)}; {escape(_way_back(departure, language))}</span></div></li>"
        )
    title = labels.SWITCH_OVERS.read(language)
    return (
        f'<section aria-labelledby="moves"><h2 id="moves">{title}</h2>'
        f'<p class="sum">{escape(_total(view.counter.month, language))}</p>'
        f'<ul class="card rows told">{"".join(rows)}</ul></section>'
    )


def _way_back(departure: Departure, language: Language) -> str:
    if departure.back_s is None:
        return labels.SWITCH_OVER_NOT_BACK.read(language)
    away_s = departure.back_s - departure.moved.at_s
    return labels.SWITCH_OVER_BACK.read(language, away=duration(away_s, language))


def _total(month: SwitchOverFigures | None, language: Language) -> str:
    if month is None:
        return ""
    return labels.SWITCH_OVERS_TOTAL.read(
        language,
        count=month.count,
        longest=duration(month.longest_s, language),
        returned=month.returned,
        away=duration(month.away_s, language),
    )

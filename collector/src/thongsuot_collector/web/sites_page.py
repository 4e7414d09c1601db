"""The list of all sites: one line each, the worst first. Pure."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from thongsuot_collector.web import labels
from thongsuot_collector.web.layout import Frame, render
from thongsuot_schema.inventory.communes import sort_key
from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.headline import headline
from thongsuot_schema.words.language import Language, Text

REFRESH_S = 15

_ORDER = {State.DOWN: 0, State.DEGRADED: 1, State.UNKNOWN: 2, State.UP: 3}


class SiteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One site in the list: the summary of its own page."""

    view: SiteView
    state: State
    sentence: str
    has_duplicate_devices: bool


def site_row(view: SiteView, language: Language, *, has_duplicate_devices: bool) -> SiteRow:
    """Return the line of a site; ``has_duplicate_devices``: two devices push as this site."""
    head = headline(view, language)
    return SiteRow(
        view=view,
        state=head.state,
        sentence=head.sentence,
        has_duplicate_devices=has_duplicate_devices,
    )


def worst_first(rows: Sequence[SiteRow]) -> list[SiteRow]:
    """Return rows in order for readers: down ones first, then in Vietnamese order."""
    return sorted(
        rows, key=lambda row: (_ORDER[row.state], sort_key(row.view.title or row.view.site))
    )


def sites_page(
    rows: Sequence[SiteRow],
    *,
    language: Language,
    query: str,
    links: Sequence[tuple[str, Text, bool]] = (),
) -> str:
    """
    Return the whole page. ``query`` is the search text, ``links`` are those to the other pages of
    the city.
    """
    searched = f"&{urlencode({'q': query})}" if query else ""
    frame = Frame(
        title=labels.TITLE.read(language),
        state=worst_state(rows),
        url_in=lambda other: f"/?lang={other}{searched}",
        place=counts(rows, language),
        refresh_s=REFRESH_S,
    )

    def heard(view: SiteView) -> str:
        if view.heard_s is None:
            return labels.NEVER.read(language)
        return relative_moment(view.heard_s, view.now_s, language)

    content = {
        "labels": labels,
        "rows": worst_first(rows),
        "query": query,
        "heard": heard,
        "links": links,
    }
    return render("sites", frame, language, content)


def worst_state(rows: Sequence[SiteRow]) -> State:
    """Return the worst state of the points."""
    return min((row.state for row in rows), key=_ORDER.__getitem__, default=State.UNKNOWN)


def counts(rows: Sequence[SiteRow], language: Language) -> str:
    """Return the number of sites in each state, the worst first."""
    by_state = Counter(row.state for row in rows)
    return " · ".join(
        labels.COUNTS[state].read(language, n=by_state[state])
        for state in _ORDER
        if by_state[state]
    )

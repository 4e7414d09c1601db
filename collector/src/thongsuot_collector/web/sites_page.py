"""The list of all sites: one line each, the worst first. Pure."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from thongsuot_collector.web.layout import page
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.icons import icon
from thongsuot_schema.page.view import SiteView
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.headline import headline
from thongsuot_schema.words.language import Language, Text

REFRESH_S = 15

_ORDER = {State.DOWN: 0, State.DEGRADED: 1, State.UNKNOWN: 2, State.UP: 3}

_TITLE = Text("Các điểm phục vụ", "Service points")
_FIND = Text("Tìm điểm", "Find a site")
_SEARCH = Text("Tìm", "Find")
_HEARD = Text("Lần cuối gửi dữ liệu", "Last heard")
_NONE = Text("Không có điểm nào khớp.", "No site matches.")
_EMPTY = Text("Chưa có điểm nào gửi dữ liệu.", "No site has sent anything yet.")
_INCIDENTS = Text("Các sự cố", "Incidents")
_STATEMENTS = Text("Chất lượng dịch vụ", "Service levels")
_NEVER = Text("chưa bao giờ", "never")
_DOUBLED = Text(
    "Có hai thiết bị cùng gửi dữ liệu cho điểm này, có thể do thẻ nhớ bị sao chép.",
    "Two devices push for this site at once; perhaps a memory card was copied.",
)
_COUNTS = {
    State.DOWN: Text("{n} mất kết nối", "{n} disconnected"),
    State.DEGRADED: Text("{n} có sự cố", "{n} with a fault"),
    State.UNKNOWN: Text("{n} chưa rõ", "{n} unknown"),
    State.UP: Text("{n} bình thường", "{n} working normally"),
}


class SiteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One site in the list: what its own page says first."""

    view: SiteView
    state: State
    sentence: str
    is_doubled: bool


def site_row(view: SiteView, language: Language, *, is_doubled: bool) -> SiteRow:
    """Return the line of a site; ``is_doubled``: two devices push in its name."""
    head = headline(view, language)
    return SiteRow(
        view=view,
        state=head.state,
        sentence=head.sentence,
        is_doubled=is_doubled,
    )


def worst_first(rows: Sequence[SiteRow]) -> list[SiteRow]:
    """Return rows as people look for them: what is down first, then by name."""
    return sorted(rows, key=lambda row: (_ORDER[row.state], row.view.title or row.view.site))


def sites_page(rows: Sequence[SiteRow], *, language: Language, wanted: str) -> str:
    """Return the whole page. ``wanted`` is what was searched for."""
    other: Language = "en" if language == "vi" else "vi"
    items = "".join(_item(row, language) for row in worst_first(rows))
    found = f'<ul class="rows">{items}</ul>'
    if not rows:
        found = f'<p class="note">{(_NONE if wanted else _EMPTY).read(language)}</p>'
    query = f"&{urlencode({'q': wanted})}" if wanted else ""
    return page(
        _TITLE.read(language),
        f'{_ways(language)}{_form(language, wanted)}<div class="card">{found}</div>',
        language=language,
        state=min((row.state for row in rows), key=_ORDER.__getitem__, default=State.UNKNOWN),
        other_url=f"/?lang={other}{query}",
        place=_counted(rows, language),
        refresh_s=REFRESH_S,
    )


def _ways(language: Language) -> str:
    """Return the ways to the other pages of the collector."""
    ways = (("/incidents", _INCIDENTS), ("/sla", _STATEMENTS))
    links = "".join(
        f'<a class="button" href="{path}?lang={language}">{word.read(language)}</a>'
        for path, word in ways
    )
    return f'<nav class="acts">{links}</nav>'


def _form(language: Language, wanted: str) -> str:
    find = _FIND.read(language)
    return (
        f'<form role="search" class="find"><input type="search" name="q" value="{escape(wanted)}" '
        f'aria-label="{find}" placeholder="{find}">'
        f'<input type="hidden" name="lang" value="{language}">'
        f'<button class="button">{_SEARCH.read(language)}</button></form>'
    )


def _counted(rows: Sequence[SiteRow], language: Language) -> str:
    """Return how many sites are in each state, the worst first."""
    counts = Counter(row.state for row in rows)
    return " · ".join(
        _COUNTS[state].read(language).format(n=counts[state]) for state in _ORDER if counts[state]
    )


def _item(row: SiteRow, language: Language) -> str:
    view = row.view
    heard = _NEVER.read(language)
    if view.heard_s is not None:
        heard = relative_moment(view.heard_s, view.now_s, language)
    doubled = f"<p><strong>{_DOUBLED.read(language)}</strong></p>" if row.is_doubled else ""
    facts = filter(None, (view.commune, f"{_HEARD.read(language)}: {heard}"))
    return (
        f'<li class="item {row.state}">{icon(row.state)}<div>'
        f'<a href="/sites/{escape(view.site)}?lang={language}">'
        f"{escape(view.title or view.site)}</a>"
        f'<p class="said">{escape(row.sentence)}</p>{doubled}'
        f"<p>{escape(' · '.join(facts))}</p></div></li>"
    )

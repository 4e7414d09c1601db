"""The list of all sites: one line each, the worst first."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape

import msgspec

from thongsuot_schema.page.view import SiteView
from thongsuot_schema.state import State
from thongsuot_schema.words.headline import headline, is_silent
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.moments import spoken

REFRESH_S = 15

_ORDER = {State.DOWN: 0, State.DEGRADED: 1, State.UNKNOWN: 2, State.UP: 3}

_WORDS = {
    "vi": {
        "title": "Các điểm phục vụ",
        "find": "Tìm điểm",
        "button": "Tìm",
        "heard": "Lần cuối gửi dữ liệu",
        "none": "Không có điểm nào khớp.",
        "empty": "Chưa có điểm nào gửi dữ liệu.",
        "other": "English",
        "incidents": "Các sự cố",
        "statements": "Chất lượng dịch vụ",
        "never": "chưa bao giờ",
        "doubled": "Có hai thiết bị cùng gửi dữ liệu cho điểm này, có thể do thẻ nhớ bị sao chép.",
    },
    "en": {
        "title": "Service points",
        "find": "Find a site",
        "button": "Find",
        "heard": "Last heard",
        "none": "No site matches.",
        "empty": "No site has sent anything yet.",
        "other": "Tiếng Việt",
        "incidents": "Incidents",
        "statements": "Service levels",
        "never": "never",
        "doubled": "Two devices push for this site at once; perhaps a memory card was copied.",
    },
}

_STYLE = """
body{font:16px/1.5 var(--font,system-ui,sans-serif);margin:0;background:#f6f7f9;color:#1b1f24}
main{max-width:48rem;margin:0 auto;padding:1rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem}
h1{font-size:1.4rem;margin:.5rem 0}
form{display:flex;gap:.5rem;margin:.5rem 0 1rem}
input{flex:1;font:inherit;padding:.5rem;border:1px solid #8a929c;border-radius:.4rem}
button{font:inherit;padding:.5rem 1rem}
ul{list-style:none;margin:0;padding:0}
li{background:#fff;border-left:.5rem solid;border-radius:.4rem;margin:0 0 .5rem;padding:.6rem .8rem}
li a{font-weight:600;color:inherit}
.sentence{display:block}
.heard{color:#57606a;font-size:.9rem}
.doubled{display:block;font-weight:600}
.up{border-color:#1a7f37}.degraded{border-color:#bf8700}
.down{border-color:#cf222e}.unknown{border-color:#8a929c}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}li{background:#161b22}
.heard{color:#9da7b3}input,button{background:#161b22;color:inherit}}
"""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One site in the list: what its own page says first."""

    view: SiteView
    state: State
    sentence: str
    silent: bool
    is_doubled: bool


def row_of(view: SiteView, language: Language, *, is_doubled: bool) -> Row:
    """Return the line of a site; ``is_doubled``: two devices push in its name."""
    head = headline(view, language)
    return Row(
        view=view,
        state=head.state,
        sentence=head.sentence,
        silent=is_silent(view),
        is_doubled=is_doubled,
    )


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Return rows as people look for them: what is down first, then by name."""
    return sorted(rows, key=lambda row: (_ORDER[row.state], row.view.title or row.view.site))


def sites_page(rows: Sequence[Row], *, language: Language, wanted: str) -> str:
    """Return the whole page. ``wanted`` is what was searched for."""
    words = _WORDS[language]
    other = "en" if language == "vi" else "vi"
    lines = "".join(_line(row, language) for row in in_order(rows))
    nothing = words["none"] if wanted else words["empty"]
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}">'
        f"<title>{words['title']}</title><style>{_STYLE}</style></head><body><main>"
        f"<header><h1>{words['title']}</h1>"
        f'<a href="/incidents?lang={language}">{words["incidents"]}</a>'
        f'<a href="/sla?lang={language}">{words["statements"]}</a>'
        f'<a href="?lang={other}" lang="{other}">'
        f"{words['other']}</a></header>"
        f'<form role="search"><input type="search" name="q" value="{escape(wanted)}" '
        f'aria-label="{words["find"]}" placeholder="{words["find"]}">'
        f'<input type="hidden" name="lang" value="{language}">'
        f"<button>{words['button']}</button></form>"
        f"{f'<ul>{lines}</ul>' if rows else f'<p>{nothing}</p>'}"
        "</main></body></html>"
    )


CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The value of the header that the page is to be sent with: nothing runs, one style sheet."""


def _line(row: Row, language: Language) -> str:
    view = row.view
    title = view.title or view.site
    words = _WORDS[language]
    doubled = f'<span class="doubled">{words["doubled"]}</span>' if row.is_doubled else ""
    heard = (
        spoken(view.heard_s, view.now_s, language)
        if view.heard_s is not None
        else _WORDS[language]["never"]
    )
    return (
        f'<li class="{row.state}"><a href="/sites/{escape(view.site)}?lang={language}">'
        f"{escape(title)}</a> <span>{escape(view.commune)}</span>"
        f'<span class="sentence">{escape(row.sentence)}</span>'
        f"{doubled}"
        f'<span class="heard">{_WORDS[language]["heard"]}: {escape(heard)}</span></li>'
    )

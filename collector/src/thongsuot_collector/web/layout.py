"""Layout: the frame of the collector's own pages; they look as the page of a site does."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.icons import BRAND, icon_parts, tab_icon
from thongsuot_schema.page.script import SCRIPT
from thongsuot_schema.page.style import STYLE
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language

_SHORT: Final = 24

_MORE: Final = """\
.facts{display:grid;gap:.125rem 1.5rem;margin-top:0}
.facts div{display:grid;grid-template-columns:minmax(8rem,1fr) 3fr;gap:.75rem;padding:.375rem 0}
.facts div+div{border-top:1px solid var(--line)}
.facts dt{color:var(--soft)}
.facts dd{font-weight:600}
.facts dd small{display:block;color:var(--soft);font-size:.875rem;font-weight:400}
.scroll{overflow-x:auto}
.table{width:100%;border-collapse:collapse;font-size:.9375rem;overflow-wrap:normal}
.wide{min-width:44rem}
.card>.rows{padding:0}
.nowrap{white-space:nowrap}
.table th,.table td{
padding:.5rem .75rem .5rem 0;border-top:1px solid var(--line);text-align:left;vertical-align:top;
}
.table thead th{border-top:0;color:var(--soft);font-weight:400}
.table tbody th{font-weight:600}
.table .n{text-align:right;white-space:nowrap}
.table .f{white-space:nowrap}
.table .sum>*{background:var(--unknown-tint)}
.find{display:flex;gap:.75rem;margin:1rem 0}
.find input[type=search]{
flex:1;min-width:0;padding:0 .75rem;border:1px solid var(--gap-line);border-radius:10px;
background:var(--card);color:var(--ink);font:inherit;
}
.plain>li{padding:.25rem 0}
.plain>li+li{border-top:1px solid var(--line)}
.soft{color:var(--soft);font-size:.875rem}
.mono{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.8125rem}
.button{
display:inline-flex;align-items:center;min-height:2.75rem;padding:0 1.125rem;border:0;
border-radius:10px;background:var(--accent);color:var(--card);font:inherit;font-weight:600;
text-decoration:none;cursor:pointer;
}
.acts{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1rem}
.form{margin-top:1rem}
.form label{display:block;font-weight:600}
.form textarea{
display:block;width:100%;min-height:6rem;margin:.375rem 0 1rem;padding:.625rem;font:inherit;
border:1px solid var(--gap-line);border-radius:10px;background:var(--paper);color:var(--ink);
}
.item{display:flex;gap:.75rem;align-items:flex-start}
.item a{font-weight:600}
.item p{color:var(--soft);font-size:.9375rem}
.item .said{color:var(--ink);font-size:1rem}
.tag{
display:inline-block;margin-right:.375rem;padding:0 .5rem;border-radius:6px;
background:var(--unknown-tint);color:var(--ink);font-size:.8125rem;
}
@media (max-width:30rem){.facts div{grid-template-columns:1fr;gap:0}}
@media print{.button,.acts{display:none}}
"""

_STYLE: Final = STYLE + _MORE


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"script-src {_source(SCRIPT)}",
        f"style-src {_source(_STYLE)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""The value of the header that these pages are to be sent with: one script, one style sheet."""


def page(
    title: str,
    body: str,
    *,
    language: Language,
    state: State,
    other_url: str,
    home_url: str = "",
    place: str = "",
    refresh_s: int = 0,
) -> str:
    """
    Return a whole page around a body of HTML.

    ``title`` and ``place`` are text. ``other_url`` is the same page in the other language;
    ``home_url``, where given, what the brand leads to. A page renews itself every ``refresh_s``; 0:
    it stays, for somebody is writing.
    """
    other: Language = "en" if language == "vi" else "vi"
    again = script = ""
    if refresh_s:
        again = f'<noscript><meta http-equiv="refresh" content="{refresh_s}"></noscript>'
        script = f'<script data-every="{refresh_s}">{SCRIPT}</script>'
    mark = f"{BRAND}<span>Thông Suốt</span>"
    brand = f'<span class="brand">{mark}</span>'
    if home_url:
        brand = f'<a class="brand" href="{escape(home_url)}">{mark}</a>'
    under = f'<p class="place">{escape(place)}</p>' if place else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title>"
        f'<link rel="icon" href="{tab_icon(state)}">{again}'
        f"<style>{_STYLE}</style></head><body>"
        f'<p id="stale" role="status" hidden>{labels.STALE.read(language)}</p>'
        f'<svg class="parts" aria-hidden="true">{icon_parts()}</svg>'
        f'<div id="page" class="wrap"><header class="top"><div class="bar">{brand}'
        f'<a class="switch" href="{escape(other_url)}" lang="{other}" hreflang="{other}">'
        f"{labels.OTHER_LANGUAGE.read(language)}</a></div>"
        f"<h1>{escape(title)}</h1>{under}</header><main>{body}</main>"
        f"<footer><p>{labels.ZONE.read(language)}</p></footer></div>{script}</body></html>\n"
    )


def section(key: str, title: str, inner: str) -> str:
    """Return a section of a page; nothing where there is nothing in it. ``inner`` is HTML."""
    if not inner:
        return ""
    return (
        f'<section aria-labelledby="{key}"><h2 id="{key}">{escape(title)}</h2>'
        f'<div class="card">{inner}</div></section>'
    )


def lines(found: list[str]) -> str:
    """Return lines of text as a list; nothing where there are none."""
    rows = "".join(f"<li>{escape(one)}</li>" for one in found)
    return f'<ul class="plain">{rows}</ul>' if rows else ""


def table(name: str, heads: list[str], rows: list[list[str]]) -> str:
    """
    Return a table of text, whose first column heads the rows; nothing where there are none.

    On a phone it is moved sideways, by touch or by key; ``name`` is what it is then called.
    """
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(_cell(cell) for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(name)}">'
        f'<table class="table{" wide" if len(heads) > 3 else ""}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    """
    Return a cell, each line of its text on one of its own; what is short and is broken badly,
    moments and codes, is not broken.
    """
    is_short = len(text) <= _SHORT and sum(one.isdigit() for one in text) * 2 >= len(text)
    inner = escape(text).replace("\n", "<br>")
    return f'<td class="nowrap">{inner}</td>' if is_short else f"<td>{inner}</td>"

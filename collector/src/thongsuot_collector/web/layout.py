"""
Layout: the collector's own pages, rendered from the templates beside this module, in the style of
the page of a site.

A template escapes all output except our own icons, style and script (``safe``), and fails on an
undefined name.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from thongsuot_collector.web import labels as web_labels
from thongsuot_collector.web.charts.style import PICTURE_STYLE
from thongsuot_collector.web.live.element import LIVE_SCRIPT
from thongsuot_collector.web.page_session import current_session, form_token_field
from thongsuot_schema.localizable import Readable
from thongsuot_schema.page import labels
from thongsuot_schema.page.icons import BRAND, icon, icon_parts, tab_icon
from thongsuot_schema.page.script import SCRIPT
from thongsuot_schema.page.style import STYLE
from thongsuot_schema.page.unbroken import keep_unbroken
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language, other_languages

_SHORT: Final = 24
_PACKAGE: Final = "thongsuot_collector.web"

_STYLE: Final = (
    STYLE
    + PICTURE_STYLE
    + (files(_PACKAGE) / "templates" / "style.css").read_text(encoding="utf-8")
)


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"script-src {_source(SCRIPT)} {_source(LIVE_SCRIPT)}",
        f"style-src {_source(_STYLE)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""The value of the header for these pages: one script, one style sheet."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """
    The frame around the content of a page.

    ``url_in`` returns the URL of the same page in another language; ``home_url``, if given, is the
    link of the brand. A page refreshes itself every ``refresh_s``; 0: never, because of a form.
    ``note`` is a caveat about the content. ``is_wide``: it takes the whole width. ``is_dark``,
    ``is_dimmed``: for a big screen, and for one at night. ``live`` is the element for live updates.
    """

    title: str
    state: State
    url_in: Callable[[Language], str]
    home_url: str = ""
    place: str = ""
    refresh_s: int = 0
    is_wide: bool = False
    is_dark: bool = False
    is_dimmed: bool = False
    live: str = ""
    note: str = ""


def render(template: str, frame: Frame, language: Language, content: Mapping[str, object]) -> str:
    """Return a whole page: a template of ``templates/``, filled with its content."""
    switches = [
        (other, frame.url_in(other), labels.LANGUAGE_NAME.read(other))
        for other in other_languages(language)
    ]
    page = _ENVIRONMENT.get_template(f"{template}.html.j2").render(
        content, frame=frame, language=language, switches=switches
    )
    return keep_unbroken(page)


@pass_context
def _in_language(context: Context, text: Readable) -> str:
    language: Language = context["language"]
    return text.read(language)


def _is_unbreakable(text: str) -> bool:
    """Return whether a text is short and must not be broken, like moments and codes."""
    return len(text) <= _SHORT and sum(letter.isdigit() for letter in text) * 2 >= len(text)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals |= {
        "t": _in_language,
        "icon": icon,
        "tab_icon": tab_icon,
        "icon_parts": icon_parts(),
        "brand": BRAND,
        "style": _STYLE,
        "script": SCRIPT,
        "frame_labels": labels,
        "web_labels": web_labels,
        "page_session": current_session,
        "form_token": form_token_field,
    }
    environment.tests["unbreakable"] = _is_unbreakable
    return environment


_ENVIRONMENT: Final = _environment()

"""Responses: what all answers to a browser have in common."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from thongsuot_collector.web import labels
from thongsuot_schema.words.language import Language, in_every_language, language_from

HEADERS: Final[dict[str, str]] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def language_of(request: Request) -> Language:
    """Return the language that is asked for."""
    return language_from(request.query_params.get("lang"))


def html_page(text: str, policy: str) -> Response:
    """Return a page, with the content security policy it is made for."""
    return Response(
        text,
        media_type="text/html; charset=utf-8",
        headers=HEADERS | {"Content-Security-Policy": policy},
    )


def attachment(body: bytes, media_type: str, name: str) -> Response:
    """Return a file to be kept, under a name of plain letters."""
    return Response(
        body,
        media_type=media_type,
        headers=HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'},
    )


def not_found(text: str) -> Response:
    """Return that there is no such thing."""
    return PlainTextResponse(text, 404, headers=HEADERS)


def password_required(text: str = "") -> Response:
    """Return what makes a browser ask for name and password; ``text`` is why, where known."""
    return PlainTextResponse(
        text or in_every_language(labels.PASSWORD_NEEDED),
        401,
        headers=HEADERS | {"WWW-Authenticate": 'Basic realm="thongsuot", charset="UTF-8"'},
    )

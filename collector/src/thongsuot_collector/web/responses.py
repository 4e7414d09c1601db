"""Responses: what all answers to a browser have in common."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

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


def sign_in_required() -> Response:
    """Return that a session is needed, to who can neither be asked for a password nor be led on."""
    return PlainTextResponse(
        in_every_language(labels.PASSWORD_NEEDED),
        HTTPStatus.UNAUTHORIZED,
        headers=HEADERS | {"WWW-Authenticate": 'Bearer realm="thongsuot"'},
    )


def sign_in_first(request: Request) -> Response:
    """Lead a browser to where people sign in, and from there back to what it asked for."""
    path = request.url.path
    back = f"{path}?{request.url.query}" if request.url.query else path
    query = urlencode({"next": back, "lang": language_of(request)})
    return RedirectResponse(f"/sign-in?{query}", HTTPStatus.SEE_OTHER, headers=HEADERS)

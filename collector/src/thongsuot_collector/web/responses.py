"""Responses: the common parts of all answers to a browser."""

import logging
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from thongsuot_collector.web import labels
from thongsuot_schema.words.language import Language, in_every_language, language_from

_log = logging.getLogger(__name__)

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
    """Return the requested language."""
    return language_from(request.query_params.get("lang"))


async def client_gone(request: Request, _error: Exception) -> Response:
    """
    Return an answer that nobody receives: the client left before the end of its request.

    Anybody can do that, as often as they like: it is no error of ours, and no line in the log.
    """
    _log.debug("client gone before the end of its request path=%s", request.scope["path"])
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def html_page(text: str, policy: str) -> Response:
    """Return a page with its content security policy."""
    return Response(
        text,
        media_type="text/html; charset=utf-8",
        headers=HEADERS | {"Content-Security-Policy": policy},
    )


def attachment(body: bytes, media_type: str, name: str) -> Response:
    """Return a file for download, with an ASCII name."""
    return Response(
        body,
        media_type=media_type,
        headers=HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'},
    )


def not_found(text: str) -> Response:
    """Return a 404 page."""
    return PlainTextResponse(text, 404, headers=HEADERS)


def password_required(text: str = "") -> Response:
    """Return a Basic challenge; ``text`` is the reason, if known."""
    return PlainTextResponse(
        text or in_every_language(labels.PASSWORD_NEEDED),
        401,
        headers=HEADERS | {"WWW-Authenticate": 'Basic realm="thongsuot", charset="UTF-8"'},
    )


def sign_in_required() -> Response:
    """Return the answer that a session is needed, for clients without a challenge or redirect."""
    return PlainTextResponse(
        in_every_language(labels.PASSWORD_NEEDED),
        HTTPStatus.UNAUTHORIZED,
        headers=HEADERS | {"WWW-Authenticate": 'Bearer realm="thongsuot"'},
    )


def sign_in_first(request: Request) -> Response:
    """Redirect a browser to the sign-in page, and from there back to the requested page."""
    path = request.url.path
    back = f"{path}?{request.url.query}" if request.url.query else path
    query = urlencode({"next": back, "lang": language_of(request)})
    return RedirectResponse(f"/sign-in?{query}", HTTPStatus.SEE_OTHER, headers=HEADERS)

"""Answers to programs: with an ETag, compressed, and errors according to RFC 9457."""

import gzip
from hashlib import sha256
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from thongsuot_collector.web.responses import HEADERS

JSON: Final = "application/json"
CSV: Final = "text/csv; charset=utf-8"

_HEADERS: Final = HEADERS | {
    # Cached by the client and revalidated each time: 304 if nothing has changed.
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Encoding, Authorization",
}
_SMALLEST: Final = 1_000
_LEVEL: Final = 5


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The error of a request (RFC 9457)."""

    title: str
    status: int
    detail: str = ""


def answer(
    request: Request, body: bytes, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    """
    Return a body with its ETag; without a body if the client has the same, gzip if it accepts it.
    """
    is_packed = len(body) >= _SMALLEST and takes_gzip(request.headers.get("accept-encoding", ""))
    # The compressed body is a different representation, with its own ETag (RFC 9110, 8.8.3).
    tag = f'"{sha256(body).hexdigest()[:24]}{"-gzip" if is_packed else ""}"'
    sent = _HEADERS | {"ETag": tag} | (headers or {})
    known = [part.strip() for part in request.headers.get("if-none-match", "").split(",")]
    if tag in known or f"W/{tag}" in known or known == ["*"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    if is_packed:
        body = gzip.compress(body, _LEVEL, mtime=0)
        sent |= {"Content-Encoding": "gzip"}
    return Response(body, media_type=media_type, headers=sent)


def problem(status: HTTPStatus, detail: str = "") -> Response:
    """Return an error response."""
    content = Problem(title=status.phrase, status=status, detail=detail)
    return Response(
        msgspec.json.encode(content),
        status,
        media_type="application/problem+json",
        headers=_HEADERS,
    )


def takes_gzip(accepted: str) -> bool:
    """Return whether a client accepts a gzip body, by its ``Accept-Encoding``."""
    for part in accepted.split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            return weight.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False

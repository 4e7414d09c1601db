"""Headers and languages of every response to a browser."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import Response

from thongsuot_collector.web.responses import (
    HEADERS,
    attachment,
    html_page,
    language_of,
    not_found,
    password_required,
    sign_in_first,
    sign_in_required,
)
from thongsuot_schema.words.language import Language


def request(path: str, query: str = "") -> Request:
    return Request(
        {"type": "http", "path": path, "query_string": query.encode("ascii"), "headers": []}
    )


ANSWERS: Mapping[str, tuple[Response, int, Mapping[str, str]]] = {
    "page": (
        html_page("<p>Chào</p>", "default-src 'none'"),
        200,
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": "default-src 'none'",
        },
    ),
    "file": (
        attachment(b"%PDF", "application/pdf", "bien-ban.pdf"),
        200,
        {
            "Content-Type": "application/pdf",
            "Content-Disposition": 'attachment; filename="bien-ban.pdf"',
        },
    ),
    "not found": (not_found("không có"), 404, {"Content-Type": "text/plain; charset=utf-8"}),
    "password": (
        password_required(),
        401,
        {"WWW-Authenticate": 'Basic realm="thongsuot", charset="UTF-8"'},
    ),
    "session": (sign_in_required(), 401, {"WWW-Authenticate": 'Bearer realm="thongsuot"'}),
    "sign in": (sign_in_first(request("/sites")), 303, {}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_no_answer_is_kept_framed_or_indexed(name: str) -> None:
    answer, status, own = ANSWERS[name]
    assert answer.status_code == status
    assert {header: answer.headers[header] for header in (*HEADERS, *own)} == {**HEADERS, **own}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_challenge_says_why_in_every_language_unless_the_reason_is_known() -> None:
    assert password_required("hết hạn").body == "hết hạn".encode()
    assert password_required().body == sign_in_required().body
    text = bytes(sign_in_required().body).decode()
    assert "mật khẩu" in text
    assert "password" in text


@pytest.mark.parametrize(
    ("path", "query", "back"),
    [
        ("/sites", "", "/sites"),
        ("/incidents", "state=down&lang=en", "/incidents?state=down&lang=en"),
    ],
)
def test_signing_in_returns_to_the_requested_page(path: str, query: str, back: str) -> None:
    asked = request(path, query)
    location = urlsplit(sign_in_first(asked).headers["Location"])
    assert location.path == "/sign-in"
    assert parse_qs(location.query) == {"next": [back], "lang": [language_of(asked)]}


def test_the_language_is_the_one_asked_for() -> None:
    assert language_of(request("/", "lang=en")) == Language("en")
    assert language_of(request("/")) == Language("vi")

"""Requests that the device's page accepts, and the heads of its responses."""

from dataclasses import replace
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.page.request import (
    FORM_LIMIT_BYTES,
    HttpError,
    HttpPage,
    encode_response,
    is_local_name,
    parse_request,
    status_page,
    with_form,
)


def test_a_request_is_read() -> None:
    request = parse_request(b"GET /?lang=en&x=%C4%91 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (request.path, request.query, request.is_head) == ("/", {"lang": "en", "x": "đ"}, False)
    assert parse_request(b"HEAD /healthz HTTP/1.0\r\n\r\n").is_head
    asked = parse_request(b"GET / HTTP/1.1\r\nACCEPT: Text/HTML\r\nX: y\r\naccept:*/*\r\n\r\n")
    assert asked.accept == "text/html,*/*"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", HTTPStatus.METHOD_NOT_ALLOWED),
        (b"GET /\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / SPDY/3\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET http://other/ HTTP/1.1\r\n\r\n", HTTPStatus.BAD_REQUEST),
        ("GET /đ HTTP/1.1\r\n\r\n".encode(), HTTPStatus.BAD_REQUEST),
        (b"GET /?a&b&c&d&e&f&g&h&i&j=1 HTTP/1.1\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", HTTPStatus.BAD_REQUEST),
    ],
)
def test_unsupported_requests_are_refused(head: bytes, status: HTTPStatus) -> None:
    with pytest.raises(HttpError) as refused:
        parse_request(head)
    assert refused.value.status is status


@given(head=st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(head: bytes) -> None:
    try:
        request = parse_request(head)
    except HttpError as refused:
        status = refused.status
    else:
        status = HTTPStatus.OK if request.path.startswith("/") else HTTPStatus.BAD_REQUEST
    assert status in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.METHOD_NOT_ALLOWED}


def test_a_response_states_its_type_its_length_and_its_security_headers() -> None:
    page = HttpPage(
        body=b"<p>", content_type="text/html; charset=utf-8", policy="default-src 'none'"
    )
    head, _, body = encode_response(page).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 200 OK"
    assert {
        "Content-Type: text/html; charset=utf-8",
        "Content-Length: 3",
        "Content-Security-Policy: default-src 'none'",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: same-origin",
        "Cache-Control: no-store",
        "Connection: close",
    } <= set(lines)
    assert body == b"<p>"
    assert encode_response(page, is_head=True).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        (b"gzip, deflate, br", True),
        (b"deflate, GZip;q=0.5", True),
        (b"gzip;q=0, identity", False),
        (b"br", False),
    ],
)
def test_a_compressed_body_is_sent_only_to_clients_that_accept_gzip(
    accepted: bytes, is_packed: bool
) -> None:
    request = parse_request(b"GET / HTTP/1.1\r\nAccept-Encoding: " + accepted + b"\r\n\r\n")
    page = HttpPage(body=b"<p>long</p>", content_type="text/html", packed=b"short")
    head, _, body = encode_response(page, takes_gzip=request.takes_gzip).partition(b"\r\n\r\n")
    assert (b"\r\nContent-Encoding: gzip" in head, body == b"short") == (is_packed, is_packed)
    assert f"\r\nContent-Length: {len(body)}".encode() in head
    assert b"\r\nVary: Accept-Encoding" in head


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        (b"Host: 192.168.1.9:8080", True),  # no browser
        (b"Host: 192.168.1.9:8080\r\nOrigin: http://192.168.1.9:8080", True),
        (b"Host: 192.168.1.9:8080\r\nOrigin: https://elsewhere.example", False),
        (b"Host: 192.168.1.9:8080\r\nOrigin: null", False),
        (b"Host: 192.168.1.9:8080\r\nOrigin: http://[", False),
        (b"Host: a\r\nOrigin: http://a\r\nSec-Fetch-Site: cross-site", False),
        (b"Host: a\r\nSec-Fetch-Site: same-origin", True),
    ],
)
def test_a_request_is_from_the_same_origin_if_its_headers_say_so(
    headers: bytes, is_own: bool
) -> None:
    request = parse_request(b"POST /tests?lang=en HTTP/1.1\r\n" + headers + b"\r\n\r\n")
    assert (request.is_post, request.is_same_origin, request.path) == (
        True,
        is_own,
        "/tests",
    )


def test_responses_ask_browsers_to_send_a_referrer_within_the_same_origin() -> None:
    assert b"\r\nReferrer-Policy: same-origin\r\n" in encode_response(status_page(HTTPStatus.OK))
    moved = replace(status_page(HTTPStatus.SEE_OTHER), location="/?lang=vi#tests")
    assert b"\r\nLocation: /?lang=vi#tests\r\n" in encode_response(moved)


def test_an_unsupported_method_is_answered_with_the_supported_ones() -> None:
    assert b"\r\nAllow: GET, HEAD\r\n" in encode_response(
        status_page(HTTPStatus.METHOD_NOT_ALLOWED)
    )


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        (b"", True),  # HTTP/1.0, and programs
        (b"192.168.1.9:8080", True),
        (b"[fd00::1]:8080", True),
        (b"[fe80::1]", True),
        (b"thongsuot", True),
        (b"Box.LAN:8080", True),
        (b"box.home.arpa.", True),
        (b"monitor.commune.example", True),
        (b"evil.example", False),
        (b"192.168.1.9.evil.example:8080", False),
        (b"lan.evil.example", False),
        (b"192.168.1.9, evil.example", False),
    ],
)
def test_a_name_that_a_stranger_may_own_is_not_the_devices(host: bytes, is_own: bool) -> None:
    line = b"Host: " + host + b"\r\n" if host else b""
    request = parse_request(b"GET /status.json HTTP/1.1\r\n" + line + b"\r\n")
    assert is_local_name(request.host, ("monitor.commune.example",)) is is_own


def test_a_form_is_read_up_to_its_bound() -> None:
    head = b"POST /commissioning HTTP/1.1\r\nContent-Length: %s\r\n\r\n"
    request = parse_request(head % b"12")
    assert (request.is_post, request.form_bytes) == (True, 12)
    assert with_form(request, b"a=%C4%91+x&b=").form == {"a": "đ x", "b": ""}
    for length, status in (
        (b"x", HTTPStatus.BAD_REQUEST),
        (b"-1", HTTPStatus.BAD_REQUEST),
        (b"%d" % (FORM_LIMIT_BYTES + 1), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ):
        with pytest.raises(HttpError) as refused:
            parse_request(head % length)
        assert refused.value.status is status
    with pytest.raises(HttpError):
        with_form(request, b"\xff")
    with pytest.raises(HttpError):
        with_form(request, b"a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1")

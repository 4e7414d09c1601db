"""Secrets: read from files of their own, and hidden in every form in which they are sent."""

import base64
import socket
import ssl
import warnings
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.running import WITHIN_S
from thongsuot_collector.clients import (
    AnswerUnreadable,
    Scrubber,
    client_context,
    decode_answer,
    read_secret,
    retry_after_s,
)
from thongsuot_collector.notify.http.client import _context
from thongsuot_collector.sinks.delivery.http_settings import tls_of
from thongsuot_collector.sinks.remote_write.sink import Settings


def test_a_secret_is_what_its_file_holds_without_the_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("  mật khẩu \n", "utf-8")
    assert read_secret(str(file)) == "mật khẩu"


def test_a_file_that_is_empty_or_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("\n", "utf-8")
    with pytest.raises(ValueError, match="is empty"):
        read_secret(str(file))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="holds no text"):
        read_secret(str(file))
    with pytest.raises(OSError, match=r"(?i)no such file"):
        read_secret(str(tmp_path / "nowhere"))


@given(st.text(min_size=4, max_size=40), st.text(max_size=20))
def test_a_secret_is_hidden_in_every_form_in_which_it_is_sent(secret: str, around: str) -> None:
    scrubber = Scrubber([secret])
    forms = (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    for form in (*forms, encoded):
        scrubbed = scrubber.scrub(f"«{form}» and «{form}»")
        assert f"«{form}»" not in scrubbed
    assert scrubber.scrub("") == ""
    assert Scrubber([]).scrub(around) == around


def test_texts_too_short_to_be_a_secret_hide_nothing() -> None:
    assert Scrubber(["", "a", "is"]).scrub("this is a text") == "this is a text"


def test_a_part_of_a_secret_does_not_break_up_the_whole() -> None:
    assert Scrubber(["abcd", "abcdefgh"]).scrub("abcdefgh") == "***"


def answers(authority: trustme.CA, version: ssl.TLSVersion, client: ssl.SSLContext) -> str | None:
    """Let a client shake hands with a server that speaks one version; returns what was agreed."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    server.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server.minimum_version = server.maximum_version = version

    def serve(listening: socket.socket) -> None:
        taken, _ = listening.accept()
        with taken:
            try:
                server.wrap_socket(taken, server_side=True).close()
            except (ssl.SSLError, ConnectionError):
                return  # the client did not want to

    with ThreadPoolExecutor(1) as pool, socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(WITHIN_S)
        serving = pool.submit(serve, listening)
        address = listening.getsockname()
        try:
            with (
                socket.create_connection(address, WITHIN_S) as plain,
                client.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
            ):
                return secured.version()
        finally:
            serving.result(WITHIN_S)


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    return ca


def test_versions_before_1_2_are_not_spoken_even_where_openssl_would(
    authority: trustme.CA, tmp_path: Path
) -> None:
    client = client_context(str(tmp_path / "ca.pem"))
    client.set_ciphers("ALL:@SECLEVEL=0")
    assert answers(authority, ssl.TLSVersion.TLSv1_2, client) == "TLSv1.2"
    assert answers(authority, ssl.TLSVersion.TLSv1_3, client) == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        answers(authority, ssl.TLSVersion.TLSv1_1, client)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        client.minimum_version = ssl.TLSVersion.TLSv1_1
    assert answers(authority, ssl.TLSVersion.TLSv1_1, client) == "TLSv1.1"


def test_certificates_of_another_authority_are_not_trusted(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        answers(trustme.CA(), ssl.TLSVersion.TLSv1_3, client_context(str(tmp_path / "ca.pem")))


@pytest.mark.usefixtures("authority")
def test_sinks_and_channels_ask_so(tmp_path: Path) -> None:
    file = str(tmp_path / "ca.pem")
    settings = Settings(
        kind="remote_write", name="database", url="https://db.example/write", ca_file=file
    )
    sink = tls_of(settings)
    for context in (sink, _context(file)):
        assert context is not None
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("120", 120.0), (" 7 ", 7.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0), ("999999", 600.0)],
)
def test_retry_after_in_seconds_or_not_readable(header: str, wait_s: float) -> None:
    assert retry_after_s(header, now_s=0.0) == wait_s


def test_retry_after_as_a_date() -> None:
    now_s = 1_795_540_000.0
    assert retry_after_s(formatdate(now_s + 30, usegmt=True), now_s=now_s) == 30.0
    assert retry_after_s(formatdate(now_s - 30, usegmt=True), now_s=now_s) == 0.0


@pytest.mark.parametrize(
    "header",
    [
        "Jan 999999999999999999 00:00 1-Jan-70",
        "31 Jan 0001 99:99:99 999999999999999999",
        "9" * 5_000,
    ],
)
def test_no_wait_that_a_receiver_asks_for_is_an_error(header: str) -> None:
    assert 0.0 <= retry_after_s(header, now_s=0.0) <= 600.0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"id": 1}',
        b'{"id": "\xff"}',
        b'{"id": "a", "more": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"id": 1' + b"0" * 100_000 + b"}",
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_one_error(body: bytes) -> None:
    with pytest.raises(AnswerUnreadable):
        decode_answer(body, Named)


def test_an_answer_is_read_with_more_than_was_asked_for() -> None:
    assert decode_answer(b'{"id": "a", "more": [[]]}', Named) == Named(id="a")


class Named(msgspec.Struct):
    """What is asked for."""

    id: str

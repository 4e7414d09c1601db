"""Codes of an authenticator app, as RFC 6238 has them; what is shown of the secret."""

from base64 import b32decode
from urllib.parse import parse_qs, urlsplit

from thongsuot_collector.web.sessions.second_factor import (
    STEP_S,
    code_at,
    new_recovery_codes,
    new_secret,
    picture,
    recovery_digest,
    spelled,
    step_of,
    uri,
)

RFC_SECRET = b"12345678901234567890"


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B: the last six of the eight digits given there.
    for now_s, code in (
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (20_000_000_000, "353130"),
    ):
        assert code_at(RFC_SECRET, now_s // STEP_S) == code
        assert step_of(RFC_SECRET, code, now_s=now_s) == now_s // STEP_S


def test_a_clock_may_be_off_by_only_one_step() -> None:
    secret, now_s = new_secret(), 1_800_000_000.0
    step = int(now_s // STEP_S)
    taken = [
        away
        for away in range(-4, 5)
        if step_of(secret, code_at(secret, step + away), now_s=now_s) == step + away
    ]
    assert taken == [-1, 0, 1]


def test_an_invalid_code_is_wrong() -> None:
    secret = new_secret()
    for code in ("", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "0" * 5_000):
        assert step_of(secret, code, now_s=1_800_000_000.0) is None


def test_a_code_may_be_typed_with_a_space() -> None:
    code = code_at(RFC_SECRET, 1)
    assert step_of(RFC_SECRET, f" {code[:3]} {code[3:]}", now_s=59.0) == 1


def test_an_app_reads_the_secret_from_the_picture_and_a_person_from_the_key() -> None:
    secret = new_secret()
    address = urlsplit(uri(secret, "lan", "Thông Suốt"))
    query = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert query["issuer"] == ["Thông Suốt"]
    assert "+" not in address.query
    assert b32decode(query["secret"][0]) == secret
    assert b32decode(spelled(secret).replace(" ", "")) == secret
    assert picture(secret, "lan", "Thông Suốt").startswith("data:image/svg+xml")


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len({recovery_digest(code) for code in codes}) == len(codes) == 10
    assert recovery_digest(codes[0].upper().replace("-", " ")) == recovery_digest(codes[0])

"""The life of a certificate, read from real ones."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from thongsuot_schema.certificate import validity_of


@pytest.mark.parametrize("year", [2027, 2049, 2050, 2117])
def test_the_end_of_a_certificate_is_read_in_both_forms_of_time(year: int) -> None:
    end = datetime(year, 3, 1, 12, 30, 15, tzinfo=UTC)
    begin = end - timedelta(days=400)
    issued = trustme.CA().issue_cert("collector.example", not_before=begin, not_after=end)
    pem = b"".join(blob.bytes() for blob in issued.cert_chain_pems).decode("ascii")
    validity = validity_of("a comment\n" + pem)
    assert validity.not_after_s == end.timestamp()
    assert validity.not_before_s == begin.timestamp()


def test_the_first_certificate_of_a_chain_counts() -> None:
    ca = trustme.CA()
    end = datetime(2030, 1, 1, tzinfo=UTC)
    leaf = ca.issue_cert("a.example", not_after=end).cert_chain_pems[0].bytes().decode()
    assert validity_of(leaf + ca.cert_pem.bytes().decode()).not_after_s == end.timestamp()


@pytest.mark.parametrize(
    ("der", "sentence"),
    [
        (b"\x02\x01\x00", "kind 0x2 where 0x30 belongs"),
        (b"\x30\x82\x04\x00\x30", "cut off"),
        (b"\x30\x02\x30\x00", "cut off"),
    ],
)
def test_an_invalid_certificate_is_refused_with_a_sentence(der: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        validity_of(ssl.DER_cert_to_PEM_cert(der))


def test_a_text_without_a_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="no certificate"):
        validity_of("-----BEGIN PRIVATE KEY-----")  # no secret: no key behind it

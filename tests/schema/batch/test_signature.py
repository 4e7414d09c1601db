import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.batch.signature import (
    KEY_BYTES,
    BatchSignature,
    parse_header,
    signed_bytes,
    unpack,
)

SIGNATURES = st.builds(
    BatchSignature,
    key=st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES),
    value=st.binary(min_size=1, max_size=1024),
)


@given(SIGNATURES)
def test_a_signature_comes_back_from_its_header_and_from_the_journal(
    signature: BatchSignature,
) -> None:
    assert parse_header(signature.header()) == signature
    assert unpack(signature.pack()) == signature


def test_a_signature_longer_than_the_limit_is_refused() -> None:
    longest = BatchSignature(key=bytes(KEY_BYTES), value=bytes(1024))
    assert parse_header(longest.header()) == longest
    longer = BatchSignature(key=bytes(KEY_BYTES), value=bytes(1025))
    assert parse_header(longer.header()) is None


def test_a_signature_is_only_of_this_protocol_and_covers_the_whole_batch() -> None:
    """A signature over another protocol's bytes must not be valid for a batch."""
    assert signed_bytes(b"batch") == b"thongsuot batch 1\x00batch"


@given(st.text())
def test_no_header_whatever_is_an_error(text: str) -> None:
    parsed = parse_header(text)
    assert parsed is None or parse_header(parsed.header()) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "2 AAAAAAAAAAAAAAAAAAAAAA== QQ==",
        "1 AAAA QQ==",
        "1 AAAAAAAAAAAAAAAAAAAAAA== ",
        "1 AAAAAAAAAAAAAAAAAAAAAA== QQ",
        "1 AAAAAAAAAAAAAAAAAAAAAA== QQ==\n",
        "1 AAAAAAAAAAAAAAAAAAAAAA== " + "QUFB" * 400,
    ],
)
def test_an_invalid_signature_is_none(text: str) -> None:
    assert parse_header(text) is None

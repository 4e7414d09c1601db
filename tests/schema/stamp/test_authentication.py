import hmac

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.stamp.authentication import hmac_of, is_authentic


def test_a_seal_is_that_of_rfc_4231() -> None:
    """Test cases 1 and 6 there, the first 128 bits."""
    first = hmac_of(b"\x0b" * 20, b"Hi There")
    assert first.hex() == "b0344c61d8db38535ca8afceaf0bf12b"
    long = hmac_of(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First")
    assert long.hex() == "60e431591ee0b67f0d8a26aacbf5b77f"


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_a_seal_is_the_standard_librarys(key: bytes, data: bytes) -> None:
    seal = hmac_of(key, data)
    assert seal == hmac.digest(key, data, "sha256")[:16]
    assert is_authentic(key, data, seal)


@given(st.integers(min_value=0, max_value=127))
def test_one_bit_breaks_it(bit: int) -> None:
    seal = (int.from_bytes(hmac_of(b"k", b"data"), "big") ^ 1 << bit).to_bytes(16, "big")
    assert not is_authentic(b"k", b"data", seal)
    assert not is_authentic(b"k", b"data", seal[:8])

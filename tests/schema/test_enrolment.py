"""What travels when a device enrols: of its token only the hash."""

from thongsuot_schema.enrolment import token_digest


def test_a_token_travels_as_its_sha_256_in_hex() -> None:
    # The second example of FIPS 180-2, appendix B.
    message = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    digest = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    assert token_digest(message) == digest

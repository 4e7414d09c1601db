"""Which keys sign batches, and which signatures are theirs."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from thongsuot_collector.pki.batch_signatures import is_signed_by, load_signing_key
from thongsuot_schema.batch.signature import signed_bytes

BODY = b"a batch"
SIGNED = signed_bytes(BODY)
CURVE = ec.generate_private_key(ec.SECP256R1())
MODULUS = rsa.generate_private_key(65537, 2048)
PKCS1 = padding.PKCS1v15()
SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
SIGNATURES: dict[str, tuple[SigningKey, bytes]] = {
    "ecdsa": (CURVE, CURVE.sign(SIGNED, ec.ECDSA(SHA256()))),
    "rsa": (MODULUS, MODULUS.sign(SIGNED, PKCS1, SHA256())),
}


def der(key: SigningKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_is_of_one_key_and_one_batch(name: str) -> None:
    key, signature = SIGNATURES[name]
    loaded = load_signing_key(der(key))
    assert loaded is not None
    assert is_signed_by(loaded, signature, BODY)
    assert not is_signed_by(loaded, signature, BODY + b".")
    assert not is_signed_by(loaded, signature[:-1] + bytes([signature[-1] ^ 1]), BODY)
    assert not is_signed_by(loaded, b"", BODY)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert not is_signed_by(other, signature, BODY)


def test_the_same_key_signs_batches_by_one_method_and_for_one_purpose() -> None:
    curve, modulus = CURVE.public_key(), MODULUS.public_key()
    assert not is_signed_by(curve, CURVE.sign(BODY, ec.ECDSA(SHA256())), BODY)
    assert not is_signed_by(curve, CURVE.sign(SIGNED, ec.ECDSA(SHA384())), BODY)
    assert not is_signed_by(modulus, MODULUS.sign(BODY, PKCS1, SHA256()), BODY)
    assert not is_signed_by(modulus, MODULUS.sign(SIGNED, PKCS1, SHA384()), BODY)
    salted = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    assert not is_signed_by(modulus, MODULUS.sign(SIGNED, salted, SHA256()), BODY)


def test_an_invalid_key_or_one_of_another_type_signs_nothing() -> None:
    assert load_signing_key(der(ed25519.Ed25519PrivateKey.generate())) is None
    assert load_signing_key(der(CURVE)[:-1]) is None
    assert load_signing_key(b"") is None

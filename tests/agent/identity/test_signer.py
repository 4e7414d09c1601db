"""Signatures of the agent, verified by another implementation."""

import subprocess
import sys
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from thongsuot_agent.identity.signer import BatchSigner
from thongsuot_schema.batch.signature import BatchSignature, parse_header, signed_bytes

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
BODY = b"the bytes of a batch \x00\xff" * 30


def pem(key: Key, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def signed(signer: BatchSigner, body: bytes = BODY) -> BatchSignature:
    signature = parse_header(signer(body))
    assert signature is not None
    return signature


def key_name(key: Key) -> bytes:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).digest()[:16]


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_a_batch_is_signed_by_the_devices_key_over_its_bytes(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    signature = signed(BatchSigner(lambda: pem(key)))
    assert signature.key == key_name(key)
    key.public_key().verify(signature.value, signed_bytes(BODY), ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature.value, signed_bytes(BODY[1:]), ec.ECDSA(SHA256()))


def test_a_key_of_another_authoritys_certificate_may_be_rsa() -> None:
    key = rsa.generate_private_key(65537, 2048)
    signature = signed(BatchSigner(lambda: pem(key)))
    assert signature.key == key_name(key)
    key.public_key().verify(signature.value, signed_bytes(BODY), padding.PKCS1v15(), SHA256())


def test_a_renewed_key_signs_from_the_next_batch_on() -> None:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    pems = [pem(key) for key in keys]
    signer = BatchSigner(lambda: pems[0])
    assert signed(signer).key == key_name(keys[0])
    del pems[0]
    assert signed(signer).key == key_name(keys[1])


def test_a_device_without_a_key_signs_nothing_and_reports_no_problem() -> None:
    signer = BatchSigner(bytes)
    assert (signer(BODY), signer.problem) == ("", "")


@pytest.mark.parametrize(
    "unusable",
    [
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",  # no secret: no key
        b"\x00\xff",
        pem(ed25519.Ed25519PrivateKey.generate()),
        pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"secret")),
    ],
)
def test_a_key_that_cannot_sign_is_reported_and_keeps_no_batch_back(unusable: bytes) -> None:
    good = pem(ec.generate_private_key(ec.SECP256R1()))
    pems = [unusable]
    signer = BatchSigner(lambda: pems[0])
    assert signer(BODY) == ""
    assert signer.problem
    pems[0] = good
    assert signer(BODY)
    assert signer.problem == ""


def test_signing_loads_no_second_tls_library() -> None:
    key = pem(ec.generate_private_key(ec.SECP256R1())).decode()
    code = (
        "import sys\n"
        "from thongsuot_agent.identity.signer import BatchSigner\n"
        f"assert BatchSigner(lambda: {key!r}.encode())(b'x')\n"
        "assert 'cryptography' not in sys.modules and 'ssl' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

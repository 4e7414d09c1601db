"""
Verification of batch signatures. Pure.

Source: FIPS 186-5 (ECDSA with SHA-256), RFC 8017, section 8.2 (RSASSA-PKCS1-v1_5 with SHA-256).
"""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from thongsuot_schema.batch.signature import signed_bytes

SigningPublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_ECDSA = ec.ECDSA(SHA256())


def load_signing_key(public_key: bytes) -> SigningPublicKey | None:
    """Return a public key (DER), ``None`` if its type signs no batches."""
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) else None


def is_signed_by(key: SigningPublicKey, signature: bytes, body: bytes) -> bool:
    """Return whether a signature over a batch's bytes was made with a key."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed_bytes(body), _ECDSA)
        else:
            key.verify(signature, signed_bytes(body), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True

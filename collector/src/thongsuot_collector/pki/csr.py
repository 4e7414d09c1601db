"""
Certificate requests: only the public key is used, after proof of possession of the private one.
Names, extensions and attributes are ignored.

Source: RFC 2986; RFC 5480 for the curve.
"""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What reading a certificate or a request raises: three of them have no base but ``Exception``."""


class CsrRefused(Exception):
    """
    It is not a certificate request, or its type of key is not accepted; the text has the reason.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """A public key whose owner asked for a certificate. ``digest`` is SHA-256 over it, as DER."""

    key: ec.EllipticCurvePublicKey
    digest: bytes


def parse_csr(pem: str) -> SigningRequest:
    """
    Return the content of a PKCS #10 request in PEM form.

    Raises:
        CsrRefused: see there.
    """
    try:
        request = x509.load_pem_x509_csr(pem.encode("ascii"))
        key = request.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != ec.SECP256R1.name:
            # Not verified: that takes thirty times as long with keys that are made for it.
            raise CsrRefused("only keys on the curve P-256 are certified here")
        is_proven = request.is_signature_valid
    except UNREADABLE as error:
        raise CsrRefused(f"this is no certificate request: {error}") from error
    if not is_proven:
        raise CsrRefused("the request is not signed by the key that it is for")
    return SigningRequest(key=key, digest=key_digest(key))


def key_digest(key: CertificatePublicKeyTypes) -> bytes:
    """Return SHA-256 over a public key as DER."""
    return hashlib.sha256(public_der(key)).digest()


def public_der(key: CertificatePublicKeyTypes) -> bytes:
    """Return a public key as DER (SubjectPublicKeyInfo)."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

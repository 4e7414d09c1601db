"""Peer: the content of a client's certificate from the TLS handshake."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from thongsuot_collector.pki.csr import UNREADABLE, public_der

SCOPE_KEY = "thongsuot.peer"
"""The key of the connection's ``PeerCertificate`` in a request's ASGI scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerCertificate:
    """
    A certificate whose chain the handshake has verified; nothing else is checked yet.

    ``serial`` is hexadecimal, without leading zeros, ``issuer`` the issuer's name as DER; ``names``
    are those of the subject, each with its kind: ``uri:…``, ``dns:…``, ``cn:…``. ``public_key`` is
    DER, ``key_digest`` SHA-256 over it.
    """

    serial: str
    public_key: bytes
    key_digest: bytes
    issuer: bytes
    names: tuple[str, ...]
    not_before_s: float
    not_after_s: float


UNREADABLE_PEER = PeerCertificate(
    serial="",
    public_key=b"",
    key_digest=b"",
    issuer=b"",
    names=(),
    not_before_s=0.0,
    not_after_s=0.0,
)
"""
A certificate that OpenSSL accepted and that cannot be parsed here: treated as expired in 1970.
"""


def peer_from(der: bytes) -> PeerCertificate:
    """Return the content of a certificate."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        public_key = public_der(certificate.public_key())
        return PeerCertificate(
            serial=f"{certificate.serial_number:x}",
            public_key=public_key,
            key_digest=hashlib.sha256(public_key).digest(),
            issuer=certificate.issuer.public_bytes(),
            names=_names(certificate),
            not_before_s=certificate.not_valid_before_utc.timestamp(),
            not_after_s=certificate.not_valid_after_utc.timestamp(),
        )
    except UNREADABLE:
        return UNREADABLE_PEER


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    collected: list[str] = []
    try:
        kind = x509.SubjectAlternativeName
        names = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        pass
    else:
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        collected += [f"uri:{uri}" for uri in uris]
        collected += [f"dns:{name.lower()}" for name in names.get_values_for_type(x509.DNSName)]
    for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        collected.append(f"cn:{attribute.value!s}")
    return tuple(collected)

"""
A device's signature of a pushed batch: a signature by the key of its client certificate over the
bytes of the batch, which hold site, stream, number and the digest of the batch before.
``Thongsuot-Signature: 1 KEY SIGNATURE``, both in base64.

Source: FIPS 186-5 (ECDSA on P-256 with SHA-256; or RSA, PKCS #1 v1.5, with SHA-256).
"""

import base64
import binascii

import msgspec

SIGNED_CONTEXT = b"thongsuot batch 1\x00"
"""Stands before the bytes that are signed: no signature made for another purpose fits."""

KEY_BYTES = 16
"""
Length of the identifier of a key: a prefix of the SHA-256 over the public key as DER
(SubjectPublicKeyInfo).
"""

_VERSION = "1"
_SIGNATURE_BYTES = 1024
"""More than an RSA key of 8192 bits; one on P-256 makes 72 at most."""


class BatchSignature(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed a batch, as the beginning of a key's digest, and the signature (ECDSA: DER)."""

    key: bytes
    value: bytes

    def pack(self) -> bytes:
        """Return it as the journal keeps it."""
        return self.key + self.value

    def header(self) -> str:
        """Return it as it travels."""
        key, value = (base64.b64encode(part).decode("ascii") for part in (self.key, self.value))
        return f"{_VERSION} {key} {value}"


def signed_bytes(body: bytes) -> bytes:
    """Return the bytes that a device signs for a batch."""
    return SIGNED_CONTEXT + body


def unpack(packed: bytes) -> BatchSignature:
    """Return a signature that the journal keeps."""
    return BatchSignature(key=packed[:KEY_BYTES], value=packed[KEY_BYTES:])


def parse_header(text: str) -> BatchSignature | None:
    """Return the content of a header, ``None`` if it cannot be read."""
    version, _, rest = text.partition(" ")
    key_text, _, value_text = rest.partition(" ")
    if version != _VERSION or len(value_text) > 2 * _SIGNATURE_BYTES:
        return None
    try:
        key = base64.b64decode(key_text, validate=True)
        value = base64.b64decode(value_text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(key) != KEY_BYTES or not 0 < len(value) <= _SIGNATURE_BYTES:
        return None
    return BatchSignature(key=key, value=value)

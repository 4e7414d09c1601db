"""
From when until when a certificate is good: the two fields that are read of it.

Without a library: the standard library only provides them for a peer, the agent does not load its
TLS module, and a library for X.509 would weigh more than the agent for two dates. Nothing is
verified here. Source: RFC 5280, sections 4.1 and 4.1.2.5; X.690, section 8.1; RFC 7468 for the text
around it.
"""

import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

_SEQUENCE, _INTEGER, _EXPLICIT_VERSION = 0x30, 0x02, 0xA0
_UTC_TIME, _GENERALISED_TIME = 0x17, 0x18
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """Both ends of a certificate's life, as Unix time."""

    not_before_s: float
    not_after_s: float


def validity_of(pem: str) -> Validity:
    """
    Return the life of the first certificate of a PEM text.

    Raises:
        ValueError: the text holds none, or one that is cut off.
    """
    begin = pem.find(_BEGIN)
    end = pem.find(_END, begin)
    if begin < 0 or end < 0:
        raise ValueError("no certificate in PEM form")
    der = binascii.a2b_base64(pem[begin + len(_BEGIN) : end])
    try:
        return _validity(der)
    except IndexError as error:
        raise ValueError("the certificate is cut off") from error


def _validity(der: bytes) -> Validity:
    certificate, _ = _asn1_content(der, 0, _SEQUENCE)
    signed, _ = _asn1_content(certificate, 0, _SEQUENCE)
    at = 0
    if signed[at] == _EXPLICIT_VERSION:
        _, at = _asn1_content(signed, at, _EXPLICIT_VERSION)
    _, at = _asn1_content(signed, at, _INTEGER)  # the serial number
    _, at = _asn1_content(signed, at, _SEQUENCE)  # how it is signed
    _, at = _asn1_content(signed, at, _SEQUENCE)  # by whom
    validity, _ = _asn1_content(signed, at, _SEQUENCE)
    before, at = _asn1_time(validity, 0)
    after, _ = _asn1_time(validity, at)
    return Validity(not_before_s=before, not_after_s=after)


def _asn1_time(data: bytes, at: int) -> tuple[float, int]:
    kind = data[at]
    text, after = _asn1_content(data, at, kind)
    if kind not in (_UTC_TIME, _GENERALISED_TIME):
        raise ValueError(f"a time of kind {kind:#x} in a certificate")
    digits = text.decode("ascii")
    if kind == _UTC_TIME:
        # Two digits of the year: 50 and above are of the last century (RFC 5280, 4.1.2.5.1).
        digits = ("19" if digits >= "50" else "20") + digits
    # By hand: strptime would bring its own modules into the resident agent.
    if len(digits) != 15 or not digits[:14].isdecimal() or digits[14] != "Z":
        raise ValueError(f"{digits!r} is no time of a certificate")
    year, rest = int(digits[:4]), digits[4:14]
    month, day, hour, minute, second = (int(rest[place : place + 2]) for place in range(0, 10, 2))
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp(), after


def _asn1_content(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    """Return the content of the element at a place, and where the next one begins."""
    if data[at] != kind:
        raise ValueError(f"an element of kind {data[at]:#x} where {kind:#x} belongs")
    length = data[at + 1]
    start = at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > len(data):
        raise IndexError("an element reaches beyond its end")
    return data[start : start + length], start + length

"""
When a certificate runs out: the one field that is read of it.

By hand: the standard library tells it only of a peer, and a library for X.509 would be a dependency
for one date. Source: RFC 5280, sections 4.1 and 4.1.2.5; X.690, section 8.1.
"""

import ssl
from datetime import UTC, datetime

_SEQUENCE, _INTEGER, _EXPLICIT_VERSION = 0x30, 0x02, 0xA0
_UTC_TIME, _GENERALISED_TIME = 0x17, 0x18
_END = "-----END CERTIFICATE-----"


def expires_s(pem: str) -> float:
    """
    Return when the first certificate of a PEM text runs out, as Unix time.

    Raises:
        ValueError: the text holds none, or one that is cut off.
    """
    begin = pem.find("-----BEGIN CERTIFICATE-----")
    end = pem.find(_END, begin)
    if begin < 0 or end < 0:
        raise ValueError("no certificate in PEM form")
    der = ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)])
    try:
        return _not_after(der)
    except IndexError as error:
        raise ValueError("the certificate is cut off") from error


def _not_after(der: bytes) -> float:
    certificate, _ = _content(der, 0, _SEQUENCE)
    signed, _ = _content(certificate, 0, _SEQUENCE)
    at = 0
    if signed[at] == _EXPLICIT_VERSION:
        _, at = _content(signed, at, _EXPLICIT_VERSION)
    _, at = _content(signed, at, _INTEGER)  # the serial number
    _, at = _content(signed, at, _SEQUENCE)  # how it is signed
    _, at = _content(signed, at, _SEQUENCE)  # by whom
    validity, _ = _content(signed, at, _SEQUENCE)
    _, at = _content(validity, 0, validity[0])  # from when on
    text, _ = _content(validity, at, validity[at])
    kind = validity[at]
    if kind not in (_UTC_TIME, _GENERALISED_TIME):
        raise ValueError(f"a time of kind {kind:#x} in a certificate")
    digits = text.decode("ascii")
    if kind == _UTC_TIME:
        # Two digits of the year: 50 and above are of the last century (RFC 5280, 4.1.2.5.1).
        digits = ("19" if digits >= "50" else "20") + digits
    return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _content(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
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

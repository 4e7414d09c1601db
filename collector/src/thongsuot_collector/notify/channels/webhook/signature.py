"""
Signature: proves to a receiver the origin, integrity and freshness of a request. Pure.

``Thongsuot-Signature: t=<Unix seconds>,v1=<hex>`` where ``v1`` is HMAC-SHA256 (RFC 2104) over
``<t>.<body>`` with the shared secret. During a change of secrets there is one ``v1`` for each.
"""

import hashlib
import hmac
from collections.abc import Iterable

HEADER = "Thongsuot-Signature"
TOLERANCE_S = 300
"""How far the clocks of both sides may differ, and how long a request may travel."""


def sign_body(body: bytes, secrets: Iterable[str], *, at_s: int) -> str:
    """Return the header's value for a body that is sent at a time (Unix seconds)."""
    marks = ",".join(f"v1={_mark(body, secret, str(at_s))}" for secret in secrets)
    return f"t={at_s},{marks}"


def verify_signature(
    header: str, body: bytes, secret: str, *, now_s: float, tolerance_s: float = TOLERANCE_S
) -> bool:
    """
    Return whether a header is a valid and recent signature of a body.

    Verification by a receiver; against a replay within the tolerance it also remembers the
    ``Thongsuot-Delivery`` of accepted requests.
    """
    fields = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in fields if name.strip() == "t"]
    marks = [value for name, _, value in fields if name.strip() == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
        return False
    if abs(now_s - int(times[0])) > tolerance_s:
        return False
    wanted = _mark(body, secret, times[0])
    return any(hmac.compare_digest(wanted.encode(), mark.encode()) for mark in marks)


def _mark(body: bytes, secret: str, at_s: str) -> str:
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()

"""
Second factor: codes of an authenticator app (RFC 6238 over RFC 4226), its QR code, recovery codes.
Pure except for randomness.
"""

import secrets
from base64 import b32encode
from hmac import compare_digest
from typing import Final

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from thongsuot_collector.store.tokens import digest_of

STEP_S: Final = 30
DIGITS: Final = 6
SKEW_STEPS: Final = 1
"""
Clocks of telephones are inaccurate, and typing takes time: the previous and the next step are
accepted.
"""
RECOVERY_CODES: Final = 10

_SECRET_BYTES: Final = 20
"""As long as the hash (RFC 4226, section 4, R6)."""
_RECOVERY_BYTES: Final = 10


def new_secret() -> bytes:
    """Return a secret for an authenticator app."""
    return secrets.token_bytes(_SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step."""
    # Apps only support SHA-1; its collisions do not affect HMAC.
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode()  # noqa: S303


def step_of(secret: bytes, code: str, *, now_s: float) -> int | None:
    """Return the time step of a code, near the present; ``None`` if it is wrong."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    now = int(now_s // STEP_S)
    steps = range(now - SKEW_STEPS, now + SKEW_STEPS + 1)
    return next((step for step in steps if compare_digest(code_at(secret, step), digits)), None)


def uri(secret: bytes, name: str, issuer: str) -> str:
    """Return the URI for an authenticator app: ``otpauth://totp/…``."""
    made = TOTP(secret, DIGITS, SHA1(), STEP_S).get_provisioning_uri(name, issuer)  # noqa: S303
    return made.replace("+", "%20")  # some apps display the plus


def picture(secret: bytes, name: str, issuer: str) -> str:
    """Return the QR code of a secret, as a data URL of an image."""
    return segno.make(uri(secret, name, issuer), error="m").svg_data_uri(scale=5, light="#fff")


def spelled(secret: bytes) -> str:
    """Return a secret to be typed, in groups of four."""
    return grouped(b32encode(secret).decode())


def grouped(text: str) -> str:
    """Return a text in groups of four."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def new_recovery_codes() -> list[str]:
    """Return one-time codes that replace the app."""
    return [
        grouped(b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()).replace(" ", "-")
        for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> bytes:
    """Return the stored digest of a recovery code, in any accepted spelling."""
    return digest_of("".join(filter(str.isalnum, code)).lower().encode())

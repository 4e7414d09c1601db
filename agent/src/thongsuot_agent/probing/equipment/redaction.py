"""
Identities that never leave the device in clear: IMEI, IMSI, ICCID, telephone numbers.

Nothing here reads them on purpose. ``redact`` is the last gate: whatever text of a device goes
into a finding passes it, so that a device that puts an identity into another field gives nothing
away. A cell id, a PLMN and a channel are shorter and stay.
"""

import re
from typing import Final

_LONG: Final = re.compile(r"(?<![\w.])\+?\d[\dA-Fa-f]{13,21}(?![\w.])")
"""IMEI and IMSI have 14 to 16 digits, an ICCID 18 to 22, some with a filler F at the end."""
_PHONE: Final = re.compile(r"(?<![\w.])(?:\+\d{8,15}|0\d{9,10})(?![\w.])")
MASK: Final = "***"


def redact(text: str) -> str:
    """Return a text without identities of a subscriber or a modem."""
    return _PHONE.sub(MASK, _LONG.sub(MASK, text))

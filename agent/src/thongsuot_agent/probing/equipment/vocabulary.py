"""
Maps vendors' words to ours: technology, registration, SIM. Pure.

Each function returns an empty text for unknown values.
"""

import re
from typing import Final

GSM, UMTS, LTE, NR_NSA, NR_SA, NONE = "gsm", "umts", "lte", "nr_nsa", "nr_sa", "none"

_SPACES: Final = re.compile(r"[\s_\-+/().]+")
_NR: Final = ("nr5g", "5g", "nr", "ngran", "5gnr")
_NO_SERVICE: Final = ("no service", "noservice", "not registered", "no signal")
_SECOND: Final = frozenset({"gsm", "gprs", "edge", "egprs", "2g"})
_THIRD: Final = frozenset(
    {"umts", "wcdma", "hsdpa", "hsupa", "hspa", "hspap", "dchspa", "3g", "utran", "cdma", "evdo"}
)


def technology(text: str) -> str:
    """Return ``gsm``, ``umts``, ``lte``, ``nr_nsa``, ``nr_sa`` or ``none`` (no service)."""
    word = text.lower()
    if any(phrase in word for phrase in _NO_SERVICE):
        return NONE
    parts = {part for part in _SPACES.split(word) if part}
    joined = "".join(_SPACES.split(word))
    has_nr = any(part in _NR or part.startswith(("nr5g", "5gnr")) for part in parts)
    has_lte = any(part in {"4g", "eutran", "eutra"} or "lte" in part for part in parts)
    known = {
        NR_NSA: "nsa" in joined or "endc" in joined or (has_nr and has_lte),
        NR_SA: has_nr or joined in {"sa", "nrsa", "5gsa"},
        LTE: has_lte,
        UMTS: bool(parts & _THIRD) or joined in _THIRD or "hspa" in joined or "evdo" in joined,
        GSM: bool(parts & _SECOND),
        NONE: joined in {"none", "searching", "limited"},
    }
    return next((name for name, is_so in known.items() if is_so), "")


def registration(text: str) -> str:
    """Return ``home``, ``roaming``, ``searching``, ``denied`` or ``none``."""
    word = text.lower()
    known = {
        "denied": "denied" in word,
        "searching": "search" in word,
        "none": any(phrase in word for phrase in (*_NO_SERVICE, "unregistered")) or word == "none",
        "roaming": "roam" in word,
        "home": "home" in word or word.startswith("registered"),
    }
    return next((name for name, is_so in known.items() if is_so), "")


def sim(text: str) -> str:
    """Return ``ready``, ``absent``, ``locked`` or ``failed``."""
    word = text.lower()
    if any(
        phrase in word for phrase in ("not inserted", "absent", "no sim", "removed", "not present")
    ):
        return "absent"
    if any(phrase in word for phrase in ("pin", "puk", "lock", "required")):
        return "locked"
    if "fail" in word or "error" in word or "block" in word:
        return "failed"
    return "ready" if word in {"ok", "ready", "inserted", "valid", "1"} else ""


def yes_no(text: str) -> str:
    """Return ``yes`` or ``no``."""
    word = text.lower()
    if any(phrase in word for phrase in ("not ", "dis", "down", "idle")) or word in {
        "no",
        "0",
        "false",
        "off",
    }:
        return "no"
    known = word in {"yes", "1", "true", "on", "up", "network ready", "established", "running"}
    return "yes" if known or word.startswith("connected") else ""


def roaming(text: str) -> str:
    """Return ``roaming`` or ``home``."""
    word = text.lower()
    if word in {"0", "no", "false", "off"} or "home" in word or "not roam" in word:
        return "home"
    return "roaming" if word in {"1", "yes", "true", "on"} or "roam" in word else ""


def plmn(country: str, network: str) -> str:
    """
    Return country and network code as one text, leading zeros kept: ``45204``.

    Modems leave zeros out. A network code has two digits unless three are given; of the countries
    with three (310 to 316, 302, 334, 338, 405 …) a modem gives all three.
    """
    codes = (country, network)
    if not all(code.isascii() and code.isdecimal() and len(code) <= 3 for code in codes):
        return ""
    if int(country) == 0 and int(network) == 0:
        return ""
    return country.zfill(3) + network.zfill(2)

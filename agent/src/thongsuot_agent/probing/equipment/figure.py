"""
Figures: the values that equipment can report, by name, and their plausible ranges.

Pure. A name ends in its unit. A value outside its range, one of the maker's marks for "nothing"
and a text without a number are *rejected*: they are counted, and no value takes their place.
"""

import re
from enum import Enum, auto
from typing import Final

import msgspec

from thongsuot_agent.probing.equipment import vocabulary


class ValueKind(Enum):
    """How the value of a figure is read."""

    NUMBER = auto()
    TEXT = auto()
    TECHNOLOGY = auto()
    REGISTRATION = auto()
    SIM = auto()
    YES_NO = auto()
    ROAMING = auto()


class ValueRejected(Exception):
    """A value that means nothing; ``why`` is ``sentinel``, ``parse``, ``range`` or ``words``."""

    def __init__(self, why: str, raw: str) -> None:
        self.why = why
        super().__init__(f"{why}: {raw[:40]!r}")


_SORTS: Final = {
    "rat": ValueKind.TECHNOLOGY,
    "registration": ValueKind.REGISTRATION,
    "sim_state": ValueKind.SIM,
    "pin_state": ValueKind.SIM,
    "connected": ValueKind.YES_NO,
    "attached": ValueKind.YES_NO,
    "optical_lost": ValueKind.YES_NO,
    "on_battery": ValueKind.YES_NO,
    "roaming": ValueKind.ROAMING,
}
_TEXTS: Final = frozenset(
    [
        "band",
        "bands_supported",
        "bandwidth",
        "cell_id",
        "device_firmware",
        "lac",
        "mcc",
        "mnc",
        "modem_firmware",
        "modem_manufacturer",
        "modem_model",
        "modem_state",
        "modem_status",
        "nr_band",
        "operator",
        "optical_model",
        "plmn",
        "rat_text",
        "ups_model",
        "wan_id",
    ]
)

RSRP_DBM: Final = (-156.0, -31.0)
RSRQ_DB: Final = (-43.0, 20.0)
SINR_DB: Final = (-23.0, 40.0)
RSSI_DBM: Final = (-125.0, -20.0)
"""
What is plausible over the air, LTE and NR together: the reporting ranges of 3GPP TS 38.133, tables
10.1.6.1-1, 10.1.11.1-1 and 10.1.16.1-1, into which the extended ranges of TS 36.133, 9.1.4 and
9.1.7 fit; RSSI has none of its own.
"""
PCI: Final = (0.0, 1007.0)
"""LTE has 0 to 503, NR 0 to 1007 (TS 38.211, 7.4.2.1)."""
BAND: Final = (1.0, 512.0)
"""TS 38.101-1 and -2, 5.2; an LTE band is at most 255 (TS 36.101, 5.5)."""
ARFCN: Final = (0.0, 3279165.0)
"""TS 38.104, 5.4.2.1; an LTE channel is at most 262143 (TS 36.101, 5.7.3)."""

_RANGES: Final = (
    ("rsrp_dbm", RSRP_DBM),
    ("rsrp1_dbm", RSRP_DBM),
    ("rsrq_db", RSRQ_DB),
    ("sinr_db", SINR_DB),
    ("sinr_db_alt", SINR_DB),
    ("snr_db", SINR_DB),
    ("rssi_dbm", RSSI_DBM),
    ("rssi_3g_dbm", RSSI_DBM),
    ("signal_dbm", RSSI_DBM),
    ("optical_rx_dbm", (-60.0, 20.0)),
    ("optical_tx_dbm", (-60.0, 20.0)),
    ("tx_power_dbm", (-60.0, 50.0)),
    ("pci", PCI),
    ("earfcn", ARFCN),
    ("arfcn", ARFCN),
    ("temp_c", (-60.0, 150.0)),
    ("_percent", (0.0, 100.0)),
    ("_bytes", (0.0, 2.0**64)),
    ("_total", (0.0, 2.0**64)),
    ("_s", (0.0, 3.2e9)),
    ("_v", (0.0, 1000.0)),
    ("_ma", (0.0, 1000.0)),
)

_NUMBER: Final = re.compile(
    r"^\s*(?:[<>]=?)?\s*([-+]?[0-9]{1,40}(?:\.[0-9]{1,40})?)(?=$|[\s,;/(%°]|[A-Za-z]{1,12}(?:$|[\s,;/(]))"
)
"""
A number at the start, optionally followed by a unit: ``-10.15 dBm``, ``>=-44dBm``. Mixed letters
and digits are not a number: octets that are not text arrive in hex, and 2d3931 is not 2.
"""
_HEX: Final = re.compile(r"\s*0x[0-9a-f]*\s*")
"""Octets that are not text, as returned by ``snmp.client``."""
_BLANK: Final = frozenset({"", "-", "--", "n/a", "na", "none", "null", "unknown"})


class FigureValue(msgspec.Struct, frozen=True):
    """One figure: a number in the unit of its name, or a text."""

    number: float | None = None
    text: str = ""


def value_kind(name: str) -> ValueKind:
    """Return how a figure of a name is read."""
    if name in _TEXTS:
        return ValueKind.TEXT
    return _SORTS.get(name, ValueKind.NUMBER)


def plausible_range(name: str) -> tuple[float, float] | None:
    """Return the plausible range of a figure; ``None`` if it is unknown."""
    for ending, bounds in _RANGES:
        if name == ending or name.endswith(ending if ending[0] == "_" else f"_{ending}"):
            return bounds
    return None


_MARKS: Final = frozenset(
    [-(2.0**15), 2.0**15 - 1, 2.0**16 - 1, -(2.0**31), 2.0**31 - 1, 2.0**32 - 1, -9999.0]
)
"""Ends of the ranges of integers: what firmwares send where they have no value."""
_COUNTING: Final = ("_bytes", "_total", "arfcn")
"""Names that may have any of these values."""


def read_figure(
    name: str, raw: str | float, *, scale: float = 1.0, is_own_word: bool = False
) -> FigureValue:
    """
    Return a figure from the equipment's value.

    ``is_own_word``: it is a word of ours that a profile has put for what the equipment says, so
    that ``none`` (no service, not registered) is a meaning and no blank.

    Raises:
        Rejected: it is empty or implausible.
    """
    text = str(raw).strip()
    sort = value_kind(name)
    if text.lower() in _BLANK and not is_own_word:
        raise ValueRejected("sentinel", text)
    if sort is ValueKind.TEXT:
        return FigureValue(text=text[:100])
    if sort is ValueKind.NUMBER:
        return FigureValue(number=_number(name, text, scale))
    meaning = _vocabulary_word(sort, text)
    if not meaning:
        raise ValueRejected("words", text)
    return FigureValue(text=meaning)


def _vocabulary_word(sort: ValueKind, text: str) -> str:
    if sort is ValueKind.TECHNOLOGY:
        return vocabulary.technology(text)
    if sort is ValueKind.REGISTRATION:
        return vocabulary.registration(text)
    if sort is ValueKind.SIM:
        return vocabulary.sim(text)
    return vocabulary.roaming(text) if sort is ValueKind.ROAMING else vocabulary.yes_no(text)


def number_in(text: str) -> float | None:
    """Return the number at the start of a text, ``None`` if there is none."""
    match = _NUMBER.match(text)
    return None if match is None or _HEX.fullmatch(text) else float(match.group(1))


def _number(name: str, text: str, scale: float) -> float:
    number = number_in(text)
    if number is None:
        raise ValueRejected("parse", text)
    if number in _MARKS and number < 0 and name.endswith(_COUNTING):
        raise ValueRejected("sentinel", text)
    if number < 0 and name.endswith(("_bytes", "_bytes_today")):
        number += 2.0**32  # an Integer32 that went past 2^31
    # A factor such as 0.1 is not exact in binary: 161 x 0.1 must be 16.1.
    value = number if scale == 1.0 else round(number * scale, 9)
    bounds = plausible_range(name)
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise ValueRejected("range", text)
    if bounds is not None and number in _MARKS and not name.endswith(_COUNTING):
        raise ValueRejected("sentinel", text)
    return value

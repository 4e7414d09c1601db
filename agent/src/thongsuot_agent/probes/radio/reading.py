"""
Reading: the values of one query of a modem, with separate LTE anchor and NR leg. Pure.

A non-standalone 5G connection (NSA) has two legs: the LTE cell as its anchor and the NR cell for
the traffic. Each has its own power and quality, and a value of one is never used for the other.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from thongsuot_agent.probing.equipment import coercion, vocabulary
from thongsuot_agent.probing.equipment.figure import BAND, ValueRejected, number_in, read_figure
from thongsuot_schema.reason import Reason

Raw = str | float | int | None

_BAND: Final = re.compile(r"(?:^|[\s_-]|band|[bn])([0-9]{1,3})\s*$", re.IGNORECASE)
"""``B20``, ``n78``, ``LTE_B3``, ``EUTRAN-BAND40``, ``NR5G BAND 78``, ``20``."""
_PLMN: Final = re.compile(r"[0-9]{5,6}")
_LARGEST: Final = 2.0**64
_UNKNOWN_CELLS: Final = frozenset({2**bits - 1 for bits in (28, 31, 32, 36, 64)})
"""
All bits set: the modems' value for an unknown cell. LTE has 28 bits, NR 36 (TS 38.413, 9.3.1.7);
the others are the widths of integer types.
"""
_CELL_IDS: Final = {"lte": 2**28, "nr": 2**36}
_UNKNOWN_AREAS: Final = frozenset({0, 0xFFFE, 0xFFFF, 0xFFFFFE, 0xFFFFFF, 2**31 - 1, 2**32 - 1})
"""
Invalid tracking areas: 0 and all bits but the last are reserved (TS 23.003, 19.4.2.3), all bits set
is "not known".
"""
_MEASURES: Final = ("rsrp_dbm", "rsrq_db", "sinr_db", "rssi_dbm")


class ModemUnreadable(Exception):
    """
    There is no reading.

    ``reason`` says whether the modem failed to answer or could not be queried; ``detail`` has no
    secret and no identity.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class ModemAbsent(ModemUnreadable):
    """ModemManager of this device has no modem."""


class ServingCell(msgspec.Struct, frozen=True, kw_only=True):
    """
    One serving cell.

    ``arfcn`` is the channel's number (EARFCN or NR-ARFCN), ``band`` the number after B or n,
    ``cell_id`` the whole identity (28 bits in LTE, 36 in NR). ``None``: not measured, not reported,
    or reported with a mark for no value.
    """

    rsrp_dbm: float | None = None
    rsrq_db: float | None = None
    sinr_db: float | None = None
    rssi_dbm: float | None = None
    band: int | None = None
    arfcn: int | None = None
    pci: int | None = None
    cell_id: int | None = None
    tac: int | None = None
    bandwidth_mhz: float | None = None

    @property
    def cell(self) -> tuple[int | None, int | None, int | None]:
        """The fields that identify a cell."""
        return self.cell_id, self.pci, self.arfcn


class TrafficCounter(msgspec.Struct, frozen=True):
    """A counter of bytes, and how many bits it has before it wraps."""

    value: int
    bits: int = 64


def traffic_counter(raw: object) -> TrafficCounter | None:
    """
    Return a counter of bytes; ``None`` for an invalid value, or one that exceeds 64 bits.
    """
    value = coercion.as_whole_number(raw)
    return TrafficCounter(value) if value is not None and 0 <= value < 2**64 else None


class ModemReading(msgspec.Struct, frozen=True, kw_only=True):
    """
    One reading of a modem.

    ``technology`` is a word of ``devices.words`` (``lte``, ``nr_nsa``, …), empty if unknown.
    ``shows_nr``: the source can show an NR leg; otherwise a missing leg proves nothing.
    ``rejected`` has the reason for each missing value, by its name with the leg as prefix
    (``nr_rsrp_dbm``). ``texts`` are texts for a person (operator, model); never an identity.
    ``error`` is the modem's error. ``apn`` is the access point in use or requested,
    ``bearer_error`` why there is no data connection, in ModemManager's term without its namespace.
    """

    technology: str = ""
    registration: str = ""
    sim: str = ""
    plmn: str = ""
    apn: str = ""
    bearer_error: str = ""
    connected: bool | None = None
    roaming: bool | None = None
    lte: ServingCell | None = None
    nr: ServingCell | None = None
    shows_nr: bool = True
    received: TrafficCounter | None = None
    sent: TrafficCounter | None = None
    temperature_c: float | None = None
    session_s: float | None = None
    carriers: int | None = None
    rejected: dict[str, str] = {}
    texts: dict[str, str] = {}
    error: str = ""

    @property
    def serving(self) -> ServingCell | None:
        """The cell that anchors the connection: the LTE anchor, or a standalone NR cell."""
        return self.lte or self.nr


class ReadingBuilder:
    """Builds a reading: accepts modems' values and rejects invalid ones."""

    def __init__(self) -> None:
        self.fields: dict[str, object] = {}
        self.legs: dict[str, dict[str, float | int]] = {"lte": {}, "nr": {}}
        self.rejected: dict[str, str] = {}
        self.texts: dict[str, str] = {}

    def add_measurement(self, leg: str, name: str, raw: Raw, *, scale: float = 1.0) -> None:
        """Add a power or a quality; the first valid value stays."""
        if raw is None or name in self.legs[leg]:
            return
        try:
            value = read_figure(name, raw, scale=scale).number
        except ValueRejected as rejected:
            self.rejected[f"{leg}_{name}"] = rejected.why
            return
        assert value is not None, "a measure is a number"
        self.rejected.pop(f"{leg}_{name}", None)
        self.legs[leg][name] = value

    def add_measurements(self, leg: str, raws: Mapping[str, Raw], *, scale: float = 1.0) -> None:
        """Add several measurements."""
        for name, raw in raws.items():
            self.add_measurement(leg, name, raw, scale=scale)

    def set_cell(self, leg: str, *, base: int = 10, **raws: Raw) -> None:
        """
        Set the identity of a cell: ``band``, ``arfcn``, ``pci``, ``cell_id``, ``tac``.

        ``base`` is that of ``pci``, ``cell_id`` and ``tac`` given as text.
        """
        for name, raw in raws.items():
            if raw is None or name in self.legs[leg]:
                continue
            value = _whole(raw, base if name in {"pci", "cell_id", "tac", "arfcn"} else 0)
            if value is None:
                continue
            why = _why_no_place(leg, name, value)
            if why:
                self.rejected[f"{leg}_{name}"] = why
                continue
            try:
                read_figure(name, value)
            except ValueRejected as rejected:
                self.rejected[f"{leg}_{name}"] = rejected.why
                continue
            self.rejected.pop(f"{leg}_{name}", None)
            self.legs[leg][name] = value

    def set_bandwidth(self, leg: str, raw: Raw) -> None:
        """Set a bandwidth in MHz: ``20MHz``, ``100``."""
        bandwidth_mhz = None if raw is None else number_in(str(raw))
        if bandwidth_mhz:
            self.legs[leg].setdefault("bandwidth_mhz", bandwidth_mhz)

    def set_temperature(self, raw: Raw, *, scale: float = 1.0) -> None:
        """Set the modem's temperature in degrees Celsius."""
        if raw is None or "temperature_c" in self.fields:
            return
        try:
            temperature_c = read_figure("temp_c", raw, scale=scale).number
        except ValueRejected as rejected:
            self.rejected["temperature"] = rejected.why
            return
        self.fields["temperature_c"] = None if temperature_c is None else round(temperature_c, 1)

    def set_fields(self, **fields: object) -> None:
        """Add a value that belongs to no leg and cannot be invalid; empty ones are ignored."""
        for name, value in fields.items():
            if not (value is None or value == ""):
                self.fields.setdefault(name, value)

    def add_texts(self, **texts: Raw) -> None:
        """Add a text of interest for a person."""
        for name, text in texts.items():
            cleaned = coercion.as_text(text)
            if cleaned not in {"", "-", "--"}:
                self.texts.setdefault(name, cleaned)

    def build(self) -> ModemReading:
        """Return the reading."""
        technology = self.fields.get("technology")
        if technology == vocabulary.NR_SA and self.legs["nr"]:
            # Modems keep the last values of a lost leg. A source without names for NR, which uses
            # one word for any 5G, is left unchanged.
            self.legs["lte"].clear()
        plmn = self.fields.get("plmn", "")
        if plmn and not _PLMN.fullmatch(str(plmn)):
            del self.fields["plmn"]
            self.rejected["plmn"] = "parse"
        legs = {name: self._built_leg(name) for name in self.legs}
        if not technology:
            self.set_fields(technology=_technology(legs["lte"], legs["nr"]))
        return msgspec.convert(
            {**self.fields, **legs, "rejected": self.rejected, "texts": self.texts},
            ModemReading,
            from_attributes=True,
        )

    def _built_leg(self, leg: str) -> ServingCell | None:
        values = self.legs[leg]
        rsrp, rssi = values.get("rsrp_dbm"), values.get("rssi_dbm")
        if rsrp is None:
            # No quality without a power: modems without a cell report 0 for values that they do not
            # measure.
            zeros = [n for n in ("rsrq_db", "sinr_db") if values.get(n) == 0]
            self._reject(leg, zeros)
        elif rssi is not None and rsrp > rssi:
            # One resource element cannot be stronger than all (TS 36.214, 5.1): a stale value.
            self._reject(leg, [n for n in _MEASURES if n in values])
        return msgspec.convert(values, ServingCell) if values else None

    def _reject(self, leg: str, names: list[str]) -> None:
        for name in names:
            del self.legs[leg][name]
            self.rejected[f"{leg}_{name}"] = "inconsistent"


def _why_no_place(leg: str, name: str, value: int) -> str:
    """Return why a number is not a valid cell, tracking area or band; empty if it is valid."""
    if name == "band":
        return "" if BAND[0] <= value <= BAND[1] else "range"
    if (name == "cell_id" and value in _UNKNOWN_CELLS) or (
        name == "tac" and value in _UNKNOWN_AREAS
    ):
        return "sentinel"
    return "range" if name == "cell_id" and not 0 <= value < _CELL_IDS[leg] else ""


def _technology(lte: ServingCell | None, nr: ServingCell | None) -> str:
    if nr is not None:
        return vocabulary.NR_SA if lte is None else vocabulary.NR_NSA
    return "" if lte is None else vocabulary.LTE


def _whole(raw: Raw, base: int) -> int | None:
    """Return a whole number; with base 0 that of a band in a text such as ``NR5G BAND 78``."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        return int(raw) if abs(raw) <= _LARGEST else None
    text = coercion.as_text(raw)
    if len(text) > coercion.MAX_NUMBER or not text.isascii():
        return None
    if base == 0:
        match = _BAND.search(text)
        return None if match is None else int(match.group(1))
    try:
        return int(text, base)
    except ValueError:
        return None

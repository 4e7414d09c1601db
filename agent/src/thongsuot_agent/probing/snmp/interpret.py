"""Converts varbinds to figures, by a profile. Pure."""

import re
from collections.abc import Iterable, Mapping

from thongsuot_agent.probing.equipment.figure import (
    FigureValue,
    ValueRejected,
    read_figure,
)
from thongsuot_agent.probing.snmp.client import ValueType, Varbind
from thongsuot_agent.probing.snmp.profile import Figure, Profile, SensorSelection
from thongsuot_agent.probing.snmp.protocol import ComponentReading
from thongsuot_agent.probing.snmp.sensors import Sensor, in_unit_of, sensors_of

DEVICE = "0"
"""The row of objects without rows."""

_RADIO_LEGS = ("", "nr_")
_QUALITY = ("rsrq_db", "sinr_db", "snr_db", "sinr_db_alt")
_MEASURES = ("rsrp_dbm", "rssi_dbm", *_QUALITY)


def groups_from(
    profile: Profile, read_by: Mapping[str, Iterable[Varbind]]
) -> dict[str, ComponentReading]:
    """
    Return the figures of each row; ``read_by`` has the values of each OID of the profile.

    A device with rows has its scalars in every row: they apply to all of them.
    """
    drafts: dict[str, _GroupBuilder] = {}
    tables = {
        figure.oid: sensors_of(figure.oid, read_by)
        for figure in profile.figures
        if figure.sensor is not None
    }
    for figure in profile.figures:
        if figure.sensor is not None:
            for sensor in tables[figure.oid]:
                if _is_selected(sensor, figure.sensor):
                    drafts.setdefault(sensor.module, _GroupBuilder()).add_sensor(figure, sensor)
            continue
        for varbind in read_by.get(figure.oid, ()):
            row = DEVICE if figure.is_scalar else varbind.oid.removeprefix(f"{figure.oid}.")
            drafts.setdefault(row, _GroupBuilder()).add(figure, varbind)
    rows = [row for row in drafts if row != DEVICE] if _has_columns(profile) else []
    if rows and DEVICE in drafts and not _is_a_row(profile, read_by):
        shared = drafts.pop(DEVICE)
        for row in rows:
            drafts[row].add_shared(shared)
    return {row: _checked(draft) for row, draft in drafts.items()}


def _has_columns(profile: Profile) -> bool:
    return any(not figure.is_scalar for figure in profile.figures)


def _is_a_row(profile: Profile, read_by: Mapping[str, Iterable[Varbind]]) -> bool:
    """Return whether a column has a separate row with the name of the device (Peplink)."""
    return any(
        varbind.oid == f"{figure.oid}.{DEVICE}"
        for figure in profile.figures
        if not figure.is_scalar
        for varbind in read_by.get(figure.oid, ())
    )


def _is_selected(sensor: Sensor, selection: SensorSelection) -> bool:
    return sensor.type in selection.types and any(
        re.search(selection.named, name, re.IGNORECASE) for name in sensor.names
    )


class _GroupBuilder:
    """A group under construction."""

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.texts: dict[str, str] = {}
        self.bits: dict[str, int] = {}
        self.rejected: dict[str, str] = {}
        self.labels: dict[str, None] = {}
        self.if_indexes: dict[int, None] = {}

    def add_sensor(self, figure: Figure, sensor: Sensor) -> None:
        """Add one sensor; the first value of a name stays."""
        self.labels |= dict.fromkeys(sensor.module_names)
        self.if_indexes |= dict.fromkeys(sensor.if_indexes)
        name = figure.name
        if name in self.numbers:
            return
        if sensor.value is None:
            self.rejected[name] = "sentinel"
            return
        # Avoid Python's notation of small numbers: devices do not write 1e-05.
        raw = f"{in_unit_of(name, sensor.type, sensor.value):.6f}"
        try:
            number = read_figure(name, raw).number
        except ValueRejected as rejected:
            self.rejected[name] = rejected.why
            return
        assert number is not None, "what a sensor measures is a number"
        self.rejected.pop(name, None)
        self.numbers[name] = number

    def add(self, figure: Figure, varbind: Varbind) -> None:
        """Add one object; the first value of a name stays."""
        name = figure.name
        if name in self.numbers or name in self.texts:
            return
        raw = str(varbind.value).strip()
        try:
            value = _read(figure, varbind, raw)
        except ValueRejected as rejected:
            self.rejected[name] = rejected.why
            return
        self.rejected.pop(name, None)
        if value.number is None:
            self.texts[name] = value.text
            return
        self.numbers[name] = value.number
        if name.endswith(("_bytes", "_total")):
            self.bits[name] = 64 if varbind.tag is ValueType.COUNTER64 else 32

    def add_shared(self, other: "_GroupBuilder") -> None:
        """Add values of the whole device that the row lacks."""
        for name, number in other.numbers.items():
            self.numbers.setdefault(name, number)
        for name, text in other.texts.items():
            self.texts.setdefault(name, text)
        for name, why in other.rejected.items():
            if name not in self.numbers and name not in self.texts:
                self.rejected.setdefault(name, why)

    def reject(self, names: Iterable[str], why: str) -> None:
        """Reject figures that were added."""
        for name in names:
            if self.numbers.pop(name, None) is not None:
                self.rejected[name] = why


def _checked(draft: _GroupBuilder) -> ComponentReading:
    """Drop values that the other figures of the same leg contradict."""
    for leg in _RADIO_LEGS:
        rsrp, rssi = draft.numbers.get(f"{leg}rsrp_dbm"), draft.numbers.get(f"{leg}rssi_dbm")
        if rsrp is None:
            # A modem without a cell reports 0 for values that it does not measure: 0 dB of SINR is
            # only valid together with a power.
            zeros = [f"{leg}{name}" for name in _QUALITY if draft.numbers.get(f"{leg}{name}") == 0]
            draft.reject(zeros, "inconsistent")
        if rsrp is not None and rssi is not None and rsrp > rssi:
            # The power of one resource element cannot exceed that of all of them (TS 36.214, 5.1):
            # these values are stale.
            draft.reject([f"{leg}{name}" for name in _MEASURES], "inconsistent")
    return ComponentReading(
        numbers=draft.numbers,
        texts=draft.texts,
        bits=draft.bits,
        rejected=draft.rejected,
        labels=tuple(draft.labels),
        if_indexes=tuple(draft.if_indexes),
    )


def _read(figure: Figure, varbind: Varbind, raw: str) -> FigureValue:
    if raw in figure.invalid:
        raise ValueRejected("sentinel", raw)
    word = figure.words.get(raw)
    if word is not None:
        return read_figure(figure.name, word, scale=figure.scale, is_own_word=True)
    if figure.words and varbind.tag is not ValueType.TEXT:
        raise ValueRejected("words", raw)
    return read_figure(figure.name, raw, scale=figure.scale)

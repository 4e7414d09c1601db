"""
Sensors of ENTITY-SENSOR-MIB (RFC 3433): rows that define their own quantity. Pure.

Many routers report the light of an SFP this way: one row per sensor, with a type (watts, dBm,
amperes, …), a factor and a precision; ENTITY-MIB (RFC 6933) has its name and its module.
CISCO-ENTITY-SENSOR-MIB has the same columns, and additionally the type dBm.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from thongsuot_agent.probing.snmp.client import Varbind

TYPES: Final[Mapping[str, int]] = {
    "volts_ac": 3,
    "volts_dc": 4,
    "amperes": 5,
    "watts": 6,
    "celsius": 8,
    "dbm": 14,
}
"""The types of EntitySensorDataType (RFC 3433, 3) that a figure may have; 14 is Cisco's."""

_UNITS: Final[Mapping[str, Mapping[str, float]]] = {
    "_dbm": {"dbm": 1.0, "watts": 1.0},
    "_ma": {"amperes": 1e3},
    "_c": {"celsius": 1.0},
    "_v": {"volts_ac": 1.0, "volts_dc": 1.0},
}
"""By the suffix of a figure's name: the types that can be converted to it, and the factor."""

DARKEST_DBM: Final = -40.0
"""A reading of 0 W means less than the smallest step, 0.1 µW (SFF-8472, 9.4)."""

_TYPE, _SCALE, _PRECISION, _VALUE, _STATUS = "1", "2", "3", "4", "5"
COLUMNS: Final = (_TYPE, _SCALE, _PRECISION, _VALUE, _STATUS)
"""The columns of the table's entry."""

DESCRIPTION: Final = "1.3.6.1.2.1.47.1.1.1.1.2"
CONTAINED_IN: Final = "1.3.6.1.2.1.47.1.1.1.1.4"
NAME: Final = "1.3.6.1.2.1.47.1.1.1.1.7"
ALIAS: Final = "1.3.6.1.2.1.47.1.3.2.1.2"
ENTITY_COLUMNS: Final = (DESCRIPTION, CONTAINED_IN, NAME, ALIAS)
"""The columns of ENTITY-MIB; entAliasMappingIdentifier maps a port to its interface."""

_IF_INDEX: Final = "1.3.6.1.2.1.2.2.1.1."
_OK: Final = 1
_SCALES: Final = range(1, 18)
"""EntitySensorDataScale: yocto (10^-24) is 1, units 9, yotta 17."""
_UNITS_SCALE: Final = 9
_PRECISIONS: Final = range(-8, 10)
_LIMIT: Final = 1_000_000_000
"""EntitySensorValue: its extreme values mean out of range."""
_DEEPEST: Final = 16
"""Maximum entities above a sensor; protects against one that contains itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """
    One row: its type by our name, and its value in that unit, ``None`` if it reports none.

    ``names`` are its names; ``module`` is the row of its container, ``module_names`` the names of
    all its containers; ``if_indexes`` are their interfaces.
    """

    type: str
    value: float | None
    names: tuple[str, ...]
    module: str
    module_names: tuple[str, ...]
    if_indexes: tuple[int, ...]


def is_convertible(figure_name: str, sensor_type: str) -> bool:
    """Return whether sensors of a type can be converted to a figure."""
    return any(
        figure_name.endswith(ending) and sensor_type in types for ending, types in _UNITS.items()
    )


def in_unit_of(figure_name: str, sensor_type: str, value: float) -> float:
    """Return a sensor's value in the unit of a figure's name."""
    if sensor_type == "watts":
        return 10 * math.log10(value / 1e-3) if value > 0 else DARKEST_DBM
    factor = next(types[sensor_type] for end, types in _UNITS.items() if figure_name.endswith(end))
    return value * factor


def sensors_of(entry: str, read_by: Mapping[str, Iterable[Varbind]]) -> tuple[Sensor, ...]:
    """Return the sensors of a table, in the order of their rows."""
    columns = {column: _by_row(f"{entry}.{column}", read_by) for column in COLUMNS}
    entities = {column: _by_row(column, read_by) for column in ENTITY_COLUMNS}
    interfaces = _interfaces(entities[ALIAS])
    type_names = {number: name for name, number in TYPES.items()}
    sensors = []
    for row, number in columns[_TYPE].items():
        type_name = type_names.get(number) if isinstance(number, int) else None
        if type_name is None:
            continue
        around = tuple(_around(row, entities[CONTAINED_IN]))
        sensors.append(
            Sensor(
                type=type_name,
                value=_value({column: columns[column].get(row) for column in COLUMNS}),
                names=_names((row,), entities),
                module=around[0] if around else row,
                module_names=_names((row, *around), entities),
                if_indexes=tuple(
                    interfaces[entity] for entity in (row, *around) if entity in interfaces
                ),
            )
        )
    return tuple(sensors)


def is_of_interface(name: str, label: str) -> bool:
    """Return whether a label names an interface: ``Ethernet1`` does not match ``Ethernet1/2``."""
    return re.search(rf"(?<![\w/.:-]){re.escape(name)}(?![\w/.:-])", label) is not None


def _value(columns: Mapping[str, int | str | None]) -> float | None:
    raw, scale, precision = columns[_VALUE], columns[_SCALE], columns[_PRECISION]
    if not isinstance(raw, int) or abs(raw) >= _LIMIT or columns[_STATUS] != _OK:
        return None
    if scale not in _SCALES or precision not in _PRECISIONS:
        return None
    assert isinstance(scale, int)
    assert isinstance(precision, int)
    return raw * 10.0 ** (3 * (scale - _UNITS_SCALE) - precision)


def _around(row: str, contained_in: Mapping[str, int | str]) -> Iterator[str]:
    """Yield the rows of an entity's containers, from the nearest on."""
    for _ in range(_DEEPEST):
        parent = contained_in.get(row)
        if not isinstance(parent, int) or parent <= 0:
            return
        row = str(parent)
        yield row


def _names(rows: Iterable[str], entities: Mapping[str, Mapping[str, int | str]]) -> tuple[str, ...]:
    texts = (
        str(entities[column].get(row, "")).strip() for row in rows for column in (NAME, DESCRIPTION)
    )
    return tuple(dict.fromkeys(text for text in texts if text))


def _interfaces(aliases: Mapping[str, int | str]) -> dict[str, int]:
    """Return the ifIndex of each entity that is an interface; rows are ``entity.logical``."""
    by_entity = {}
    for row, value in aliases.items():
        text = str(value).removeprefix(".")
        index = text.removeprefix(_IF_INDEX)
        if text.startswith(_IF_INDEX) and index.isdecimal():
            by_entity[row.partition(".")[0]] = int(index)
    return by_entity


def _by_row(column: str, read_by: Mapping[str, Iterable[Varbind]]) -> dict[str, int | str]:
    return {
        varbind.oid.removeprefix(f"{column}."): varbind.value for varbind in read_by.get(column, ())
    }

"""
Profile: the description of how to read one make of equipment, as a data file.

A new model needs a file in ``profiles/`` (or in a folder of the operator), and no code. Only
numeric OIDs: no MIB is read or fetched.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from thongsuot_agent.probing.equipment import figure
from thongsuot_agent.probing.snmp import sensors
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.suggestion import suggest

Oid = Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+)+$")]
Purpose = Literal["radio", "optical", "power", "system"]

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
FIGURE: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
_SECRETS: Final = frozenset(["imei", "imsi", "iccid", "msisdn", "puk", "phone"])
_SECRET_NAMES: Final = frozenset({"pin", "pin_code", "number", "own_number"})

FORBIDDEN: Final = (
    "1.3.6.1.4.1.12356.121.21.3.1.1.13",
    *(f"1.3.6.1.4.1.12356.121.21.3.1.1.{column}" for column in range(18, 22)),
)
"""Columns with the PIN and PUK of a SIM in the clear; no profile may name them."""


class SensorSelection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Selects the rows of a sensor table for a figure: those of one of the ``types``
    (``sensors.TYPES``) whose name matches ``named``, a case-insensitive regular expression.
    """

    types: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    named: Annotated[str, msgspec.Meta(min_length=1)]


class Figure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One object and its figure.

    ``name`` is that of ``devices.figure``. ``oid`` is a column (its rows are found) or, with
    ``is_scalar``, one object. ``scale`` turns the raw number into the unit of the name; ``invalid``
    are raw values without a meaning; ``words`` maps raw values to our words. Of two entries with
    the same name the first one with a value counts. With ``sensor`` the ``oid`` is the entry of a
    sensor table, whose rows define their own quantity and unit. ``object`` is the MIB's name, for
    readers of the file.
    """

    name: str
    oid: Oid
    is_scalar: bool = False
    scale: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    invalid: tuple[str, ...] = ()
    words: dict[str, str] = {}
    sensor: SensorSelection | None = None
    object: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One make of equipment.

    It matches a device that has objects below each of ``present`` and none below any of ``absent``.
    ``object_id`` are prefixes of the sysObjectID of such devices: a hint of what to try first, but
    no proof (several makers answer with net-snmp's).
    """

    title: str
    purpose: Purpose
    figures: Annotated[tuple[Figure, ...], msgspec.Meta(min_length=1)]
    present: Annotated[tuple[Oid, ...], msgspec.Meta(min_length=1)]
    object_id: tuple[Oid, ...] = ()
    absent: tuple[Oid, ...] = ()

    @property
    def shows_nr(self) -> bool:
        """Whether the equipment reports the NR leg of a 5G connection at all."""
        return any(entry.name.startswith("nr_") for entry in self.figures)


class ProfileInvalid(ValueError):
    """A profile cannot be used; the text has its name, the place and the reason."""


def parse_profile(name: str, text: str) -> Profile:
    """
    Return a profile from its file.

    Raises:
        ProfileInvalid: it is not TOML, is incomplete, or has unknown keys.
    """
    if not NAME.fullmatch(name):
        raise ProfileInvalid(f'"{name}" cannot be the name of a profile (a-z, 0-9, -)')
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except tomllib.TOMLDecodeError as error:
        raise ProfileInvalid(f"profile {name} is no TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ProfileInvalid(f"profile {name}: {error}") from error
    for place, entry in enumerate(profile.figures):
        mistake = _mistake(entry)
        if mistake:
            raise ProfileInvalid(f"profile {name}, figures[{place}] ({entry.name}): {mistake}")
    return profile


def _mistake(entry: Figure) -> str:
    if not FIGURE.fullmatch(entry.name):
        return f'"{entry.name}" cannot be the name of a figure (a-z, 0-9, _)'
    if entry.name in _SECRET_NAMES or _SECRETS & set(entry.name.split("_")):
        return "an identity of a subscriber or a modem is not read at all"
    if any(entry.oid == bad or entry.oid.startswith(f"{bad}.") for bad in FORBIDDEN):
        return f"{entry.oid} holds a PIN or PUK and is never read"
    if entry.scale != 1.0 and figure.value_kind(entry.name) is not figure.ValueKind.NUMBER:
        return "a scale is for numbers"
    return "" if entry.sensor is None else _sensor_mistake(entry, entry.sensor)


def _sensor_mistake(entry: Figure, sensor: SensorSelection) -> str:
    if entry.is_scalar or entry.scale != 1.0 or entry.invalid or entry.words:
        return "the rows of a sensor table say themselves what they are: no other key goes with it"
    for type_name in sensor.types:
        if type_name not in sensors.TYPES:
            return f'"{type_name}" is no type of sensor{suggest(type_name, sensors.TYPES)}'
        if not sensors.is_convertible(entry.name, type_name):
            return f"no {type_name} can be made into it"
    try:
        re.compile(sensor.named)
    except re.error as error:
        return f'"{sensor.named}" is no regular expression: {error}'
    return ""


@cache
def included_profiles() -> dict[str, Profile]:
    """Return the included profiles, by name."""
    return dict(_read(resources.files("thongsuot_agent.probing.snmp") / "profiles"))


def known_profiles(folder: str = "") -> dict[str, Profile]:
    """
    Return all profiles by name; one of the operator replaces an included one.

    Raises:
        ProfileInvalid: one of them cannot be used, or the folder cannot be read.
    """
    if not folder:
        return dict(included_profiles())
    path = Path(folder)
    if not path.is_dir():
        raise ProfileInvalid(f"cannot read profiles in {folder}: no such folder")
    try:
        return {**included_profiles(), **dict(_read(path))}
    except ProfileInvalid as wrong:
        raise ProfileInvalid(f"{folder}: {wrong}") from wrong


def _read(folder: Traversable | Path) -> Iterator[tuple[str, Profile]]:
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            try:
                text = file.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ProfileInvalid(f"profile {name} cannot be read: {describe(error)}") from error
            yield name, parse_profile(name, text)

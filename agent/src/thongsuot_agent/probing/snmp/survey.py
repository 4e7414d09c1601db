"""Survey: one visit to a device: its identity, its matching profiles and its figures."""

from collections.abc import Iterable, Mapping
from typing import Final

from thongsuot_agent.probing.snmp import interfaces, sensors
from thongsuot_agent.probing.snmp.client import SnmpClient, SnmpFailed, Varbind
from thongsuot_agent.probing.snmp.interpret import groups_from
from thongsuot_agent.probing.snmp.profile import Profile
from thongsuot_agent.probing.snmp.protocol import ProfileReading, Survey, SurveyRequest, Uptimes

_DESCRIPTION: Final = "1.3.6.1.2.1.1.1.0"
_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
_UPTIME: Final = "1.3.6.1.2.1.1.3.0"
_ENGINE_BOOTS: Final = "1.3.6.1.6.3.10.2.1.2.0"
_ENGINE_TIME: Final = "1.3.6.1.6.3.10.2.1.3.0"
_SYSTEM_UPTIME: Final = "1.3.6.1.2.1.25.1.1.0"
_TICKS_PER_S: Final = 100.0

WALK_LIMIT: Final = 5000


async def survey_device(
    client: SnmpClient, request: SurveyRequest, profiles: Mapping[str, Profile]
) -> Survey:
    """
    Visit a device.

    Raises:
        SnmpFailed: it cannot be read.
        KeyError: the request names an unknown profile.
    """
    system = {varbind.oid: varbind for varbind in await client.get(_SYSTEM)}
    object_id = _text(system.get(_OBJECT_ID))
    if not system and not await client.walk("1.3.6.1", limit=1):
        raise SnmpFailed("the device answers, and shows nothing", is_refused=True)
    if request.profiles:
        chosen = {name: profiles[name] for name in request.profiles}
    else:
        wanted = {
            n: p
            for n, p in profiles.items()
            if p.purpose in request.purposes or not request.purposes
        }
        chosen = await fitting_profiles(client, object_id, wanted)
    interface = None
    names: Mapping[str, int] = {}
    if request.interface or request.walk:
        names = await interfaces.names(client)
    if request.interface in names:
        interface = await interfaces.read(client, request.interface, names[request.interface])
    walked = [
        varbind for base in request.walk for varbind in await client.walk(base, limit=WALK_LIMIT)
    ]
    return Survey(
        description=_text(system.get(_DESCRIPTION))[:200],
        object_id=object_id,
        uptimes=_uptimes(system),
        interface=interface,
        interfaces=tuple(names),
        profiled=tuple(
            [await _profiled(client, name, profile) for name, profile in chosen.items()]
        ),
        walked=tuple((varbind.oid, varbind.tag.value, str(varbind.value)) for varbind in walked),
    )


async def fitting_profiles(
    client: SnmpClient, object_id: str, profiles: Mapping[str, Profile]
) -> dict[str, Profile]:
    """
    Return the profiles that match a device.

    Those that its sysObjectID suggests are tried first, with those for any device. The others are
    tried if none of these matched: a maker may have changed its number.
    """
    matching = {
        name: profile for name, profile in profiles.items() if _points_to(object_id, profile)
    }
    fitting = {name: profile for name, profile in matching.items() if await _fits(client, profile)}
    if any(profile.object_id for profile in fitting.values()):
        return fitting
    others = {name: profile for name, profile in profiles.items() if name not in matching}
    return fitting | {
        name: profile for name, profile in others.items() if await _fits(client, profile)
    }


def _points_to(object_id: str, profile: Profile) -> bool:
    starts = profile.object_id
    return not starts or any(
        object_id == start or object_id.startswith(f"{start}.") for start in starts
    )


async def _fits(client: SnmpClient, profile: Profile) -> bool:
    for base in profile.present:
        if not await _has(client, base):
            return False
    for base in profile.absent:
        if await _has(client, base):
            return False
    return True


async def _has(client: SnmpClient, base: str) -> bool:
    return bool(await client.walk(base, limit=1)) or bool(await client.get([base]))


async def _profiled(client: SnmpClient, name: str, profile: Profile) -> ProfileReading:
    scalars = list(dict.fromkeys(figure.oid for figure in profile.figures if figure.is_scalar))
    read_by: dict[str, list[Varbind]] = {
        varbind.oid: [varbind] for varbind in await client.get(scalars)
    }
    for column in _columns(profile):
        read_by[column] = await client.walk(column)
    return ProfileReading(
        profile=name,
        purpose=profile.purpose,
        shows_nr=profile.shows_nr,
        groups=groups_from(profile, read_by),
    )


def _columns(profile: Profile) -> Iterable[str]:
    """Return the columns to walk, each once; for a sensor table all that describe its rows."""
    columns: dict[str, None] = {}
    for figure in profile.figures:
        if figure.sensor is not None:
            columns |= dict.fromkeys(f"{figure.oid}.{column}" for column in sensors.COLUMNS)
            columns |= dict.fromkeys(sensors.ENTITY_COLUMNS)
        elif not figure.is_scalar:
            columns[figure.oid] = None
    return columns


_SYSTEM: Final = (
    _DESCRIPTION,
    _OBJECT_ID,
    _UPTIME,
    _ENGINE_BOOTS,
    _ENGINE_TIME,
    _SYSTEM_UPTIME,
)


def _uptimes(system: Mapping[str, Varbind]) -> Uptimes:
    ticks, system_ticks = _number(system.get(_UPTIME)), _number(system.get(_SYSTEM_UPTIME))
    return Uptimes(
        agent_s=None if ticks is None else ticks / _TICKS_PER_S,
        engine_s=_number(system.get(_ENGINE_TIME)),
        system_s=None if system_ticks is None else system_ticks / _TICKS_PER_S,
        engine_boots=_number(system.get(_ENGINE_BOOTS)),
    )


def _number(varbind: Varbind | None) -> int | None:
    """Return a non-negative 32-bit number, as all uptimes are."""
    value = None if varbind is None else varbind.value
    return value if isinstance(value, int) and 0 <= value < 1 << 32 else None


def _text(varbind: Varbind | None) -> str:
    return "" if varbind is None else str(varbind.value).strip()

"""
ModemManager over D-Bus, by systemd's ``busctl``: a child process of 3 MB instead of a library.

The signal is empty until a polling interval is set (Signal.Setup, which needs polkit's
Device.Control, or root). It is only set if it is not set yet: the rate is shared by all listeners.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.radio.modem_address import run_json_program
from thongsuot_agent.probes.radio.reading import ModemAbsent, ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.vendors import modemmanager as manager
from thongsuot_schema.reason import Reason

_PATH = "/org/freedesktop/ModemManager1"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SETTLE_S = 1.5
"""A modem answers its first query after about a second."""


class ModemManagerBus:
    """The bus that ModemManager is on."""

    def __init__(self, settings: Settings) -> None:
        where = [f"--address={settings.bus}"] if settings.bus else ["--system"]
        self._head = ["busctl", *where, "--json=short", "call", manager.ROOT]
        self._timeout_s = settings.timeout_s

    async def call(self, path: str, interface: str, member: str, *arguments: str) -> Any:  # noqa: ANN401 - D-Bus
        """
        Return the first value of a method's reply, with variants unwrapped; raises
        ``ModemUnreadable``.
        """
        answer = await run_json_program(
            [*self._head, path, interface, member, *arguments], self._timeout_s
        )
        data = unwrap_variants(answer or {}) or [None]
        return data[0] if isinstance(data, list) and data else data


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return ModemManager's data of the link's modem."""
    bus = ModemManagerBus(settings)
    objects: manager.Objects = await bus.call(
        _PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"
    )
    modems = {
        path: interfaces
        for path, interfaces in (objects or {}).items()
        if manager.MODEM in interfaces
    }
    if not modems:
        raise ModemAbsent(Reason.NOT_SUPPORTED, "ModemManager knows no modem")
    bearers = {path: await _bearer(bus, interfaces) for path, interfaces in modems.items()}
    path = _chosen(modems, bearers, settings.modem, link.spec.interface)
    modem = {**modems[path], manager.SIGNAL: await _signal(bus, path, modems[path], settings)}
    return manager.reading_from(modem, bearer=bearers[path], cells=await _cells(bus, path))


def unwrap_variants(value: Any) -> Any:  # noqa: ANN401 - D-Bus
    """Return a value of busctl's JSON without the types that it wraps it in."""
    if isinstance(value, dict):
        if set(value) == {"type", "data"}:
            return unwrap_variants(value["data"])
        return {key: unwrap_variants(item) for key, item in value.items()}
    return [unwrap_variants(item) for item in value] if isinstance(value, list) else value


def _chosen(
    modems: manager.Objects,
    bearers: Mapping[str, Mapping[str, Any] | None],
    wanted: str,
    interface: str,
) -> str:
    """Return the modem that is configured by its path, else the one with the link's interface."""
    if wanted:
        named = next((path for path in modems if path.endswith(f"/{wanted}")), None)
        if named is None:
            raise ModemUnreadable(Reason.NOT_SUPPORTED, f"ModemManager has no modem {wanted}")
        return named
    for path, modem in modems.items():
        ports = [str(port[0]) for port in modem[manager.MODEM].get("Ports", ())]
        if interface in ports or (bearers[path] or {}).get("Interface") == interface:
            return path
    return next(iter(modems))


async def _bearer(
    bus: ModemManagerBus, modem: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return the active bearer, else the last one, which has the reason for its failure."""
    properties: Mapping[str, Any] | None = None
    for path in modem[manager.MODEM].get("Bearers", ()):
        properties = await bus.call(path, _PROPERTIES, "GetAll", "s", manager.BEARER)
        if (properties or {}).get("Connected"):
            break
    return properties


async def _signal(
    bus: ModemManagerBus, path: str, modem: Mapping[str, Mapping[str, Any]], settings: Settings
) -> Mapping[str, Any]:
    known = modem.get(manager.SIGNAL)
    if known is None:
        return {}  # of a missing interface
    if not known.get("Rate"):
        await bus.call(path, manager.SIGNAL, "Setup", "u", str(settings.signal_every_s))
        await asyncio.sleep(_SETTLE_S)
    properties: Mapping[str, Any] = await bus.call(path, _PROPERTIES, "GetAll", "s", manager.SIGNAL)
    return properties


async def _cells(bus: ModemManagerBus, path: str) -> tuple[Mapping[str, Any], ...]:
    """Return the cells that the modem lists; many do not (ModemManager 1.20 and newer ask)."""
    try:
        return tuple(await bus.call(path, manager.MODEM, "GetCellInfo") or ())
    except ModemUnreadable:
        return ()

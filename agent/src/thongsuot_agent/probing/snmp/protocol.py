"""The requests and answers of the survey worker; JSON on its two pipes."""

from typing import Literal

import msgspec


class DeviceAccess(msgspec.Struct, frozen=True, kw_only=True):
    """
    How to access a device.

    ``auth`` and ``privacy`` name algorithms; the keys are the pass phrases themselves, so a request
    is sent through a pipe and is never shown. ``context`` is the v3 context.
    """

    host: str
    port: int = 161
    version: Literal["2c", "3"] = "2c"
    community: str = ""
    user: str = ""
    auth: str = "sha256"
    auth_key: str = ""
    privacy: str = "aes"
    privacy_key: str = ""
    context: str = ""
    timeout_s: float = 1.5
    retries: int = 1

    def __repr__(self) -> str:
        """Return the destination, without credentials."""
        return f"Access(host={self.host!r}, port={self.port}, version={self.version!r})"


class SurveyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to read.

    ``profiles`` names those to read; empty: the matching ones. ``folder`` has additional profiles.
    ``purposes`` limits them. ``interface`` names one to read; empty: none. ``walk`` asks for
    everything below some OIDs instead, as varbinds.
    """

    access: DeviceAccess
    profiles: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    folder: str = ""
    interface: str = ""
    walk: tuple[str, ...] = ()


class Uptimes(msgspec.Struct, frozen=True, kw_only=True):
    """
    The reported uptime of a device, by three objects, each of which can be wrong in a different
    way.

    ``agent_s`` (sysUpTime) is the SNMP agent's and wraps after 497 days; ``engine_s``
    (snmpEngineTime) does not wrap; ``system_s`` (hrSystemUptime) is the device's. ``engine_boots``
    is also raised by a reload of the configuration.
    """

    agent_s: float | None = None
    engine_s: float | None = None
    system_s: float | None = None
    engine_boots: int | None = None

    @property
    def longest_s(self) -> float | None:
        """The best estimate of the device's uptime."""
        known = [
            uptime_s
            for uptime_s in (self.agent_s, self.engine_s, self.system_s)
            if uptime_s is not None
        ]
        return max(known, default=None)


class CounterReading(msgspec.Struct, frozen=True):
    """A counter's value, and its number of bits."""

    value: int
    bits: int


class InterfaceReading(msgspec.Struct, frozen=True, kw_only=True):
    """
    One interface of IF-MIB, found by its name.

    ``counters`` by the names of ``interfaces.COUNTERS``. ``discontinuity`` is
    ifCounterDiscontinuityTime, in hundredths of a second.
    """

    index: int
    name: str
    is_up: bool | None = None
    speed_bits_per_second: float | None = None
    counters: dict[str, CounterReading] = {}
    discontinuity: int | None = None


class ComponentReading(msgspec.Struct, frozen=True, kw_only=True):
    """
    The figures of one row: a modem, a module, a battery.

    ``numbers`` and ``texts`` by name of the figure (``devices.figure``); ``bits`` are those of
    counters. ``rejected`` has the reason why a figure has no value: ``sentinel``, ``parse``,
    ``range``, ``words`` or ``inconsistent``. ``labels`` are the names of it and of its containers;
    ``if_indexes`` are their interfaces.
    """

    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    bits: dict[str, int] = {}
    rejected: dict[str, str] = {}
    labels: tuple[str, ...] = ()
    if_indexes: tuple[int, ...] = ()


class ProfileReading(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of one profile: its groups by row (``0`` for a device without rows)."""

    profile: str
    purpose: str
    shows_nr: bool = False
    groups: dict[str, ComponentReading] = {}


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of one visit.

    ``failure`` is empty when the device could be read; ``reason`` is then empty as well, else
    ``silent``, ``refused``, ``missing`` (no pysnmp) or ``broken``.
    """

    failure: str = ""
    reason: str = ""
    description: str = ""
    object_id: str = ""
    uptimes: Uptimes = Uptimes()
    interface: InterfaceReading | None = None
    interfaces: tuple[str, ...] = ()
    profiled: tuple[ProfileReading, ...] = ()
    walked: tuple[tuple[str, str, str], ...] = ()

"""
Interfaces of a device by IF-MIB (RFC 2863): found by name, counters with their number of bits.

An ifIndex is not permanent: after a restart, or when a modem is plugged in again, another interface
may have it. The name is looked up in the same visit in which the counters are read.
"""

from typing import Final

from thongsuot_agent.probing.snmp.client import SnmpClient, Varbind
from thongsuot_agent.probing.snmp.protocol import CounterReading, InterfaceReading

_IF: Final = "1.3.6.1.2.1.2.2.1"
_IFX: Final = "1.3.6.1.2.1.31.1.1.1"
_NAME, _DESCR, _ALIAS = f"{_IFX}.1", f"{_IF}.2", f"{_IFX}.18"
_OPER, _SPEED, _HIGH_SPEED = f"{_IF}.8", f"{_IF}.5", f"{_IFX}.15"
_DISCONTINUITY = f"{_IFX}.19"
_UP = 1
_OPER_STATES = frozenset({1, 2, 3, 5, 6, 7})
"""ifOperStatus (RFC 2863, 6): 4 is unknown."""
_UNKNOWN_SPEED = 4294967295  # "more than fits": ifHighSpeed has it

COUNTERS: Final[dict[str, tuple[str, ...]]] = {
    "received_bytes": (f"{_IFX}.6", f"{_IF}.10"),
    "sent_bytes": (f"{_IFX}.10", f"{_IF}.16"),
    "receive_discards": (f"{_IF}.13",),
    "receive_errors": (f"{_IF}.14",),
    "send_discards": (f"{_IF}.19",),
    "send_errors": (f"{_IF}.20",),
}
"""Counters by name, the 64-bit object first if there is one."""

_WIDE = (f"{_IFX}.6", f"{_IFX}.10")


async def names(client: SnmpClient) -> dict[str, int]:
    """
    Return the ifIndex of each interface by each of its unique names.

    ifName has precedence over ifDescr, and that over ifAlias; names shared by two interfaces are
    left out (10 of 71 recorded devices repeat an ifDescr).
    """
    index_by_name: dict[str, int] = {}
    for column in (_NAME, _DESCR, _ALIAS):
        here: dict[str, list[int]] = {}
        for varbind in await client.walk(column):
            name = str(varbind.value).strip()
            if name:
                here.setdefault(name, []).append(_index(varbind))
        for name, indexes in here.items():
            if len(indexes) == 1:
                index_by_name.setdefault(name, indexes[0])
    return index_by_name


async def read(client: SnmpClient, name: str, index: int) -> InterfaceReading:
    """Return the state and the counters of one interface."""
    columns = (
        _OPER,
        _SPEED,
        _HIGH_SPEED,
        _DISCONTINUITY,
        *(o for c in COUNTERS.values() for o in c),
    )
    bound = {
        varbind.oid: varbind.value
        for varbind in await client.get([f"{o}.{index}" for o in columns])
    }

    def value(column: str) -> int | None:
        got = bound.get(f"{column}.{index}")
        return got if isinstance(got, int) else None

    counters: dict[str, CounterReading] = {}
    for counter_name, objects in COUNTERS.items():
        for column in objects:
            got = value(column)
            bits = 64 if column in _WIDE else 32
            if got is not None and 0 <= got < 1 << bits:
                counters[counter_name] = CounterReading(got, bits)
                break
    oper = value(_OPER)
    return InterfaceReading(
        index=index,
        name=name,
        is_up=None if oper not in _OPER_STATES else oper == _UP,
        speed_bits_per_second=_speed(value(_SPEED), value(_HIGH_SPEED)),
        counters=counters,
        discontinuity=value(_DISCONTINUITY),
    )


def _speed(speed: int | None, high: int | None) -> float | None:
    """Return bits per second; ifHighSpeed is in millions, ifSpeed ends at 2^32-1, 0 is unknown."""
    if speed is not None and 0 < speed < _UNKNOWN_SPEED:
        return float(speed)
    return high * 1e6 if high is not None and 0 < high <= _UNKNOWN_SPEED else None


def _index(varbind: Varbind) -> int:
    return int(varbind.oid.rpartition(".")[2])

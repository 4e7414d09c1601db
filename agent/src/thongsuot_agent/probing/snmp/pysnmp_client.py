"""
Client by pysnmp 7 (v2c, v3): the only module that imports pysnmp, and only in a worker process.

Two habits of pysnmp 7.1 make a process of its own for each survey the simplest guard: its v3 engine
leaks half a kilobyte per request, and never succeeds again after a device's engine id has changed
(docs/decisions). Numeric OIDs need no MIB, so none is ever searched.
"""

import socket
from collections.abc import Sequence
from typing import Any

from pyasn1.type import univ
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind, rfc1902, rfc1905

from thongsuot_agent.probing.snmp.client import SnmpFailed, ValueType, Varbind
from thongsuot_agent.probing.snmp.protocol import DeviceAccess

CHUNK = 12
"""Objects per GET; small CPEs answer tooBig to more."""
REPETITIONS = 10
"""Rows per GETBULK; most tables of a CPE are shorter."""

_AUTH = {
    "md5": hlapi.USM_AUTH_HMAC96_MD5,
    "sha": hlapi.USM_AUTH_HMAC96_SHA,
    "sha224": hlapi.USM_AUTH_HMAC128_SHA224,
    "sha256": hlapi.USM_AUTH_HMAC192_SHA256,
    "sha384": hlapi.USM_AUTH_HMAC256_SHA384,
    "sha512": hlapi.USM_AUTH_HMAC384_SHA512,
}
_PRIVACY = {
    "des": hlapi.USM_PRIV_CBC56_DES,
    "aes": hlapi.USM_PRIV_CFB128_AES,
    "aes192": hlapi.USM_PRIV_CFB192_AES,
    "aes256": hlapi.USM_PRIV_CFB256_AES,
    "aes192_blumenthal": hlapi.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256_blumenthal": hlapi.USM_PRIV_CFB256_AES_BLUMENTHAL,
}
_SILENT = (errind.RequestTimedOut,)
# Exact types: several of pysnmp's derive from one another.
_TAGS = {
    rfc1902.Integer: ValueType.INTEGER,
    rfc1902.Integer32: ValueType.INTEGER,
    rfc1902.Counter32: ValueType.COUNTER32,
    rfc1902.Counter64: ValueType.COUNTER64,
    rfc1902.Gauge32: ValueType.GAUGE,
    rfc1902.Unsigned32: ValueType.GAUGE,
    rfc1902.TimeTicks: ValueType.TICKS,
    rfc1902.IpAddress: ValueType.TEXT,
    rfc1902.OctetString: ValueType.TEXT,
}
_NOTHING = (rfc1905.NoSuchObject, rfc1905.NoSuchInstance, rfc1905.EndOfMibView)


class PysnmpClient:
    """Reads one device through one socket that was opened for it."""

    def __init__(self, access: DeviceAccess, opened: socket.socket) -> None:
        self._access = access
        self._socket = opened
        self._engine = hlapi.SnmpEngine()
        self._credentials = _credentials(access)
        self._context = hlapi.ContextData(contextName=access.context.encode())
        self._target: Any = None  # pysnmp has no types for these objects

    async def get(self, oids: Sequence[str]) -> list[Varbind]:
        """See ``SnmpClient``."""
        varbinds: list[Varbind] = []
        for start in range(0, len(oids), CHUNK):
            varbinds += await self._get(oids[start : start + CHUNK])
        return varbinds

    async def walk(self, base: str, *, limit: int = 2000) -> list[Varbind]:
        """See ``SnmpClient``."""
        varbinds: list[Varbind] = []
        prefix, last = f"{base}.", base
        while len(varbinds) < limit:
            status, bound = await self._send_command(
                hlapi.bulk_cmd, 0, min(REPETITIONS, limit - len(varbinds)), last
            )
            if status or not bound:
                return varbinds
            for name, value in bound:
                oid = str(name)
                has_gone_back = _key(oid) <= _key(last)
                if isinstance(value, _NOTHING) or not oid.startswith(prefix) or has_gone_back:
                    return varbinds
                varbinds.append(_varbind(oid, value))
                last = oid
        return varbinds[:limit]

    def close(self) -> None:
        """Release the engine."""
        self._engine.close_dispatcher()

    async def _get(self, oids: Sequence[str]) -> list[Varbind]:
        status, bound = await self._send_command(hlapi.get_cmd, *oids)
        if not status:
            return [
                _varbind(str(o), value) for o, value in bound if not isinstance(value, _NOTHING)
            ]
        if len(oids) == 1:
            return []
        middle = len(oids) // 2  # tooBig, or one of them is refused: find out which
        return [*await self._get(oids[:middle]), *await self._get(oids[middle:])]

    async def _send_command(self, command: Any, *arguments: Any) -> tuple[int, Any]:
        numbers = [argument for argument in arguments if isinstance(argument, int)]
        objects = [
            hlapi.ObjectType(hlapi.ObjectIdentity(argument))
            for argument in arguments
            if isinstance(argument, str)
        ]
        if self._target is None:
            self._target = await self._transport_target()
        error, status, _, bound = await command(
            self._engine,
            self._credentials,
            self._target,
            self._context,
            *numbers,
            *objects,
            lookupMib=False,
        )
        if error is not None:
            raise _failure(error)
        return int(status), bound

    async def _transport_target(self) -> Any:
        access = self._access
        opened = self._socket
        kind = hlapi.Udp6TransportTarget if ":" in access.host else hlapi.UdpTransportTarget

        class BoundTarget(kind):  # type: ignore[misc, valid-type]
            """A target whose packets leave by the socket that was opened for it."""

            def open_client_mode(self) -> Any:
                self.transport = self.PROTO_TRANSPORT().open_server_mode(sock=opened)
                return self.transport

        return await BoundTarget.create(
            (access.host, access.port), timeout=access.timeout_s, retries=access.retries
        )


def _credentials(access: DeviceAccess) -> Any:
    if access.version == "2c":
        return hlapi.CommunityData(access.community, mpModel=1)
    return hlapi.UsmUserData(
        access.user,
        authKey=access.auth_key or None,
        privKey=access.privacy_key or None,
        authProtocol=_AUTH[access.auth] if access.auth_key else hlapi.USM_AUTH_NONE,
        privProtocol=_PRIVACY[access.privacy] if access.privacy_key else hlapi.USM_PRIV_NONE,
    )


def _failure(error: Any) -> SnmpFailed:
    # The class's name: the text of some indications holds the user's name or the address.
    name = type(error).__name__
    if isinstance(error, _SILENT):
        return SnmpFailed(
            "nobody answers (dead, filtered, or a wrong community or key)", is_silent=True
        )
    return SnmpFailed(f"the device answers {name}", is_refused=True)


def _varbind(oid: str, value: Any) -> Varbind:
    if isinstance(value, univ.ObjectIdentifier):
        return Varbind(oid, ValueType.OID, str(value))
    tag = _TAGS.get(type(value), ValueType.OTHER)
    if type(value) is rfc1902.IpAddress:
        return Varbind(oid, tag, value.prettyPrint())
    if tag in {ValueType.TEXT, ValueType.OTHER}:
        return Varbind(oid, tag, _text(bytes(value)) if hasattr(value, "asOctets") else "")
    return Varbind(oid, tag, int(value))


def _text(octets: bytes) -> str:
    try:
        text = octets.decode().rstrip("\0")
    except UnicodeDecodeError:
        return f"0x{octets.hex()}"
    return text if text.isprintable() or "\n" in text else f"0x{octets.hex()}"


def _key(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))

"""A device that was recorded: reads a ``.snmprec`` file as the client would read the device."""

import bisect
from collections.abc import Sequence
from pathlib import Path

from thongsuot_agent.probing.snmp.client import SnmpFailed, ValueType, Varbind

_TAGS = {
    "2": ValueType.INTEGER,
    "4": ValueType.TEXT,
    "6": ValueType.OID,
    "65": ValueType.COUNTER32,
    "66": ValueType.GAUGE,
    "67": ValueType.TICKS,
    "70": ValueType.COUNTER64,
}
_WORDS = {ValueType.TEXT, ValueType.OID, ValueType.OTHER}


class RecordedClient:
    """Passes the same tests as ``PysnmpClient`` before a simulator (``test_recordings``)."""

    def __init__(self, text: bytes) -> None:
        self._bound: dict[tuple[int, ...], Varbind] = {}
        for line in text.splitlines():
            parts = line.split(b"|", 2)
            if len(parts) == 3:
                varbind = _varbind(parts[0].decode(), parts[1].decode(), parts[2])
                self._bound[_key(varbind.oid)] = varbind
        self._keys = sorted(self._bound)
        self.asked: list[str] = []

    @classmethod
    def of(cls, path: Path) -> "RecordedClient":
        """Return the device of a file."""
        return cls(path.read_bytes())

    async def get(self, oids: Sequence[str]) -> list[Varbind]:
        """See ``SnmpClient``."""
        self.asked += oids
        if not self._bound:
            raise SnmpFailed("nobody answers", is_silent=True)
        varbinds = (self._bound.get(_key(oid)) for oid in oids)
        return [varbind for varbind in varbinds if varbind is not None]

    async def walk(self, base: str, *, limit: int = 2000) -> list[Varbind]:
        """See ``SnmpClient``."""
        self.asked.append(base)
        key = _key(base)
        varbinds: list[Varbind] = []
        for at in self._keys[bisect.bisect_right(self._keys, key) :]:
            if at[: len(key)] != key or len(varbinds) >= limit:
                break
            varbinds.append(self._bound[at])
        return varbinds


def _varbind(oid: str, tag: str, raw: bytes) -> Varbind:
    if tag.endswith("x"):
        octets = bytes.fromhex(raw.decode())
        return Varbind(oid, _TAGS.get(tag[:-1], ValueType.OTHER), _text(octets))
    known = _TAGS.get(tag, ValueType.OTHER)
    return Varbind(oid, known, _text(raw) if known in _WORDS else int(raw))


def _text(octets: bytes) -> str:
    try:
        text = octets.decode().rstrip("\0")
    except UnicodeDecodeError:
        return f"0x{octets.hex()}"
    return text if text.isprintable() or "\n" in text else f"0x{octets.hex()}"


def _key(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.strip(".").split(".")))

"""
A translator between IPv6 and IPv4 on a TUN of a node: a carrier's NAT64 (RFC 6146), or a customer's
CLAT (RFC 6877).

The kernels of most labs have neither. Every packet is translated statelessly (RFC 7915). To make a
NAT64 of it, each IPv6 address gets an IPv4 address of its own from a pool, and the node hides the
pool behind its own address, as with tayga.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Interface, IPv6Network
from typing import Final

from thongsuot_lab.services.translation import to_ip4, to_ip6
from thongsuot_lab.services.tun import open_tun
from thongsuot_lab.spaces.enter import inside
from thongsuot_lab.topology.attachments import Translator

_PREFIX_BYTES: Final = 12
_PACKET_BYTES: Final = 2048


class TranslatorTun:
    """The translator of one node, on its TUN, which exists already."""

    def __init__(self, network: str, translator: Translator) -> None:
        name = translator.interface
        self._tun = inside(network, lambda: open_tun(name))
        self._addresses = AddressMap(translator)
        self._own = IPv4Interface(translator.v4).ip.packed

    async def run(self) -> None:
        """Translate until the lab ends."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._tun, self._read)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            loop.remove_reader(self._tun)
            os.close(self._tun)

    def _read(self) -> None:
        # Until nothing is left to read; the kernel accepts no packet while the TUN is down (EIO).
        with suppress(OSError):
            while True:
                packet = os.read(self._tun, _PACKET_BYTES)
                is_six = packet[0] >> 4 == 6
                translated = (
                    to_ip4(packet, self._addresses.ip4_of, self._own)
                    if is_six
                    else to_ip6(packet, self._addresses.ip6_of)
                )
                if translated is not None:
                    os.write(self._tun, translated)


class AddressMap:
    """The address mapping of a translator."""

    def __init__(self, translator: Translator) -> None:
        self._far = _prefix(translator.prefix)
        self._own = _prefix(translator.own_prefix) if translator.own_prefix else None
        interface = IPv4Interface(translator.v4)
        self._network = (
            IPv4Interface(translator.own_network).network
            if translator.own_network
            else interface.network
        )
        self._pool: Iterator[bytes] = (
            address.packed for address in self._network.hosts() if address != interface.ip
        )
        self._given: dict[bytes, bytes] = {}
        self._holders: dict[bytes, bytes] = {}

    def ip4_of(self, address: bytes) -> bytes | None:
        """Return the IPv4 address of an IPv6 one, ``None`` if the pool is exhausted."""
        head, tail = address[:_PREFIX_BYTES], address[_PREFIX_BYTES:]
        if head in (self._far, self._own):
            return tail
        if self._own is not None:
            return None
        if address not in self._given:
            free = next(self._pool, None)
            if free is None:
                return None
            self._given[address], self._holders[free] = free, address
        return self._given[address]

    def ip6_of(self, address: bytes) -> bytes | None:
        """Return the IPv6 address of an IPv4 one."""
        if int.from_bytes(address, "big") & int(self._network.netmask) != int(
            self._network.network_address
        ):
            return self._far + address
        return self._holders.get(address) if self._own is None else self._own + address


def _prefix(text: str) -> bytes:
    network = IPv6Network(text)
    assert network.prefixlen == 8 * _PREFIX_BYTES, "other lengths split the IPv4 address (RFC 6052)"
    return network.network_address.packed[:_PREFIX_BYTES]

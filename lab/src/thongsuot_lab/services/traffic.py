"""
Faults with a duration: a download that fills a line, a wire that comes and goes, a host that holds
another host's address.
"""

import asyncio
import errno
import socket
from pathlib import Path
from typing import Final

from thongsuot_lab import control
from thongsuot_lab.services.server_node import ServerNode
from thongsuot_lab.spaces.announce import ArpAnnouncer

RETRY_S: Final = 0.5
ANNOUNCE_S: Final = 1.0
SIZE_BYTES: Final = 10**12


async def download(place: ServerNode, address: str, port: int) -> None:
    """Download zeros from a portal without end; start again whenever the connection breaks."""
    loop = asyncio.get_running_loop()
    buffer = bytearray(256 * 1024)
    request = f"GET /bytes/{SIZE_BYTES} HTTP/1.1\r\nHost: lab\r\n\r\n".encode()
    while True:
        with place.unconnected_socket(address, socket.SOCK_STREAM) as sock:
            try:
                await loop.sock_connect(sock, (address, port))
                await loop.sock_sendall(sock, request)
                while await loop.sock_recv_into(sock, buffer):
                    pass
            except OSError:
                # The line broke during the download, as lines do here.
                pass
        await asyncio.sleep(RETRY_S)


async def flap(wires: Path, wire: str, every_s: float, key: str) -> None:
    """Cut a wire for the first half of each period and restore it for the second."""
    while True:
        control.call(wires, {"do": "cut", "wire": wire, "key": key})
        await asyncio.sleep(every_s / 2)
        control.call(wires, {"do": "clear", "key": key})
        await asyncio.sleep(every_s / 2)


async def announce(announcer: ArpAnnouncer) -> None:
    """Announce an address every second, as two hosts do that compete for it."""
    try:
        while True:
            try:
                announcer.announce()
            except OSError as error:
                if error.errno not in (errno.ENETDOWN, errno.ENXIO):
                    raise
                # Another fault set the interface down; announced again when it is up.
            await asyncio.sleep(ANNOUNCE_S)
    finally:
        announcer.close()

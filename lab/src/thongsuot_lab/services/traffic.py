"""Somebody at the site downloads something large: the site's own traffic fills its line."""

import asyncio
import socket
from typing import Final

from thongsuot_lab.services.place import Place

RETRY_S: Final = 0.5
SIZE_BYTES: Final = 10**12


async def download(place: Place, address: str, port: int) -> None:
    """Download zeros from a portal without end; starts again whenever the connection breaks."""
    loop = asyncio.get_running_loop()
    buffer = bytearray(256 * 1024)
    request = f"GET /bytes/{SIZE_BYTES} HTTP/1.1\r\nHost: lab\r\n\r\n".encode()
    while True:
        with place.towards(address, socket.SOCK_STREAM) as sock:
            try:
                await loop.sock_connect(sock, (address, port))
                await loop.sock_sendall(sock, request)
                while await loop.sock_recv_into(sock, buffer):
                    pass
            except OSError:
                # The line broke under it, as lines do here.
                pass
        await asyncio.sleep(RETRY_S)

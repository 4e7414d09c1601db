"""The anchor of a lab, whose answers to echoes a test gives itself, and when it wants."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.agent.links.device import HANGS_S
from thongsuot_agent.proto import icmp
from thongsuot_lab.lab import Lab


class AnchorByHand:
    """What the anchor hears, and what it says because a test has it say so."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened

    async def request(self) -> bytes:
        """Return the next echo request, with its IP header."""
        async with asyncio.timeout(HANGS_S):
            return await asyncio.get_running_loop().sock_recv(self._opened, 2048)

    def answer(self, request: bytes, payload: bytes | None = None) -> None:
        """Answer a request, by default with its own payload."""
        self._say(request, bytes(4) + request[24:28] + (payload or request[28:]))

    def refuse(self, request: bytes) -> None:
        """Say of a request, as a router does, that its destination cannot be reached."""
        self._say(request, bytes((3, 1, 0, 0, 0, 0, 0, 0)) + request)

    def _say(self, request: bytes, message: bytes) -> None:
        summed = message[:2] + icmp.checksum(message).to_bytes(2, "big") + message[4:]
        self._opened.sendto(summed, (socket.inet_ntoa(request[12:16]), 0))


@contextmanager
def anchor_by_hand(lab: Lab, *, is_silent: bool = True) -> Iterator[AnchorByHand]:
    """Let a test answer echoes at the anchor; ``is_silent``: its kernel answers none."""
    anchor = lab.node("anchor")
    anchor.run(["sysctl", "-qw", f"net.ipv4.icmp_echo_ignore_all={int(is_silent)}"])
    with anchor.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as opened:
        opened.setblocking(False)
        yield AnchorByHand(opened)

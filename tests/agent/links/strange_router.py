"""
A router on the way that answers expired packets in its own manner: with MPLS labels, or quoting
little.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack

from tests.agent.proto.test_extensions import extension
from thongsuot_agent.proto.icmp import checksum
from thongsuot_lab.lab import Lab

_ETH_P_IP, _ETH_P_IP6 = 0x0800, 0x86DD


def answer4(packet: bytes, stack: tuple[int, ...], quoted_bytes: int) -> bytes:
    """ICMP time exceeded (RFC 792) with labels, or quoting so many bytes."""
    if not stack:
        body = bytes((11, 0, 0, 0, 0, 0, 0, 0)) + packet[:quoted_bytes]
    else:
        quoted = packet[:128].ljust(128, b"\0")
        body = bytes((11, 0, 0, 0, 0, 32, 0, 0)) + quoted + extension(*stack)
    total = checksum(body)
    return body[:2] + pack("!H", total) + body[4:]


def answer6(packet: bytes, stack: tuple[int, ...]) -> bytes:
    """ICMPv6 time exceeded (RFC 4443) with labels; the kernel fills in the checksum."""
    quoted = packet[:128].ljust(128, b"\0")
    return bytes((3, 0, 0, 0, 16, 0, 0, 0)) + quoted + extension(*stack)


@contextmanager
def strange_router(
    lab: Lab, node: str, interface: str, *, stack: tuple[int, ...] = (), quoted_bytes: int = 28
) -> Iterator[None]:
    """Let a node answer expired packets from an interface itself, instead of its kernel."""
    lab.node(node).nft(
        "table inet strange {",
        "  chain output {",
        "    type filter hook output priority 0;",
        # What is sent by the raw socket below carries a mark; the kernel's own does not.
        "    meta mark 7 accept",
        "    icmp type time-exceeded drop",
        "    icmpv6 type time-exceeded drop",
        "  }",
        "}",
    )
    inside = lab.node(node).socket
    heard = inside(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    heard.bind((interface, 3))
    heard.settimeout(0.05)
    four = inside(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    six = inside(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    for sock in (four, six):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                packet, where = heard.recvfrom(4096)
            except TimeoutError:
                continue
            if where[2] == socket.PACKET_OUTGOING:
                continue
            if where[1] == _ETH_P_IP and packet[8] == 1:
                asker = socket.inet_ntop(socket.AF_INET, packet[12:16])
                four.sendto(answer4(packet, stack, quoted_bytes), (asker, 0))
            elif where[1] == _ETH_P_IP6 and packet[7] == 1 and packet[24] != 0xFF:
                asker = socket.inet_ntop(socket.AF_INET6, packet[8:24])
                six.sendto(answer6(packet, stack), (asker, 0, 0, 0))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for sock in (heard, four, six):
            sock.close()

"""What a device in the lab can see: pings, names, pages, each bound to one of its interfaces."""

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import dns.message
import dns.rcode

from thongsuot_lab.lab import Lab

# For what should answer: long enough for any machine. For what should not: a late answer would only
# make a test pass that ought to fail, so it need not be long.
WAIT_AT_MOST_S = 90.0
QUICK_S = 0.3


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@dataclass(frozen=True, slots=True)
class NodeProber:
    """Looks out of one node by one interface."""

    lab: Lab
    node: str
    interface: str

    @contextlib.contextmanager
    def _socket(
        self, address: str, kind: socket.SocketKind, protocol: int, patience_s: float
    ) -> Iterator[socket.socket]:
        with self.lab.node(self.node).socket(family_of(address), kind, protocol) as sock:
            device = self.interface.encode()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
            sock.settimeout(patience_s)
            yield sock

    def ping(self, address: str, patience_s: float = WAIT_AT_MOST_S, size_bytes: int = 8) -> bool:
        """Whether one echo of this size comes back; sent up to three times."""
        is_v6 = ":" in address
        protocol = socket.IPPROTO_ICMPV6 if is_v6 else socket.IPPROTO_ICMP
        with self._socket(address, socket.SOCK_DGRAM, protocol, patience_s / 3) as sock:
            # IP(V6)_MTU_DISCOVER to PROBE: whole, whatever the path is said to take.
            level, option = (socket.IPPROTO_IPV6, 23) if is_v6 else (socket.IPPROTO_IP, 10)
            sock.setsockopt(level, option, 3)
            for attempt in range(3):
                request = struct.pack("!BBHHH", 128 if is_v6 else 8, 0, 0, 0, attempt)
                try:
                    sock.sendto(request + bytes(size_bytes), (address, 0))
                    sock.recv(65_535)
                except OSError:
                    continue
                return True
        return False

    def resolve(self, server: str, name: str, patience_s: float = WAIT_AT_MOST_S) -> str:
        """The addresses a server gives for a name, sorted, or the reason why not."""
        query = dns.message.make_query(name, "AAAA" if ":" in server else "A")
        with self._socket(server, socket.SOCK_DGRAM, 0, patience_s) as sock:
            try:
                sock.sendto(query.to_wire(), (server, 53))
                answer = dns.message.from_wire(sock.recv(65_535))
            except OSError as error:
                return type(error).__name__
        if answer.rcode() != dns.rcode.NOERROR:
            return dns.rcode.to_text(answer.rcode())
        return " ".join(sorted(str(record) for rrset in answer.answer for record in rrset))

    def fetch(
        self, address: str, name: str, patience_s: float = WAIT_AT_MOST_S, path: str = "/"
    ) -> tuple[str, str]:
        """Status line and body of a page over HTTPS, or the reason why not and nothing."""
        context = ssl.create_default_context(cafile=self.lab.ca_file)
        with self._socket(address, socket.SOCK_STREAM, 0, patience_s) as sock:
            try:
                sock.connect((address, 443))
                with context.wrap_socket(sock, server_hostname=name) as secure:
                    request = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
                    secure.sendall(request.encode())
                    data = b"".join(iter(lambda: secure.recv(65_536), b""))
            except ssl.SSLCertVerificationError as error:
                return error.verify_message, ""
            except OSError as error:
                return type(error).__name__, ""
        head, _, body = data.decode().partition("\r\n\r\n")
        return head.partition("\r\n")[0], body

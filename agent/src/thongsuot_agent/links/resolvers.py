"""
Resolvers: the name servers that belong to one uplink.

The sources, in order; the first that has servers wins:

1. ``resolvers`` of the link in the inventory.
2. systemd-networkd: ``/run/systemd/netif/links/INDEX`` and ``leases/INDEX`` (``DNS=``).
3. systemd-resolved: ``/run/systemd/resolve/netif/INDEX`` (``SERVERS=``), set for one link by
   NetworkManager and others.
4. NetworkManager: ``/run/NetworkManager/devices/INDEX`` and its leases in
   ``/var/lib/NetworkManager`` (``DOMAIN_NAME_SERVERS=``, ``DNS=``), if they are readable.
5. Files of resolvconf, openresolv and dhcpcd named after the interface (``nameserver`` lines), and
   leases of dhclient (``option domain-name-servers``, of the last lease).
6. The whole device's: ``/run/systemd/resolve/resolv.conf``, then ``/etc/resolv.conf``. These do
   not say which uplink a server belongs to.

A server on a loopback address (the stub of systemd-resolved, dnsmasq) is always skipped: it uses
any uplink for its answers, and cannot be reached through a socket that is bound to one. Files named
by interface index are skipped in a network namespace other than init's, in which the indexes
differ.
"""

import os
import re
import socket
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

_FRESH_S = 60.0
"""How long a reading is valid: a lease may bring other servers without any netlink event."""

_LIMIT = 8  # maximum number of servers; resolv.conf(5) uses three

_READ_BYTES = 1 << 20
"""A file with more belongs to no resolver; a lease file that grew as far names old servers."""

_MAPPED = bytes(10) + b"\xff\xff"  # IPv4-mapped (RFC 4291, section 2.5.5.2)

_NAMESERVER = re.compile(r"^\s*nameserver\s+(\S+)", re.MULTILINE)
_ASSIGNED = re.compile(r"^(?:DNS|SERVERS|DOMAIN_NAME_SERVERS)=(.*)$", re.MULTILINE | re.IGNORECASE)
_LEASED = re.compile(
    r"^\s*option\s+(?:dhcp6\.name-servers|domain-name-servers)\s+([^;]+);", re.MULTILINE
)


class Resolvers:
    """The name servers of one interface, read again when they may have changed."""

    def __init__(self, interface: str, fixed: tuple[str, ...], root: Path = Path("/")) -> None:
        self._interface = interface
        self._fixed = fixed
        self._root = root
        self._found: tuple[str, ...] = ()
        self._read_at_s: float | None = None
        self._are_shared = False

    @property
    def are_shared(self) -> bool:
        """
        Whether the last reading is that of the whole device: then the servers' link is unknown.
        """
        return self._are_shared and not self._fixed

    def invalidate(self) -> None:
        """Force a new reading at the next call: the link changed."""
        self._read_at_s = None

    def servers(self, index: int) -> tuple[str, ...]:
        """Return the servers, most preferred first, as text; empty if none is known."""
        if self._fixed:
            return self._fixed
        now_s = time.monotonic()
        if self._read_at_s is None or now_s - self._read_at_s > _FRESH_S:
            own = find_own_resolvers(self._interface, index, self._root)
            self._found = own or find_shared_resolvers(self._root)
            self._are_shared = not own
            self._read_at_s = now_s
        return self._found


def find_own_resolvers(interface: str, index: int, root: Path) -> tuple[str, ...]:
    """Return the name servers of an interface from the files of the program that configured it."""
    return _first_found(_sources(interface, index, root))


def find_shared_resolvers(root: Path) -> tuple[str, ...]:
    """Return the name servers of the whole device, regardless of their link."""
    files = (root / "run/systemd/resolve/resolv.conf", root / "etc/resolv.conf")
    return _first_found(([file], _NAMESERVER.findall) for file in files)


_Read = Callable[[str], list[str]]


def _first_found(sources: Iterable[tuple[list[Path], _Read]]) -> tuple[str, ...]:
    for files, read in sources:
        servers = _usable(chain.from_iterable(read(text) for text in _texts(files)))
        if servers:
            return servers
    return ()


def _sources(interface: str, index: int, root: Path) -> Iterator[tuple[list[Path], _Read]]:
    if _is_first_namespace(root):
        netif = root / "run/systemd/netif"
        yield [netif / f"links/{index}"], _assigned
        yield [netif / f"leases/{index}"], _assigned
        yield [root / f"run/systemd/resolve/netif/{index}"], _assigned
        yield [root / f"run/NetworkManager/devices/{index}"], _assigned
    yield _named(root / "var/lib/NetworkManager", f"*-{interface}.lease"), _assigned
    for folder in (
        "run/resolvconf/interface",
        "run/resolvconf/interfaces",
        "run/dhcpcd/hook-state/resolv.conf",
        "run/dhcpcd/resolv.conf",
    ):
        # One file for each method of the interface's configuration: eth0.dhcp, eth0.ra.
        yield _named(root / folder, f"{interface}.*"), _NAMESERVER.findall
    yield (
        [
            *_named(root / "var/lib/dhcp", f"dhclient*[.-]{interface}.leases"),
            *_named(root / "var/lib/dhclient", f"dhclient*[.-]{interface}.lease*"),
        ],
        _leased,
    )


def _is_first_namespace(root: Path) -> bool:
    """
    If it may not be read (as an ordinary user), the device is assumed to have only one namespace.
    """
    try:
        return (root / "proc/self/ns/net").readlink() == (root / "proc/1/ns/net").readlink()
    except OSError:
        return True


def _named(folder: Path, pattern: str) -> list[Path]:
    # Path.glob yields nothing for a missing or unreadable folder.
    return sorted(folder.glob(pattern))


def _texts(files: list[Path]) -> Iterator[str]:
    for file in files:
        try:
            yield _start_of(file)
        except OSError:
            continue  # absent or unreadable: the next source is tried


def _start_of(file: Path) -> str:
    """
    Return the first bytes of a file; "" if it is none but, for instance, a pipe, on which the whole
    process would wait.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return opened.read(_READ_BYTES).decode(errors="replace")


def _assigned(text: str) -> list[str]:
    return [word for line in _ASSIGNED.findall(text) for word in re.split(r"[\s,;]+", line)]


def _leased(text: str) -> list[str]:
    """A lease file grows at the end: only the last lease counts."""
    lines = _LEASED.findall(text)
    return re.split(r"[\s,]+", lines[-1]) if lines else []


def _usable(servers: Iterator[str]) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for server in servers:
        # A server may carry a name for TLS after "#" and an interface after "%".
        address = re.split("[#%]", server)[0].strip("\"'[]")
        if _is_usable(address):
            kept[address] = None
    return tuple(kept)[:_LIMIT]


def _is_usable(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address)
    except OSError:
        return False
    packed = packed.removeprefix(_MAPPED)
    if len(packed) == 4:
        # Neither loopback nor, as no single host has them, multicast and broadcast.
        return 0 < packed[0] < 224 and packed[0] != 127
    return packed[0] != 0xFF and any(packed[:15] + bytes([packed[15] & ~1]))

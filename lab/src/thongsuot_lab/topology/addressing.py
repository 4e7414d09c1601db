"""
Addresses for a city: documentation and carrier-internal ranges only, and room to grow.

IPv4: LANs 192.168.0.0/16 (RFC 1918), access lines and carrier cores 100.64.0.0/10 (RFC 6598), the
access lines of carriers that share one numbering 10.192.0.0/10 (RFC 1918), carriers' public
addresses 203.0.113.0/24, domestic hosts 198.51.100.0/24, foreign hosts 192.0.2.0/24 (RFC 5737).
IPv6: everything in 2001:db8::/32 (RFC 3849).
"""

from dataclasses import dataclass

from thongsuot_lab.errors import TopologyError

MAX_CARRIERS = 8
MAX_LINES = 4096
MAX_STUBS = 31


@dataclass(frozen=True, slots=True)
class Subnet:
    """A network of one wire in both families; hosts are numbered from 1."""

    v4: str
    v4_first: int
    v4_length: int
    v6: str

    def at(self, *hosts: int) -> tuple[str, ...]:
        """Return the addresses of these hosts with prefix lengths, IPv4 first."""
        v4 = (f"{self.v4}.{self.v4_first + host}/{self.v4_length}" for host in hosts)
        return (*v4, *(f"{self.v6}::{host:x}/64" for host in hosts))


def _checked(noun: str, number: int, most: int) -> int:
    if not 0 <= number < most:
        raise TopologyError(f"the address space has room for {most} {noun}, this is one more")
    return number


@dataclass(frozen=True, slots=True)
class CarrierAddresses:
    """
    Addresses of one carrier; ``number`` counts from 0.

    ``is_alike``: its lines are numbered out of 10.0.0.0/8, like those of every other such carrier.
    """

    number: int
    is_alike: bool = False

    def __post_init__(self) -> None:
        """Reject a carrier for which no addresses are left."""
        _checked("carriers", self.number, MAX_CARRIERS)

    def _v6(self, kind: int, index: int) -> str:
        return f"2001:db8:{self.number + 1:x}{kind:02x}:{index:x}"

    @property
    def networks(self) -> tuple[str, ...]:
        """Return the public addresses from which its customers' packets come."""
        return (f"203.0.113.{32 * self.number}/27", f"2001:db8:{self.number + 1:x}00::/40")

    def line(self, index: int) -> Subnet:
        """
        Return the access line with this number: host 1 is the carrier's side, 2 the customer's.
        """
        _checked("lines a carrier", index, MAX_LINES)
        v4 = f"10.192.{index // 64}" if self.is_alike else f"100.{65 + self.number}.{index // 64}"
        return Subnet(v4, index % 64 * 4, 30, self._v6(1, index))

    def lan_v6(self, index: int, host: int) -> str:
        """
        Return the address of a host in the IPv6 network that the carrier delegates to this line.
        """
        return f"{self._v6(2, index)}::{host:x}/64"

    @property
    def nat64_prefix(self) -> str:
        """Return the prefix that represents all of IPv4 on this carrier's IPv6-only lines."""
        return f"{self._v6(0x64, 0)}::/96"

    @property
    def nat64_pool(self) -> str:
        """Return its translator's address in the pool of IPv4 addresses for IPv6 hosts."""
        return f"100.126.{self.number}.1/24"

    @property
    def backbone(self) -> Subnet:
        """Access (2) to core (1)."""
        return Subnet(f"100.127.{self.number}", 0, 30, self._v6(0, 1))

    def public(self, index: int) -> Subnet:
        """
        Public networks: 0 to the exchange, 1 to the transit, 2 its resolver, 3 its anchor, 4 its
        NAT64, 5 its AFTR.
        """
        first = 32 * self.number + 4 * index
        return Subnet("203.0.113", first, 30, self._v6(0, 2 + index))


def domestic(index: int) -> Subnet:
    """Return the network of one host at the exchange: host 1 is the exchange."""
    return Subnet(
        "198.51.100",
        8 * _checked("domestic hosts", index, MAX_STUBS),
        29,
        _host_prefix_v6(0, index),
    )


def foreign(index: int) -> Subnet:
    """Return the network of one host beyond the transit: host 1 is the transit's router."""
    return Subnet(
        "192.0.2", 8 * _checked("foreign hosts", index, MAX_STUBS), 29, _host_prefix_v6(15, index)
    )


def _host_prefix_v6(kind: int, index: int) -> str:
    return f"2001:db8:f{kind:x}{index:02x}:1"

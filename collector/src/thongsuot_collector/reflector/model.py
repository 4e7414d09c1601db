"""The table ``[reflector]`` of the configuration; its defaults are only defined here."""

from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]


class ReflectorSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The remote end of agents' measurements; without an address there is no reflector.

    ``stamp_address`` is ``host:port`` of STAMP over UDP (RFC 8762; its port is 862). ``key_file``
    holds one line, the key of the authenticated mode: 16 characters or more, no blanks.
    Authenticated requests are answered from any address; unauthenticated ones only from the
    networks of ``allow``. Those of ``twamp_light`` may send requests shorter than the answer, which
    RFC 5357 allows: an attacker who can forge their addresses turns 42 bytes into 72.
    ``packets_per_s`` and ``packets_burst`` limit one address, ``sessions`` the number of concurrent
    sessions. ``clock_error_s`` is the maximum error of this machine's clock, for a clock whose
    error the kernel does not know (disciplined by PTP); by default the kernel's value is used.

    ``throughput_address`` is ``host:port`` of the throughput test over HTTP, with TLS if there is a
    certificate. It serves the networks of ``allow``, and any client with the key (only with a
    certificate, or on loopback: the key must not be sent in the clear). ``streams`` limits
    concurrent transfers.
    """

    stamp_address: str = ""
    throughput_address: str = ""
    certificate_file: str = ""
    certificate_key_file: str = ""
    streams: Annotated[int, msgspec.Meta(gt=0)] = 64
    key_file: str = ""
    allow: tuple[str, ...] = ()
    twamp_light: tuple[str, ...] = ()
    packets_per_s: Positive = 200.0
    packets_burst: Positive = 1000.0
    sessions: Annotated[int, msgspec.Meta(gt=0)] = 10_000
    clock_error_s: Annotated[float, msgspec.Meta(ge=0)] | None = None

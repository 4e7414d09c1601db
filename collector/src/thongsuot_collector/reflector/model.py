"""The table ``[reflector]`` of the configuration; defaults live here and nowhere else."""

from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]


class ReflectorSettings(StrictStruct, frozen=True, kw_only=True):
    """
    What agents measure against; without an address there is no reflector.

    ``stamp_address`` is ``host:port`` of STAMP over UDP (RFC 8762; its port is 862). ``key_file``
    holds one line, the key of the authenticated mode: 16 characters or more, no blanks. Requests
    that it seals are answered no matter who sends them; unsealed ones only to the networks of
    ``allow``. Those of ``twamp_light`` may send requests shorter than the answer, which RFC 5357
    allows: anyone who can forge their addresses makes 72 bytes of 42. ``packets_per_s`` and
    ``packets_burst`` bound one address, ``sessions`` what is remembered at once.
    ``clock_error_s`` is how wrong this machine's clock can be where the kernel does not know it (a
    clock that PTP disciplines); left out, the kernel is asked.

    ``throughput_address`` is ``host:port`` of the throughput test over HTTP, with TLS where there
    is a certificate. It serves the networks of ``allow``, and anyone who shows the key (with a
    certificate only, or on loopback: the key must not travel in the clear). ``streams`` bounds the
    transfers at once.
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

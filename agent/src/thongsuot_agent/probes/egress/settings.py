"""Settings of one ``kind = "egress"`` entry."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from thongsuot_schema.stamp.packet import PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "egress"`` entry."""

    port: Annotated[int, Meta(ge=1, le=65535)] = PORT
    """UDP port of the reflector."""

    flows: Annotated[int, Meta(ge=1, le=16)] = 4
    """
    New flows of one run, each from another port: a router that balances flows over two lines uses
    both. If each line carries half of them, one run in sixteen sees only one line.
    """

    timeout_s: Annotated[float, Meta(ge=0.1, le=10.0)] = 1.0
    """Time limit of an answer; for a collector including the lookup of its name."""

    ca_file: str = ""
    """File with the certificate authorities of the collector (PEM); empty: those of the device."""

    key_file: str = ""
    """
    File with the key of the authenticated mode, one line; empty: the unauthenticated mode. A bare
    name is one of the service's credentials.
    """

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
    Fresh flows of one run, each from another port: a router that spreads flows over two lines sends
    them by both. With half of them by each line, one run in sixteen sees the one line alone.
    """

    timeout_s: Annotated[float, Meta(ge=0.1, le=10.0)] = 1.0
    """How long an answer may take, of a collector with the lookup of its name."""

    ca_file: str = ""
    """File of the authorities that a collector is known by (PEM); empty: those of the device."""

    key_file: str = ""
    """
    File with the key of the authenticated mode, one line; empty: the unauthenticated mode. A bare
    name is one of the service's credentials.
    """

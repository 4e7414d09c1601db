"""Settings of client certificates; defaults live here and nowhere else."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import Name, StrictStruct

DAY_S = 86_400.0

SITE = "{site}"
"""What stands for the site's name in ``identity``."""

Lifetime = Annotated[float, msgspec.Meta(ge=3600.0, le=825 * DAY_S)]


class ClientCertificatePolicy(StrEnum):
    """
    Whether agents are asked for certificates.

    ``off``: nobody is asked. ``optional``: who shows none comes in by token. ``required``: nobody
    pushes without one; enrolling and the pages, which stand at the same address, do not need it.
    """

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class CertificateSettings(StrictStruct, frozen=True, kw_only=True):
    """
    Whose certificates agents show, where ``listen.client_certificates`` asks for them.

    Without ``authorities_file`` they are the collector's own (``thongsuot-collector ca init``),
    each good for ``lifetime_s``; agents renew them after two thirds of it. With
    ``authorities_file`` (PEM, one or more) they are somebody else's and the collector issues none;
    ``revocation_files`` are the lists of those authorities (PEM or DER). All these files are read
    again when they change.

    ``identity`` says which name in such a certificate is the site's: ``uri:``, ``dns:`` or ``cn:``
    and a pattern with ``{site}`` in it. ``sites`` gives the site of a name (``dns:host.example``)
    that fits no pattern; it goes before the pattern.
    """

    lifetime_s: Lifetime = 90 * DAY_S
    authorities_file: str = ""
    revocation_files: tuple[str, ...] = ()
    identity: str = "uri:thongsuot:site:{site}"
    sites: dict[str, Name] = msgspec.field(default_factory=dict)

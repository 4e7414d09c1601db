"""Settings of client certificates; their defaults are only defined here."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import Name, StrictStruct

DAY_S = 86_400.0

SITE = "{site}"
"""The placeholder for the site's name in ``identity``."""

Lifetime = Annotated[float, msgspec.Meta(ge=3600.0, le=825 * DAY_S)]


class ClientCertificatePolicy(StrEnum):
    """
    Whether agents must present certificates.

    ``off``: none is requested. ``optional``: an agent without one authenticates by token.
    ``required``: no agent pushes without one; enrolment and the pages, which share the address, do
    not need it.
    """

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class CertificateSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The issuer of agents' certificates, if ``listen.client_certificates`` requests them.

    Without ``authorities_file`` they are the collector's own (``thongsuot-collector ca init``),
    each valid for ``lifetime_s``; agents renew them after two thirds of it. With
    ``authorities_file`` (PEM, one or more) other authorities issue them and the collector issues
    none; ``revocation_files`` are the revocation lists of those authorities (PEM or DER). All these
    files are read again when they change.

    ``identity`` selects the name in such a certificate that identifies the site: ``uri:``, ``dns:``
    or ``cn:`` and a pattern with ``{site}`` in it. ``sites`` gives the site of a name
    (``dns:host.example``) that matches no pattern; it has precedence over the pattern.
    """

    lifetime_s: Lifetime = 90 * DAY_S
    authorities_file: str = ""
    revocation_files: tuple[str, ...] = ()
    identity: str = "uri:thongsuot:site:{site}"
    sites: dict[str, Name] = msgspec.field(default_factory=dict)

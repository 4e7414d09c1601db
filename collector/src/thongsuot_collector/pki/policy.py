"""Whether agents are asked for certificates; one closed list."""

from enum import StrEnum


class ClientCertificatePolicy(StrEnum):
    """
    ``off``: nobody is asked. ``optional``: who shows none comes in by token. ``required``: nobody
    pushes without one; enrolling and the pages, which stand at the same address, do not need it.
    """

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"

"""What a check of the host says."""

from enum import StrEnum

import msgspec


class FindingSeverity(StrEnum):
    """How much a finding matters."""

    FAULT = "fault"
    """Measurements lie, or cannot be made."""

    WARNING = "warning"
    """They lie in some situation, or somebody will be misled."""

    NOTE = "note"
    """Nothing is wrong; who looks for a cause wants to know it."""


class HostFinding(msgspec.Struct, frozen=True, kw_only=True):
    """
    One thing that was found: the ``check`` that found it, on which ``link`` (empty: the host), what
    it is, and what to do (empty: nothing).
    """

    check: str
    severity: FindingSeverity
    text: str
    link: str = ""
    remedy: str = ""

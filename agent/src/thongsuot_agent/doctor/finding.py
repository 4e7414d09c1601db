"""The result of a check of the host."""

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
    One finding: the ``check`` that found it, its ``link`` (empty: the host), the problem, and the
    remedy (empty: none).
    """

    check: str
    severity: FindingSeverity
    text: str
    link: str = ""
    remedy: str = ""

"""Responsible party: who must act on an incident; and how severe it is."""

from enum import StrEnum

import msgspec

from thongsuot_schema.segment import Party


class ResponsibleParty(msgspec.Struct, frozen=True, array_like=True, order=True):
    """
    The kind of a party, and its name.

    ``name`` is the carrier's, the site's (whose contacts are meant), the service's, or empty for
    the city.
    """

    party: Party
    name: str = ""

    def __str__(self) -> str:
        return f"{self.party}:{self.name}" if self.name else str(self.party)


CITY = ResponsibleParty(Party.CITY)


def parse_responsible_party(written: str) -> ResponsibleParty:
    """
    Parse the ``str`` form of a party.

    Raises:
        ValueError: there is no such party.
    """
    party, _, name = written.partition(":")
    return ResponsibleParty(Party(party), name)


class Severity(StrEnum):
    """Perceived severity (ITU-T X.733, 8.1.2.3), the worst first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"
    INDETERMINATE = "indeterminate"

    def is_worse_than(self, other: "Severity") -> bool:
        """Return whether this is more severe; ``indeterminate`` is the least severe."""
        return _ORDER.index(self) < _ORDER.index(other)


_ORDER = tuple(Severity)

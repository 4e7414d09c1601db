"""
Decision: what an engineer of the city has decided of an incident: where it belongs, that it is
closed. It overrides the automatic grouping until somebody decides otherwise.
"""

import msgspec

from thongsuot_collector.incidents.party import Severity


class Placement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    Where a person has put an incident: ``into`` another one, because both are the same trouble, or
    ``out_of`` a larger one, because it is a trouble of its own. One of the two is set.

    ``by`` is who decided.
    """

    by: str
    reason: str
    at_ns: int
    into: str = ""
    out_of: str = ""


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """
    A person has closed an incident, whatever the measurements show.

    It covers the faults that were known then, while they are no graver than ``severity``.
    """

    by: str
    reason: str
    at_ns: int
    severity: Severity

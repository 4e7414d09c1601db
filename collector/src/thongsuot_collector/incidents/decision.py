"""
Decision: a city engineer's decision about an incident: its placement, or its closing. It overrides
the automatic grouping until the next decision.
"""

import msgspec

from thongsuot_collector.incidents.party import Severity


class Placement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A person's placement of an incident: ``into`` another one with the same cause, or ``out_of`` a
    larger one with a different cause. One of the two is set.

    ``by`` is its author.
    """

    by: str
    reason: str
    at_ns: int
    into: str = ""
    out_of: str = ""


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """
    A person has closed an incident, whatever the measurements show.

    It covers the faults that were known then, while they are no more severe than ``severity``.
    """

    by: str
    reason: str
    at_ns: int
    severity: Severity

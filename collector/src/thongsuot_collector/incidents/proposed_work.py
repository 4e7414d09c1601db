"""Proposed work: maintenance that a carrier plans, until the city has confirmed or refused it."""

import msgspec

from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow


class WorkDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The city's decision: its author, time, and the reason of a refusal."""

    is_confirmed: bool
    by: str
    at_ns: int
    reason: str = ""


class ProposedWork(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A window that ``carrier`` proposes for circuits of its own, and ``person`` its author.

    It excuses nothing until it is confirmed: then ``window`` is a maintenance window.
    """

    carrier: str
    window: MaintenanceWindow
    person: str
    proposed_ns: int
    decision: WorkDecision | None = None

    @property
    def id(self) -> str:
        """The name of the window, which it keeps when it is confirmed."""
        return self.window.id

    def is_pending(self, now_ns: int) -> bool:
        """Return whether the city still has to decide: not once the work would be over."""
        return self.decision is None and now_ns < self.window.end_ns

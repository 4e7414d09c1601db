"""Summary: a statement in one line, for lists, and the name of its files. Pure."""

import re
from fractions import Fraction

import msgspec

from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.sla.statement import Circuit, DisplayNames
from thongsuot_schema.inventory.contract_terms import Since


class StatementSummary(msgspec.Struct, frozen=True, kw_only=True):
    """
    One line of a list: the sums of the month; ``is_met`` as in ``Statement.is_available_enough``.
    """

    circuit: Circuit
    names: DisplayNames
    revision: int
    issued_ms: int
    service_ms: int
    down_ms: int
    down_notified_ms: int
    interruptions: int
    since: Since
    is_met: bool | None

    @property
    def share(self) -> Fraction | None:
        """The availability of the month, counted according to the contract."""
        down_ms = self.down_ms if self.since is Since.DETECTED else self.down_notified_ms
        return Fraction(self.service_ms - down_ms, self.service_ms) if self.service_ms else None


def summarize_statement(issue: IssuedStatement) -> StatementSummary:
    """Return the summary of an issue."""
    statement = issue.statement
    return StatementSummary(
        circuit=statement.circuit,
        names=statement.names,
        revision=issue.revision,
        issued_ms=issue.issued_ms,
        service_ms=statement.totals.service_ms,
        down_ms=statement.totals.down_ms(Since.DETECTED),
        down_notified_ms=statement.totals.down_notified_ms,
        interruptions=statement.begun,
        since=statement.terms.downtime_since,
        is_met=statement.is_available_enough,
    )


_OTHER = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(issue: IssuedStatement, kind: str) -> str:
    """Return a descriptive file name in ASCII: "sla-2026-11-FTTH-0042-r1.pdf"."""
    statement = issue.statement
    circuit = _OTHER.sub("-", statement.circuit.name).strip("-.") or "circuit"
    tail = f"r{issue.revision}" if issue.revision else "draft"
    return f"sla-{statement.month}-{circuit}-{tail}.{kind}"

"""File names of statements. Pure."""

import re

from thongsuot_collector.sla.revision import IssuedStatement

_OTHER = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(issue: IssuedStatement, kind: str) -> str:
    """Return a file name that says what it is: "sla-2026-11-FTTH-0042-r1.pdf"; plain letters."""
    statement = issue.statement
    circuit = _OTHER.sub("-", statement.circuit.name).strip("-.") or "circuit"
    tail = f"r{issue.revision}" if issue.revision else "draft"
    return f"sla-{statement.month}-{circuit}-{tail}.{kind}"

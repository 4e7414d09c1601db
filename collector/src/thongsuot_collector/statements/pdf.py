"""
A statement as PDF/A-3u, the CSV attached; set from ``templates/statement.typ``.

The same issue always gives the same bytes: the date of the file is the date of issue.
"""

import sys
from importlib.resources import files

import msgspec

from thongsuot_collector.sla.calendar import MS_PER_S
from thongsuot_collector.sla.csv_table import table_of
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.statements.document import statement_document
from thongsuot_collector.typesetting.pdf import set_pdf

_TEMPLATE = files("thongsuot_collector.statements") / "templates" / "statement.typ"


def render(issue: IssuedStatement) -> bytes:
    """Return the PDF of an issue, its CSV attached."""
    table = table_of(issue.statement)
    return set_pdf(
        _TEMPLATE,
        statement_document(issue, table),
        standard="a-3u",
        attachments={"table": table.decode()},
        made_s=issue.issued_ms // MS_PER_S,
    )


def main() -> None:
    """Print the document on standard input."""
    issue = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=IssuedStatement)
    sys.stdout.buffer.write(render(issue))


if __name__ == "__main__":
    main()

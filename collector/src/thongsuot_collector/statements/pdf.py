"""
A statement as PDF/A-3u, the CSV attached; set by Typst from ``templates/statement.typ``.

The same issue gives the same bytes, whenever and wherever one version of Typst prints it: the fonts
are our own, and the date of the file is the date of issue. Typst takes 65 to 200 MiB at work: only
the worker and the command line import this.
"""

import re
import sys
from importlib.resources import as_file, files

import msgspec
import typst

from thongsuot_collector.sla.calendar import MS_PER_S
from thongsuot_collector.sla.csv_table import table_of
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.statements.document import statement_document

UNPRINTABLE = re.compile(
    "[^\u0020-\u007e\u00a0-\u024f\u02c6-\u02dc\u0300-\u0323\u1e00-\u1eff\u2010-\u2027\u2030-\u203a"
    "\u20ab\u20ac\u2116\u2122\u2212]"
)
"""What our font has no glyph for: PDF/A allows no empty boxes, so a question mark stands there."""

_FOLDER = files("thongsuot_collector.statements")


def render(issue: IssuedStatement) -> bytes:
    """Return the PDF of an issue, its CSV attached."""
    table = table_of(issue.statement)
    document = statement_document(issue, table)
    with as_file(_FOLDER / "fonts") as folder:
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
        )
        pdf = typst.Compiler(
            input=(_FOLDER / "templates" / "statement.typ").read_bytes(), font_paths=fonts
        ).compile(
            format="pdf",
            sys_inputs={
                "document": UNPRINTABLE.sub("?", msgspec.json.encode(document).decode()),
                "table": table.decode(),
            },
            pdf_standards=["a-3u"],
            timestamp=issue.issued_ms // MS_PER_S,
        )
    assert isinstance(pdf, bytes)
    return pdf


def main() -> None:
    """Print what comes in."""
    issue = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=IssuedStatement)
    sys.stdout.buffer.write(render(issue))


if __name__ == "__main__":
    main()

"""A report as PDF/A-2u, set by Typst from ``templates/report.typ``, in our own font."""

from importlib.resources import as_file, files

import msgspec
import typst

from thongsuot_collector.commissioning.document import ReportDocument

_TEMPLATE = files("thongsuot_collector.commissioning") / "templates" / "report.typ"
_FONTS = files("thongsuot_collector.statements") / "fonts"


def render(document: ReportDocument) -> bytes:
    """Return the PDF."""
    with as_file(_FONTS) as folder:
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
        )
        pdf = typst.Compiler(input=_TEMPLATE.read_bytes(), font_paths=fonts).compile(
            format="pdf",
            sys_inputs={"document": msgspec.json.encode(document).decode()},
            pdf_standards=["a-2u"],
            timestamp=0,
        )
    assert isinstance(pdf, bytes)
    return pdf

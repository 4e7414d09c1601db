"""A report as PDF/A-2u, set from ``templates/report.typ``."""

from importlib.resources import files

from thongsuot_collector.commissioning.document import ReportDocument
from thongsuot_collector.typesetting.pdf import set_pdf

_TEMPLATE = files("thongsuot_collector.commissioning") / "templates" / "report.typ"


def render(document: ReportDocument) -> bytes:
    """Return the PDF."""
    return set_pdf(_TEMPLATE, document)

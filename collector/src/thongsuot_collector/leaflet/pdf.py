"""A leaflet as PDF/A-2u on one A4, set from ``templates/leaflet.typ``."""

from importlib.resources import files

from thongsuot_collector.leaflet.document import LeafletDocument
from thongsuot_collector.typesetting.pdf import set_pdf

_TEMPLATE = files("thongsuot_collector.leaflet") / "templates" / "leaflet.typ"


def render(document: LeafletDocument) -> bytes:
    """Return the PDF."""
    return set_pdf(_TEMPLATE, document)

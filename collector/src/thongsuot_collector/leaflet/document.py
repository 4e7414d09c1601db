"""
Leaflet document: the content of the sheet beside the counter, and its PDF.

Its shape is that of ``templates/leaflet.typ``. Its readers have a telephone and no password: the
code links to the page of the point, and everything needed for a call is beside it.
"""

from importlib.resources import files
from typing import Final

import msgspec
import segno

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.typesetting.pdf import set_pdf
from thongsuot_schema.page.step_pictures import picture_alternative, picture_on_paper
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.media import line_title
from thongsuot_schema.words.sentence import StepPicture

_TITLE: Final = Text("collector.leaflet.title")
_SCAN: Final = Text("collector.leaflet.scan")
_SCAN_NOTE: Final = Text("collector.leaflet.scan_note")
_STEPS_TITLE: Final = Text("collector.leaflet.steps_title")
_BACKUP: Final = Text("collector.leaflet.steps.backup")
_STEPS: Final = (
    (Text("collector.leaflet.steps.read"), None),
    (Text("collector.leaflet.steps.lamps"), StepPicture.LOS_LAMP),
    (Text("collector.leaflet.steps.power"), StepPicture.POWER),
    (_BACKUP, StepPicture.BACKUP),
    (Text("collector.leaflet.steps.call"), None),
    (Text("collector.leaflet.steps.danger"), None),
)
_LINES_TITLE: Final = Text("collector.leaflet.lines_title")
_CIRCUIT: Final = Text("collector.leaflet.circuit")
_NO_HOTLINE: Final = Text("collector.leaflet.no_hotline")
_SUPPORT: Final = Text("collector.leaflet.support")

_TEMPLATE = files("thongsuot_collector.leaflet") / "templates" / "leaflet.typ"


class LeafletLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the point: its name, the id to read out, and whom to call."""

    title: str
    circuit: str
    hotline: str


class LeafletStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step. ``picture`` is an SVG that illustrates it, empty if there is none."""

    text: str
    picture: str = ""
    alternative: str = ""


class LeafletDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole sheet. ``code`` is an SVG of the QR code of ``url``."""

    language: str
    title: str
    site: str
    place: str
    scan: str
    scan_note: str
    url: str
    code: str
    steps_title: str
    steps: tuple[LeafletStep, ...]
    lines_title: str
    lines: tuple[LeafletLine, ...]
    support: str


def leaflet_document(
    site: str, url: str, directory: InventoryDirectory, language: Language, *, hotline: str
) -> LeafletDocument:
    """Return the leaflet of a site; ``hotline`` is the city's support desk, empty without one."""
    known = directory.site(site)
    instructions = known.backup_instructions
    # The site's own instructions are better than the general ones.
    steps = [
        LeafletStep(text=instructions)
        if text is _BACKUP and instructions
        else _step(text, picture, language)
        for text, picture in _STEPS
    ]
    return LeafletDocument(
        language=language,
        title=_TITLE.read(language),
        site=known.title or known.name,
        place=directory.commune_name(known.commune),
        scan=_SCAN.read(language),
        scan_note=_SCAN_NOTE.read(language),
        url=url,
        code=segno.make_qr(url, error="m").svg_inline(border=0, scale=8),
        steps_title=_STEPS_TITLE.read(language),
        steps=tuple(steps),
        lines_title=_LINES_TITLE.read(language),
        lines=tuple(_lines(site, directory, language)),
        support=_SUPPORT.read(language, hotline=hotline) if hotline else "",
    )


def _step(text: Text, picture: StepPicture | None, language: Language) -> LeafletStep:
    if picture is None:
        return LeafletStep(text=text.read(language))
    return LeafletStep(
        text=text.read(language),
        picture=picture_on_paper(picture),
        alternative=picture_alternative(picture, language),
    )


def _lines(site: str, directory: InventoryDirectory, language: Language) -> list[LeafletLine]:
    lines = []
    for link in directory.site(site).links:
        carrier = directory.carrier(link.carrier)
        name = link.carrier if carrier is None else carrier.title or carrier.name
        hotline = "" if carrier is None else carrier.hotline
        lines.append(
            LeafletLine(
                title=line_title(link.medium.value, name, language),
                circuit=_CIRCUIT.read(language, circuit=link.circuit) if link.circuit else "",
                hotline=hotline or _NO_HOTLINE.read(language),
            )
        )
    return lines


def render(document: LeafletDocument) -> bytes:
    """Return a leaflet as PDF/A-2u on one A4."""
    return set_pdf(_TEMPLATE, document)

"""What is set is PDF/A in our own font, the same each time, whatever a name holds."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from thongsuot_collector.typesetting.pdf import set_pdf

TEMPLATE = """\
#set document(title: "Test")
#set text(font: "Noto Sans", lang: "vi")
#json(bytes(sys.inputs.document)).title
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "page.typ"
    file.write_text(TEMPLATE, encoding="utf-8")
    return file


def test_the_same_document_gives_the_same_bytes_in_our_own_font(template: Path) -> None:
    pdf = set_pdf(template, {"title": "Sông Hồng"})
    assert set_pdf(template, {"title": "Sông Hồng"}) == pdf
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    assert page.extract_text() == "Sông Hồng"
    assert b"NotoSans-Regular" in pdf


def test_a_character_that_our_font_lacks_stops_no_report(template: Path) -> None:
    # An emoji in a site's title: PDF/A has no empty boxes, and Typst would refuse it.
    pdf = set_pdf(template, {"title": "Hà Nội \N{FIRE}"})
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    assert page.extract_text() == "Hà Nội ?"

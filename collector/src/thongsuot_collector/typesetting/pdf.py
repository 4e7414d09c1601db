"""
PDF/A set by Typst from a template and a document, in our own fonts.

The output is reproducible with the same version of Typst. Typst takes 65 to 200 MiB at work: only
workers and the command line import this module.
"""

import re
from collections.abc import Mapping
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import msgspec
import typst

UNPRINTABLE = re.compile(
    "[^\u0020-\u007e\u00a0-\u024f\u02c6-\u02dc\u0300-\u0323\u1e00-\u1eff\u2010-\u2027\u2030-\u203a"
    "\u20ab\u20ac\u2116\u2122\u2212]"
)
"""The replacement for characters without a glyph in our font: PDF/A allows no empty boxes."""

_FONTS = files("thongsuot_collector.typesetting") / "fonts"
_NOTHING: Mapping[str, str] = {}
_NO_PICTURES: Mapping[str, bytes] = {}


def set_pdf(
    template: Traversable,
    document: object,
    *,
    standard: Literal["a-2u", "a-3u"] = "a-2u",
    attachments: Mapping[str, str] = _NOTHING,
    pictures: Mapping[str, bytes] = _NO_PICTURES,
    made_s: int = 0,
) -> bytes:
    """
    Return the PDF of a document.

    The template reads the document as JSON from ``sys.inputs.document``, and each attachment by its
    name; only ``a-3u`` may carry files. ``pictures`` are files beside the template, by name.
    ``made_s`` is the date in the file.
    """
    with as_file(_FONTS) as folder, TemporaryDirectory(prefix="thongsuot-pictures-") as root:
        for name, picture in pictures.items():
            (Path(root) / name).write_bytes(picture)
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
        )
        compiler = typst.Compiler(input=template.read_bytes(), root=root, font_paths=fonts)
        pdf = compiler.compile(
            format="pdf",
            sys_inputs={
                "document": UNPRINTABLE.sub("?", msgspec.json.encode(document).decode()),
                **attachments,
            },
            pdf_standards=[standard],
            timestamp=made_s,
        )
    assert isinstance(pdf, bytes)
    return pdf

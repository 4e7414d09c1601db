"""A report as PDF/A-2u, set from ``templates/report.typ``; run as a program by the web's worker."""

import sys
from importlib.resources import files

import msgspec

from thongsuot_collector.commissioning.document import ReportDocument
from thongsuot_collector.typesetting.pdf import set_pdf

_TEMPLATE = files("thongsuot_collector.commissioning") / "templates" / "report.typ"


def render(document: ReportDocument) -> bytes:
    """Return the PDF."""
    files = {photo.file: photo.body for photo in document.photos}
    named = tuple(msgspec.structs.replace(photo, body=b"") for photo in document.photos)
    return set_pdf(_TEMPLATE, msgspec.structs.replace(document, photos=named), pictures=files)


def main() -> None:
    """Print reports in a thread, one at a time."""
    document = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=ReportDocument)
    sys.stdout.buffer.write(render(document))


if __name__ == "__main__":
    main()

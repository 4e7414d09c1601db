"""
XMP: what a PDF/A says of itself (ISO 19005-3, 6.6.2). Pure.

Written here because fpdf2 would put the time of printing into it, and the same statement has to
give the same bytes.
"""

from datetime import datetime
from html import escape

from thongsuot_collector.sla.month import MS_PER_S
from thongsuot_schema.words.dates import VIETNAM

_XMP = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{maker}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>vi</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>{at}</xmp:CreateDate>
<xmp:ModifyDate>{at}</xmp:ModifyDate>
<xmp:MetadataDate>{at}</xmp:MetadataDate>
<pdf:Producer>{maker}</pdf:Producer>
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>U</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>"""


def xmp_of(title: str, maker: str, at_ms: int) -> str:
    """Return the metadata of a PDF/A-3u made at a moment (Unix milliseconds)."""
    at = datetime.fromtimestamp(at_ms // MS_PER_S, VIETNAM).isoformat()
    return _XMP.format(title=escape(title), maker=escape(maker), at=at)

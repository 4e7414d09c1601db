"""Words for where a fault is."""

from typing import Final

from thongsuot_schema.segment import Segment
from thongsuot_schema.words.language import Text

SEGMENTS: Final[dict[Segment, Text]] = {
    Segment.DEVICE: Text("schema.words.segments.device"),
    Segment.LAN: Text("schema.words.segments.lan"),
    Segment.ACCESS: Text("schema.words.segments.access"),
    Segment.CARRIER: Text("schema.words.segments.carrier"),
    Segment.TRANSIT: Text("schema.words.segments.transit"),
    Segment.SERVICE: Text("schema.words.segments.service"),
}
"""In the order of the ladder, from the device outwards."""

"""Words for where a fault is."""

from typing import Final

from thongsuot_schema.segment import Segment
from thongsuot_schema.words.language import Text

SEGMENTS: Final[dict[Segment, Text]] = {
    Segment.DEVICE: Text("Thiết bị giám sát, nguồn điện", "Monitoring device, power"),
    Segment.LAN: Text("Mạng nội bộ tại điểm", "Local network of the point"),
    Segment.ACCESS: Text("Đường truyền của nhà mạng tới điểm", "Carrier's line to the point"),
    Segment.CARRIER: Text("Mạng lõi của nhà mạng", "Carrier's core network"),
    Segment.TRANSIT: Text("Mạng bên ngoài nhà mạng", "Networks beyond the carrier"),
    Segment.SERVICE: Text("Hệ thống dịch vụ", "The online service itself"),
}
"""In the order of the ladder, from the device outwards."""

"""The fixed words of the page."""

from typing import Final

from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

STATUS_PAGE: Final = Text("Trang tình trạng mạng", "Network status")
OTHER_LANGUAGE: Final = Text("English", "Tiếng Việt")
ALL_SITES: Final = Text("Tất cả các điểm", "All service points")
UPDATED: Final = Text("Cập nhật lúc", "As of")
LINKS: Final = Text("Đường truyền của điểm", "Lines of this point")
SERVICES: Final = Text("Dịch vụ", "Services")
TEST_NOW: Final = Text("Đo ngay", "Test now")
TEST_WHAT: Final = Text(
    "Thiết bị sẽ kiểm tra ngay: các trang dịch vụ công, tuyến kết nối, sóng di động và tốc độ "
    "(chỉ với đường không giới hạn dung lượng).",
    "The device measures at once: portals, the way through the network, radio, and "
    "throughput on lines without an allowance.",
)
TESTING: Final = Text("Đang đo, kết quả hiện dần bên dưới.", "Measuring; results appear below.")
TEST_AGAIN_IN: Final = Text("Có thể đo lại sau {after}.", "Can be tested again in {after}.")
REQUESTED_LOCALLY: Final = Text("yêu cầu tại điểm", "asked for at the point")
REQUESTED_BY_CENTRE: Final = Text("trung tâm yêu cầu", "asked for by the centre")
NOTIFIED: Final = Text("Đã báo cho", "Who has been told")
TO_DO: Final = Text("Việc cần làm", "What to do")
ACTS: Final = Text("Đơn vị xử lý", "Who must act")
CALL: Final = Text("Gọi", "Call")
RTT: Final = Text("Độ trễ", "Round trip")
LOSS: Final = Text("Mất gói", "Loss")
SIGNAL_5G: Final = Text("Sóng 5G", "5G signal")
SIGNAL_4G: Final = Text("Sóng 4G", "4G signal")
LIGHT: Final = Text("Tín hiệu quang", "Light")
NO_LIGHT: Final = Text("không có", "none")
POWER: Final = Text("Nguồn điện", "Power")
MAINS: Final = Text("điện lưới", "mains")
AGO: Final = Text("{ago} trước", "{ago} ago")
BATTERY: Final = Text("đang dùng ắc quy", "on battery")
REACHED_OVER: Final = Text("Truy cập được qua", "Reached over")
EVIDENCE: Final = Text("Bằng chứng đo kiểm", "What was measured")
IN_USE: Final = Text("Máy tại điểm đang đi qua đường này", "The point's own traffic")
SINCE_WHEN: Final = Text("từ {when}", "since {when}")
PATHS: Final = Text("Tuyến kết nối (traceroute)", "The way through the network")
PATHS_COMPARED: Final = Text(
    "Tuyến kết nối (traceroute): trước và hiện nay", "The way through the network: before and now"
)
PATH_TO: Final = Text("Đến {target}", "To {target}")
HOP: Final = Text("Chặng", "Hop")
BEFORE: Final = Text("Trước đó,", "Before,")
NO_ANSWER: Final = Text("không phản hồi", "no answer")
PROBE: Final = Text("Phép đo", "Probe")
RESULT: Final = Text("Kết quả", "Result")
WHERE: Final = Text("Lỗi nằm ở đâu", "Where the fault is")
SEGMENT_OK: Final = Text("bình thường", "fine")
SEGMENT_FAULT: Final = Text("lỗi ở đây", "the fault is here")
SEGMENT_UNCHECKED: Final = Text("chưa kiểm tra được", "cannot be checked")
SINCE: Final = Text("từ", "since")
FOR: Final = Text("được", "for")
REFERENCE: Final = Text("mã phiếu", "reference")
NOT_DELIVERED: Final = Text("chưa gửi được, đang thử lại", "not delivered yet, trying again")
VERSION: Final = Text("Phiên bản", "Version")
LEGEND: Final = Text("Chú giải", "Key")
CODE: Final = Text("Mã xã/phường", "Commune code")

BECAUSE_OF_LINE: Final[dict[State, Text]] = {
    State.DEGRADED: Text(
        "Do đường truyền của điểm, không phải do hệ thống này.",
        "Because of the point's line, not because of the service.",
    ),
    State.DOWN: Text(
        "Do đường truyền của điểm, không phải do hệ thống này.",
        "Because of the point's line, not because of the service.",
    ),
}
"""What is said of a service beside a link whose card says it all; of an unknown one nothing."""
WHOLE_POINT: Final = Text("cả điểm", "the whole point")

STALE: Final = Text(
    "Không tải lại được trang này. Số liệu bên dưới đã cũ.",
    "This page could not be renewed. What it shows is old.",
)
NOBODY_NOTIFIED: Final = Text(
    "Hệ thống chưa báo cho ai về sự cố này.", "The system has told nobody of this fault yet."
)
CENTRE_UNREACHABLE: Final = Text(
    "Thiết bị chưa liên lạc được với trung tâm, nên trung tâm có thể chưa biết sự cố này. "
    "Hãy gọi điện báo.",
    "The device cannot reach the centre, so the centre may not know of this fault yet. Please "
    "call.",
)
CENTRE_UNREACHABLE_QUIET: Final = Text(
    "Thiết bị chưa liên lạc được với trung tâm; kết quả đo vẫn được lưu tại đây và sẽ tự gửi sau.",
    "The device cannot reach the centre; measurements are kept here and will be sent later.",
)
CLOCK_WRONG: Final = Text(
    "Đồng hồ của thiết bị đang sai: các mốc giờ trên trang này có thể lệch.",
    "The device's clock is wrong: the times on this page may be off.",
)
NOT_HEARD: Final = Text(
    "Trung tâm không nhận được dữ liệu của thiết bị từ {since}. Trang này cho thấy lần cuối đã "
    "biết.",
    "The centre has heard nothing from the device since {since}. This page shows what was last "
    "known.",
)
MAINTENANCE: Final = Text(
    "Đang bảo trì theo kế hoạch đến {until}", "Planned maintenance until {until}"
)
HEARD: Final = Text("Lần cuối gửi dữ liệu: {when} ({ago} trước)", "Last heard: {when} ({ago} ago)")
BACKLOG: Final = Text("Dữ liệu chờ gửi: {count} gói", "Stored, waiting to be sent: {count} batches")
REFRESHES: Final = Text(
    "Tự động cập nhật sau mỗi {every} giây", "Renews itself every {every} seconds"
)
ZONE: Final = Text("Giờ Việt Nam (UTC+7)", "Times are Vietnam's (UTC+7)")
ON_DEVICE: Final = Text(
    "Trang này chạy ngay trên thiết bị đặt tại điểm, xem được cả khi mất mạng.",
    "This page comes from the device at the point and opens even when every line is out.",
)

LADDER: Final[dict[Segment, Text]] = {
    Segment.DEVICE: Text("Thiết bị", "Device"),
    Segment.LAN: Text("Mạng tại điểm", "Local network"),
    Segment.ACCESS: Text("Đường truyền", "Line"),
    Segment.CARRIER: Text("Nhà mạng", "Carrier"),
    Segment.TRANSIT: Text("Internet", "Beyond"),
}
"""Short names of the rungs that a link has, for a picture of where the fault is."""

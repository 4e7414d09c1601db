"""The fixed words of the pages of incidents."""

from typing import Final

from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.message import ChannelOutcome as Answered
from thongsuot_schema.words.language import Text

INCIDENTS: Final = Text("Các sự cố", "Incidents")
OPEN: Final = Text("Đang xảy ra", "Going on")
CLOSED: Final = Text("Đã kết thúc", "Over")
NO_INCIDENT: Final = Text("Không có sự cố nào.", "There is no incident.")
NOT_FOUND: Final = Text("Không tìm thấy sự cố này.", "There is no such incident.")
FACTS: Final = Text("Thông tin chung", "Facts")
CODE: Final = Text("Mã sự cố", "Incident")
SINCE: Final = Text("Bắt đầu", "Since")
UNTIL: Final = Text("Kết thúc", "Until")
LEARNED: Final = Text("Hệ thống phát hiện lúc", "Learned at")
ACTS: Final = Text("Đơn vị xử lý", "Who must act")
SEGMENT: Final = Text("Vị trí lỗi", "Segment")
SEVERITY: Final = Text("Mức độ", "Severity")
AFFECTED_COUNT: Final = Text("Đang bị ảnh hưởng", "Affected now")
AREA: Final = Text("Khu vực", "Area")
TAKEN: Final = Text("Đơn vị tiếp nhận", "Taken on by")
DISPUTED: Final = Text("Tranh chấp: đơn vị từ chối xử lý", "Disputed by")
NOBODY: Final = Text("chưa có", "nobody yet")
MAINTENANCE: Final = Text("Bảo trì theo kế hoạch", "Planned maintenance")
EXCUSED: Final = Text(
    "Đang trong thời gian bảo trì: không báo cho ai.",
    "Inside planned maintenance: nobody is told.",
)
PART_OF: Final = Text("Là một phần của sự cố", "Part of incident")
CONSISTS: Final = Text("Gồm các sự cố", "Consists of incidents")
AFFECTED: Final = Text("Bị ảnh hưởng", "Affected")
CIRCUIT: Final = Text("Mã kênh/thuê bao", "Circuit or subscriber")
POINT: Final = Text("Điểm", "Point")
LINE: Final = Text("Đường truyền, dịch vụ", "Line or service")
STATE: Final = Text("Tình trạng", "State")
FROM: Final = Text("Từ", "From")
TO: Final = Text("Đến", "To")
GOES_ON: Final = Text("chưa kết thúc", "goes on")
MEASURED: Final = Text("Kết quả đo", "What was measured")
COMPARED: Final = Text("So sánh cùng lúc", "What worked at the same time")
NOTIFIED: Final = Text("Đã báo cho", "Who was told")
WHEN: Final = Text("Lúc", "When")
WHO: Final = Text("Bên nhận", "To whom")
WHAT: Final = Text("Nội dung", "What")
BY: Final = Text("Qua", "By")
RESULT: Final = Text("Kết quả", "Result")
NOT_YET: Final = Text("chưa gửi được", "not delivered yet")
NOBODY_NOTIFIED: Final = Text("Chưa báo cho ai.", "Nobody was told.")
RECORD: Final = Text("Số liệu gốc", "The record it rests on")
RECORD_WHY: Final = Text(
    "Mỗi gói số liệu được niêm phong nối tiếp bằng mã băm; sửa một số là phát hiện được. Muốn kiểm "
    "tra lại, gửi tệp dưới đây cho Thành phố, hoặc chạy lệnh",
    "Each batch is sealed with a digest that the next one carries: a changed figure is found. For "
    "a check send the file below to the city, or run",
)
BATCH: Final = Text("Gói số liệu", "Batch")
DIGEST: Final = Text("Mã băm", "Digest")
DOWNLOAD: Final = Text("Tải tệp dữ liệu (JSON)", "Download for machines (JSON)")
HISTORY: Final = Text("Diễn biến", "History")
FOR_STAFF: Final = Text("Dành cho cán bộ Thành phố", "For the city's staff")
TAKE_ON: Final = Text("Tiếp nhận xử lý", "Take it on")
TAKE_ON_AS: Final = Text("{title} tiếp nhận", "Take it on as {title}")
NOTE: Final = Text("Ghi chú (không bắt buộc)", "Note (may be left out)")
WHO_ARE_YOU: Final = Text(
    "Cần tên và mật khẩu riêng của người được quyền xử lý.",
    "The name and password of somebody who may act are needed.",
)
OTHER_PAGE: Final = Text(
    "Yêu cầu này đến từ một trang khác.", "This request comes from another page."
)
TOO_LONG: Final = Text("Ghi chú quá dài.", "The note is too long.")

KINDS: Final[dict[NotificationKind, Text]] = {
    NotificationKind.OPENED: Text("báo sự cố", "fault"),
    NotificationKind.UPDATED: Text("cập nhật", "update"),
    NotificationKind.RESOLVED: Text("báo kết thúc", "end"),
}

OUTCOMES: Final[dict[ClosureCode, Text]] = {
    ClosureCode.RESTORED: Text("đã khôi phục", "restored"),
    ClosureCode.WITHDRAWN: Text(
        "thu hồi: không có sự cố này", "withdrawn: there was no such fault"
    ),
    ClosureCode.MERGED: Text("gộp vào sự cố khác", "merged into another"),
}

ANSWERS: Final[dict[Answered, Text]] = {
    Answered.DELIVERED: Text("đã nhận", "received"),
    Answered.RETRY: Text("bận, sẽ gửi lại", "busy, to be tried again"),
    Answered.UNKNOWN: Text("chưa rõ, sẽ gửi lại", "not known, to be tried again"),
    Answered.CHANNEL_UNAVAILABLE: Text(
        "kênh gửi tin bị lỗi, cần quản trị viên", "the channel needs a person"
    ),
    Answered.REJECTED: Text("bị từ chối", "refused"),
}

NOTES: Final[dict[str, Text]] = {
    "opened": Text("mở sự cố", "opened"),
    "closed": Text("kết thúc", "closed"),
    "open again": Text("mở lại sự cố", "open again"),
    "part of": Text("là một phần của", "part of"),
    "for itself again": Text("tách riêng trở lại", "for itself again"),
    "acknowledged": Text("đã có đơn vị tiếp nhận", "taken on"),
    "disputed": Text("đơn vị từ chối xử lý, Thành phố quyết định", "disputed, the city decides"),
    "ticket acknowledged": Text("phiếu đã được tiếp nhận", "ticket accepted"),
    "ticket inProgress": Text("phiếu đang được xử lý", "ticket in progress"),
    "ticket pending": Text("phiếu chờ bổ sung thông tin", "ticket waits for information"),
    "ticket held": Text("phiếu tạm dừng xử lý", "ticket on hold"),
    "ticket resolved": Text("phiếu đã khắc phục", "ticket resolved"),
    "ticket closed": Text("phiếu đã đóng", "ticket closed"),
    "ticket cancelled": Text("phiếu bị hủy", "ticket cancelled"),
    "ticket rejected": Text("phiếu bị từ chối", "ticket rejected"),
    "note": Text("ghi chú", "note"),
    "is up": Text("hoạt động trở lại", "is up"),
    "is out again": Text("lại gặp sự cố", "is out again"),
    "is down": Text("không hoạt động", "is down"),
    "is degraded": Text("hoạt động kém", "is degraded"),
    "is unknown": Text("chưa rõ", "is unknown"),
    "onset": Text("sửa thời điểm bắt đầu sự cố", "onset moved"),
    "party": Text("đơn vị xử lý mới", "another party acts"),
    "rule": Text("loại sự cố mới", "another kind"),
    "maintenance began": Text("bắt đầu bảo trì", "maintenance began"),
    "maintenance ended": Text("hết bảo trì", "maintenance ended"),
    "joined": Text("thêm điểm bị ảnh hưởng", "joined"),
    "left": Text("bớt điểm bị ảnh hưởng", "left"),
}
"""What stands in an incident's history; other lines are shown as they are."""

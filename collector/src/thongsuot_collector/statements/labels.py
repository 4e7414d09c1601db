"""The fixed words of a statement, on paper and on the page."""

from typing import Final

from thongsuot_schema.words.language import Text

CIRCUIT: Final = Text("Kênh truyền", "Circuit")
TERMS: Final = Text("Điều khoản", "Terms")
RESULT: Final = Text("Kết quả trong kỳ", "Result")
HELD: Final = Text("Đối chiếu với điều khoản", "Held against the terms")
INTERRUPTIONS: Final = Text("Các lần gián đoạn do nhà mạng", "Interruptions by the carrier's fault")
PERIODS: Final = Text("Thời gian loại trừ và chậm/chập chờn", "Not counted, and slow")
CHANGES: Final = Text("Thay đổi so với lần phát hành trước", "Changes from the one before")
METHOD: Final = Text("Cách tính", "How it is reckoned")
METHOD_AND_SIGNATURES: Final = Text("Cách tính và xác nhận", "How it is reckoned; signatures")

NONE: Final = Text("Không có.", "None.")
SUM: Final = Text("Cộng", "Sum")
GOES_ON: Final = Text("chưa kết thúc trong kỳ", "not over in this time")
NOT_NOTIFIED: Final = Text("không báo trong lúc gián đoạn", "not told while it lasted")
FROM_BEFORE: Final = Text("từ kỳ trước", "from before")

INTERRUPTION_HEADS: Final = (
    Text("TT", "No."),
    Text("Bắt đầu", "Began"),
    Text("Kết thúc", "Ended"),
    Text("Gián đoạn", "Downtime"),
    Text("Báo nhà mạng lúc", "Carrier told"),
    Text("Từ khi báo", "Since told"),
    Text("Khắc phục", "To restore"),
    Text("Hiện tượng; sự cố", "What; incident"),
)
PERIOD_HEADS: Final = (
    Text("TT", "No."),
    Text("Từ", "From"),
    Text("Đến", "Until"),
    Text("Thời gian", "Time"),
    Text("Ghi chú", "Note"),
)

NUMBER: Final = Text("Số", "No.")
PAGE: Final = Text("Trang", "Page")
ATTACHED: Final = Text("CSV đính kèm", "CSV attached")
DRAFT: Final = Text("BẢN TẠM TÍNH đến {at}, chưa phát hành", "Draft, not issued")
REVISION: Final = Text("Lần phát hành {revision}, {at}", "Revision {revision}")
REPLACES: Final = Text(", thay thế lần {before}", ", replaces {before}")
TABLE: Final = Text(
    "Mọi khoảng thời gian của kỳ, theo thứ tự", "Each stretch of the time, in order"
)
CUSTOMER: Final = Text("Đơn vị sử dụng dịch vụ", "The customer")
CARRIER: Final = Text("Đại diện nhà mạng", "The carrier")
SIGN: Final = Text("ký, ghi rõ họ tên", "signature and full name")

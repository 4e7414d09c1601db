"""Labels of the pages of statements."""

from typing import Final

from thongsuot_schema.words.language import Text

FIND: Final = Text("Tìm kênh, điểm, nhà mạng", "Find a circuit, site or carrier")
SEARCH: Final = Text("Tìm", "Find")
NO_CIRCUITS: Final = Text("Không có kênh nào.", "There are no circuits.")
DRAFT: Final = Text("tạm tính", "draft")
DRAFT_UNTIL: Final = Text("Bản tạm tính đến {at}, chưa phát hành", "Draft up to {at}, not issued")
ISSUED: Final = Text(
    "Số {number}, lần phát hành {revision}, {at}", "No. {number}, revision {revision}, {at}"
)
NO_MONTH: Final = Text("Không tìm thấy kỳ báo cáo này.", "There is no such month.")
NO_CIRCUIT: Final = Text("Không tìm thấy kênh này.", "There is no such circuit.")
NO_REVISION: Final = Text("Không tìm thấy lần phát hành này.", "There is no such revision.")
NOT_PRINTED: Final = Text(
    "Chưa in được PDF; các số liệu có trong tệp CSV.",
    "The PDF could not be printed; its figures are in the CSV.",
)
ALL_CIRCUITS: Final = Text("Tất cả các kênh", "All circuits")
CSV: Final = Text("Tải CSV", "Download CSV")
PDF: Final = Text("Tải PDF", "Download PDF")
SUM: Final = Text("Cộng", "Sum")
NONE: Final = Text("Không có.", "None.")
GOES_ON: Final = Text("chưa kết thúc trong kỳ", "not over in this time")
NOT_NOTIFIED: Final = Text("không báo trong lúc gián đoạn", "not told while it lasted")
FROM_BEFORE: Final = Text("từ kỳ trước", "from before")

CIRCUIT: Final = Text("Kênh truyền", "Circuit")
TERMS: Final = Text("Điều khoản", "Terms")
RESULT: Final = Text("Kết quả trong kỳ", "Result")
HELD: Final = Text("Đối chiếu với điều khoản", "Held against the terms")
INTERRUPTIONS: Final = Text("Các lần gián đoạn do nhà mạng", "Interruptions by the carrier's fault")
PERIODS: Final = Text("Thời gian không tính và chậm/chập chờn", "Not counted, and slow")
CHANGES: Final = Text("Thay đổi so với lần phát hành trước", "Changes from the one before")
REVISIONS: Final = Text("Các lần phát hành", "Revisions")
METHOD: Final = Text("Cách tính", "How it is reckoned")

LIST_HEADS: Final = (
    Text("Kênh", "Circuit"),
    Text("Điểm", "Site"),
    Text("Nhà mạng", "Carrier"),
    Text("Độ khả dụng", "Availability"),
    Text("Gián đoạn", "Downtime"),
    Text("Số lần", "Times"),
    Text("Chỉ tiêu", "Target"),
    Text("Lần phát hành", "Revision"),
)
INTERRUPTION_HEADS: Final = (
    Text("#", "#"),
    Text("Bắt đầu", "Began"),
    Text("Kết thúc", "Ended"),
    Text("Gián đoạn", "Downtime"),
    Text("Báo nhà mạng lúc", "Carrier told"),
    Text("Từ khi báo", "Since told"),
    Text("Khắc phục", "To restore"),
    Text("Hiện tượng; sự cố", "What; incident"),
)
PERIOD_HEADS: Final = (
    Text("#", "#"),
    Text("Từ", "From"),
    Text("Đến", "Until"),
    Text("Thời gian", "Time"),
    Text("Ghi chú", "Note"),
)

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

REVISIONS: Final = Text("Các lần phát hành", "Revisions")

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

"""The fixed words of the page where tests are asked for."""

from typing import Final

from thongsuot_collector.store.test_requests import AT_ONCE, LASTS_NS, NS_PER_S, RequestStage
from thongsuot_schema.words import requested_tests
from thongsuot_schema.words.language import Text

TITLE: Final = Text("Đo ngay", "Test now")
WHO_ARE_YOU: Final = Text(
    "Cần tên và mật khẩu của người được phép yêu cầu đo.",
    "The name and password of somebody who may ask for tests are needed.",
)
NOBODY: Final = Text(
    "Ở đây chưa ai được phép yêu cầu đo. Người quản trị thêm người bằng lệnh "
    "thongsuot-collector person add.",
    "Nobody may ask for tests here yet. An administrator adds people with "
    "thongsuot-collector person add.",
)
OTHER_PAGE: Final = Text("Yêu cầu này đến từ một trang khác.", "This came from another page.")
TOO_LONG: Final = Text("Nội dung quá dài.", "This is too long.")
WRONG: Final = Text(
    "Điểm này không có phép đo hoặc đường truyền đó.", "This point has no such test or link."
)
TOO_OFTEN: Final = Text(
    f"Đã yêu cầu {AT_ONCE} lần đo trong {LASTS_NS // NS_PER_S // 60} phút. Xin chờ kết quả.",
    f"{AT_ONCE} tests were asked for in {LASTS_NS // NS_PER_S // 60} minutes. Wait for results.",
)
WHAT: Final = Text("Chọn việc cần đo", "What to test")
HOW: Final = Text(
    "Thiết bị tại điểm nhận yêu cầu trong lần gửi số liệu tới, thường sau 15 giây.",
    "The device hears of it with its next push, mostly within 15 seconds.",
)
LINK: Final = Text("Đường truyền", "Link")
ALL_LINKS: Final = Text("tất cả", "all")
ASKED: Final = Text("Các lần đo theo yêu cầu", "Tests that were asked for")
WHEN: Final = Text("Lúc", "When")
BY: Final = Text("Người yêu cầu", "Asked by")
AT_SITE: Final = Text("tại điểm", "at the point")
TEST: Final = Text("Phép đo", "Test")
PROGRESS: Final = Text("Tiến độ", "Progress")
RESULT: Final = Text("Kết quả", "Result")

STAGES: Final[dict[RequestStage, Text]] = {
    RequestStage.WAITING: Text("đang chờ thiết bị", "waiting for the device"),
    RequestStage.TAKEN: requested_tests.UNDER_WAY,
    RequestStage.DONE: requested_tests.DONE,
    RequestStage.REFUSED: requested_tests.REFUSED,
    RequestStage.EXPIRED: Text(
        "hết hạn, thiết bị không phản hồi", "expired, the device said nothing"
    ),
}

"""The fixed words of the list of sites, and of answers that are no page."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

TITLE: Final = Text("Các điểm phục vụ", "Service points")
FIND: Final = Text("Tìm điểm", "Find a site")
SEARCH: Final = Text("Tìm", "Find")
HEARD: Final = Text("Lần cuối gửi dữ liệu", "Last heard")
NEVER: Final = Text("chưa bao giờ", "never")
NO_MATCH: Final = Text("Không tìm thấy điểm phục vụ nào.", "No site matches.")
NO_SITES: Final = Text("Chưa có điểm nào gửi dữ liệu.", "No site has sent anything yet.")
NO_SITE: Final = Text("Không tìm thấy điểm phục vụ này.", "There is no such site.")
INCIDENTS: Final = Text("Các sự cố", "Incidents")
STATEMENTS: Final = Text("Chất lượng dịch vụ", "Service levels")
TWO_DEVICES: Final = Text(
    "Có hai thiết bị cùng gửi dữ liệu cho điểm này, có thể do thẻ nhớ bị sao chép.",
    "Two devices push for this site at once; perhaps a memory card was copied.",
)

COUNTS: Final[dict[State, Text]] = {
    State.DOWN: Text("{n} điểm mất kết nối", "{n} disconnected"),
    State.DEGRADED: Text("{n} điểm có sự cố", "{n} with a fault"),
    State.UNKNOWN: Text("{n} điểm chưa có dữ liệu", "{n} unknown"),
    State.UP: Text("{n} điểm bình thường", "{n} working normally"),
}
"""How many sites are in each state."""

"""Words for the states of a link or a service."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

LINK_STATES: Final[dict[State, Text]] = {
    State.UP: Text("Hoạt động bình thường", "Working normally"),
    State.DEGRADED: Text("Kết nối chậm/chập chờn", "Slow or unstable"),
    State.DOWN: Text("Mất kết nối", "Disconnected"),
    State.UNKNOWN: Text("Chưa có dữ liệu", "No data yet"),
}

SERVICE_STATES: Final[dict[State, Text]] = {
    State.UP: Text("Truy cập được", "Reachable"),
    State.DEGRADED: Text("Chậm/chập chờn", "Slow or unstable"),
    State.DOWN: Text("Không truy cập được", "Not reachable"),
    State.UNKNOWN: Text("Chưa có dữ liệu", "No data yet"),
}

AGENT_SILENT: Final = Text("Thiết bị giám sát mất liên lạc", "Monitoring device not reporting")
"""What a silent agent is called; never "network down": the power may be off."""

"""Names and colours of the numbers that stand for states and segments, from the schema's words."""

from thongsuot_dashboards.panels.look import Look, Named
from thongsuot_dashboards.text import Text
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.segments import SEGMENTS
from thongsuot_schema.words.states import LINK_STATES, SERVICE_STATES

_NUMBERS = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}
_COLORS = {State.UP: "green", State.DEGRADED: "yellow", State.DOWN: "red"}
_SEGMENT_COLORS = {
    Segment.DEVICE: "purple",
    Segment.LAN: "orange",
    Segment.ACCESS: "red",
    Segment.CARRIER: "dark-red",
    Segment.TRANSIT: "dark-orange",
    Segment.SERVICE: "blue",
}

LINK_STATE = Look(
    names={
        number: Named(text=Text(LINK_STATES[state].vi, LINK_STATES[state].en), color=_COLORS[state])
        for state, number in _NUMBERS.items()
    }
)
SERVICE_STATE = Look(
    names={
        number: Named(
            text=Text(SERVICE_STATES[state].vi, SERVICE_STATES[state].en), color=_COLORS[state]
        )
        for state, number in _NUMBERS.items()
    }
)
SITE_STATE = Look(
    names={
        0: Named(text=Text("Mọi đường truyền tốt", "All links well"), color="green"),
        1: Named(text=Text("Có đường truyền lỗi", "Something is wrong"), color="yellow"),
        2: Named(text=Text("Mất kết nối hoàn toàn", "Cut off"), color="red"),
    }
)
"""Of a site or a commune, see ``recorded.SITE_STATE``."""

SEGMENT = Look(
    names={0: Named(text=Text("Không có lỗi", "No fault"), color="green")}
    | {
        rung: Named(
            text=Text(SEGMENTS[segment].vi, SEGMENTS[segment].en), color=_SEGMENT_COLORS[segment]
        )
        for rung, segment in enumerate(LADDER, start=1)
    }
)
YES_NO = Look(
    names={
        0: Named(text=Text("Không", "No"), color="red"),
        1: Named(text=Text("Có", "Yes"), color="green"),
    }
)
ON_BATTERY = Look(
    names={
        0: Named(text=Text("Điện lưới", "Mains"), color="green"),
        1: Named(text=Text("Ắc quy", "Battery"), color="red"),
    }
)
TECHNOLOGY = Look(
    names={
        0: Named(text=Text("Không có sóng", "No service"), color="red"),
        2: Named(text=Text("2G", "GSM"), color="dark-red"),
        3: Named(text=Text("3G", "UMTS"), color="dark-orange"),
        4: Named(text=Text("4G (LTE)", "LTE"), color="yellow"),
        5: Named(text=Text("5G NSA", "5G beside LTE"), color="blue"),
        6: Named(text=Text("5G SA", "5G alone"), color="green"),
    }
)
"""Of a modem, by ``radio.TECHNOLOGY``."""

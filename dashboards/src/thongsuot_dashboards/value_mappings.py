"""Names and colours of the numbers that represent states and segments, from the schema's terms."""

from thongsuot_dashboards.panels.field_config import FieldConfig, ValueMapping
from thongsuot_dashboards.text import BilingualText
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.states import LINK_STATES, SEGMENTS, SERVICE_STATES

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

LINK_STATE = FieldConfig(
    mappings={
        number: ValueMapping(
            text=BilingualText(LINK_STATES[state].read("vi"), LINK_STATES[state].read("en")),
            color=_COLORS[state],
        )
        for state, number in _NUMBERS.items()
    }
)
SERVICE_STATE = FieldConfig(
    mappings={
        number: ValueMapping(
            text=BilingualText(SERVICE_STATES[state].read("vi"), SERVICE_STATES[state].read("en")),
            color=_COLORS[state],
        )
        for state, number in _NUMBERS.items()
    }
)
SITE_STATE = FieldConfig(
    mappings={
        0: ValueMapping(
            text=BilingualText("Mọi đường truyền tốt", "All links well"), color="green"
        ),
        1: ValueMapping(
            text=BilingualText("Có đường truyền lỗi", "Something is wrong"), color="yellow"
        ),
        2: ValueMapping(text=BilingualText("Mất kết nối hoàn toàn", "Cut off"), color="red"),
    }
)
"""State of a site or a commune, see ``recorded.SITE_STATE``."""

SEGMENT = FieldConfig(
    mappings={0: ValueMapping(text=BilingualText("Không có lỗi", "No fault"), color="green")}
    | {
        rung: ValueMapping(
            text=BilingualText(SEGMENTS[segment].read("vi"), SEGMENTS[segment].read("en")),
            color=_SEGMENT_COLORS[segment],
        )
        for rung, segment in enumerate(LADDER, start=1)
    }
)
YES_NO = FieldConfig(
    mappings={
        0: ValueMapping(text=BilingualText("Không", "No"), color="red"),
        1: ValueMapping(text=BilingualText("Có", "Yes"), color="green"),
    }
)
ON_BATTERY = FieldConfig(
    mappings={
        0: ValueMapping(text=BilingualText("Điện lưới", "Mains"), color="green"),
        1: ValueMapping(text=BilingualText("Ắc quy", "Battery"), color="red"),
    }
)
TECHNOLOGY = FieldConfig(
    mappings={
        0: ValueMapping(text=BilingualText("Không có sóng", "No service"), color="red"),
        2: ValueMapping(text=BilingualText("2G", "GSM"), color="dark-red"),
        3: ValueMapping(text=BilingualText("3G", "UMTS"), color="dark-orange"),
        4: ValueMapping(text=BilingualText("4G (LTE)", "LTE"), color="yellow"),
        5: ValueMapping(text=BilingualText("5G NSA", "5G beside LTE"), color="blue"),
        6: ValueMapping(text=BilingualText("5G SA", "5G alone"), color="green"),
    }
)
"""Technology of a modem, by ``radio.TECHNOLOGY``."""

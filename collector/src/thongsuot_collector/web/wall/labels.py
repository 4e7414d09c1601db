"""The fixed words of the wall."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

TITLE: Final = Text("collector.web.wall.title")
WHOLE: Final = Text("collector.web.wall.whole")
TO_ACT: Final = Text("collector.web.wall.to_act")
WAITING_FOR_CARRIERS: Final = Text("collector.web.wall.waiting_for_carriers")
WAITING_FOR_OTHERS: Final = Text("collector.web.wall.waiting_for_others")
DISPUTED: Final = Text("collector.web.wall.disputed")
NOT_INSTALLED: Final = Text("collector.web.wall.not_installed")
SILENT: Final = Text("collector.web.wall.silent")
SCREEN: Final = Text("collector.web.wall.screen")
LEAVE_SCREEN: Final = Text("collector.web.wall.leave_screen")
MADE: Final = Text("collector.web.wall.made")
AGE_UNIT: Final = Text("collector.web.wall.age_unit")
MAP: Final = Text("collector.web.wall.map")
WORK: Final = Text("collector.web.wall.work")
NO_WORK: Final = Text("collector.web.wall.no_work")
MORE: Final = Text("collector.web.wall.more")
MATRIX: Final = Text("collector.web.wall.matrix")
FILTERS: Final = Text("collector.web.wall.filters")
NONE: Final = Text("collector.web.wall.none")
TILE: Final = Text("collector.web.wall.tile")
EMPTY: Final = Text("collector.web.wall.empty")
SINCE: Final = Text("collector.web.wall.since")
ACCEPTED: Final = Text("collector.web.wall.accepted")
UNACCEPTED: Final = Text("collector.web.wall.unaccepted")
EXPECTED: Final = Text("collector.web.wall.expected")

STATES: Final[dict[State, Text]] = {
    State.UP: Text("collector.web.wall.good"),
    State.DEGRADED: Text("collector.web.wall.degraded"),
    State.DOWN: Text("collector.web.wall.down"),
    State.UNKNOWN: Text("collector.web.wall.unknown"),
}

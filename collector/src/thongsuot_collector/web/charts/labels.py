"""The fixed words of charts."""

from typing import Final

from thongsuot_schema.words.language import Text

CHOICE: Final = Text("collector.charts.choice")
MORE: Final = Text("collector.charts.more")
LINE: Final = Text("collector.charts.line")
AROUND: Final = Text("collector.charts.around")
NO_DELAY: Final = Text("collector.charts.no_delay")
DELAY: Final = Text("collector.charts.delay")
SILENT: Final = Text("collector.charts.silent")
LOSS: Final = Text("collector.charts.loss")
NO_LOSS: Final = Text("collector.charts.no_loss")
WORST: Final = Text("collector.charts.worst")
KEY: Final = Text("collector.charts.key")
LOSS_AXIS: Final = Text("collector.charts.loss_axis")
PATHS: Final = Text("collector.charts.paths")
PATH_TITLE: Final = Text("collector.charts.path.title")
PATH_POINT: Final = Text("collector.charts.path.point")
PATH_ENDS: Final = Text("collector.charts.path.ends")
PATH_SILENT: Final = Text("collector.charts.path.silent")
PATH_BEFORE: Final = Text("collector.charts.path.before")
PATH_SAME: Final = Text("collector.charts.path.same")
PATH_PARTS: Final = Text("collector.charts.path.parts")
PATH_NOT_SINCE: Final = Text("collector.charts.path.not_since")
PATH_KEY: Final = Text("collector.charts.path.key")
INCIDENT: Final = Text("collector.charts.incident")

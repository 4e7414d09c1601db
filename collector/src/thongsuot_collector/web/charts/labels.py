"""The fixed words of charts."""

from typing import Final

from thongsuot_schema.words.language import Text

AROUND: Final = Text("collector.charts.around")
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
LIFELINE: Final = Text("collector.charts.lifeline")
UNTOLD: Final = Text("collector.charts.untold")
UNTAKEN: Final = Text("collector.charts.untaken")
WORKED: Final = Text("collector.charts.worked")
INCIDENT: Final = Text("collector.charts.incident")

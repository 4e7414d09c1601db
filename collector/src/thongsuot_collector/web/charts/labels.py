"""The fixed words of charts."""

from typing import Final

from thongsuot_schema.words.language import CountedText, Text

PERIODS: Final = Text("collector.charts.periods")
CHOICE: Final = Text("collector.charts.choice")
DAY: Final = Text("collector.charts.period.day")
WEEK: Final = Text("collector.charts.period.week")
MONTH: Final = Text("collector.charts.period.month")
MORE: Final = Text("collector.charts.more")
PICTURE: Final = Text("collector.charts.picture")
NO_RECORD: Final = Text("collector.charts.no_record")
NO_OUTAGE: Final = Text("collector.charts.no_outage")
OUTAGES: Final = CountedText("collector.charts.outages")
LASTED: Final = Text("collector.charts.lasted")
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
INCIDENT: Final = Text("collector.charts.incident")

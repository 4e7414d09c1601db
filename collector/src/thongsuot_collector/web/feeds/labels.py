"""The fixed words of the feeds."""

from typing import Final

from thongsuot_schema.words.language import Text

INCIDENTS: Final = Text("collector.web.feeds.incidents")
MAINTENANCE: Final = Text("collector.web.feeds.maintenance")
WORK: Final = Text("collector.web.feeds.work")
SUMMARY: Final = Text("collector.web.feeds.summary")

"""The fixed words of the first page."""

from typing import Final

from thongsuot_schema.words.language import Text

WORK: Final = Text("collector.home.work")
NO_WORK: Final = Text("collector.home.no_work")
MORE_WORK: Final = Text("collector.home.more_work")
PENDING_WORK: Final = Text("collector.home.pending_work")
WORK_OF: Final = Text("collector.home.work_of")
CIRCUITS: Final = Text("collector.home.circuits")
PROPOSED_BY: Final = Text("collector.home.proposed_by")
CONFIRM_AS: Final = Text("collector.home.confirm_as")
POINTS: Final = Text("collector.home.points")
ALL_WELL: Final = Text("collector.home.all_well")
ALL_POINTS: Final = Text("collector.home.all_points")
MORE: Final = Text("collector.home.more")

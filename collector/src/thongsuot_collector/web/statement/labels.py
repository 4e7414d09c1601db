"""Labels of the pages of statements."""

from typing import Final

from thongsuot_schema.words.language import Text

FIND: Final = Text("collector.web.statement.find")
SEARCH: Final = Text("collector.web.statement.search")
NO_CIRCUITS: Final = Text("collector.web.statement.no_circuits")
DRAFT: Final = Text("collector.web.statement.draft")
DRAFT_UNTIL: Final = Text("collector.web.statement.draft_until")
ISSUED: Final = Text("collector.web.statement.issued")
NO_MONTH: Final = Text("collector.web.statement.no_month")
NO_CIRCUIT: Final = Text("collector.web.statement.no_circuit")
NO_REVISION: Final = Text("collector.web.statement.no_revision")
NOT_PRINTED: Final = Text("collector.web.statement.not_printed")
ALL_CIRCUITS: Final = Text("collector.web.statement.all_circuits")
CSV: Final = Text("collector.web.statement.csv")
PDF: Final = Text("collector.web.statement.pdf")

DISPUTES: Final = Text("collector.web.statement.disputes")
REVISIONS: Final = Text("collector.web.statement.revisions")

LIST_HEADS: Final = (
    Text("collector.web.statement.heads.circuit"),
    Text("collector.web.statement.heads.site"),
    Text("collector.web.statement.heads.carrier"),
    Text("collector.web.statement.heads.availability"),
    Text("collector.web.statement.heads.downtime"),
    Text("collector.web.statement.heads.times"),
    Text("collector.web.statement.heads.target"),
    Text("collector.web.statement.heads.revision"),
)

"""The fixed words of a statement, on paper and on the page."""

from typing import Final

from thongsuot_schema.words.language import Text

CIRCUIT: Final = Text("collector.statements.circuit")
TERMS: Final = Text("collector.statements.terms")
RESULT: Final = Text("collector.statements.result")
HELD: Final = Text("collector.statements.held")
INTERRUPTIONS: Final = Text("collector.statements.interruptions")
PERIODS: Final = Text("collector.statements.periods")
CHANGES: Final = Text("collector.statements.changes")
METHOD: Final = Text("collector.statements.method")
METHOD_AND_SIGNATURES: Final = Text("collector.statements.method_and_signatures")

NONE: Final = Text("collector.statements.none")
SUM: Final = Text("collector.statements.sum")
GOES_ON: Final = Text("collector.statements.goes_on")
NOT_NOTIFIED: Final = Text("collector.statements.not_notified")
FROM_BEFORE: Final = Text("collector.statements.from_before")

INTERRUPTION_HEADS: Final = (
    Text("collector.statements.interruption_heads.no"),
    Text("collector.statements.interruption_heads.began"),
    Text("collector.statements.interruption_heads.ended"),
    Text("collector.statements.interruption_heads.downtime"),
    Text("collector.statements.interruption_heads.carrier_told"),
    Text("collector.statements.interruption_heads.since_told"),
    Text("collector.statements.interruption_heads.to_restore"),
    Text("collector.statements.interruption_heads.what_incident"),
)
PERIOD_HEADS: Final = (
    Text("collector.statements.period_heads.no"),
    Text("collector.statements.period_heads.from"),
    Text("collector.statements.period_heads.until"),
    Text("collector.statements.period_heads.time"),
    Text("collector.statements.period_heads.note"),
)

NUMBER: Final = Text("collector.statements.number")
PAGE: Final = Text("collector.statements.page")
ATTACHED: Final = Text("collector.statements.attached")
DRAFT: Final = Text("collector.statements.draft")
REVISION: Final = Text("collector.statements.revision")
REPLACEMENT: Final = Text("collector.statements.replacement")
TABLE: Final = Text("collector.statements.table")
CUSTOMER: Final = Text("collector.statements.customer")
CARRIER: Final = Text("collector.statements.carrier")
SIGN: Final = Text("collector.statements.sign")
DISPUTES: Final = Text("collector.statements.disputes")
SWITCH_OVERS: Final = Text("collector.statements.switch_overs")

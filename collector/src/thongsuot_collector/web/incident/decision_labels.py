"""The fixed words of the city's decisions about incidents."""

from typing import Final

from thongsuot_collector.maintenance.incident_work import WorkMistake
from thongsuot_schema.words.language import Text

MERGE: Final = Text("collector.decisions.merge")
MERGE_AS: Final = Text("collector.decisions.merge_as")
MERGE_HOW: Final = Text("collector.decisions.merge_how")
MERGE_INTO: Final = Text("collector.decisions.merge_into")
NO_TARGETS: Final = Text("collector.decisions.no_targets")
SPLIT: Final = Text("collector.decisions.split")
SPLIT_AS: Final = Text("collector.decisions.split_as")
SPLIT_HOW: Final = Text("collector.decisions.split_how")
SPLIT_WHAT: Final = Text("collector.decisions.split_what")
NO_MEMBERS: Final = Text("collector.decisions.no_members")
CLOSE: Final = Text("collector.decisions.close")
CLOSE_AS: Final = Text("collector.decisions.close_as")
CLOSE_HOW: Final = Text("collector.decisions.close_how")
STILL_DOWN: Final = Text("collector.decisions.still_down")
REOPEN: Final = Text("collector.decisions.reopen")
REOPEN_AS: Final = Text("collector.decisions.reopen_as")
REOPEN_HOW: Final = Text("collector.decisions.reopen_how")
REASON: Final = Text("collector.decisions.reason")
MISSING: Final = Text("collector.decisions.missing")
NEEDS_REASON: Final = Text("collector.decisions.needs_reason")
CLOSED_BY: Final = Text("collector.decisions.closed_by")
MERGED_BY: Final = Text("collector.decisions.merged_by")
SPLIT_BY: Final = Text("collector.decisions.split_by")
GOES_ON: Final = Text("collector.decisions.goes_on")
SITE_NOTE: Final = Text("collector.decisions.site_note")
STATEMENT_NOTE: Final = Text("collector.decisions.statement_note")
STATEMENT_TITLE: Final = Text("collector.decisions.statement_title")

IMPOSSIBLE: Final[dict[str, Text]] = {
    "over": Text("collector.decisions.impossible.over"),
    "report": Text("collector.decisions.impossible.report"),
    "part": Text("collector.decisions.impossible.part"),
    "target": Text("collector.decisions.impossible.target"),
    "member": Text("collector.decisions.impossible.member"),
    "disputed": Text("collector.decisions.impossible.disputed"),
    "not_closed": Text("collector.decisions.impossible.not_closed"),
}
"""By the reason of ``AnswerImpossible``."""

PLAN: Final = Text("collector.decisions.plan")
PLAN_AS: Final = Text("collector.decisions.plan_as")
PLAN_HOW: Final = Text("collector.decisions.plan_how")
PLAN_WHAT: Final = Text("collector.decisions.plan_what")
PLAN_FROM: Final = Text("collector.decisions.plan_from")
PLAN_TO: Final = Text("collector.decisions.plan_to")
PLAN_NOTE: Final = Text("collector.decisions.plan_note")

PLAN_MISTAKES: Final[dict[WorkMistake, Text]] = {
    WorkMistake.SCOPE: Text("collector.decisions.plan_mistakes.scope"),
    WorkMistake.NOTE: Text("collector.decisions.plan_mistakes.note"),
    WorkMistake.TIME: Text("collector.decisions.plan_mistakes.time"),
    WorkMistake.PAST: Text("collector.decisions.plan_mistakes.past"),
    WorkMistake.LENGTH: Text("collector.decisions.plan_mistakes.length"),
}

EVENT_TOLD: Final = Text("collector.decisions.events.told")
EVENT_UNTOLD: Final = Text("collector.decisions.events.untold")
OLDER_EVENTS: Final = Text("collector.decisions.events.older")

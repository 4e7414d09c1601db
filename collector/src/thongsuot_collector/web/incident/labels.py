"""The fixed words of the pages of incidents."""

from typing import Final

from thongsuot_collector.incidents.answer import AnswerKind
from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.message import ChannelOutcome as Answered
from thongsuot_schema.words.language import Text

OPEN: Final = Text("collector.web.incident.open")
CLOSED: Final = Text("collector.web.incident.closed")
NOT_FOUND: Final = Text("collector.web.incident.not_found")
FACTS: Final = Text("collector.web.incident.facts")
CODE: Final = Text("collector.web.incident.code")
SINCE: Final = Text("collector.web.incident.since")
UNTIL: Final = Text("collector.web.incident.until")
LEARNED: Final = Text("collector.web.incident.learned")
ACTS: Final = Text("collector.web.incident.acts")
SEGMENT: Final = Text("collector.web.incident.segment")
SEVERITY: Final = Text("collector.web.incident.severity")
AFFECTED_COUNT: Final = Text("collector.web.incident.affected_count")
AREA: Final = Text("collector.web.incident.area")
TAKEN: Final = Text("collector.web.incident.taken")
DISPUTED: Final = Text("collector.web.incident.disputed")
BOTH_SIDES: Final = Text("collector.web.incident.both_sides")
OUR_SIDE: Final = Text("collector.web.incident.our_side")
THEIR_SIDE: Final = Text("collector.web.incident.their_side")
DECISION: Final = Text("collector.web.incident.decision")
UNDECIDED: Final = Text("collector.web.incident.undecided")
DECIDE: Final = Text("collector.web.incident.decide")
DECIDE_TITLE: Final = Text("collector.web.incident.decide_title")
FOR_PARTY: Final = Text("collector.web.incident.for_party")
AGAINST_PARTY: Final = Text("collector.web.incident.against_party")
DECISION_REASON: Final = Text("collector.web.incident.decision_reason")
DECIDE_AS: Final = Text("collector.web.incident.decide_as")
DECIDE_MISSING: Final = Text("collector.web.incident.decide_missing")
EXPECTED: Final = Text("collector.web.incident.expected")
ANSWERS_OF_PARTY: Final = Text("collector.web.incident.answers_of_party")
NOBODY: Final = Text("collector.web.incident.nobody")
MAINTENANCE: Final = Text("collector.web.incident.maintenance")
GENERATED: Final = Text("collector.web.incident.generated")
GENERATED_TAG: Final = Text("collector.web.incident.generated_tag")
EXCUSED: Final = Text("collector.web.incident.excused")
PART_OF: Final = Text("collector.web.incident.part_of")
CONSISTS: Final = Text("collector.web.incident.consists")
AFFECTED: Final = Text("collector.web.incident.affected")
CIRCUIT: Final = Text("collector.web.incident.circuit")
POINT: Final = Text("collector.web.incident.point")
LINE: Final = Text("collector.web.incident.line")
STATE: Final = Text("collector.web.incident.state")
FROM: Final = Text("collector.web.incident.from")
TO: Final = Text("collector.web.incident.to")
GOES_ON: Final = Text("collector.web.incident.goes_on")
MEASURED: Final = Text("collector.web.incident.measured")
COMPARED: Final = Text("collector.web.incident.compared")
NOTIFIED: Final = Text("collector.web.incident.notified")
WHEN: Final = Text("collector.web.incident.when")
WHO: Final = Text("collector.web.incident.who")
WHAT: Final = Text("collector.web.incident.what")
BY: Final = Text("collector.web.incident.by")
RESULT: Final = Text("collector.web.incident.result")
NOT_YET: Final = Text("collector.web.incident.not_yet")
NOBODY_NOTIFIED: Final = Text("collector.web.incident.nobody_notified")
RECORD: Final = Text("collector.web.incident.record")
RECORD_WHY: Final = Text("collector.web.incident.record_why")
BATCH: Final = Text("collector.web.incident.batch")
DIGEST: Final = Text("collector.web.incident.digest")
DOWNLOAD: Final = Text("collector.web.incident.download")
HISTORY: Final = Text("collector.web.incident.history")
FOR_STAFF: Final = Text("collector.web.incident.for_staff")
ANSWER_REPORT: Final = Text("collector.problem.answer_title")
TAKE_ON: Final = Text("collector.web.incident.take_on")
TAKE_ON_AS: Final = Text("collector.web.incident.take_on_as")
COMMENT: Final = Text("collector.web.incident.comment")
COMMENT_AS: Final = Text("collector.web.incident.comment_as")
COMMENT_TEXT: Final = Text("collector.web.incident.comment_text")
COMMENT_MISSING: Final = Text("collector.decisions.needs_comment")
BOARD: Final = Text("collector.web.incident.board")
NOTE: Final = Text("collector.web.incident.note")
WHO_ARE_YOU: Final = Text("collector.web.incident.who_are_you")

KINDS: Final[dict[NotificationKind, Text]] = {
    NotificationKind.OPENED: Text("collector.web.incident.kinds.opened"),
    NotificationKind.UPDATED: Text("collector.web.incident.kinds.updated"),
    NotificationKind.RESOLVED: Text("collector.web.incident.kinds.resolved"),
}

OUTCOMES: Final[dict[ClosureCode, Text]] = {
    ClosureCode.RESTORED: Text("collector.web.incident.outcomes.restored"),
    ClosureCode.WITHDRAWN: Text("collector.web.incident.outcomes.withdrawn"),
    ClosureCode.MERGED: Text("collector.web.incident.outcomes.merged"),
    ClosureCode.CLOSED_BY_CITY: Text("collector.decisions.outcome"),
}

ANSWERS: Final[dict[Answered, Text]] = {
    Answered.DELIVERED: Text("collector.web.incident.answers.delivered"),
    Answered.RETRY: Text("collector.web.incident.answers.retry"),
    Answered.UNKNOWN: Text("collector.web.incident.answers.unknown"),
    Answered.CHANNEL_UNAVAILABLE: Text("collector.web.incident.answers.channel_unavailable"),
    Answered.REJECTED: Text("collector.web.incident.answers.rejected"),
}

ANSWER_KINDS: Final[dict[AnswerKind, Text]] = {
    AnswerKind.ACCEPTED: Text("collector.web.incident.answer_kinds.accepted"),
    AnswerKind.REFUSED: Text("collector.web.incident.answer_kinds.refused"),
    AnswerKind.EXPECTED: Text("collector.web.incident.answer_kinds.expected"),
    AnswerKind.MENDED: Text("collector.web.incident.answer_kinds.mended"),
}

NOTES: Final[dict[str, Text]] = {
    "opened": Text("collector.web.incident.notes.opened"),
    "reported": Text("collector.problem.notes.reported"),
    "reported again": Text("collector.problem.notes.reported_again"),
    "report answered": Text("collector.problem.notes.answered"),
    "closed": Text("collector.web.incident.notes.closed"),
    "open again": Text("collector.web.incident.notes.open_again"),
    "part of": Text("collector.web.incident.notes.part_of"),
    "for itself again": Text("collector.web.incident.notes.for_itself_again"),
    "acknowledged": Text("collector.web.incident.notes.acknowledged"),
    "disputed": Text("collector.web.incident.notes.disputed"),
    "answer accepted": Text("collector.web.incident.notes.answer_accepted"),
    "answer expected": Text("collector.web.incident.notes.answer_expected"),
    "answer mended": Text("collector.web.incident.notes.answer_mended"),
    "ruled for the party": Text("collector.web.incident.notes.ruled_for_the_party"),
    "ruled against the party": Text("collector.web.incident.notes.ruled_against_the_party"),
    "escalated": Text("collector.web.incident.notes.escalated"),
    "ticket acknowledged": Text("collector.web.incident.notes.ticket_acknowledged"),
    "ticket inProgress": Text("collector.web.incident.notes.ticket_inprogress"),
    "ticket pending": Text("collector.web.incident.notes.ticket_pending"),
    "ticket held": Text("collector.web.incident.notes.ticket_held"),
    "ticket resolved": Text("collector.web.incident.notes.ticket_resolved"),
    "ticket closed": Text("collector.web.incident.notes.ticket_closed"),
    "ticket cancelled": Text("collector.web.incident.notes.ticket_cancelled"),
    "ticket rejected": Text("collector.web.incident.notes.ticket_rejected"),
    "note": Text("collector.web.incident.notes.note"),
    "comment": Text("collector.web.incident.notes.comment"),
    "is up": Text("collector.web.incident.notes.is_up"),
    "is out again": Text("collector.web.incident.notes.is_out_again"),
    "is down": Text("collector.web.incident.notes.is_down"),
    "is degraded": Text("collector.web.incident.notes.is_degraded"),
    "is unknown": Text("collector.web.incident.notes.is_unknown"),
    "onset": Text("collector.web.incident.notes.onset"),
    "party": Text("collector.web.incident.notes.party"),
    "rule": Text("collector.web.incident.notes.rule"),
    "maintenance began": Text("collector.web.incident.notes.maintenance_began"),
    "maintenance ended": Text("collector.web.incident.notes.maintenance_ended"),
    "merged into": Text("collector.decisions.notes.merged_into"),
    "took in": Text("collector.decisions.notes.took_in"),
    "taken out of": Text("collector.decisions.notes.taken_out_of"),
    "gave away": Text("collector.decisions.notes.gave_away"),
    "closed by city": Text("collector.decisions.notes.closed_by_city"),
    "opened again by city": Text("collector.decisions.notes.opened_again_by_city"),
    "maintenance planned": Text("collector.decisions.notes.maintenance_planned"),
    "joined": Text("collector.web.incident.notes.joined"),
    "left": Text("collector.web.incident.notes.left"),
}
"""The wording of lines in an incident's history; other lines are shown unchanged."""

PENDING_WORK: Final = Text("collector.web.desk.pending_work")

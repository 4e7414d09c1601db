"""The fixed words of a carrier's desk."""

from typing import Final

from thongsuot_collector.incidents.answer import AnswerKind
from thongsuot_collector.maintenance.proposal import ProposalMistake
from thongsuot_schema.words.language import Text

DESK: Final = Text("collector.web.desk.desk")
DESKS: Final = Text("collector.web.desk.desks")
OPEN: Final = Text("collector.web.desk.open")
NO_OPEN: Final = Text("collector.web.desk.no_open")
CIRCUITS: Final = Text("collector.web.desk.circuits")
NO_CIRCUITS: Final = Text("collector.web.desk.no_circuits")
NEVER: Final = Text("collector.web.desk.never")
PART_OF: Final = Text("collector.web.lists.part_of")
NO_FAULT: Final = Text("collector.web.desk.no_fault")
WORK: Final = Text("collector.web.desk.work")
STATEMENTS: Final = Text("collector.web.desk.statements")
CLOSED: Final = Text("collector.web.desk.closed")
EVIDENCE: Final = Text("collector.web.desk.evidence")
KEYS: Final = Text("collector.web.desk.keys")
UNACCEPTED: Final = Text("collector.web.desk.unaccepted")
DISPUTED: Final = Text("collector.web.desk.disputed")
UPHELD: Final = Text("collector.web.desk.upheld")
ACCEPTED: Final = Text("collector.web.desk.accepted")
EXPECTED: Final = Text("collector.web.desk.expected")
REPORTED_MENDED: Final = Text("collector.web.desk.reported_mended")
LOOK_ONLY: Final = Text("collector.web.desk.look_only")

NAME: Final = Text("collector.web.desk.name")
REASON: Final = Text("collector.web.desk.reason")
NOTE: Final = Text("collector.web.desk.note")
MOMENT: Final = Text("collector.web.desk.moment")
SEND: Final = Text("collector.web.desk.send")
NOT_SENT_YET: Final = Text("collector.web.desk.not_sent_yet")
THANKS: Final = Text("collector.web.desk.thanks")
TO_INCIDENT: Final = Text("collector.web.desk.to_incident")

NEEDS_NAME: Final = Text("collector.web.desk.needs_name")
NEEDS_REASON: Final = Text("collector.web.desk.needs_reason")
NEEDS_MOMENT: Final = Text("collector.web.desk.needs_moment")
EXPIRED: Final = Text("collector.web.desk.expired")
NO_LINK: Final = Text("collector.web.desk.no_link")

IMPOSSIBLE: Final[dict[str, Text]] = {
    "over": Text("collector.web.desk.impossible.over"),
    "not_theirs": Text("collector.web.desk.impossible.not_theirs"),
    "used": Text("collector.web.desk.impossible.used"),
    "disputed": Text("collector.web.desk.impossible.disputed"),
    "decided": Text("collector.web.desk.impossible.decided"),
    "many": Text("collector.web.desk.impossible.many"),
    "not_disputed": Text("collector.web.desk.impossible.not_disputed"),
}
"""By the reason of ``AnswerImpossible``."""

BUTTONS: Final[dict[AnswerKind, Text]] = {
    AnswerKind.ACCEPTED: Text("collector.web.desk.buttons.accepted"),
    AnswerKind.REFUSED: Text("collector.web.desk.buttons.refused"),
    AnswerKind.EXPECTED: Text("collector.web.desk.buttons.expected"),
    AnswerKind.MENDED: Text("collector.web.desk.buttons.mended"),
}

KEY_UNTIL: Final = Text("collector.web.desk.key_until")
KEY_ACTS: Final = Text("collector.web.desk.key_acts")
KEY_LOOKS: Final = Text("collector.web.desk.key_looks")
KEY_GOOD: Final = Text("collector.web.desk.key_good")
KEY_EXPIRED: Final = Text("collector.web.desk.key_expired")
KEY_REVOKED: Final = Text("collector.web.desk.key_revoked")
KEY_REVOKE: Final = Text("collector.web.desk.key_revoke")
KEY_CREATE: Final = Text("collector.web.desk.key_create")
KEY_FOR: Final = Text("collector.web.desk.key_for")
KEY_DAYS: Final = Text("collector.web.desk.key_days")
KEY_MAY_ACT: Final = Text("collector.web.desk.key_may_act")
KEY_NEW: Final = Text("collector.web.desk.key_new")
KEY_WRONG: Final = Text("collector.web.desk.key_wrong")

PROPOSE_WORK: Final = Text("collector.web.desk.propose_work")
PROPOSE_NOTE: Final = Text("collector.web.desk.propose_note")
PROPOSALS: Final = Text("collector.web.desk.proposals")
WORK_IS_PENDING: Final = Text("collector.web.desk.work_is_pending")
WORK_IS_REFUSED: Final = Text("collector.web.desk.work_is_refused")
WORK_LAPSED: Final = Text("collector.web.desk.work_lapsed")
REVIEW_WORK: Final = Text("collector.web.desk.review_work")
WORK_ON: Final = Text("collector.web.desk.work_on")
WORK_FROM: Final = Text("collector.web.desk.work_from")
WORK_TO: Final = Text("collector.web.desk.work_to")
WORK_WHAT: Final = Text("collector.web.desk.work_what")
SEND_PROPOSAL: Final = Text("collector.web.desk.send_proposal")
ALL_CIRCUITS: Final = Text("collector.web.desk.all_circuits")
IN_COMMUNE: Final = Text("collector.web.desk.in_commune")
DECIDE_WORK: Final = Text("collector.web.desk.decide_work")
DECIDE_WORK_AS: Final = Text("collector.web.desk.decide_work_as")
CONFIRM_NOTE: Final = Text("collector.web.desk.confirm_note")
CONFIRM_WORK: Final = Text("collector.web.desk.confirm_work")
REFUSE_WORK: Final = Text("collector.web.desk.refuse_work")
WORK_NEEDS_REASON: Final = Text("collector.web.desk.work_needs_reason")
COVERED: Final = Text("collector.web.desk.covered")
PROPOSED_BY: Final = Text("collector.web.desk.proposed_by")

PROPOSAL_MISTAKES: Final[dict[ProposalMistake, Text]] = {
    ProposalMistake.PERSON: NEEDS_NAME,
    ProposalMistake.NOTE: Text("collector.web.desk.proposal.note"),
    ProposalMistake.SCOPE: Text("collector.web.desk.proposal.scope"),
    ProposalMistake.TIME: Text("collector.web.desk.proposal.time"),
    ProposalMistake.PAST: Text("collector.web.desk.proposal.past"),
    ProposalMistake.LENGTH: Text("collector.web.desk.proposal.length"),
    ProposalMistake.COUNT: Text("collector.web.desk.proposal.count"),
}

"""Labels of the pages of the account."""

from typing import Final

from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_schema.words.language import Text

TITLE: Final = Text("collector.web.account.title")
WHAT: Final = Text("collector.web.account.what")
CLOSES: Final = Text("collector.web.account.closes")
OPEN: Final = Text("collector.web.account.open")
MADE: Final = Text("collector.web.account.made")
CAME: Final = Text("collector.web.account.came")
SITES: Final = Text("collector.web.account.sites")
SINKS: Final = Text("collector.web.account.sinks")
ACCEPTED: Final = Text("collector.web.account.accepted")
NOTHING: Final = Text("collector.web.account.nothing")
FIND: Final = Text("collector.web.account.find")
SEARCH: Final = Text("collector.web.account.search")

_SITE: Final = Text("collector.web.account.heads.site")
_DAY: Final = Text("collector.web.account.heads.day")
_MADE: Final = Text("collector.web.account.heads.made")
_KEPT: Final = Text("collector.web.account.heads.kept")
_ELSEWHERE: Final = Text("collector.web.account.heads.elsewhere")
_VERDICT: Final = Text("collector.web.account.heads.verdict")
_CAME: Final = Text("collector.web.account.heads.came")
_SINK: Final = Text("collector.web.account.heads.sink")
_DELIVERED: Final = Text("collector.web.account.heads.delivered")
_WAITING: Final = Text("collector.web.account.heads.waiting")
_DEAD_LETTERS: Final = Text("collector.web.account.heads.dead_letters")
_LOST: Final = Text("collector.web.account.heads.lost")
_SKIPPED: Final = Text("collector.web.account.heads.skipped")
_EARLIER: Final = Text("collector.web.account.heads.earlier")
_ACCEPTED: Final = Text("collector.web.account.heads.accepted")

SITE_HEADS: Final = (_SITE, _MADE, _KEPT, _ELSEWHERE, _VERDICT)
DAY_HEADS: Final = (_DAY, _MADE, _KEPT, _ELSEWHERE, _VERDICT)
SINK_HEADS: Final = (_SINK, _DELIVERED, _WAITING, _DEAD_LETTERS, _LOST, _SKIPPED, _ACCEPTED)
CAME_HEADS: Final = (_DAY, _CAME, *SINK_HEADS, _EARLIER)
ACCEPTED_HEADS: Final = (
    Text("collector.web.account.heads.at"),
    Text("collector.web.account.heads.by"),
    Text("collector.web.account.heads.what"),
    Text("collector.web.account.heads.reason"),
)

ACCEPTED_ENTRIES: Final = Text("collector.web.account.what_accepted.entries")
ACCEPTED_FLAW: Final = Text("collector.web.account.what_accepted.flaw")
ACCEPTED_BATCH: Final = Text("collector.web.account.what_accepted.batch")
ACCEPTED_BATCHES: Final = Text("collector.web.account.what_accepted.batches")
DAMAGED_TABLE: Final = Text("collector.web.account.what_accepted.damaged_table")
DAMAGED_ENTRIES: Final = Text("collector.web.account.what_accepted.damaged_entries")
DAMAGED_JOURNAL: Final = Text("collector.web.account.what_accepted.damaged_journal")

FATES: Final[dict[BatchFate, Text]] = {
    BatchFate.WAITING: Text("collector.web.account.fates.waiting"),
    BatchFate.NOT_REPORTED: Text("collector.web.account.fates.not_reported"),
    BatchFate.REJECTED: Text("collector.web.account.fates.rejected"),
    BatchFate.DROPPED: Text("collector.web.account.fates.dropped"),
    BatchFate.REJECTED_DELETED: Text("collector.web.account.fates.rejected_deleted"),
    BatchFate.UNREADABLE: Text("collector.web.account.fates.unreadable"),
    BatchFate.POWER_CUT: Text("collector.web.account.fates.power_cut"),
    BatchFate.JOURNAL_DAMAGED: Text("collector.web.account.fates.journal_damaged"),
    BatchFate.JOURNAL_REPLACED: Text("collector.web.account.fates.journal_replaced"),
    BatchFate.FORGOTTEN: Text("collector.web.account.fates.forgotten"),
    BatchFate.UNEXPLAINED: Text("collector.web.account.fates.unexplained"),
    BatchFate.ACCEPTED: Text("collector.web.account.fates.accepted"),
}

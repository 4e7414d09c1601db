"""The fixed words of the lists."""

from typing import Final

from thongsuot_collector.commissioning.status import CommissioningState
from thongsuot_collector.queries.records import SiteStatus, Turn
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

WALL: Final = Text("collector.web.lists.wall")
SEARCH: Final = Text("collector.web.lists.search")
APPLY: Final = Text("collector.web.lists.apply")
CLEAR: Final = Text("collector.web.lists.clear")
ALL: Final = Text("collector.web.lists.all")
SINCE: Final = Text("collector.web.lists.since")
UNTIL: Final = Text("collector.web.lists.until")
COUNT: Final = Text("collector.web.lists.count")
AS_CSV: Final = Text("collector.web.lists.as_csv")
AS_JSON: Final = Text("collector.web.lists.as_json")
NOTHING: Final = Text("collector.web.lists.nothing")
PREVIOUS: Final = Text("collector.web.lists.previous")
NEXT: Final = Text("collector.web.lists.next")
PAGES: Final = Text("collector.web.lists.pages")
PERIOD: Final = Text("collector.web.lists.period")
WRONG: Final = Text("collector.web.lists.wrong")
NEVER: Final = Text("collector.web.lists.never")
COLUMN_SITE: Final = Text("collector.web.lists.column.site")
COLUMN_COMMUNE: Final = Text("collector.web.lists.column.commune")
COLUMN_AREA: Final = Text("collector.web.lists.column.area")
COLUMN_STATE: Final = Text("collector.web.lists.column.state")
COLUMN_STATUS: Final = Text("collector.web.lists.column.status")
COLUMN_FIXED: Final = Text("collector.web.lists.column.fixed")
COLUMN_MOBILE: Final = Text("collector.web.lists.column.mobile")
COLUMN_COMMISSIONING: Final = Text("collector.web.lists.column.commissioning")
COLUMN_SINCE: Final = Text("collector.web.lists.column.since")
COLUMN_HEARD: Final = Text("collector.web.lists.column.heard")
COLUMN_INCIDENTS: Final = Text("collector.web.lists.column.incidents")
COLUMN_CARRIER: Final = Text("collector.web.lists.column.carrier")
COLUMN_CIRCUIT: Final = Text("collector.web.lists.column.circuit")
COLUMN_SEGMENT: Final = Text("collector.web.lists.column.segment")
COLUMN_INCIDENT: Final = Text("collector.web.lists.column.incident")
COLUMN_TURN: Final = Text("collector.web.lists.column.turn")
COLUMN_SEVERITY: Final = Text("collector.web.lists.column.severity")
COLUMN_OPENED: Final = Text("collector.web.lists.column.opened")
COLUMN_LASTED: Final = Text("collector.web.lists.column.lasted")
COLUMN_ACCEPTED: Final = Text("collector.web.lists.column.accepted")
COLUMN_VERSION: Final = Text("collector.web.lists.column.version")
COLUMN_BACKLOG: Final = Text("collector.web.lists.column.backlog")
COLUMN_CONFIG: Final = Text("collector.web.lists.column.config")
COLUMN_BEGAN: Final = Text("collector.web.lists.column.began")
COLUMN_AUDIENCE: Final = Text("collector.web.lists.column.audience")
COLUMN_CHANNEL: Final = Text("collector.web.lists.column.channel")
COLUMN_KIND: Final = Text("collector.web.lists.column.kind")
COLUMN_OUTCOME: Final = Text("collector.web.lists.column.outcome")
COLUMN_TEXT: Final = Text("collector.web.lists.column.text")
COLUMN_BY: Final = Text("collector.web.lists.column.by")
COLUMN_ACTION: Final = Text("collector.web.lists.column.action")
COLUMN_SUBJECT: Final = Text("collector.web.lists.column.subject")
COLUMN_DETAIL: Final = Text("collector.web.lists.column.detail")
COLUMN_MEDIUM: Final = Text("collector.web.lists.column.medium")
OPEN: Final = Text("collector.web.lists.open")
CLOSED: Final = Text("collector.web.lists.closed")
NO_LINK: Final = Text("collector.web.lists.no_link")
REFUSED: Final = Text("collector.web.lists.refused")
NOBODY: Final = Text("collector.web.lists.nobody")
PART_OF: Final = Text("collector.web.lists.part_of")
SUBSCRIBE_INCIDENTS: Final = Text("collector.web.feeds.subscribe_incidents")
SUBSCRIBE_MAINTENANCE: Final = Text("collector.web.feeds.subscribe_maintenance")

TITLES: Final[dict[str, Text]] = {
    "sites": Text("collector.web.lists.titles.sites"),
    "links": Text("collector.web.lists.titles.links"),
    "incidents": Text("collector.web.lists.titles.incidents"),
    "agents": Text("collector.web.lists.titles.agents"),
    "deliveries": Text("collector.web.lists.titles.deliveries"),
    "audit": Text("collector.web.lists.titles.audit"),
}
"""By the name of the list."""

SITE_STATES: Final[dict[State, Text]] = {
    State.UP: Text("collector.web.lists.site_states.up"),
    State.DEGRADED: Text("collector.web.lists.site_states.degraded"),
    State.DOWN: Text("collector.web.lists.site_states.down"),
    State.UNKNOWN: Text("collector.web.lists.site_states.unknown"),
}
"""The words for the overall state of a point, which differ from those of a line."""

FILTERS: Final = Text("collector.web.lists.filters")

STATUSES: Final[dict[SiteStatus, Text]] = {
    SiteStatus.REPORTING: Text("collector.web.lists.status.reporting"),
    SiteStatus.SILENT: Text("collector.web.lists.status.silent"),
    SiteStatus.NOT_INSTALLED: Text("collector.web.lists.status.not_installed"),
    SiteStatus.RETIRED: Text("collector.web.lists.status.retired"),
}

COMMISSIONING: Final[dict[CommissioningState, Text]] = {
    CommissioningState.NONE: Text("collector.web.lists.commissioning.none"),
    CommissioningState.UNDER_WAY: Text("collector.web.lists.commissioning.under_way"),
    CommissioningState.COMPLETE: Text("collector.web.lists.commissioning.complete"),
    CommissioningState.INCOMPLETE: Text("collector.web.lists.commissioning.incomplete"),
    CommissioningState.OUTDATED: Text("collector.web.lists.commissioning.outdated"),
}

TURNS: Final[dict[Turn, Text]] = {
    Turn.CITY: Text("collector.web.lists.turn.city"),
    Turn.DISPUTE: Text("collector.web.lists.turn.dispute"),
    Turn.CARRIER: Text("collector.web.lists.turn.carrier"),
    Turn.COMMUNE: Text("collector.web.lists.turn.commune"),
    Turn.PORTAL: Text("collector.web.lists.turn.portal"),
}

"""The fixed words of the list of sites, the frame and forms of all pages, and plain answers."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

TITLE: Final = Text("collector.web.sites.title")
FIND: Final = Text("collector.web.sites.find")
SEARCH: Final = Text("collector.web.sites.search")
HEARD: Final = Text("collector.web.sites.heard")
NEVER: Final = Text("collector.web.sites.never")
NO_MATCH: Final = Text("collector.web.sites.no_match")
NO_SITES: Final = Text("collector.web.sites.no_sites")
NO_DOCUMENT: Final = Text("collector.web.sites.no_document")
DOCUMENTATION: Final = Text("collector.web.sites.documentation")
NO_PAGE: Final = Text("collector.web.sites.no_page")
NOT_LEADING: Final = Text("collector.web.sites.not_leading")
DATABASE_UNAVAILABLE: Final = Text("collector.web.sites.database_unavailable")
DISPUTED: Final = Text("collector.web.sites.disputed")
EXPECTED: Final = Text("collector.web.sites.expected")
AWAITED: Final = Text("collector.web.awaited")
QUARANTINED: Final = Text("collector.web.sites.quarantined")
DESKS: Final = Text("collector.web.desk.desks")
GENERATED_UNTIL: Final = Text("collector.web.sites.generated_until")
NO_SITE: Final = Text("collector.web.sites.no_site")
STATEMENTS: Final = Text("collector.web.sites.statements")
ACCOUNT: Final = Text("collector.web.account.title")
PASSWORD_NEEDED: Final = Text("collector.web.sites.password_needed")
TOO_MANY_WRONG_PASSWORDS: Final = Text("collector.web.sites.too_many_wrong_passwords")
TWO_DEVICES: Final = Text("collector.web.sites.two_devices")
NAVIGATION: Final = Text("collector.web.lists.navigation")
SIGN_IN: Final = Text("collector.sign_in.sign_in")
OTHER_PAGE: Final = Text("collector.web.incident.other_page")
TOO_LONG: Final = Text("collector.web.incident.too_long")

COUNTS: Final[dict[State, Text]] = {
    State.DOWN: Text("collector.web.sites.counts.down"),
    State.DEGRADED: Text("collector.web.sites.counts.degraded"),
    State.UNKNOWN: Text("collector.web.sites.counts.unknown"),
    State.UP: Text("collector.web.sites.counts.up"),
}
"""The number of sites in each state."""

"""
Commissioning work: a cable pulled by an installer on request counts as planned work of the site.

The device reports it before the cable is out, in the same record as the following verdicts, so the
window exists when they are processed. It ends soon after all links answer again, and after
``PULL_LIMIT_S`` in any case: a link that stays down longer is a fault like any other.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.commissioning.records import dated_events
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_schema.batch.model import Notice
from thongsuot_schema.commissioning.events import DatedEvent, EventCode
from thongsuot_schema.commissioning.run import PULL_LIMIT_S, SETTLE_S
from thongsuot_schema.words.language import Text, in_every_language

_TITLE = Text("schema.commissioning.title")

_LATE_NS = 7 * 86_400 * NS_PER_S
"""A walk that is reported later than this no longer creates a window."""

_PLANNED_AT_MOST = 100
"""Windows of a site in that time: a walk over four links, each tried three times, makes twelve."""


class CommissioningWork:
    """Maintains the commissioning windows of a registry, and those that are not written yet."""

    def __init__(self, registry: IncidentRegistry) -> None:
        self._registry = registry
        self._unwritten: dict[str, MaintenanceWindow] = {}

    def plan(self, entry: JournalEntry, notices: Iterable[Notice]) -> None:
        """Process the steps of a site's runs in a batch; known ones change nothing."""
        events, site = dated_events(entry, notices), entry.site
        if not events:
            return
        known = {window.id: window for window in self._registry.network_state.windows}
        own = _OwnWindows(site, known.values(), since_ns=entry.received_ns - _LATE_NS)
        changed: dict[str, MaintenanceWindow] = {}
        for dated in sorted(events):
            if dated.event.event is EventCode.PULL_ASKED:
                window = _window(site, dated)
                if window.id not in known and own.has_room_for(window):
                    changed[window.id] = known[window.id] = window
                    own.put(window)
            elif dated.event.event is EventCode.SETTLED:
                for window in own.of_run(dated.event.run):
                    ended = _ended(window, dated)
                    if ended != window:
                        changed[window.id] = known[window.id] = ended
                        own.put(ended)
        if changed:
            self._unwritten |= changed
            actions.set_windows(self._registry, known.values())

    def with_unwritten(self, windows: Iterable[MaintenanceWindow]) -> list[MaintenanceWindow]:
        """Return the windows in the store, and those that are still to be written."""
        stored = {window.id: window for window in windows}
        return list((stored | self._unwritten).values())

    def drain(self) -> list[MaintenanceWindow]:
        """Return the windows that have to be written now; they are not returned again."""
        windows, self._unwritten = self._unwritten, {}
        return list(windows.values())

    def requeue(self, windows: Iterable[MaintenanceWindow]) -> None:
        """Put back windows that could not be written."""
        self._unwritten = {window.id: window for window in windows} | self._unwritten


class _OwnWindows:
    """
    The windows that a site's device has planned recently, by run.

    Their number is limited, because windows are checked with every incident and stay in the
    record.
    """

    def __init__(self, site: str, windows: Iterable[MaintenanceWindow], *, since_ns: int) -> None:
        self._prefix = _prefix(site)
        self._since_ns = since_ns
        self._by_run: dict[str, dict[str, MaintenanceWindow]] = {}
        self._count = 0
        for window in windows:
            if window.site == site and window.id.startswith(self._prefix):
                self.put(window)

    def put(self, window: MaintenanceWindow) -> None:
        """Add a window, or replace the one of the same name."""
        run = window.id.removeprefix(self._prefix).partition("-")[0]
        of_run = self._by_run.setdefault(run, {})
        self._count += window.id not in of_run and window.start_ns >= self._since_ns
        of_run[window.id] = window

    def has_room_for(self, window: MaintenanceWindow) -> bool:
        """Return whether the device may plan one more window."""
        return window.start_ns >= self._since_ns and self._count < _PLANNED_AT_MOST

    def of_run(self, run: str) -> list[MaintenanceWindow]:
        """Return the windows of a run."""
        return list(self._by_run.get(run, {}).values())


def _prefix(site: str) -> str:
    return f"commissioning-{site}-"


def _window(site: str, dated: DatedEvent) -> MaintenanceWindow:
    event = dated.event
    return MaintenanceWindow(
        id=f"{_prefix(site)}{event.run}-{dated.at_ns // NS_PER_S}",
        start_ns=dated.at_ns,
        end_ns=dated.at_ns + PULL_LIMIT_S * NS_PER_S,
        site=site,
        note=f"{in_every_language(_TITLE)}: {event.link}",
    )


def _ended(window: MaintenanceWindow, dated: DatedEvent) -> MaintenanceWindow:
    """Return a run's window, with its end after all links of the site answer again."""
    if not window.is_active(dated.at_ns):
        return window
    end_ns = min(window.end_ns, dated.at_ns + SETTLE_S * NS_PER_S)
    return msgspec.structs.replace(window, end_ns=end_ns)

"""
Commissioning work: while an installer pulls a cable on request, it is planned work of the site.

The device says so before the cable is out, in the same record as the verdicts that follow, so the
window stands when they are looked at. It ends soon after all links answer again, and after
``PULL_LIMIT_S`` in any case: what stays out longer is a fault like any other.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.commissioning.notices import dated_events
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


class CommissioningWork:
    """Keeps the windows of commissioning in a registry, and those that are not written yet."""

    def __init__(self, registry: IncidentRegistry) -> None:
        self._registry = registry
        self._unwritten: dict[str, MaintenanceWindow] = {}

    def plan(self, entry: JournalEntry, notices: Iterable[Notice]) -> None:
        """Take in the steps of a site's runs in a batch; those that are known change nothing."""
        events, site = dated_events(entry, notices), entry.site
        if not events:
            return
        known = {window.id: window for window in self._registry.network_state.windows}
        changed: dict[str, MaintenanceWindow] = {}
        for dated in sorted(events):
            if dated.event.event is EventCode.PULL_ASKED:
                window = _window(site, dated)
                if window.id not in known:
                    changed[window.id] = known[window.id] = window
            elif dated.event.event is EventCode.SETTLED:
                for window in list(known.values()):
                    ended = _ended(window, site, dated)
                    if ended != window:
                        changed[window.id] = known[window.id] = ended
        if changed:
            self._unwritten |= changed
            actions.set_windows(self._registry, known.values())

    def with_unwritten(self, windows: Iterable[MaintenanceWindow]) -> list[MaintenanceWindow]:
        """Return the windows that stand in the store, with those that will."""
        stored = {window.id: window for window in windows}
        return list((stored | self._unwritten).values())

    def drain(self) -> list[MaintenanceWindow]:
        """Return what is to be written now; it is not written again."""
        windows, self._unwritten = self._unwritten, {}
        return list(windows.values())

    def requeue(self, windows: Iterable[MaintenanceWindow]) -> None:
        """Take back what could not be written."""
        self._unwritten = {window.id: window for window in windows} | self._unwritten


def _prefix(site: str, run: str) -> str:
    return f"commissioning-{site}-{run}-"


def _window(site: str, dated: DatedEvent) -> MaintenanceWindow:
    event = dated.event
    return MaintenanceWindow(
        id=f"{_prefix(site, event.run)}{dated.at_ns // NS_PER_S}",
        start_ns=dated.at_ns,
        end_ns=dated.at_ns + PULL_LIMIT_S * NS_PER_S,
        site=site,
        note=f"{in_every_language(_TITLE)}: {event.link}",
    )


def _ended(window: MaintenanceWindow, site: str, dated: DatedEvent) -> MaintenanceWindow:
    """Return a window of a run as it is once all links of the site answer again."""
    is_of_run = window.id.startswith(_prefix(site, dated.event.run))
    if not is_of_run or not window.is_active(dated.at_ns):
        return window
    end_ns = min(window.end_ns, dated.at_ns + SETTLE_S * NS_PER_S)
    return msgspec.structs.replace(window, end_ns=end_ns)

"""Site views: the current view of each site."""

import time
from collections.abc import Callable, Iterable

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_collector.state.view import site_view
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.push import NearestSite, SiteIncident
from thongsuot_schema.state import State
from thongsuot_schema.view import OngoingMaintenance, PartyNotification, SiteView
from thongsuot_schema.words.headline import site_state


class SilenceRule(msgspec.Struct, frozen=True, kw_only=True):
    """
    When a page shows a device as silent: no push for ``after_s``, and silent in its timeline, too.

    The timeline knows when the collector itself was away (``is_silent``, of a site), and pages must
    agree with incidents.
    """

    after_s: float
    is_silent: Callable[[str], bool]


class SiteViews:
    """
    The sites of the inventory, and reporting ones that are not in it.

    ``notifications_of`` returns the notified parties of a site's open faults, ``incidents_of``
    their incidents, ``windows`` the maintenance, ``nearest_of`` another point that can serve.
    """

    def __init__(
        self,
        states: StateConsumer,
        directory: InventoryDirectory,
        *,
        notifications_of: Callable[[str], tuple[PartyNotification, ...]],
        incidents_of: Callable[[str], tuple[SiteIncident, ...]],
        windows: Callable[[], Iterable[MaintenanceWindow]],
        nearest_of: Callable[[str], NearestSite | None],
        silence: SilenceRule,
        support_hotline: str,
    ) -> None:
        self._states = states
        self._directory = directory
        self._notifications_of = notifications_of
        self._incidents_of = incidents_of
        self._windows = windows
        self._nearest_of = nearest_of
        self._silence = silence
        self._support_hotline = support_hotline

    def names(self) -> set[str]:
        """Return the names of all sites."""
        return set(self._directory.sites) | set(self._states.sites)

    def commune_of(self, name: str) -> str:
        """Return the code of a site's commune; ``NOWHERE`` for an unknown site."""
        return self._directory.site(name).commune

    def site_view(self, name: str) -> SiteView:
        """Return the current view of a site."""
        view = site_view(
            name,
            self._states.sites.get(name),
            self._directory,
            now_s=time.time(),
            silent_after_s=self._silence.after_s,
            support_hotline=self._support_hotline,
            is_awaited=not self._silence.is_silent(name),
        )
        # Data about other sites is expensive, and only queried if the page shows it.
        is_out_of_service = site_state(view) is State.DOWN
        work = tuple(
            _ongoing_maintenance(window, view, self._directory) for window in self._windows_on(view)
        )
        return msgspec.structs.replace(
            view,
            notifications=self._notifications_of(name),
            incidents=self._incidents_of(name),
            nearest=self._nearest_of(name) if is_out_of_service else None,
            nearest_s=view.now_s,
            maintenance=work,
        )

    def _windows_on(self, view: SiteView) -> list[MaintenanceWindow]:
        """Return the current planned work at a site."""
        now_ns = round(view.now_s * NS_PER_S)
        return [
            window
            for window in self._windows()
            if window.is_active(now_ns)
            and any(window.covers(subject, self._directory) for subject in _subjects(view))
        ]


def _ongoing_maintenance(
    window: MaintenanceWindow, view: SiteView, directory: InventoryDirectory
) -> OngoingMaintenance:
    covered = [subject for subject in _subjects(view) if window.covers(subject, directory)]
    is_whole = any(subject.is_device for subject in covered)
    names = () if is_whole else tuple(subject.link or subject.service for subject in covered)
    return OngoingMaintenance(end_s=window.end_ns / NS_PER_S, about=names, note=window.note)


def _subjects(view: SiteView) -> list[Subject]:
    return [
        Subject(site=view.site),
        *(Subject(site=view.site, link=link.name) for link in view.links),
        *(Subject(site=view.site, service=service.name) for service in view.services),
    ]

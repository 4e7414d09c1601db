"""Views: what there is to show of each site now."""

import time
from collections.abc import Callable

import msgspec

from thongsuot_collector.directory import Directory
from thongsuot_collector.state.keeper import StateKeeper
from thongsuot_collector.state.view import site_view
from thongsuot_schema.page.view import Notification, SiteView


class Views:
    """
    The sites of the inventory, and those that were heard without being in it.

    ``told`` says who was told of a site's open faults.
    """

    def __init__(
        self,
        states: StateKeeper,
        directory: Directory,
        *,
        told: Callable[[str], tuple[Notification, ...]],
        silent_after_s: float,
        support_hotline: str,
    ) -> None:
        self._states = states
        self._directory = directory
        self._told = told
        self._silent_after_s = silent_after_s
        self._support_hotline = support_hotline

    def names(self) -> set[str]:
        """Return the names of all sites."""
        return set(self._directory.sites) | set(self._states.sites)

    def of(self, name: str) -> SiteView:
        """Return a site as it is now."""
        view = site_view(
            name,
            self._states.sites.get(name),
            self._directory,
            now_s=time.time(),
            silent_after_s=self._silent_after_s,
            support_hotline=self._support_hotline,
        )
        return msgspec.structs.replace(view, told=self._told(name))

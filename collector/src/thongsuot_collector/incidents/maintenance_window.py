"""Maintenance window: a time of maintenance, and what it covers."""

import msgspec

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.timeline.subject import Subject


class MaintenanceWindow(msgspec.Struct, frozen=True, kw_only=True):
    """
    Planned work from ``start_ns`` to ``end_ns`` (exclusive).

    It covers the subjects that match all fields that are set: a carrier alone means all of its
    links, a carrier and a commune its links there, ``site`` and ``link`` one link. ``link`` needs
    ``site``. Carriers have links only: a window with ``carrier`` or ``link`` never excuses a device
    or a service. None set: nothing.
    """

    id: str
    start_ns: int
    end_ns: int
    site: str = ""
    link: str = ""
    carrier: str = ""
    commune: str = ""
    service: str = ""
    note: str = ""

    def is_active(self, at_ns: int) -> bool:
        """Return whether the work is in progress at a moment."""
        return self.start_ns <= at_ns < self.end_ns

    def covers(self, subject: Subject, directory: InventoryDirectory) -> bool:
        """Return whether a subject is covered."""
        if not (self.site or self.carrier or self.commune or self.service):
            return False
        return (
            (not self.site or self.site == subject.site)
            and (not self.link or (subject.is_link and self.link == subject.link))
            and (not self.service or self.service == subject.service)
            and (not self.commune or self.commune == directory.site(subject.site).commune)
            and (not self.carrier or self.carrier == _carrier(subject, directory))
        )


def _carrier(subject: Subject, directory: InventoryDirectory) -> str:
    link = directory.link(subject.site, subject.link) if subject.is_link else None
    return "" if link is None else link.carrier

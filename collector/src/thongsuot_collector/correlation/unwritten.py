"""Unwritten changes: the state of the incident consumer that is not on the disk yet."""

from collections.abc import Iterable, Mapping

import msgspec

from thongsuot_collector.correlation.audited import AuditedAction
from thongsuot_collector.correlation.commissioning_work import CommissioningWork
from thongsuot_collector.correlation.rows import IncidentWrites
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.store.sites import Position
from thongsuot_collector.timeline.interval import Rewrite
from thongsuot_collector.timeline.site import SiteTimeline


class UnwrittenChanges:
    """
    Rewrites, changed timelines and audited actions that still have to be written.

    A rewrite is first ``fresh``: the registry has not processed it. Changes that could not be
    written are put back with ``requeue`` and written with the next call.
    """

    def __init__(
        self,
        registry: IncidentRegistry,
        timelines: Mapping[str, SiteTimeline],
        site_work: CommissioningWork,
    ) -> None:
        self._registry = registry
        self._timelines = timelines
        self._site_work = site_work
        self.fresh: list[Rewrite] = []
        self._rewrites: list[Rewrite] = []
        self._changed_sites: set[str] = set()
        self._audited: list[AuditedAction] = []

    def add_rewrites(self, site: str, rewrites: Iterable[Rewrite]) -> None:
        """Add the new state of a site's timeline; without a rewrite only the timeline is new."""
        self._changed_sites.add(site)
        self.fresh += rewrites

    def add_audited(self, audited: AuditedAction) -> None:
        """Add what somebody did about an incident, for the audit log."""
        self._audited.append(audited)

    def take_fresh(self, count: int) -> list[Rewrite]:
        """Return the next rewrites for the registry; from now on they are to be written."""
        rewrites, self.fresh = self.fresh[:count], self.fresh[count:]
        self._rewrites += rewrites
        return rewrites

    def drain(self, position: Position | None) -> IncidentWrites | None:
        """
        Return the current state of what has to be written; ``None``: nothing. It is not returned
        again.

        With a position the timelines of all changed sites are written: the journal up to there is
        never read again.
        """
        rewrites, self._rewrites = self._rewrites, []
        incidents, faults, _ = self._registry.drain_changes()
        sites = {rewrite.subject.site for rewrite in rewrites}
        if position is not None:
            sites |= self._changed_sites
        # Rewrites that the registry has not processed are read again after a crash.
        sites -= {rewrite.subject.site for rewrite in self.fresh}
        windows = self._site_work.drain()
        if not (rewrites or incidents or faults or windows or position):
            return None
        audited, self._audited = self._audited, []
        self._changed_sites -= sites
        return IncidentWrites(
            rewrites=rewrites,
            # Encoded here, not in the thread: a timeline must not change while it is written.
            timelines=[
                (site, msgspec.msgpack.encode(self._timelines[site])) for site in sorted(sites)
            ],
            incidents=incidents,
            faults=faults,
            position=position,
            audited=audited,
            windows=windows,
        )

    def requeue(self, writes: IncidentWrites) -> None:
        """Take back what could not be written; it precedes later changes."""
        self._rewrites = [*writes.rewrites, *self._rewrites]
        self._changed_sites.update(site for site, _ in writes.timelines)
        self._audited = [*writes.audited, *self._audited]
        self._site_work.requeue(writes.windows)
        self._registry.requeue_changes(writes.incidents, writes.faults)

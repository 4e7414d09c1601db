"""
Registry: all open and recent incidents, their faults, and the network state. Saved with
``snapshot``, loaded with ``restore``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.group_pacing import GroupPacing
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.network_state import NetworkState, SubjectState
from thongsuot_collector.incidents.observation import ProbeName, ProbeObservation
from thongsuot_collector.incidents.rule import GroupKey, GroupRule, Rule, SingleFaultRule
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.timeline.subject import Subject


class RegistrySnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of a registry, to be saved."""

    faults: tuple[Fault, ...] = ()
    incidents: tuple[Incident, ...] = ()
    subject_states: tuple[SubjectState, ...] = ()
    windows: tuple[MaintenanceWindow, ...] = ()


class IncidentRegistry:
    """
    The incidents, only changed by ``reducer.advance`` and ``actions``.

    ``calm_s`` is the timeline's: a pause shorter than it is not an end. ``active`` names the
    incidents that are open or have an open notification, ``next_checks_ns`` the next time at which
    the passing of time may change one of them. ``merged_into`` names, by incident, those that a
    person has merged into it; ``closed_by_city`` those that continue although a person closed them.
    ``decided_faults`` are those of incidents with a new decision of a person: ``advance`` checks
    them next.
    """

    def __init__(
        self,
        directory: InventoryDirectory,
        rules: Sequence[Rule],
        settings: IncidentSettings,
        *,
        calm_s: float,
    ) -> None:
        self.settings = settings
        self.calm_ns = round(calm_s * NS_PER_S)
        self.network_state = NetworkState(directory, settings)
        ranked = sorted(rules, key=lambda rule: (-rule.precedence, rule.code))
        self.single_rules = [rule for rule in ranked if isinstance(rule, SingleFaultRule)]
        self.group_rules = [rule for rule in ranked if isinstance(rule, GroupRule)]
        self.rules = {rule.code: rule for rule in rules}
        self.covering = {
            rule.code: tuple(group.code for group in self.group_rules if rule.code in group.covers)
            for rule in rules
        }
        self.faults: dict[str, Fault] = {}
        self.incidents: dict[str, Incident] = {}
        self.active: set[str] = set()
        self.next_checks_ns: dict[str, int] = {}
        self.group_members: dict[GroupKey, set[str]] = {}
        self.group_pacing = GroupPacing()
        self.windows_active: frozenset[str] = frozenset()
        self.observations_of: Callable[[Subject], tuple[ProbeObservation, ...]] = _none_observed
        self.failures_of: Callable[[Subject], Mapping[ProbeName, int]] = _none_failed
        self.purged_ns = 0
        self.merged_into: dict[str, set[str]] = {}
        self.closed_by_city: set[str] = set()
        self.decided_faults: set[str] = set()
        self._by_subject: dict[Subject, list[str]] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._incidents_by_fault: dict[str, set[str]] = {}
        self._by_group: dict[GroupKey, set[str]] = {}
        self._changed: set[str] = set()
        self._purged: set[str] = set()
        # Dropped from memory, and not written yet: the store may not have taken writes for days.
        self._unwritten: dict[str, Incident] = {}
        self._unwritten_faults: dict[str, Fault] = {}

    # Faults.

    def put_fault(self, fault: Fault) -> None:
        """Store a fault, and update its groups."""
        if fault.id not in self.faults:
            self._by_subject.setdefault(fault.subject, []).append(fault.id)
        self.faults[fault.id] = fault
        self._changed.add(fault.id)
        ongoing = [other for other in self.faults_of(fault.subject) if other.is_ongoing]
        self.network_state.set_current_fault(fault.subject, ongoing[-1] if ongoing else None)

    def faults_of(self, subject: Subject) -> list[Fault]:
        """Return the faults of a subject, in order of their onsets."""
        faults = (self.faults[name] for name in self._by_subject.get(subject, ()))
        return sorted(faults, key=lambda fault: fault.start_ns)

    def regroup(self, fault: Fault) -> set[GroupKey]:
        """Put a fault into its possible groups; return the affected groups."""
        touched: set[GroupKey] = set()
        for rule in self.group_rules:
            is_grouped = not fault.is_gone and not self._stands_alone(fault.id)
            key = rule.group_key(fault, self.network_state) if is_grouped else None
            before = self._keys.get((rule.code, fault.id))
            if before is not None:
                touched.add((rule.code, before))
                if before != key:
                    self.group_members[rule.code, before].discard(fault.id)
                    del self._keys[rule.code, fault.id]
            if key is not None:
                self._keys[rule.code, fault.id] = key
                self.group_members.setdefault((rule.code, key), set()).add(fault.id)
                touched.add((rule.code, key))
        return touched

    def groups_of(self, fault: str) -> Iterator[GroupKey]:
        """Yield the groups that a fault could belong to."""
        for rule in self.group_rules:
            key = self._keys.get((rule.code, fault))
            if key is not None:
                yield rule.code, key

    def _stands_alone(self, fault: str) -> bool:
        """Return whether a person has decided that a fault is separate."""
        incident = self.incidents.get(fault)
        placement = None if incident is None else incident.placement
        return placement is not None and bool(placement.out_of)

    def group_peers(self, code: str, fault: str) -> Iterable[Fault]:
        """Return the faults that one rule could group with a fault."""
        key = self._keys.get((code, fault))
        members = () if key is None else self.group_members.get((code, key), ())
        return (self.faults[name] for name in members)

    # Incidents.

    def put_incident(self, incident: Incident) -> None:
        """Store an incident."""
        old = self.incidents.get(incident.id)
        if old == incident:
            return
        before = frozenset[str]() if old is None else old.fault_ids
        for name in before - incident.fault_ids:
            self._incidents_by_fault[name].discard(incident.id)
        for name in incident.fault_ids - before:
            self._incidents_by_fault.setdefault(name, set()).add(incident.id)
        self._by_group.setdefault((incident.code, incident.key), set()).add(incident.id)
        if old is not None and old.code != incident.code:
            self._by_group[old.code, old.key].discard(incident.id)
        self.incidents[incident.id] = incident
        self._changed.add(incident.id)
        self._note_decisions(old, incident)
        if incident.is_open or incident.notified_party is not None:
            self.active.add(incident.id)
        else:
            self.active.discard(incident.id)
            self.next_checks_ns.pop(incident.id, None)

    def _note_decisions(self, old: Incident | None, incident: Incident | None) -> None:
        """Update the decisions about an incident that is replaced or (``None``) dropped."""
        if old is not None and old.placement is not None:
            self.merged_into.get(old.placement.into, set()).discard(old.id)
        if old is not None:
            self.closed_by_city.discard(old.id)
        if incident is None:
            return
        if incident.placement is not None and incident.placement.into:
            self.merged_into.setdefault(incident.placement.into, set()).add(incident.id)
        if incident.is_closed_by_city:
            self.closed_by_city.add(incident.id)

    def active_incidents(self) -> Iterator[Incident]:
        """Yield the incidents that are open or have an open notification."""
        return (self.incidents[name] for name in self.active)

    def incidents_holding(self, fault: str) -> list[Incident]:
        """Return the incidents that hold a fault, sorted by name."""
        return [self.incidents[name] for name in sorted(self._incidents_by_fault.get(fault, ()))]

    def names_holding(self, faults: Iterable[str]) -> set[str]:
        """Return the names of the incidents that hold at least one of some faults."""
        return set[str]().union(*(self._incidents_by_fault.get(fault, ()) for fault in faults))

    def incidents_holding_all(self, faults: Iterable[str]) -> list[Incident]:
        """Return the incidents that hold every one of some faults."""
        holding = [self._incidents_by_fault.get(fault, set()) for fault in faults]
        if not holding:
            return []
        return [self.incidents[name] for name in min(holding, key=len).intersection(*holding)]

    def incidents_of(self, group: GroupKey) -> list[Incident]:
        """Return the incidents of one group of one rule, in order of their onsets."""
        incidents = (self.incidents[name] for name in self._by_group.get(group, ()))
        return sorted(incidents, key=lambda incident: (incident.opened_ns, incident.id))

    def purge(self, incident: Incident) -> None:
        """Drop a closed incident from memory, and the faults that no other holds."""
        self._note_decisions(self.incidents.pop(incident.id), None)
        self._by_group[incident.code, incident.key].discard(incident.id)
        self._purged.add(incident.id)
        if incident.id in self._changed:
            self._unwritten[incident.id] = incident
        for name in incident.fault_ids:
            holding = self._incidents_by_fault[name]
            holding.discard(incident.id)
            if not holding:
                del self._incidents_by_fault[name]
                fault = self.faults.get(name)
                if fault is not None:  # a person's report has none
                    self._purge_fault(fault)

    def _purge_fault(self, fault: Fault) -> None:
        del self.faults[fault.id]
        if fault.id in self._changed:
            self._unwritten_faults[fault.id] = fault
        self._by_subject[fault.subject].remove(fault.id)
        if not self._by_subject[fault.subject]:
            del self._by_subject[fault.subject]
        for rule in self.group_rules:
            key = self._keys.pop((rule.code, fault.id), None)
            if key is not None:
                self.group_members[rule.code, key].discard(fault.id)
        self._purged.add(fault.id)

    # Saving and loading.

    def drain_changes(self) -> tuple[list[Incident], list[Fault], set[str]]:
        """
        Return the incidents and faults changed since the last call, and the names of those that
        were dropped from memory.
        """
        incidents = [self.incidents[name] for name in self._changed if name in self.incidents]
        faults = [self.faults[name] for name in self._changed if name in self.faults]
        incidents += [each for name, each in self._unwritten.items() if name not in self.incidents]
        faults += [each for name, each in self._unwritten_faults.items() if name not in self.faults]
        self._unwritten, self._unwritten_faults = {}, {}
        forgotten, self._changed, self._purged = self._purged, set(), set()
        return incidents, faults, forgotten

    def requeue_changes(self, incidents: Iterable[Incident], faults: Iterable[Fault]) -> None:
        """Restore drained changes that could not be written; newer ones take precedence."""
        incidents, faults = list(incidents), list(faults)
        self._changed.update(incident.id for incident in incidents)
        self._changed.update(fault.id for fault in faults)
        self._unwritten = {each.id: each for each in incidents} | self._unwritten
        self._unwritten_faults = {each.id: each for each in faults} | self._unwritten_faults

    def load_archived(self, state: RegistrySnapshot) -> None:
        """Load dropped incidents and faults again; present ones are unchanged."""
        self.restore(
            RegistrySnapshot(
                faults=tuple(fault for fault in state.faults if fault.id not in self.faults),
                incidents=tuple(
                    incident for incident in state.incidents if incident.id not in self.incidents
                ),
            )
        )

    def replace(self, state: RegistrySnapshot) -> None:
        """Replace incidents, faults and windows by a saved state."""
        kept = {incident.id for incident in state.incidents}
        for incident in [known for name, known in self.incidents.items() if name not in kept]:
            self.active.discard(incident.id)
            self.next_checks_ns.pop(incident.id, None)
            self.purge(incident)
        self.network_state.windows = ()
        self.restore(state)
        self.drain_changes()

    def restore(self, state: RegistrySnapshot) -> None:
        """Load a saved state."""
        for standing in state.subject_states:
            self.network_state.set_state(standing.subject, standing.interval)
        self.network_state.windows = tuple(
            {window.id: window for window in (*self.network_state.windows, *state.windows)}.values()
        )
        for fault in state.faults:
            self.put_fault(fault)
        for incident in state.incidents:
            self.put_incident(incident)
            if incident.placement is not None or incident.closing is not None:
                # The consequences may not have been saved.
                self.decided_faults |= incident.fault_ids
        # A group that rested when the state was saved has changes that were not assessed; perhaps
        # all its faults were withdrawn.
        self.group_pacing.note_changed(
            (each.code, each.key)
            for each in state.incidents
            if each.is_open and isinstance(self.rules.get(each.code), GroupRule)
        )
        for fault in state.faults:
            groups = self.regroup(fault)
            if fault.is_ongoing:
                self.group_pacing.note_changed(groups)
        self._changed -= {fault.id for fault in state.faults}
        self._changed -= {incident.id for incident in state.incidents}


def _none_observed(_subject: Subject) -> tuple[ProbeObservation, ...]:
    return ()


def _none_failed(_subject: Subject) -> Mapping[ProbeName, int]:
    return {}

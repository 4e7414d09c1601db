"""
Book: all incidents that are open or were lately, the troubles they are made of, and how everything
stands. Written down with ``snapshot``, taken up again with ``restore``.
"""

from collections.abc import Iterable, Sequence

import msgspec

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.picture import Picture, Standing
from thongsuot_collector.incidents.rule import Group, Rule, Single
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.incidents.trouble import NS_PER_S, Trouble
from thongsuot_collector.incidents.window import Window
from thongsuot_collector.timeline.subject import Subject

GroupKey = tuple[str, str]
"""A group rule's code, and the key of one of its groups."""


class BookState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a book, to be written down."""

    troubles: tuple[Trouble, ...] = ()
    incidents: tuple[Incident, ...] = ()
    standing: tuple[Standing, ...] = ()
    windows: tuple[Window, ...] = ()


class Book:
    """
    The incidents, changed by ``reducer.advance`` and ``actions`` alone.

    ``calm_s`` is the timeline's: a pause shorter than it is not an end. ``active`` names the
    incidents that are open or have an open notification, ``looks`` when time alone may next change
    something about one of them.
    """

    def __init__(
        self,
        directory: Directory,
        rules: Sequence[Rule],
        settings: IncidentSettings,
        *,
        calm_s: float,
    ) -> None:
        self.settings = settings
        self.calm_ns = round(calm_s * NS_PER_S)
        self.picture = Picture(directory, settings)
        self.singles = [rule for rule in rules if isinstance(rule, Single)]
        self.groups = [rule for rule in rules if isinstance(rule, Group)]
        self.rules = {rule.code: rule for rule in rules}
        self.troubles: dict[str, Trouble] = {}
        self.incidents: dict[str, Incident] = {}
        self.active: set[str] = set()
        self.looks: dict[str, int] = {}
        self.members: dict[GroupKey, set[str]] = {}
        self.windows_active: frozenset[str] = frozenset()
        self.forgot_ns = 0
        self._by_subject: dict[Subject, list[str]] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._holding: dict[str, set[str]] = {}
        self._by_group: dict[GroupKey, set[str]] = {}
        self._changed: set[str] = set()
        self._forgotten: set[str] = set()

    # Troubles.

    def put_trouble(self, trouble: Trouble) -> None:
        """Keep a trouble, and which groups it belongs to."""
        if trouble.id not in self.troubles:
            self._by_subject.setdefault(trouble.subject, []).append(trouble.id)
        self.troubles[trouble.id] = trouble
        self._changed.add(trouble.id)
        now = [one for one in self.troubles_of(trouble.subject) if one.is_on]
        self.picture.trouble(trouble.subject, now[-1] if now else None)

    def troubles_of(self, subject: Subject) -> list[Trouble]:
        """Return the troubles of a subject, in order of their onsets."""
        found = [self.troubles[one] for one in self._by_subject.get(subject, ())]
        return sorted(found, key=lambda trouble: trouble.start_ns)

    def regroup(self, trouble: Trouble) -> set[GroupKey]:
        """Put a trouble into the groups it could belong to; return those that this concerns."""
        touched: set[GroupKey] = set()
        for rule in self.groups:
            key = None if trouble.is_gone else rule.key(trouble, self.picture)
            was = self._keys.get((rule.code, trouble.id))
            if was is not None:
                touched.add((rule.code, was))
                if was != key:
                    self.members[rule.code, was].discard(trouble.id)
                    del self._keys[rule.code, trouble.id]
            if key is not None:
                self._keys[rule.code, trouble.id] = key
                self.members.setdefault((rule.code, key), set()).add(trouble.id)
                touched.add((rule.code, key))
        return touched

    def group_of(self, code: str, trouble: str) -> Iterable[Trouble]:
        """Return the troubles that could belong together with one, by one rule."""
        key = self._keys.get((code, trouble))
        members = () if key is None else self.members.get((code, key), ())
        return (self.troubles[one] for one in members)

    # Incidents.

    def put(self, incident: Incident) -> None:
        """Keep an incident."""
        old = self.incidents.get(incident.id)
        if old == incident:
            return
        for member in () if old is None else old.members:
            self._holding[member.trouble].discard(incident.id)
        for member in incident.members:
            self._holding.setdefault(member.trouble, set()).add(incident.id)
        self._by_group.setdefault((incident.code, incident.key), set()).add(incident.id)
        if old is not None and old.code != incident.code:
            self._by_group[old.code, old.key].discard(incident.id)
        self.incidents[incident.id] = incident
        self._changed.add(incident.id)
        if incident.is_open or incident.told is not None:
            self.active.add(incident.id)
        else:
            self.active.discard(incident.id)
            self.looks.pop(incident.id, None)

    def holding(self, trouble: str) -> list[Incident]:
        """Return the incidents that hold a trouble, sorted by name."""
        return [self.incidents[one] for one in sorted(self._holding.get(trouble, ()))]

    def incidents_of(self, group: GroupKey) -> list[Incident]:
        """Return the incidents of one group of one rule, in order of their onsets."""
        found = [self.incidents[one] for one in self._by_group.get(group, ())]
        return sorted(found, key=lambda incident: (incident.opened_ns, incident.id))

    def forget(self, incident: Incident) -> None:
        """Drop a closed incident from memory, and the troubles that no other holds."""
        del self.incidents[incident.id]
        self._by_group[incident.code, incident.key].discard(incident.id)
        self._forgotten.add(incident.id)
        for member in incident.members:
            holding = self._holding[member.trouble]
            holding.discard(incident.id)
            if not holding:
                self._forget_trouble(self.troubles[member.trouble])

    def _forget_trouble(self, trouble: Trouble) -> None:
        del self.troubles[trouble.id], self._holding[trouble.id]
        self._by_subject[trouble.subject].remove(trouble.id)
        if not self._by_subject[trouble.subject]:
            del self._by_subject[trouble.subject]
        for rule in self.groups:
            key = self._keys.pop((rule.code, trouble.id), None)
            if key is not None:
                self.members[rule.code, key].discard(trouble.id)
        self._forgotten.add(trouble.id)

    # Writing down.

    def take_changes(self) -> tuple[list[Incident], list[Trouble], set[str]]:
        """
        Return the incidents and troubles changed since the last call, and the names of those that
        were dropped from memory.
        """
        incidents = [self.incidents[one] for one in self._changed if one in self.incidents]
        troubles = [self.troubles[one] for one in self._changed if one in self.troubles]
        forgotten, self._changed, self._forgotten = self._forgotten, set(), set()
        return incidents, troubles, forgotten

    def give_back(self, incidents: Iterable[Incident], troubles: Iterable[Trouble]) -> None:
        """Note that changes that were taken could not be written."""
        self._changed.update(one.id for one in incidents)
        self._changed.update(one.id for one in troubles)

    def recall(self, state: BookState) -> None:
        """Bring back what was dropped from memory; what is there stays as it is."""
        self.restore(
            BookState(
                troubles=tuple(one for one in state.troubles if one.id not in self.troubles),
                incidents=tuple(one for one in state.incidents if one.id not in self.incidents),
            )
        )

    def snapshot(self) -> BookState:
        """Return everything, to be written down."""
        return BookState(
            troubles=tuple(self.troubles.values()),
            incidents=tuple(self.incidents.values()),
            standing=tuple(self.picture.all_standing()),
            windows=self.picture.windows,
        )

    def restore(self, state: BookState) -> None:
        """Take up what was written down."""
        for standing in state.standing:
            self.picture.stand(standing.subject, standing.interval)
        self.picture.windows = tuple(
            {one.id: one for one in (*self.picture.windows, *state.windows)}.values()
        )
        for trouble in state.troubles:
            self.put_trouble(trouble)
        for incident in state.incidents:
            self.put(incident)
        for trouble in state.troubles:
            self.regroup(trouble)
        self._changed -= {one.id for one in state.troubles}
        self._changed -= {one.id for one in state.incidents}

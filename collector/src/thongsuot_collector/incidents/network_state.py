"""Network state: the state of every subject now, with the inventory; what rules may query."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import msgspec

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.timeline.interval import UNOBSERVED, Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_MOBILE = frozenset({Medium.RADIO_5G, Medium.RADIO_4G})
_ANSWERING = frozenset(
    {
        Symptom.SERVICE_SLOW,
        Symptom.SLOW_CAUSE_UNKNOWN,
        Symptom.SERVICE_ERROR,
        Symptom.SERVICE_UNEXPECTED_CONTENT,
        Symptom.CERTIFICATE_EXPIRED,
        Symptom.CERTIFICATE_EXPIRING,
        Symptom.CERTIFICATE_INVALID,
    }
)
"""What is wrong with a service that answers: the path to it is not silent."""


class SubjectState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one subject now."""

    subject: Subject
    interval: Interval


class NetworkState:
    """The state of the network, maintained by the registry and read by the rules."""

    def __init__(self, directory: InventoryDirectory, settings: IncidentSettings) -> None:
        self.directory = directory
        self.settings = settings
        self.now_ns = 0
        self.windows: tuple[MaintenanceWindow, ...] = ()
        self._states: dict[Subject, Interval] = {}
        self._links: dict[Subject, Link | None] = {}
        self._by_site: dict[str, set[Subject]] = {}
        self._by_carrier: dict[str, set[Subject]] = {}
        self._by_service: dict[str, set[Subject]] = {}
        self._devices: set[Subject] = set()
        self._current_faults: dict[Subject, Fault] = {}
        self._faults_by_site: dict[str, dict[Subject, Fault]] = {}

    def set_state(self, subject: Subject, interval: Interval) -> None:
        """Set the current state of a subject."""
        if subject not in self._states:
            self._by_site.setdefault(subject.site, set()).add(subject)
            if subject.is_link:
                self._by_carrier.setdefault(self.carrier_of(subject), set()).add(subject)
            elif subject.is_service:
                self._by_service.setdefault(subject.service, set()).add(subject)
            elif subject.is_device:
                self._devices.add(subject)
        self._states[subject] = interval

    def reload_inventory(self) -> None:
        """Reload links and their carriers after a change of the inventory."""
        self._links.clear()
        self._by_carrier = {}
        for subject in self._states:
            if subject.is_link:
                self._by_carrier.setdefault(self.carrier_of(subject), set()).add(subject)

    def set_current_fault(self, subject: Subject, fault: Fault | None) -> None:
        """Set the current fault of a subject, or none."""
        of_site = self._faults_by_site.setdefault(subject.site, {})
        if fault is None:
            self._current_faults.pop(subject, None)
            of_site.pop(subject, None)
        else:
            self._current_faults[subject] = of_site[subject] = fault

    def all_states(self) -> list[SubjectState]:
        """Return the current state of every subject."""
        return [
            SubjectState(subject=subject, interval=interval)
            for subject, interval in self._states.items()
        ]

    def state_of(self, subject: Subject) -> State:
        """Return the state of a subject; ``unknown`` if it never had one."""
        interval = self._states.get(subject)
        return State.UNKNOWN if interval is None else interval.state

    def interval_of(self, subject: Subject) -> Interval | None:
        """Return the current interval of a subject; ``None`` if it never had one."""
        return self._states.get(subject)

    def current_fault_of(self, subject: Subject) -> Fault | None:
        """Return the current fault of a subject."""
        return self._current_faults.get(subject)

    def current_faults_at(self, site: str) -> Iterable[Fault]:
        """Return the current faults of a site's subjects."""
        return self._faults_by_site.get(site, {}).values()

    def is_known(self, subject: Subject) -> bool:
        """
        Return whether the inventory has a site's link or a service; a device always is.

        Site configurations only have names of the inventory, so only a misconfigured or dishonest
        device reports verdicts on others.
        """
        if subject.link and self.link_of(Subject(subject.site, subject.link)) is None:
            return False
        return not subject.service or self.directory.target(subject.service) is not None

    def link_of(self, subject: Subject) -> Link | None:
        """Return the inventory's entry of a link."""
        if subject not in self._links:
            self._links[subject] = self.directory.link(subject.site, subject.link)
        return self._links[subject]

    def carrier_of(self, subject: Subject) -> str:
        """Return the carrier of a link; empty if unknown."""
        link = self.link_of(subject)
        return "" if link is None else link.carrier

    def is_mobile(self, subject: Subject) -> bool:
        """Return whether a link is a radio link."""
        link = self.link_of(subject)
        return link is not None and link.medium in _MOBILE

    def commune_of(self, site: str) -> str:
        """Return the code of a site's commune."""
        return self.directory.site(site).commune

    def links_of_site(self, site: str) -> list[Subject]:
        """Return the links of a site that have ever been reported, sorted."""
        return sorted(subject for subject in self._by_site.get(site, ()) if subject.is_link)

    def links_of_carrier(self, carrier: str) -> AbstractSet[Subject]:
        """Return the links of a carrier that have ever been reported, including silent ones."""
        return self._by_carrier.get(carrier, frozenset())

    def carriers(self) -> AbstractSet[str]:
        """Return the carriers of all links that have ever been reported; empty if unknown."""
        return self._by_carrier.keys()

    def sites_with(self, service: str) -> AbstractSet[Subject]:
        """Return the sites (as subjects of a service) that have ever reported a service."""
        return self._by_service.get(service, frozenset())

    def is_any_service_unanswered_over(self, link: Subject) -> bool:
        """
        Return whether any service is known to be out of reach over a link.

        A service that is late or wrong answers, and is on no silent path (2026-12: routers that
        answered no echoes for 19 s were told to a carrier as an outage, because a portal was slow
        over its line at the time, for another reason).
        """
        return any(
            interval.state is not State.UP
            and interval.symptom not in UNOBSERVED
            and interval.symptom not in _ANSWERING
            for subject in self._by_site.get(link.site, ())
            if subject.link == link.link and subject.service
            for interval in (self._states[subject],)
        )

    def is_another_service_unanswered(self, service: Subject) -> bool:
        """Return whether a site gets no answer from another service either; its links work."""
        return any(
            subject.is_service
            and subject.service != service.service
            and (fault := self._current_faults.get(subject)) is not None
            and fault.main_phase.interval.symptom is Symptom.SERVICE_TIMEOUT
            for subject in self._by_site.get(service.site, ())
        )

    def device_count(self) -> int:
        """Return the number of devices that have ever reported."""
        return len(self._devices)

    def only_carrier_of(self, site: str) -> str:
        """Return the carrier of all links of a site if it is a single one; else empty."""
        carriers = {self.carrier_of(link) for link in self.links_of_site(site)}
        return carriers.pop() if len(carriers) == 1 else ""

    def independent_ways_of(self, site: str) -> int:
        """
        Return the number of a site's links that are independent witnesses.

        Links that share a carrier, a duct, a pole or equipment fail together; so do those that
        share something with one of them.
        """
        ways: list[set[str]] = []
        for subject in self.links_of_site(site):
            link = self.link_of(subject)
            carrier = f"carrier {link.carrier}" if link is not None and link.carrier else ""
            shared = {carrier or str(subject), *(() if link is None else link.shares)}
            joined = [way for way in ways if not way.isdisjoint(shared)]
            ways = [way for way in ways if way.isdisjoint(shared)]
            ways.append(shared.union(*joined))
        return len(ways)

    def windows_on(self, subject: Subject, *, at_ns: int | None = None) -> list[MaintenanceWindow]:
        """Return the maintenance windows that cover a subject, at a moment (default: now)."""
        moment_ns = self.now_ns if at_ns is None else at_ns
        return [
            window
            for window in self.windows
            if window.is_active(moment_ns) and window.covers(subject, self.directory)
        ]

    def planned_until_ns(self, subject: Subject, *, since_ns: int) -> int:
        """Return when planned work on a subject ended last, since a time; 0: there was none."""
        return max(
            (
                window.end_ns
                for window in self.windows
                if since_ns < window.end_ns <= self.now_ns
                and window.covers(subject, self.directory)
            ),
            default=0,
        )

    def is_excused(self, fault: Fault) -> bool:
        """
        Return whether planned work explains a fault: it began in its window, which has not closed
        since; then it is no evidence for others.
        """
        for window in self.windows:
            began_inside = window.is_active(fault.start_ns)
            is_over = fault.is_ongoing and not window.is_active(self.now_ns)
            if began_inside and not is_over and window.covers(fault.subject, self.directory):
                return True
        return False

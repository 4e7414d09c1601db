"""
Problem report: an incident opened by a person, for a problem that no probe has detected. Pure.

The city is responsible from the start, and it ends with the city's answer; until then further
reports of the same point are lines in its history, so that there is at most one per point.
"""

from collections.abc import Sequence

import msgspec

from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.fault import NS_PER_S, readable_id
from thongsuot_collector.incidents.incident import (
    ClosureCode,
    HistoryEntry,
    HoldOff,
    Incident,
    IncidentMember,
    IncidentStatus,
    MemberEvidence,
    ProblemReport,
)
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import CITY, Severity
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.update import with_history
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.communes import NOWHERE
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

CODE = "problem_reported"
AGAIN_AFTER_NS = 60 * NS_PER_S
"""Pressing a button twice adds no information."""
REPORTS_NOTED = 50
"""Lines of history that one report may get; each is written, with a line of the audit log."""


def open_report(registry: IncidentRegistry, site: str) -> Incident | None:
    """Return the unanswered report of a point."""
    reports = [incident for incident in registry.incidents_of((CODE, site)) if incident.is_open]
    return reports[-1] if reports else None


def report_problem(
    registry: IncidentRegistry, site: str, report: ProblemReport, *, at_ns: int, now_ns: int
) -> Incident | None:
    """
    Open an incident for a problem reported at a point, or add it to the open one; return it, or
    ``None`` if the same was reported just before.
    """
    known = open_report(registry, site)
    name = readable_id(f"{site} {CODE}", at_ns)
    if known is not None:
        entry = HistoryEntry(at_ns=at_ns, event="reported again", about=report.kind)
        latest_ns = max(noted.at_ns for noted in known.history)
        is_full = len(known.history) >= REPORTS_NOTED
        if name == known.id or is_full or at_ns - latest_ns < AGAIN_AFTER_NS:
            return None
        return _put(registry, with_history(known, entry))
    if name in registry.incidents:
        return None
    network = registry.network_state
    subject = Subject(site)
    commune = network.commune_of(site)
    opened = Incident(
        id=name,
        code=CODE,
        key=site,
        status=IncidentStatus.OPEN,
        opened_ns=at_ns,
        known_ns=now_ns,
        state=State.DEGRADED,
        symptom=Symptom.NONE,
        party=CITY,
        severity=Severity.WARNING,
        hold_off=HoldOff(from_ns=now_ns, hold_s=0.0, limit_s=0.0),
        members=(
            IncidentMember(
                fault_ids=(name,),
                subject=subject,
                start_ns=at_ns,
                end_ns=None,
                state=State.DEGRADED,
                symptom=Symptom.NONE,
            ),
        ),
        variant=report.kind.value,
        communes=() if commune == NOWHERE else (commune,),
        member_evidence=_measured(registry, subject, at_ns),
        report=report,
    )
    entry = HistoryEntry(at_ns=at_ns, event="reported", about=report.by)
    return _put(registry, with_history(opened, entry))


def answer_report(
    registry: IncidentRegistry, name: str, *, person: str, text: str, now_ns: int
) -> Incident:
    """
    Close a report with the city's answer; return it.

    Raises:
        KeyError: there is no such incident in the registry.
        AnswerImpossible: it is not a report, or has been answered.
    """
    incident = registry.incidents[name]
    if incident.report is None:
        raise AnswerImpossible("not_theirs")
    if not incident.is_open:
        raise AnswerImpossible("over")
    report = msgspec.structs.replace(incident.report, answer=text, answered_by=person)
    (member,) = incident.members
    closed = msgspec.structs.replace(
        incident,
        status=IncidentStatus.CLOSED,
        closure_code=ClosureCode.RESTORED,
        closed_ns=now_ns,
        closed_known_ns=now_ns,
        members=(msgspec.structs.replace(member, end_ns=now_ns),),
        report=report,
    )
    entry = HistoryEntry(at_ns=now_ns, event="report answered", about=f"{person}: {text}")
    return _put(registry, with_history(closed, entry))


def _measured(
    registry: IncidentRegistry, subject: Subject, at_ns: int
) -> tuple[MemberEvidence, ...]:
    """Return the present measurements at the point, for comparison with the report."""
    network = registry.network_state
    of_point = MemberEvidence(
        subject=subject,
        state=State.DEGRADED,
        segment=None,
        symptom=Symptom.NONE,
        since_ns=at_ns,
        batches=(),
    )
    lights = [
        MemberEvidence(
            subject=light,
            state=interval.state,
            segment=interval.segment,
            symptom=interval.symptom,
            since_ns=interval.start_ns,
            batches=() if interval.source is None else (interval.source,),
            observations=registry.observations_of(light) if light.is_link else (),
        )
        for light in _lights(network, subject.site)
        if (interval := network.interval_of(light)) is not None
    ]
    return (of_point, *lights)


def _lights(network: NetworkState, site: str) -> Sequence[Subject]:
    directory = network.directory
    return [
        *(Subject(site, link.name) for link in directory.site(site).links),
        *(Subject(site, service=target.name) for target in directory.services_of(site)),
    ]


def _put(registry: IncidentRegistry, incident: Incident) -> Incident:
    registry.put_incident(incident)
    # No fault changes with it, so it is checked by time.
    registry.next_checks_ns.pop(incident.id, None)
    return incident

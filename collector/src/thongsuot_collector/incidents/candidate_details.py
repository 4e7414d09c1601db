"""
Details of a candidate: the information of its incident about each of its faults.

When the centre's own line dies one incident has ten thousand members, and processing all of them at
once would delay every push by a third of a second (2026-11). So it is done in steps.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.incident import IncidentMember, MemberEvidence
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.rule import Candidate
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.communes import NOWHERE

MEMBERS_WITH_EVIDENCE = 12
"""Members of an outage whose evidence is shown in full; the batches are named of all."""

MEMBERS_A_STEP = 500
"""The number of members processed in some milliseconds."""

T = TypeVar("T")


class CandidateDetails(NamedTuple):
    """
    The expensive part of a candidate with many faults, which only depends on these and the network.

    ``evidence`` lacks the observations at the points, which are kept with the incident.
    """

    members: tuple[IncidentMember, ...]
    evidence: tuple[MemberEvidence, ...]
    communes: tuple[str, ...]
    is_in_use: bool
    presumed_ns: int | None


def details_in_steps(
    candidate: Candidate, state: NetworkState
) -> Generator[None, None, CandidateDetails]:
    """
    Compute the details of a candidate; the values that it yields between steps have no meaning.
    """
    by_subject: dict[Subject, list[Fault]] = {}
    for part in _parts(candidate.faults):
        for fault in part:
            by_subject.setdefault(fault.subject, []).append(fault)
        yield
    members: list[IncidentMember] = []
    evidence: list[MemberEvidence] = []
    communes: set[str] = set()
    is_in_use = False
    for grouped in _parts(by_subject.items()):
        for subject, faults in grouped:
            members.append(_member(subject, faults))
            evidence.append(_evidence(subject, faults, len(evidence)))
            communes.add(state.commune_of(subject.site))
            # Points that are no longer in use need no action.
            is_in_use = is_in_use or not state.directory.site(subject.site).retired
        yield
    return CandidateDetails(
        members=tuple(members),
        evidence=tuple(evidence),
        communes=tuple(sorted(communes - {NOWHERE})),
        is_in_use=is_in_use,
        presumed_ns=candidate.presumed_ns,
    )


def details(candidate: Candidate, state: NetworkState) -> CandidateDetails:
    """Return the details of a candidate, in one go."""
    return run_to_end(details_in_steps(candidate, state))


def run_to_end(steps: Generator[None, None, T]) -> T:
    """Return the result of some steps."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


def _parts(items: Iterable[T]) -> Iterator[Sequence[T]]:
    left = iter(items)
    while part := tuple(islice(left, MEMBERS_A_STEP)):
        yield part


def _member(subject: Subject, faults: Sequence[Fault]) -> IncidentMember:
    ordered = sorted(faults, key=lambda fault: (fault.start_ns, fault.id))
    # The current state; for a past fault, the last one.
    speaking = next((fault for fault in ordered if fault.is_ongoing), ordered[-1])
    interval = speaking.main_phase.interval
    ends = [fault.end_ns for fault in ordered]
    return IncidentMember(
        fault_ids=tuple(fault.id for fault in ordered),
        subject=subject,
        start_ns=ordered[0].start_ns,
        end_ns=None if None in ends else max(end_ns for end_ns in ends if end_ns is not None),
        state=interval.state,
        symptom=interval.symptom,
    )


def _evidence(subject: Subject, faults: Sequence[Fault], place: int) -> MemberEvidence:
    """Return the state of a subject: of its latest fault, not of earlier ones."""
    latest = max(faults, key=lambda fault: (fault.start_ns, fault.id))
    phase = latest.main_phase
    return MemberEvidence(
        subject=subject,
        state=phase.interval.state,
        segment=phase.interval.segment,
        symptom=phase.interval.symptom,
        since_ns=phase.interval.start_ns,
        batches=latest.sources,
        evidence=phase.evidence if place < MEMBERS_WITH_EVIDENCE else (),
    )

"""
Disputes: the intervals of a circuit's month for which its carrier denies responsibility, and the
incidents that the city closed while the circuit was out.

They are shown beside the statement: the city may decide after it was issued. Pure.
"""

from collections.abc import Iterable, Iterator

from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render import sections
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.sla.statement import Circuit
from thongsuot_collector.web.incident import decision_labels
from thongsuot_collector.web.incident import labels as incident_labels
from thongsuot_schema.segment import Party
from thongsuot_schema.words.language import Language


def dispute_lines(
    incidents: Iterable[Incident],
    circuit: Circuit,
    directory: InventoryDirectory,
    language: Language,
) -> list[str]:
    """Return a line for each dispute: the interval, both sides, and the city's decision."""
    return [
        " ".join(
            (
                f"{_interval(incident, circuit, language)} ({incident.id}).",
                sections.dispute_line(dispute, directory, language),
                sections.settlement(
                    dispute, party_name(dispute.party, directory, language), language
                ),
            )
        )
        for incident in incidents
        for dispute in _disputes(incident)
        if dispute.party.party is Party.CARRIER and dispute.party.name == circuit.carrier
    ]


def closing_lines(incidents: Iterable[Incident], circuit: Circuit, language: Language) -> list[str]:
    """Return a line for each incident of a circuit that a person of the city has closed."""
    return [
        decision_labels.STATEMENT_NOTE.read(
            language,
            interval=_interval(incident, circuit, language),
            incident=incident.id,
            by=incident.closing.by,
            moment=sections.exact_time(incident.closing.at_ns),
            reason=incident.closing.reason,
        )
        for incident in incidents
        if incident.closing is not None
    ]


def _disputes(incident: Incident) -> Iterator[Dispute]:
    yield from incident.past_disputes
    if incident.dispute is not None:
        yield incident.dispute


def _interval(incident: Incident, circuit: Circuit, language: Language) -> str:
    """Return the interval in which the circuit itself was part of an incident."""
    member = next(
        member
        for member in incident.members
        if (member.subject.site, member.subject.link) == (circuit.site, circuit.link)
    )
    end = incident_labels.GOES_ON.read(language)
    if member.end_ns is not None:
        end = sections.exact_time(member.end_ns)
    return f"{sections.exact_time(member.start_ns)} → {end}"

"""
Parts of a message: each has a few lines, or none if nothing is known.

Words of a person inside a sentence of ours are one line: with lines of their own they could add
sentences to it.
"""

from typing import Final

from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import IncidentMember, MemberEvidence
from thongsuot_collector.incidents.observation import WINDOW_S, ProbeObservation
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.comparison import UpCount
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import (
    circuit_word,
    link_name,
    party_name,
    place_name,
    service_name,
    site_name,
    subject_name,
)
from thongsuot_collector.printable import printable_line
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.verdict import Evidence
from thongsuot_schema.view import PartyNotification
from thongsuot_schema.words.dates import local, relative_moment
from thongsuot_schema.words.evidence import evidence_outcome, evidence_subject, probe_subject
from thongsuot_schema.words.figures import number
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.states import LINK_STATES, SERVICE_STATES, channel_title

CIRCUITS_LISTED: Final = 40
"""More than these are in the attachment only: a message is read on a phone."""

PROOFS_LISTED: Final = 12
BATCHES_LISTED: Final = 5


def exact_time(at_ns: int) -> str:
    """Return a moment to the second, in the time of Vietnam."""
    return local(at_ns / NS_PER_S).strftime("%d/%m/%Y %H:%M:%S")


def clock_error(error_s: float | None, language: Language) -> str:
    """Return the possible error of a time in words."""
    if error_s is None:
        return Text("collector.notify.sections.clock_not_verified").read(language)
    figure = number(max(error_s, 0.01), 2, language)
    return Text("collector.notify.sections.clock_error", figure=figure).read(language)


def state_word(member: IncidentMember | MemberEvidence, language: Language) -> str:
    """Return the state of a link or a service in words."""
    words = SERVICE_STATES if member.subject.service else LINK_STATES
    return words[member.state].read(language)


def circuit_lines(context: MessageContext, language: Language) -> list[str]:
    """Return one line for each affected thing: circuit, line, point, since, until."""
    lines = []
    for member in context.incident.members[:CIRCUITS_LISTED]:
        subject = member.subject
        link = context.directory.link(subject.site, subject.link) if subject.link else None
        parts = []
        if link is not None and link.circuit:
            parts.append(f"{circuit_word(link.medium.value, language)} {link.circuit}")
        parts.append(place_name(subject.site, context.directory))
        if subject.link or subject.service:
            parts.append(subject_name(subject, context.directory, language))
        parts.append(f"{state_word(member, language)}: {exact_time(member.start_ns)}")
        line = " · ".join(parts)
        if member.end_ns is not None:
            line += f" → {exact_time(member.end_ns)}"
        lines.append(line)
    more = len(context.incident.members) - len(lines)
    if more > 0:
        text = Text("collector.notify.sections.more_items", more=more)
        lines.append(text.read(language))
    return lines


def measured_lines(context: MessageContext, language: Language) -> list[str]:
    """Return the measurements on the affected objects."""
    own = [
        (member, item)
        for member in context.incident.member_evidence
        for item in member.evidence
        if not item.link
    ]
    return _proofs(own, context, language) + observation_lines(context, language)


def observation_lines(context: MessageContext, language: Language) -> list[str]:
    """
    Return the last good run of each failing probe, and its success count in the last minute.

    A fault inside the carrier's own network is proved by anchors there: an anchor in another
    network that also fails may have another cause.
    """
    lines = []
    is_many = len(context.incident.member_evidence) > 1
    for shown in context.incident.member_evidence:
        where = f"{site_name(shown.subject.site, context.directory)}: " if is_many else ""
        for item in shown.observations:
            if item.good == item.total or _is_of_another_network(item, shown, context):
                continue
            titles = {item.target: service_name(item.target, context.directory, language)}
            probe = probe_subject(item.kind, item.target, item.family, titles, language)
            lines.append(f"{where}{probe}: {_course(item, language)}")
            if len(lines) == PROOFS_LISTED:
                return lines
    return lines


def _is_of_another_network(
    item: ProbeObservation, shown: MemberEvidence, context: MessageContext
) -> bool:
    target = context.directory.target(item.target)
    return (
        shown.segment in {Segment.LAN, Segment.ACCESS, Segment.CARRIER}
        and target is not None
        and target.segment is Segment.TRANSIT
    )


def _course(item: ProbeObservation, language: Language) -> str:
    """Return a probe's last good and first bad run, and its recent success count."""
    parts = []
    if item.last_good_ns is not None:
        at = exact_time(item.last_good_ns)
        parts.append(Text("collector.notify.sections.last_good_at", at=at).read(language))
    if item.first_bad_ns is not None:
        at = exact_time(item.first_bad_ns)
        first = Text("collector.notify.sections.first_bad_at", at=at)
        parts.append(first.read(language))
    at = exact_time(item.newest_ns)
    window = number(WINDOW_S, 0, language)
    count = Text(
        "collector.notify.sections.good_in_window",
        good=item.good,
        total=item.total,
        window=window,
        at=at,
    )
    return ", ".join([*parts, count.read(language)])


def compared_lines(context: MessageContext, language: Language) -> list[str]:
    """Return what worked at the same time: the same targets by the other link, and neighbours."""
    other = [
        (member, item)
        for member in context.incident.member_evidence
        for item in member.evidence
        if item.link
    ]
    comparison, lines = context.comparison, []
    for item in comparison.same_site:
        name = link_name(item.site, item.link, context.directory, language)
        word = LINK_STATES[item.state].read(language)
        lines.append(
            Text("collector.notify.sections.same_point", name=name, word=word).read(language)
        )
    counts = (
        (
            comparison.same_commune,
            Text("collector.notify.sections.same_carrier_same_commune"),
            Text("collector.notify.sections.other_links_work"),
        ),
        (
            comparison.same_carrier,
            Text("collector.notify.sections.same_carrier_other_points"),
            Text("collector.notify.sections.other_links_work"),
        ),
        (
            comparison.elsewhere,
            Text("collector.notify.sections.other_points"),
            Text("collector.notify.sections.reach_the_service"),
        ),
    )
    lines += [
        f"{where.read(language)}: {_share(count)} {aspect.read(language)}"
        for count, where, aspect in counts
        if count is not None
    ]
    return lines + _proofs(other, context, language)


def dispute_line(dispute: Dispute | None, directory: InventoryDirectory, language: Language) -> str:
    """Return the party that disputes an incident, since when and why."""
    if dispute is None:
        return ""
    party, moment = (
        party_name(dispute.party, directory, language),
        exact_time(dispute.at_ns),
    )
    if dispute.reference:
        refusal = Text(
            "collector.notify.text.refused_ticket",
            party=party,
            reference=dispute.reference,
            moment=moment,
        )
    else:
        refusal = Text(
            "collector.notify.text.refused_by",
            party=party,
            person=printable_line(dispute.person),
            moment=moment,
        )
    sentence = refusal.read(language)
    return f"{sentence}: {printable_line(dispute.reason)}" if dispute.reason else f"{sentence}."


def settlement(dispute: Dispute, party: str, language: Language) -> str:
    """Return the outcome of a dispute, or that the city has to decide."""
    if dispute.ruling is not None:
        moment, reason = exact_time(dispute.ruling.at_ns), printable_line(dispute.ruling.reason)
        if dispute.ruling.is_upheld:
            decision = Text(
                "collector.notify.text.ruled_for", party=party, moment=moment, reason=reason
            )
        else:
            decision = Text(
                "collector.notify.text.ruled_against", party=party, moment=moment, reason=reason
            )
        return decision.read(language)
    if dispute.withdrawn_ns is not None:
        moment = exact_time(dispute.withdrawn_ns)
        withdrawn = Text("collector.notify.text.withdrawn", party=party, moment=moment)
        return withdrawn.read(language)
    return Text("collector.notify.text.city_decides").read(language)


def batch_lines(context: MessageContext, language: Language) -> list[str]:
    """Return the batches with the verdicts, as they are named in the record."""
    named = [
        f"{member.subject.site} {batch.stream}/{batch.number} ({batch.digest.hex()})"
        for member in context.incident.member_evidence
        for batch in member.batches
    ]
    batches = list(dict.fromkeys(named))
    lines = batches[:BATCHES_LISTED]
    if len(batches) > len(lines):
        more = len(batches) - len(lines)
        text = Text("collector.notify.sections.more_batches", more=more)
        lines.append(text.read(language))
    return lines


def notified_lines(context: MessageContext, language: Language) -> list[str]:
    """Return the other notified parties, with channel, subject and time."""
    site = context.audience.name
    lines = []
    for notification in context.notified:
        parts = [f"{_party_title(notification, site, context, language)} "]
        parts.append(f"({channel_title(notification.channel, language)})")
        if context.directory.link(site, notification.about) is not None:
            about = link_name(site, notification.about, context.directory, language)
            parts.append(Text("collector.notify.sections.of", about=about).read(language))
        elif context.directory.target(notification.about) is not None:
            about = service_name(notification.about, context.directory, language)
            parts.append(Text("collector.notify.sections.of", about=about).read(language))
        parts.append(
            f", {relative_moment(notification.at_s, context.record.at_ns / NS_PER_S, language)}"
        )
        parts.append(f", {notification.reference}" if notification.reference else "")
        lines.append("".join(parts))
    return list(dict.fromkeys(lines))


def _party_title(
    notification: PartyNotification, site: str, context: MessageContext, language: Language
) -> str:
    if notification.party not in set(Party):
        return notification.party
    name = ""
    if notification.party == Party.CARRIER:
        link = context.directory.link(site, notification.about)
        name = "" if link is None else link.carrier
    elif notification.party == Party.PORTAL:
        name = notification.about
    return party_name(
        ResponsibleParty(Party(notification.party), name), context.directory, language
    )


def _proofs(
    proofs: list[tuple[MemberEvidence, Evidence]], context: MessageContext, language: Language
) -> list[str]:
    lines = []
    is_many = len(context.incident.member_evidence) > 1
    for member, item in proofs:
        outcome = evidence_outcome(item, language)
        if not outcome:
            continue  # a series without an answer yet shows nothing
        where = f"{site_name(member.subject.site, context.directory)}: " if is_many else ""
        over = ""
        if item.link:
            name = link_name(member.subject.site, item.link, context.directory, language)
            over = Text("collector.notify.sections.over", name=name).read(language)
        titles = {item.target: service_name(item.target, context.directory, language)}
        lines.append(f"{where}{evidence_subject(item, titles, language)}{over}: {outcome}")
        if len(lines) == PROOFS_LISTED:
            break
    return lines


def _share(count: UpCount) -> str:
    return f"{count.up}/{count.known}"


def service_url(context: MessageContext) -> str:
    """Return the URL of the service that an incident is about; empty if it is about none."""
    if context.incident.segment is not Segment.SERVICE:
        return ""
    target = context.directory.target(context.incident.members[0].subject.service)
    return "" if target is None else target.url

"""The page of one incident: the fault, its evidence, the notified parties, and its owner. Pure."""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident, IncidentMember
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.party import parse_responsible_party
from thongsuot_collector.incidents.wording import area, describe
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.notify.render.names import (
    SEVERITIES,
    owner_name,
    party_name,
    place_name,
    subject_name,
)
from thongsuot_collector.web.charts import labels as chart_labels
from thongsuot_collector.web.charts.lifeline import lifeline
from thongsuot_collector.web.incident import decision_labels, labels
from thongsuot_collector.web.incident.actions import action_links
from thongsuot_collector.web.incident.history import history_events
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentReport
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.live.element import live_element
from thongsuot_collector.web.live.topics import incident_topic
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text, capitalised
from thongsuot_schema.words.states import SEGMENTS, channel_title

REFRESH_S = 30
EVENTS_SHOWN = 15
"""The number of latest events under the picture; earlier ones are folded away above them."""
_MEMBER_HEADS = (
    labels.POINT,
    labels.CIRCUIT,
    labels.LINE,
    labels.STATE,
    labels.FROM,
    labels.TO,
)


def incident_page(
    report: IncidentReport,
    reader: PageReader,
    charts: Sequence[tuple[str, str]] = (),
    paths: Sequence[tuple[str, str]] = (),
    *,
    board: str = "",
) -> str:
    """
    Return the whole page; ``charts`` and ``paths`` are title and markup of each picture, ``board``
    is the URL of the Grafana board.
    """
    incident, language = report.incident, reader.language
    path = f"/incidents/{incident.id}"
    frame = Frame(
        title=text.headline_of(report.context, language),
        state=_shown_state(incident),
        url_in=lambda other: reader.url(path, other),
        home_url=reader.url(reader.home) if reader.home else "",
        place=f"{labels.CODE.read(language)} {incident.id}",
        refresh_s=REFRESH_S,
        live=live_element(incident_topic(incident.id), reader.key) if incident.is_open else "",
    )
    events = history_events(report.context, language, reader.channel_kind)
    content = {
        "labels": labels,
        "hero": _hero(report, reader),
        "actions": action_links(incident, reader),
        "download_url": reader.url(f"{path}.json"),
        # Without the key: a visitor with full access sees more, and can accept it.
        "staff_url": path if reader.key else "",
        "ruling_url": reader.url(f"{path}/ruling")
        if reader.may_decide and incident.is_disputed
        else "",
        "board_url": board if reader.is_staff else "",
        "sides": _sides(report, language),
        "facts": _facts(report, language),
        "related": _related(incident, reader),
        "member_heads": _MEMBER_HEADS,
        "members": [_member(member, report, language) for member in incident.members],
        "measured": sections.measured_lines(report.context, language),
        "compared": sections.compared_lines(report.context, language),
        "notification_heads": (labels.WHEN, labels.WHO, labels.WHAT, labels.BY, labels.RESULT),
        "notifications": _notifications(report, reader),
        "batch_heads": (labels.POINT, labels.BATCH, labels.DIGEST),
        "batches": _batches(incident),
        "verify_command": f"thongsuot-collector verify --evidence {incident.id}.json",
        "answers": _answers(report, language),
        "lifeline": lifeline(incident, language, now_ns=round(reader.now_s * NS_PER_S)),
        "charts": charts,
        "paths": paths,
        "chart_labels": chart_labels,
        "older_events": events[:-EVENTS_SHOWN],
        "events": events[-EVENTS_SHOWN:],
        "older_title": decision_labels.OLDER_EVENTS.read(
            language, count=str(max(0, len(events) - EVENTS_SHOWN))
        ),
    }
    return render("incident", frame, language, content)


def _hero(report: IncidentReport, reader: PageReader) -> dict[str, object]:
    """Return the top of the page: whether the incident is ongoing, the fault and the action."""
    incident, rule, language = report.incident, report.context.rule, reader.language
    wording = describe(incident, rule, report.context.directory, language, now_s=reader.now_s)
    advice = ending = ""
    if incident.is_open:
        # A desk has its own procedure for one line.
        if incident.party.party is Party.COMMUNE or rule.sentences is not None:
            advice = wording.do
    elif incident.is_closed_by_city:
        ending = decision_labels.GOES_ON.read(language).removesuffix(".")
    elif incident.closure_code is not None:
        ending = capitalised(labels.OUTCOMES[incident.closure_code].read(language))
    return {
        "state": _shown_state(incident),
        "word": labels.OPEN if incident.is_open else labels.CLOSED,
        "situation": wording.situation,
        "advice": advice,
        "ending": ending,
        "is_excused": incident.is_excused,
        "is_generated": report.is_generated,
    }


def _shown_state(incident: Incident) -> State:
    """
    Return the state for the page's colour: an incident closed by a person need not be resolved.
    """
    is_over = not (incident.is_open or incident.is_closed_by_city)
    return State.UP if is_over else incident.state


def _decisions_made(incident: Incident) -> list[tuple[Text, str, str]]:
    """Return the decisions of people about an incident, as facts: author, time and reason."""
    made = []
    closing, placement = incident.closing, incident.placement
    if closing is not None:
        who = f"{closing.by}, {sections.exact_time(closing.at_ns)}"
        made.append((decision_labels.CLOSED_BY, who, closing.reason))
    if placement is not None:
        label = decision_labels.MERGED_BY if placement.into else decision_labels.SPLIT_BY
        who = f"{placement.by}, {sections.exact_time(placement.at_ns)}"
        made.append((label, who, placement.reason))
    return made


def _facts(report: IncidentReport, language: Language) -> list[tuple[Text, str, str]]:
    """Return label, value and a note below it of each fact; one without a value is not shown."""
    incident, directory = report.incident, report.context.directory
    closed = ""
    if incident.closed_ns is not None and not incident.is_closed_by_city:
        lasted = duration((incident.closed_ns - incident.opened_ns) / NS_PER_S, language)
        closed = f"{sections.exact_time(incident.closed_ns)} ({lasted})"
    acknowledgement = incident.acknowledgement
    owner = (labels.NOBODY.read(language), "")
    if acknowledgement is not None:
        name = owner_name(acknowledgement.owner, directory, language)
        owner = (f"{name}, {sections.exact_time(acknowledgement.at_ns)}", acknowledgement.note)
    segment = incident.segment
    return [
        (labels.CODE, incident.id, ""),
        (
            labels.SINCE,
            sections.exact_time(incident.opened_ns),
            sections.clock_error(incident.error_s, language),
        ),
        (labels.UNTIL, closed, ""),
        (labels.LEARNED, sections.exact_time(incident.known_ns), ""),
        *_decisions_made(incident),
        (labels.ACTS, party_name(incident.acting_party, directory, language), ""),
        (labels.TAKEN, *owner),
        (
            labels.EXPECTED,
            "" if incident.expected_ns is None else sections.exact_time(incident.expected_ns),
            "",
        ),
        (labels.SEGMENT, "" if segment is None else SEGMENTS[segment].read(language), ""),
        (labels.SEVERITY, SEVERITIES[incident.severity].read(language), ""),
        (labels.AFFECTED_COUNT, _affected_count(incident), ""),
        (labels.AREA, area(incident.communes, directory, language), ""),
        *(
            (
                labels.MAINTENANCE,
                f"{sections.exact_time(window.start_ns)} → {sections.exact_time(window.end_ns)}",
                window.note,
            )
            for window in report.windows
        ),
    ]


def _sides(report: IncidentReport, language: Language) -> dict[str, object]:
    """Return both statements and the decision; nothing if the incident is not disputed."""
    incident, context = report.incident, report.context
    dispute = incident.dispute
    if dispute is None:
        return {}
    party = party_name(dispute.party, context.directory, language)
    return {
        "their_title": labels.THEIR_SIDE.read(language, party=party),
        "theirs": sections.dispute_line(dispute, context.directory, language),
        "ours": sections.measured_lines(context, language) or [text.headline_of(context, language)],
        "decision": sections.settlement(dispute, party, language)
        if dispute.is_settled
        else labels.UNDECIDED.read(language),
    }


def _answers(report: IncidentReport, language: Language) -> list[str]:
    """Return the party's answers, line by line."""
    lines = []
    for answer in report.incident.answers:
        expected = "" if answer.expected_ns is None else sections.exact_time(answer.expected_ns)
        word = labels.ANSWER_KINDS[answer.kind].read(language, moment=expected)
        line = f"{sections.exact_time(answer.at_ns)} · {answer.person}: {word}"
        lines.append(f"{line}. {answer.text}" if answer.text else line)
    return lines


def _related(incident: Incident, reader: PageReader) -> list[tuple[Text, list[tuple[str, str]]]]:
    """Return the larger incidents it is part of, and the smaller ones it consists of."""
    return [
        (
            label,
            [(name, reader.url(f"/incidents/{name}") if reader.is_staff else "") for name in names],
        )
        for label, names in (
            (labels.PART_OF, incident.parents),
            (labels.CONSISTS, incident.children),
        )
    ]


def _affected_count(incident: Incident) -> str:
    if incident.total is None:
        return "" if len(incident.members) == 1 else str(incident.open_members)
    return f"{incident.open_members}/{incident.total}"


def _member(member: IncidentMember, report: IncidentReport, language: Language) -> list[str]:
    directory, subject = report.context.directory, member.subject
    link = directory.link(subject.site, subject.link) if subject.link else None
    is_device = not (subject.link or subject.service)
    if member.end_ns is None:
        end = labels.GOES_ON.read(language)
    else:
        end = sections.exact_time(member.end_ns)
    return [
        place_name(subject.site, directory),
        "" if link is None else link.circuit,
        "" if is_device else capitalised(subject_name(subject, directory, language)),
        sections.state_word(member, language),
        sections.exact_time(member.start_ns),
        end,
    ]


def _notifications(report: IncidentReport, reader: PageReader) -> list[list[str]]:
    if not report.is_notified:
        return []
    return _attempts(report, reader) if reader.is_staff else _decisions(report, reader)


def _decisions(report: IncidentReport, reader: PageReader) -> list[list[str]]:
    """Return the notifications and the channels that delivered them, for outsiders."""
    language, directory = reader.language, report.context.directory
    return [
        [
            sections.exact_time(notification.at_ns),
            party_name(notification.party, directory, language),
            labels.KINDS[notification.kind].read(language),
            *_delivery(delivery, reader),
        ]
        for notification in report.incident.notifications
        for delivery in notification.by_channel() or (None,)
    ]


def _delivery(delivery: DeliveryAttempt | None, reader: PageReader) -> tuple[str, str]:
    """Return a channel's name, and the state of delivery, without the receiver's answer."""
    language = reader.language
    if delivery is None:
        return "", labels.NOT_YET.read(language)
    channel = channel_title(_channel_kind(delivery.channel, reader), language)
    if not delivery.is_delivered:
        return channel, labels.NOT_YET.read(language)
    received = labels.ANSWERS[ChannelOutcome.DELIVERED].read(language)
    parts = (received, sections.exact_time(delivery.at_ns), delivery.reference)
    return channel, ", ".join(filter(None, parts))


def _attempts(report: IncidentReport, reader: PageReader) -> list[list[str]]:
    """Return every attempt to notify, with its answer."""
    language, directory = reader.language, report.context.directory
    kinds = {str(kind): title for kind, title in labels.KINDS.items()}
    rows = []
    for attempt in report.attempts:
        answer = labels.ANSWERS[attempt.outcome].read(language)
        # A machine's answer only helps to repair the channel; "200 accepted" is of no use to
        # readers.
        error_text = "" if attempt.outcome is ChannelOutcome.DELIVERED else attempt.text
        rows.append(
            [
                sections.exact_time(attempt.began_ns + attempt.took_ns),
                party_name(parse_responsible_party(attempt.audience), directory, language),
                kinds[attempt.kind].read(language),
                channel_title(_channel_kind(attempt.channel, reader), language),
                ", ".join(filter(None, (answer, attempt.reference, error_text))),
            ]
        )
    return rows or _decisions(report, reader)


def _channel_kind(route: str, reader: PageReader) -> str:
    return reader.channel_kind(route.partition(":")[0])


def _batches(incident: Incident) -> list[tuple[str, str, str]]:
    """Return the batches of the evidence: point, name and digest, each once."""
    named = {
        (member.subject.site, f"{batch.stream}/{batch.number}", batch.digest.hex()): None
        for member in incident.member_evidence
        for batch in member.batches
    }
    return list(named)

"""The page of a carrier's desk. Pure."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec

from thongsuot_collector.incidents.answer import AnswerKind
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import SEVERITIES, window_scope
from thongsuot_collector.sla.calendar import MS_PER_S
from thongsuot_collector.sla.words import month_title
from thongsuot_collector.web.access import Visitor
from thongsuot_collector.web.demonstration import generated_note
from thongsuot_collector.web.desk import labels
from thongsuot_collector.web.desk.circuit_status import CircuitStatus
from thongsuot_collector.web.incident import labels as incident_labels
from thongsuot_collector.web.incident.listing import IncidentRow, window_rows
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.live.element import live_element
from thongsuot_collector.web.live.topics import desk_topic
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import moment, relative_moment
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.states import LINK_STATES

REFRESH_S = 15

_ORDER = (State.DOWN, State.DEGRADED, State.UNKNOWN, State.UP)


class DeskContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of one carrier's desk: its open incidents, and recently closed ones."""

    carrier: str
    title: str
    ongoing: Sequence[MessageContext]
    closed: Sequence[MessageContext]
    circuits: Sequence[CircuitStatus]
    windows: Sequence[MaintenanceWindow]
    proposals: Sequence[ProposedWork]
    months: Sequence[str]
    generated_until_s: float = 0.0


def desk_page(
    desk: DeskContent, visitor: Visitor, directory: InventoryDirectory, reader: PageReader
) -> str:
    """Return the whole page: unaccepted incidents first, the oldest on top."""
    language, path = reader.language, desk_path(desk.carrier)
    ongoing = sorted(desk.ongoing, key=lambda context: urgency(context.incident))
    states = [context.incident.state for context in ongoing]
    frame = Frame(
        title=labels.DESK.read(language, carrier=desk.title),
        state=min(states, key=_ORDER.index, default=State.UP),
        url_in=lambda other: reader.url(path, other),
        home_url=reader.url("/") if visitor.sees_all else reader.url(path),
        place=f"{labels.OPEN.read(language)}: {len(ongoing)}",
        refresh_s=REFRESH_S,
        live=live_element(desk_topic(desk.carrier), reader.key),
        note=generated_note(desk.generated_until_s, reader),
    )
    may_answer = visitor.may_act and visitor.sees_carrier(desk.carrier)
    content: dict[str, object] = {
        "labels": labels,
        "note": labels.LOOK_ONLY if visitor.key and not visitor.may_act else None,
        "open": [
            (
                _row(context, reader),
                _buttons(context, desk, reader) if may_answer else [],
                _evidence_url(context, reader),
            )
            for context in ongoing
        ],
        "circuits": [_circuit(status, reader) for status in desk.circuits],
        "work_heads": (
            incident_labels.AFFECTED,
            incident_labels.FROM,
            incident_labels.TO,
            incident_labels.WHAT,
        ),
        "work": window_rows(desk.windows, directory, reader),
        "proposals": [
            _proposal(work, desk, directory, visitor, reader)
            for work in desk.proposals
            if work.decision is None or not work.decision.is_confirmed
        ],
        "propose_url": reader.url(work_path(desk.carrier)) if may_answer else "",
        "months": [
            (reader.url(f"/sla/{month}"), month_title(month, language)) for month in desk.months
        ],
        "closed": [
            (_row(context, reader, is_inside=is_inside), [], _evidence_url(context, reader))
            for context, is_inside in beneath(desk.closed)
        ],
        "keys_url": reader.url(f"{path}/keys") if visitor.is_engineer else "",
    }
    return render("desk", frame, language, content)


def beneath(closed: Sequence[MessageContext]) -> list[tuple[MessageContext, bool]]:
    """
    Return closed incidents with those of a larger one below it: each, and whether it is nested.

    The lines of one outage, each in a row of its own among the others, read as so many outages.
    """
    known = {context.incident.id: context for context in closed}
    inside = {
        child: context.incident.id
        for context in closed
        for child in context.incident.children
        if child in known and not known[child].incident.children
    }
    rows: list[tuple[MessageContext, bool]] = []
    for context in closed:
        incident = context.incident
        if incident.id not in inside:
            rows.append((context, False))
            parts = (known[child] for child in incident.children if child in known)
            rows += [(part, True) for part in parts if inside.get(part.incident.id) == incident.id]
    return rows


def _proposal(
    work: ProposedWork,
    desk: DeskContent,
    directory: InventoryDirectory,
    visitor: Visitor,
    reader: PageReader,
) -> dict[str, object]:
    """Return the state of a proposal, and the link to the city's decision."""
    language, window = reader.language, work.window
    is_pending = work.is_pending(round(reader.now_s * NS_PER_S))
    state = labels.WORK_IS_PENDING if is_pending else labels.WORK_LAPSED
    tag = state.read(language)
    if work.decision is not None:
        tag = labels.WORK_IS_REFUSED.read(language, reason=work.decision.reason)
    facts = (
        f"{sections.exact_time(window.start_ns)} – {sections.exact_time(window.end_ns)}",
        window.note,
        work.person,
    )
    url = reader.url(work_path(desk.carrier, work.id)) if visitor.is_engineer else ""
    return {
        "title": window_scope(window, directory, language),
        "tag": tag,
        "facts": " · ".join(facts),
        "url": url if is_pending else "",
    }


def desks_page(desks: Iterable[tuple[str, str, int, int]], reader: PageReader) -> str:
    """Return the list of all desks: name, title, open incidents and pending work of each."""
    language = reader.language
    frame = Frame(
        title=labels.DESKS.read(language),
        state=State.UP,
        url_in=lambda other: reader.url("/desk", other),
        home_url=reader.url("/"),
    )
    rows = [
        (
            reader.url(desk_path(name)),
            title,
            f"{labels.OPEN.read(language)}: {count}",
            incident_labels.PENDING_WORK.read(language, count=pending) if pending else "",
        )
        for name, title, count, pending in desks
    ]
    return render("desks", frame, language, {"labels": labels, "desks": rows})


def desk_path(carrier: str) -> str:
    """Return the path of a carrier's desk."""
    return f"/desk/{quote(carrier)}"


def work_path(carrier: str, work: str = "") -> str:
    """Return the path of a carrier's proposal form; with ``work``, of the city's decision on it."""
    path = f"{desk_path(carrier)}/work"
    return f"{path}/{quote(work)}" if work else path


def answer_path(carrier: str, incident: str, kind: AnswerKind) -> str:
    """Return the path of the form for a carrier's answer about an incident."""
    return f"{desk_path(carrier)}/incidents/{quote(incident)}/{kind}"


def urgency(incident: Incident) -> tuple[bool, int, str]:
    """Return the sort key of open incidents: unaccepted before accepted, then the oldest."""
    is_had = incident.acknowledgement is not None or incident.dispute is not None
    return is_had, incident.opened_ns, incident.id


def _row(context: MessageContext, reader: PageReader, *, is_inside: bool = False) -> IncidentRow:
    incident, language = context.incident, reader.language
    until_s = reader.now_s if incident.closed_ns is None else incident.closed_ns / NS_PER_S
    lasted = duration(max(0.0, until_s - incident.opened_ns / NS_PER_S), language)
    ticket = next(
        (
            delivery.reference
            for record in reversed(incident.notifications)
            for delivery in record.by_channel()
            if delivery.reference
        ),
        "",
    )
    facts = (
        f"{incident_labels.SINCE.read(language)} {sections.exact_time(incident.opened_ns)}",
        lasted,
        SEVERITIES[incident.severity].read(language) if incident.is_open else "",
        ticket,
        incident.id,
    )
    return IncidentRow(
        state=incident.state if incident.is_open else State.UP,
        url=reader.url(f"/incidents/{incident.id}"),
        headline=text.headline_of(context, language),
        tags=_tags(incident, reader) if incident.is_open else [],
        facts=[fact for fact in facts if fact],
        is_inside=is_inside,
    )


def _evidence_url(context: MessageContext, reader: PageReader) -> str:
    return reader.url(f"/incidents/{context.incident.id}.json")


def _tags(incident: Incident, reader: PageReader) -> list[str]:
    """Return the tags for the state of the carrier's answer."""
    language = reader.language

    def at(label: Text, at_ns: int) -> str:
        when = relative_moment(at_ns / NS_PER_S, reader.now_s, language)
        return label.read(language, moment=when)

    if incident.is_disputed:
        return [labels.DISPUTED.read(language)]
    if incident.acting_party != incident.party:
        return [labels.UPHELD.read(language)]
    taken, expected_ns = incident.acknowledgement, incident.expected_ns
    mended = [answer for answer in incident.answers if answer.kind is AnswerKind.MENDED]
    tags = [labels.UNACCEPTED.read(language)] if taken is None else []
    tags += [] if taken is None else [at(labels.ACCEPTED, taken.at_ns)]
    tags += [] if expected_ns is None else [at(labels.EXPECTED, expected_ns)]
    return tags + [at(labels.REPORTED_MENDED, answer.at_ns) for answer in mended[-1:]]


def _buttons(
    context: MessageContext, desk: DeskContent, reader: PageReader
) -> list[tuple[str, Text]]:
    """Return the possible answers for an incident's state, each with its URL."""
    incident = context.incident
    kinds = [kind for kind in AnswerKind if _is_fitting(kind, incident)]
    return [
        (reader.url(answer_path(desk.carrier, incident.id, kind)), labels.BUTTONS[kind])
        for kind in kinds
    ]


def _is_fitting(kind: AnswerKind, incident: Incident) -> bool:
    dispute = incident.dispute
    if kind is AnswerKind.ACCEPTED:
        return incident.acknowledgement is None
    if kind is AnswerKind.REFUSED:
        return dispute is None or dispute.withdrawn_ns is not None
    return True


def _circuit(status: CircuitStatus, reader: PageReader) -> dict[str, object]:
    language = reader.language
    since = labels.NEVER.read(language)
    if status.since_ms is not None:
        since = f"{LINK_STATES[status.state].read(language)} · {_since(status, language)}"
    bad = sum(state in {State.DOWN, State.DEGRADED} for state in status.days)
    summary = Text(
        "collector.web.desk.summary",
        bad=bad,
        down=duration(status.down_ms / MS_PER_S, language),
        interruptions=status.interruptions,
    )
    if not status.interruptions:
        summary = Text("collector.web.desk.no_outage", bad=bad) if bad else labels.NO_FAULT
    place = ", ".join(filter(None, (status.names.site, status.names.commune)))
    return {
        "state": status.state,
        "name": status.circuit.name,
        "place": place,
        "since": since,
        "summary": summary.read(language),
        "days": [State.UNKNOWN if state is None else state for state in status.days],
    }


def _since(status: CircuitStatus, language: Language) -> str:
    began = moment((status.since_ms or 0) / MS_PER_S)
    return Text("collector.incidents.since", moment=began).read(language)


def carrier_title(carrier: str, directory: InventoryDirectory) -> str:
    """Return the display name of a carrier."""
    known = directory.carrier(carrier)
    return carrier if known is None else known.title or known.name

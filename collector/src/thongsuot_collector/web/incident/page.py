"""The page of one incident: what is wrong, on what evidence, who was told, who takes care. Pure."""

from collections.abc import Callable

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident, IncidentMember
from thongsuot_collector.incidents.party import parse_responsible_party
from thongsuot_collector.incidents.wording import area, describe
from thongsuot_collector.notify.dispatch.message import ChannelOutcome as Answered
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.notify.render.names import (
    SEVERITIES,
    owner_name,
    party_name,
    place_name,
    subject_name,
)
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.history import history_texts
from thongsuot_collector.web.incident.report import IncidentReport
from thongsuot_collector.web.layout import lines, page, section, table
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.icons import icon
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, capitalised
from thongsuot_schema.words.parties import channel_title
from thongsuot_schema.words.segments import SEGMENTS

REFRESH_S = 30


class PageReader(msgspec.Struct, frozen=True, kw_only=True):
    """
    Who reads, and in which language.

    ``key`` is what opened the page for somebody who was told of this incident and sees no other;
    empty for those who may look at everything. ``channel_kind`` returns what a channel is called in
    ``words.parties``.
    """

    language: Language
    now_s: float
    key: str = ""
    channel_kind: Callable[[str], str] = str

    def url(self, path: str, language: Language | None = None) -> str:
        """Return a path with what this reader needs to open it."""
        key = f"&key={self.key}" if self.key else ""
        return f"{path}?lang={language or self.language}{key}"


def incident_page(dossier: IncidentReport, reader: PageReader) -> str:
    """Return the whole page."""
    incident, occasion, language = dossier.incident, dossier.context, reader.language
    path = f"/incidents/{incident.id}"
    other: Language = "en" if language == "vi" else "vi"
    headline = text.headline_of(occasion, language)
    body = (
        _hero(dossier, reader)
        + _acts(dossier, reader)
        + section("facts", labels.FACTS.read(language), _facts(dossier, reader))
        + section("affected", labels.AFFECTED.read(language), _affected(dossier, reader))
        + section(
            "measured",
            labels.MEASURED.read(language),
            lines(sections.measured_lines(occasion, language)),
        )
        + section(
            "compared",
            labels.COMPARED.read(language),
            lines(sections.compared_lines(occasion, language)),
        )
        + section("told", labels.TOLD.read(language), _notifications(dossier, reader))
        + section("record", labels.RECORD.read(language), _record(dossier, reader))
        + section(
            "history", labels.HISTORY.read(language), lines(history_texts(occasion, language))
        )
    )
    return page(
        headline,
        body,
        language=language,
        state=State.UP if not incident.is_open else incident.state,
        other_url=reader.url(path, other),
        home_url="" if reader.key else reader.url("/"),
        place=f"{labels.CODE.read(language)} {incident.id}",
        refresh_s=REFRESH_S,
    )


def _hero(dossier: IncidentReport, reader: PageReader) -> str:
    incident, language = dossier.incident, reader.language
    said = describe(
        incident,
        dossier.context.rule,
        dossier.context.directory,
        language,
        now_s=reader.now_s,
    )
    if incident.is_open:
        state, word = incident.state, labels.OPEN.read(language)
        inner = f"<p>{escape(said.what)}</p>"
        is_plain = incident.party.party is Party.COMMUNE
        if is_plain or dossier.context.rule.sentences is not None:
            # What a desk does about one line stands in its own book.
            inner += f'<p class="advice">{escape(said.do)}</p>'
    else:
        state, word = State.UP, labels.CLOSED.read(language)
        outcome = incident.closure_code
        ending = "" if outcome is None else capitalised(labels.OUTCOMES[outcome].read(language))
        inner = f"<p>{escape(said.what)}</p>" + (f"<p>{escape(ending)}.</p>" if ending else "")
    if incident.is_excused:
        inner += f'<p class="advice">{labels.EXCUSED.read(language)}</p>'
    return (
        f'<section class="hero {state}" aria-labelledby="now">{icon(state)}'
        f'<h2 id="now">{escape(word)}</h2>{inner}</section>'
    )


def _acts(dossier: IncidentReport, reader: PageReader) -> str:
    language, path = reader.language, f"/incidents/{dossier.incident.id}"
    links = [(reader.url(f"{path}.json"), labels.DOWNLOAD.read(language))]
    if not reader.key and dossier.incident.is_open:
        url = reader.url(f"{path}/acknowledge")
        links.insert(0, (url, labels.TAKE_ON.read(language)))
    inner = "".join(f'<a class="button" href="{escape(url)}">{word}</a>' for url, word in links)
    if reader.key:
        # Without the key: who may look at everything sees more, and can take it on.
        inner += f'<a class="switch" href="{path}">{labels.FOR_STAFF.read(language)}</a>'
    return f'<p class="acts">{inner}</p>'


def _facts(dossier: IncidentReport, reader: PageReader) -> str:
    incident, language = dossier.incident, reader.language
    directory = dossier.context.directory
    lasted = ""
    if incident.closed_ns is not None:
        took = duration((incident.closed_ns - incident.opened_ns) / NS_PER_S, language)
        lasted = f"{sections.exact_time(incident.closed_ns)} ({took})"
    taken = incident.acknowledgement
    owner = (labels.NOBODY.read(language), "")
    if taken is not None:
        name = owner_name(taken.owner, directory, language)
        owner = (f"{name}, {sections.exact_time(taken.at_ns)}", taken.note)
    segment = incident.segment
    rows = [
        (labels.CODE, incident.id, ""),
        (
            labels.SINCE,
            sections.exact_time(incident.opened_ns),
            sections.clock_error(incident.error_s, language),
        ),
        (labels.UNTIL, lasted, ""),
        (labels.LEARNED, sections.exact_time(incident.known_ns), ""),
        (labels.ACTS, party_name(incident.party, directory, language), ""),
        (labels.TAKEN, *owner),
        (labels.SEGMENT, "" if segment is None else SEGMENTS[segment].read(language), ""),
        (labels.SEVERITY, SEVERITIES[incident.severity].read(language), ""),
        (labels.AFFECTED_COUNT, _count(incident), ""),
        (labels.AREA, area(incident.communes, directory, language), ""),
    ]
    rows += [
        (
            labels.MAINTENANCE,
            f"{sections.exact_time(one.start_ns)} → {sections.exact_time(one.end_ns)}",
            one.note,
        )
        for one in dossier.windows
    ]
    shown = "".join(
        f"<div><dt>{name.read(language)}</dt><dd>{escape(value)}"
        f"{f'<small>{escape(more)}</small>' if more else ''}</dd></div>"
        for name, value, more in rows
        if value
    )
    return f'<dl class="facts">{shown}</dl>{_related(incident, reader)}'


def _related(incident: Incident, reader: PageReader) -> str:
    """Return the larger incidents it is part of, and the smaller ones it consists of."""
    found = ""
    for label, names in ((labels.PART_OF, incident.parents), (labels.CONSISTS, incident.children)):
        shown = ", ".join(
            escape(one)
            if reader.key
            else f'<a href="{escape(reader.url(f"/incidents/{one}"))}">{escape(one)}</a>'
            for one in names
        )
        if shown:
            found += f'<p class="soft">{label.read(reader.language)}: {shown}</p>'
    return found


def _count(incident: Incident) -> str:
    if incident.total is None:
        return "" if len(incident.members) == 1 else str(incident.open_members)
    return f"{incident.open_members}/{incident.total}"


def _affected(dossier: IncidentReport, reader: PageReader) -> str:
    language = reader.language
    heads = [labels.POINT, labels.CIRCUIT, labels.LINE, labels.STATE, labels.FROM, labels.TO]
    rows = [_member(one, dossier, language) for one in dossier.incident.members]
    return table(labels.AFFECTED.read(language), [one.read(language) for one in heads], rows)


def _member(member: IncidentMember, dossier: IncidentReport, language: Language) -> list[str]:
    directory, subject = dossier.context.directory, member.subject
    link = directory.link(subject.site, subject.link) if subject.link else None
    is_device = not (subject.link or subject.service)
    end = (
        labels.GOES_ON.read(language)
        if member.end_ns is None
        else sections.exact_time(member.end_ns)
    )
    return [
        place_name(subject.site, directory),
        "" if link is None else link.circuit,
        "" if is_device else capitalised(subject_name(subject, directory, language)),
        sections.state_word(member, language),
        sections.exact_time(member.start_ns),
        end,
    ]


def _notifications(dossier: IncidentReport, reader: PageReader) -> str:
    language = reader.language
    if not dossier.is_notified:
        return f"<p>{labels.NOBODY_TOLD.read(language)}</p>"
    heads = [labels.WHEN, labels.WHO, labels.WHAT, labels.BY, labels.RESULT]
    rows = _entries(dossier, reader) if reader.key else _attempts(dossier, reader)
    return table(labels.TOLD.read(language), [one.read(language) for one in heads], rows)


def _entries(dossier: IncidentReport, reader: PageReader) -> list[list[str]]:
    """Return what was decided to be told, and whether it got through: for those outside."""
    language, directory = reader.language, dossier.context.directory
    rows = []
    for entry in dossier.incident.notifications:
        got = next((one for one in entry.deliveries if one.is_delivered), None)
        by = "" if got is None else channel_title(_word(got.channel, reader), language)
        result = labels.NOT_YET.read(language)
        if got is not None:
            received = labels.ANSWERS[Answered.DELIVERED].read(language)
            result = ", ".join(
                filter(None, (received, sections.exact_time(got.at_ns), got.reference))
            )
        who = party_name(entry.party, directory, language)
        kind = labels.KINDS[entry.kind].read(language)
        rows.append([sections.exact_time(entry.at_ns), who, kind, by, result])
    return rows


def _attempts(dossier: IncidentReport, reader: PageReader) -> list[list[str]]:
    """Return every try to tell anybody, with what was answered."""
    language = reader.language
    rows = []
    for one in dossier.attempts:
        answer = labels.ANSWERS[one.outcome].read(language)
        said = ", ".join(filter(None, (answer, one.reference, one.text)))
        kinds = {str(kind): word for kind, word in labels.KINDS.items()}
        rows.append(
            [
                sections.exact_time(one.began_ns + one.took_ns),
                party_name(
                    parse_responsible_party(one.audience), dossier.context.directory, language
                ),
                kinds[one.kind].read(language),
                channel_title(_word(one.channel, reader), language),
                said,
            ]
        )
    return rows or _entries(dossier, reader)


def _word(route: str, reader: PageReader) -> str:
    return reader.channel_kind(route.partition(":")[0])


def _record(dossier: IncidentReport, reader: PageReader) -> str:
    language = reader.language
    named = {
        (exhibit.subject.site, f"{one.stream}/{one.number}", one.digest.hex()): None
        for exhibit in dossier.incident.member_evidence
        for one in exhibit.batches
    }
    if not named:
        return ""
    heads = [labels.POINT, labels.BATCH, labels.DIGEST]
    name = labels.RECORD.read(language)
    shown = table(name, [one.read(language) for one in heads], [list(one) for one in named])
    command = f"thongsuot-collector verify --evidence {dossier.incident.id}.json"
    return (
        f'<p class="soft">{labels.RECORD_WHY.read(language)} <code class="mono">{command}</code>'
        f'</p><div class="mono">{shown}</div>'
    )

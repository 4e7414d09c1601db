"""Text: messages for each party; plain words for staff at a point, facts for service desks."""

from collections.abc import Iterable
from typing import Final

import msgspec

from thongsuot_collector.incidents.answer import AnswerKind
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.incidents.wording import IncidentWording, describe
from thongsuot_collector.notify.render import sections
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import (
    DISPUTED_MARK,
    RULED_MARK,
    SEVERITIES,
    SUBJECT_MARKS,
    UNACCEPTED_MARK,
    circuit_word,
    party_name,
    place_name,
    short_commune,
    site_name,
)
from thongsuot_collector.notify.render.paths import PathLookup, no_paths, path_lines
from thongsuot_collector.printable import printable_line
from thongsuot_schema.segment import Party
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.states import LINK_STATES, SEGMENTS

TITLE_CHARACTERS: Final = 200

_TEST_MARK = Text("collector.notify.text.test_mark")
_TEST_TEXT = Text("collector.notify.text.test_text")
_ENDINGS: Final[dict[NotificationCause, Text]] = {
    NotificationCause.ENDED: Text("collector.notify.text.endings.ended"),
    NotificationCause.ABSORBED: Text("collector.notify.text.endings.absorbed"),
    NotificationCause.REASSIGNED: Text("collector.notify.text.endings.reassigned"),
    NotificationCause.WITHDRAWN: Text("collector.notify.text.endings.withdrawn"),
    NotificationCause.CLOSED_BY_CITY: Text("collector.notify.text.endings.closed_by_city"),
}

ANSWERS: Final[dict[AnswerKind, Text]] = {
    AnswerKind.ACCEPTED: Text("collector.notify.text.answers.accepted"),
    AnswerKind.REFUSED: Text("collector.notify.text.answers.refused"),
    AnswerKind.EXPECTED: Text("collector.notify.text.answers.expected"),
    AnswerKind.MENDED: Text("collector.notify.text.answers.mended"),
}
"""A party's possible answers, as labelled on buttons and links."""


class RenderedText(msgspec.Struct, frozen=True, kw_only=True):
    """``title`` fits in a subject line; ``body`` is plain text."""

    title: str
    body: str


def render_text(
    context: MessageContext, language: Language, known: PathLookup = no_paths
) -> RenderedText:
    """
    Return the message for an audience in a language; ``known`` returns the paths over its links.
    """
    wording = describe(
        context.incident,
        context.rule,
        context.directory,
        language,
        now_s=context.record.at_ns / NS_PER_S,
    )
    if context.audience.party is Party.COMMUNE:
        blocks = _plain(context, wording, language)
    else:
        blocks = _facts(context, wording, language)
        if context.kind is not NotificationKind.RESOLVED:
            title = Text("collector.notify.text.paths")
            blocks.insert(-1, _list(title, path_lines(context, known, language), language))
    if context.is_test:
        blocks = [_TEST_TEXT.read(language), *blocks]
    return RenderedText(
        title=_title(context, wording, language),
        body="\n\n".join(block for block in blocks if block) + "\n",
    )


def headline_of(context: MessageContext, language: Language) -> str:
    """Return the incident's headline with its place, without a mark."""
    wording = describe(context.incident, context.rule, context.directory, language)
    mark = f"[{_TEST_MARK.read(language)}] " if context.is_test else ""
    return mark + _headline(context, wording, language)


def _title(context: MessageContext, wording: IncidentWording, language: Language) -> str:
    mark = SUBJECT_MARKS[context.record.cause].read(language)
    if context.kind is NotificationKind.OPENED:
        mark = SUBJECT_MARKS[NotificationCause.STARTED].read(language)
        if context.record.cause is NotificationCause.UNEXCUSED:
            mark = SUBJECT_MARKS[NotificationCause.UNEXCUSED].read(language)
    if context.kind is not NotificationKind.RESOLVED:
        mark = _mark_of_answers(context, language) or mark
    if context.is_test:
        mark = _TEST_MARK.read(language)
    return f"[{mark}] {_subject(context, wording, language)}"[:TITLE_CHARACTERS]


def _mark_of_answers(context: MessageContext, language: Language) -> str:
    """Return the mark for the answers of people to the incident, or for missing ones."""
    if any(not dispute.is_settled for dispute in context.disputes):
        return DISPUTED_MARK.read(language)
    # Settled disputes and escalations are only news once.
    if context.is_news and context.disputes:
        return RULED_MARK.read(language)
    if context.is_news and context.escalations:
        return UNACCEPTED_MARK.read(language)
    return ""


def _subject(context: MessageContext, wording: IncidentWording, language: Language) -> str:
    """
    Return the rest of a subject line: sort keys of a desk first, because lists cut off the end.

    Of one circuit its identifier, state, onset and commune; else the headline, onset and place.
    """
    incident = context.incident
    onset = f"{local(incident.opened_ns / NS_PER_S):%H:%M}"
    members = incident.members
    if len(members) > 1 or context.rule.sentences is not None:
        return f"{wording.headline} {onset}"
    subject = next(iter(members)).subject
    site = context.directory.site(subject.site)
    link = context.directory.link(subject.site, subject.link) if subject.link else None
    name = wording.headline
    if link is not None and link.circuit:
        name = f"{link.circuit} {LINK_STATES[incident.state].read(language).lower()}"
    commune = short_commune(context.directory.commune_name(site.commune))
    place = ", ".join(filter(None, (commune, site_name(subject.site, context.directory))))
    return f"{name} {onset} {place}"


def _headline(context: MessageContext, wording: IncidentWording, language: Language) -> str:
    members = context.incident.members
    if len(members) > 1 or context.rule.sentences is not None:
        return wording.headline
    subject = next(iter(members)).subject
    place = f" – {site_name(subject.site, context.directory)}"
    link = context.directory.link(subject.site, subject.link) if subject.link else None
    if link is not None and link.circuit:
        place += f" ({circuit_word(link.medium.value, language).lower()} {link.circuit})"
    return wording.headline + place


def _plain(context: MessageContext, wording: IncidentWording, language: Language) -> list[str]:
    """Return the text for non-specialists: what is broken, what to do, whom to call, who knows."""
    support = context.support_hotline
    site = context.audience.name
    blocks = [place_name(site, context.directory) if site else ""]
    if context.kind is NotificationKind.RESOLVED:
        blocks.append(_ending(context, language))
    else:
        blocks.append(wording.situation)
        blocks.append(Text("collector.notify.text.what_to_do", advice=wording.do).read(language))
        if support:
            call = Text("collector.notify.text.support_desk", support=support)
            blocks.append(call.read(language))
        title = Text("collector.notify.text.notified")
        blocks.append(_list(title, sections.notified_lines(context, language), language))
    return [*blocks, _footer(context, language)]


def _facts(context: MessageContext, wording: IncidentWording, language: Language) -> list[str]:
    """Return the text for a desk: circuit, onset, measurements, and what works beside it."""
    is_over = context.kind is NotificationKind.RESOLVED
    measured = [] if is_over else sections.measured_lines(context, language)
    compared = [] if is_over else sections.compared_lines(context, language)
    blocks = [_ending(context, language)]
    if not is_over:
        # A desk has its own procedures; this is the action for the fault.
        is_told = context.audience.party is not Party.CITY and context.rule.sentences is not None
        blocks = [
            _disputes(context, language),
            wording.do if is_told else "",
            _unaccepted(context, language),
            wording.situation,
            _answers(context, language),
        ]
    blocks += [
        _summary(context, language),
        _list(_affected_title(context), sections.circuit_lines(context, language), language),
        _list(Text("collector.notify.text.measured"), measured, language),
        _list(Text("collector.notify.text.compared"), compared, language),
        _list(
            Text("collector.notify.text.record"),
            sections.batch_lines(context, language),
            language,
        ),
    ]
    return [*blocks, _footer(context, language)]


def _disputes(context: MessageContext, language: Language) -> str:
    """Return who says that the incident is not its own, with the reason, and who decides now."""
    lines = []
    for dispute in context.disputes:
        party = party_name(dispute.party, context.directory, language)
        lines.append(sections.dispute_line(dispute, context.directory, language))
        lines.append(sections.settlement(dispute, party, language))
    return "\n".join(lines)


def _unaccepted(context: MessageContext, language: Language) -> str:
    """Return the escalation steps taken because nobody accepted the incident in time."""
    if not context.escalations or context.incident.acknowledgement is not None:
        return ""
    steps = [
        Text(
            "collector.notify.text.step",
            title=step.title or Text("collector.notify.text.city").read(language),
            moment=sections.exact_time(step.at_ns),
        ).read(language)
        for step in context.escalations
    ]
    party = party_name(context.incident.party, context.directory, language)
    unaccepted = Text("collector.notify.text.unaccepted", party=party, steps=", ".join(steps))
    return unaccepted.read(language)


def _answers(context: MessageContext, language: Language) -> str:
    """Return the answer links of the audience: one URL for each answer."""
    urls = [f"- {ANSWERS[kind].read(language)}:\n  {url}" for kind, url in context.answer_urls]
    title = Text("collector.notify.text.answer").read(language)
    return "\n".join([f"{title}:", *urls]) if urls else ""


def _affected_title(context: MessageContext) -> Text:
    count, incident = len(context.incident.members), context.incident
    if incident.total is None or count == 1:
        return Text("collector.notify.text.affected")
    return Text(
        "collector.notify.text.affected_of", affected=incident.open_members, total=incident.total
    )


def _summary(context: MessageContext, language: Language) -> str:
    incident = context.incident
    error = sections.clock_error(incident.error_s, language)
    since = f"{sections.exact_time(incident.opened_ns)} ({error})"
    rows = [
        (Text("collector.notify.text.since"), since),
        (Text("collector.notify.text.severity"), SEVERITIES[incident.severity].read(language)),
    ]
    if incident.closed_ns is not None:
        until = Text("collector.notify.text.until")
        if incident.is_closed_by_city:
            until = Text("collector.notify.text.closed_at")
        rows.insert(1, (until, sections.exact_time(incident.closed_ns)))
    if incident.segment is not None:
        rows.append(
            (Text("collector.notify.text.segment"), SEGMENTS[incident.segment].read(language))
        )
    if context.audience.party is Party.CITY:
        who = party_name(incident.party, context.directory, language)
        rows.append((Text("collector.notify.text.who_must_act"), who))
    url = sections.service_url(context)
    if url:
        rows.append((Text("collector.notify.text.address"), url))
    return "\n".join(f"{name.read(language)}: {value}" for name, value in rows)


def _ending(context: MessageContext, language: Language) -> str:
    incident = context.incident
    until = lasted = ""
    if incident.closed_ns is not None:
        moment = sections.exact_time(incident.closed_ns)
        until = Text("collector.notify.text.ended_at", moment=moment).read(language)
        took = duration((incident.closed_ns - incident.opened_ns) / NS_PER_S, language)
        lasted = Text("collector.notify.text.lasted", took=took).read(language)
    ending = _ENDINGS.get(context.record.cause, _ENDINGS[NotificationCause.ENDED]).read(language)
    party = party_name(incident.party, context.directory, language)
    closing = incident.closing
    by, reason = ("", "") if closing is None else (closing.by, printable_line(closing.reason))
    return ending.format(until=until, lasted=lasted, party=party, by=by, reason=reason)


def _footer(context: MessageContext, language: Language) -> str:
    lines = [Text("collector.notify.text.incident", id=context.incident.id).read(language)]
    if context.page_url:
        lines.append(context.page_url)
    return "\n".join(lines)


def _list(title: Text, lines: Iterable[str], language: Language) -> str:
    items = [f"- {line}" for line in lines]
    return "\n".join([title.read(language), *items]) if items else ""

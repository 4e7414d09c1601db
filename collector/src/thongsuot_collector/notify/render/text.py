"""Text: what each party reads; for staff at a point plain words, for desks the facts."""

from collections.abc import Iterable
from typing import Final

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.incidents.wording import IncidentWording, describe
from thongsuot_collector.notify.render import sections
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import (
    SEVERITIES,
    SUBJECT_MARKS,
    circuit_word,
    party_name,
    place_name,
    site_name,
)
from thongsuot_collector.notify.render.paths import PathLookup, no_paths, path_lines
from thongsuot_schema.segment import Party
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.segments import SEGMENTS

TITLE_CHARACTERS: Final = 200

_TEST_MARK = Text("TIN THỬ, KHÔNG PHẢI SỰ CỐ", "TEST, NO FAULT")
_TEST_TEXT = Text(
    "Đây là tin thử để kiểm tra kênh thông báo. Không có sự cố, không cần làm gì.",
    "This is a test of the notification channel. There is no fault and nothing to do.",
)
_ENDINGS: Final[dict[NotificationCause, Text]] = {
    NotificationCause.ENDED: Text(
        "Đã hoạt động bình thường trở lại{until}{lasted}. Không cần làm gì thêm.",
        "Works normally again{until}{lasted}. There is nothing more to do.",
    ),
    NotificationCause.ABSORBED: Text(
        "Sự cố này là một phần của một sự cố lớn hơn, đã được báo riêng. Không xử lý riêng nữa.",
        "This is part of a larger incident that is told on its own. Do not act on it alone.",
    ),
    NotificationCause.REASSIGNED: Text(
        "Kết quả đo mới cho thấy lỗi thuộc phạm vi của đơn vị khác: {party}. Không cần xử lý nữa.",
        "New measurements show that the fault is another party's: {party}. You need not act.",
    ),
    NotificationCause.WITHDRAWN: Text(
        "Số liệu đến sau cho thấy không có sự cố này. Xin bỏ qua thông báo trước.",
        "Data that came later shows that there was no such fault. Please ignore the last message.",
    ),
}


class RenderedText(msgspec.Struct, frozen=True, kw_only=True):
    """``title`` fits in a subject line; ``body`` is plain text."""

    title: str
    body: str


def render_text(
    occasion: MessageContext, language: Language, known: PathLookup = no_paths
) -> RenderedText:
    """Return what an audience reads in a language; ``known`` gives the ways over its links."""
    wording = describe(
        occasion.incident,
        occasion.rule,
        occasion.directory,
        language,
        now_s=occasion.record.at_ns / NS_PER_S,
    )
    if occasion.audience.party is Party.COMMUNE:
        blocks = _plain(occasion, wording, language)
    else:
        blocks = _facts(occasion, wording, language)
        if occasion.kind is not NotificationKind.RESOLVED:
            title = Text("Đường đi của gói tin:", "The way of packets:")
            blocks.insert(-1, _list(title, path_lines(occasion, known, language), language))
    if occasion.is_test:
        blocks = [_TEST_TEXT.read(language), *blocks]
    return RenderedText(
        title=_title(occasion, wording, language),
        body="\n\n".join(block for block in blocks if block) + "\n",
    )


def headline_of(occasion: MessageContext, language: Language) -> str:
    """Return the incident's headline with its place, without a mark of what is told."""
    wording = describe(occasion.incident, occasion.rule, occasion.directory, language)
    mark = f"[{_TEST_MARK.read(language)}] " if occasion.is_test else ""
    return mark + _headline(occasion, wording, language)


def _title(occasion: MessageContext, wording: IncidentWording, language: Language) -> str:
    mark = SUBJECT_MARKS[occasion.record.cause].read(language)
    if occasion.kind is NotificationKind.OPENED:
        mark = SUBJECT_MARKS[NotificationCause.STARTED].read(language)
        if occasion.record.cause is NotificationCause.UNEXCUSED:
            mark = SUBJECT_MARKS[NotificationCause.UNEXCUSED].read(language)
    if occasion.is_test:
        mark = _TEST_MARK.read(language)
    return f"[{mark}] {_headline(occasion, wording, language)}"[:TITLE_CHARACTERS]


def _headline(occasion: MessageContext, wording: IncidentWording, language: Language) -> str:
    members = occasion.incident.members
    if len(members) > 1 or occasion.rule.sentences is not None:
        return wording.headline
    subject = next(iter(members)).subject
    place = f" – {site_name(subject.site, occasion.directory)}"
    link = occasion.directory.link(subject.site, subject.link) if subject.link else None
    if link is not None and link.circuit:
        place += f" ({circuit_word(link.medium.value, language).lower()} {link.circuit})"
    return wording.headline + place


def _plain(occasion: MessageContext, wording: IncidentWording, language: Language) -> list[str]:
    """For people who are no specialists: what is broken, what to do, whom to call, who knows."""
    support = occasion.support_hotline
    site = occasion.audience.name
    blocks = [place_name(site, occasion.directory) if site else ""]
    if occasion.kind is NotificationKind.RESOLVED:
        blocks.append(_ending(occasion, language))
    else:
        blocks.append(wording.what)
        blocks.append(Text("Việc cần làm: ", "What to do: ").read(language) + wording.do)
        if support:
            call = Text(f"Số điện thoại hỗ trợ: {support}.", f"Support desk: {support}.")
            blocks.append(call.read(language))
        title = Text("Hệ thống đã báo:", "The system has told:")
        blocks.append(_list(title, sections.notified_lines(occasion, language), language))
    return [*blocks, _footer(occasion, language)]


def _facts(occasion: MessageContext, wording: IncidentWording, language: Language) -> list[str]:
    """For a desk: which circuit, since when, what was measured, what works beside it."""
    is_over = occasion.kind is NotificationKind.RESOLVED
    measured = [] if is_over else sections.measured_lines(occasion, language)
    compared = [] if is_over else sections.compared_lines(occasion, language)
    blocks = [_ending(occasion, language) if is_over else wording.what]
    blocks += [
        _summary(occasion, language),
        _list(_affected_title(occasion), sections.circuit_lines(occasion, language), language),
        _list(Text("Đo được:", "Measured:"), measured, language),
        _list(Text("So sánh:", "Compared:"), compared, language),
        _list(
            Text("Số liệu gốc (lô, mã băm):", "Record (batches, digests):"),
            sections.batch_lines(occasion, language),
            language,
        ),
    ]
    if not is_over and occasion.audience.party is not Party.CITY:
        # The desk is told what to do by its own book; this is what the fault asks for.
        blocks.insert(1, wording.do if occasion.rule.sentences is not None else "")
    return [*blocks, _footer(occasion, language)]


def _affected_title(occasion: MessageContext) -> Text:
    count, incident = len(occasion.incident.members), occasion.incident
    if incident.total is None or count == 1:
        return Text("Bị ảnh hưởng:", "Affected:")
    return Text(
        f"Bị ảnh hưởng ({incident.open_members} trên {incident.total}):",
        f"Affected ({incident.open_members} of {incident.total}):",
    )


def _summary(occasion: MessageContext, language: Language) -> str:
    incident = occasion.incident
    error = sections.clock_error(incident.error_s, language)
    since = f"{sections.exact_time(incident.opened_ns)} ({error})"
    rows = [
        (Text("Từ", "Since"), since),
        (Text("Mức độ", "Severity"), SEVERITIES[incident.severity].read(language)),
    ]
    if incident.closed_ns is not None:
        rows.insert(1, (Text("Đến", "Until"), sections.exact_time(incident.closed_ns)))
    if incident.segment is not None:
        rows.append((Text("Vị trí lỗi", "Segment"), SEGMENTS[incident.segment].read(language)))
    if occasion.audience.party is Party.CITY:
        who = party_name(incident.party, occasion.directory, language)
        rows.append((Text("Đơn vị xử lý", "Who must act"), who))
    url = sections.service_url(occasion)
    if url:
        rows.append((Text("Địa chỉ", "Address"), url))
    return "\n".join(f"{name.read(language)}: {value}" for name, value in rows)


def _ending(occasion: MessageContext, language: Language) -> str:
    incident = occasion.incident
    until = lasted = ""
    if incident.closed_ns is not None:
        moment = sections.exact_time(incident.closed_ns)
        until = Text(f" lúc {moment}", f" since {moment}").read(language)
        took = duration((incident.closed_ns - incident.opened_ns) / NS_PER_S, language)
        lasted = Text(f", sau {took}", f", after {took}").read(language)
    ending = _ENDINGS.get(occasion.record.cause, _ENDINGS[NotificationCause.ENDED]).read(language)
    party = party_name(incident.party, occasion.directory, language)
    return ending.format(until=until, lasted=lasted, party=party)


def _footer(occasion: MessageContext, language: Language) -> str:
    lines = [Text("Mã sự cố: ", "Incident: ").read(language) + occasion.incident.id]
    if occasion.page_url:
        lines.append(occasion.page_url)
    return "\n".join(lines)


def _list(title: Text, lines: Iterable[str], language: Language) -> str:
    found = [f"- {line}" for line in lines]
    return "\n".join([title.read(language), *found]) if found else ""

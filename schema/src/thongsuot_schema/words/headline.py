"""Headline: one sentence for a whole site."""

from typing import Final

import msgspec

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SiteView, SubjectView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.explanation import explain
from thongsuot_schema.words.language import Language, Text, capitalised, join_list
from thongsuot_schema.words.media import MOBILE, medium_words
from thongsuot_schema.words.states import AGENT_SILENT
from thongsuot_schema.words.titles import link_phrases, subject_title

_NAMED_SERVICES: Final = 4
"""Services named in one sentence; more are counted, so that it stays one glance."""

_CLAUSES: Final[dict[State, Text]] = {
    State.DOWN: Text("{names} mất kết nối", "{names} {is} disconnected"),
    State.DEGRADED: Text("{names} chậm/chập chờn", "{names} {is} slow or unstable"),
    State.UP: Text("{names} hoạt động bình thường", "{names} {is} working normally"),
    State.UNKNOWN: Text("chưa có dữ liệu về {names}", "no data yet on {names}"),
}
"""What is said of links in one state; in the order in which they are said."""

_ALL_ALIKE: Final[dict[State, Text]] = {
    **_CLAUSES,
    State.UNKNOWN: Text("Chưa có dữ liệu về {names}", "No data yet on {names}"),
}


class SiteHeadline(msgspec.Struct, frozen=True, kw_only=True):
    """
    A site in one glance.

    ``state`` is of the site as a place to work at: ``down`` when nothing leads out or nothing can
    be reached. ``sentence`` has no full stop; ``detail`` (services affected) and ``advice`` are
    whole sentences, empty where there is nothing to add.
    """

    state: State
    sentence: str
    detail: str = ""
    advice: str = ""


def headline(view: SiteView, language: Language) -> SiteHeadline:
    """Say how a site is: its lines first, then what can be reached, then what citizens can do."""
    if is_silent(view):
        return _silent(view, language)
    if not view.links:
        return SiteHeadline(
            state=State.UNKNOWN,
            sentence=_said(
                language, "Chưa tìm thấy đường truyền nào", "No line has been found yet"
            ),
            advice=_said(
                language,
                "Hãy kiểm tra dây mạng giữa thiết bị giám sát và thiết bị của nhà mạng.",
                "Check the cables between the monitoring device and the carrier's equipment.",
            ),
        )
    states = {link.state for link in view.links}
    if states == {State.UP}:
        return _lines_up(view, language)
    return SiteHeadline(
        state=_site_state(view),
        sentence=_lines_sentence(view.links, language),
        detail=_services_detail(view.services, language),
        advice=_advice(view, language),
    )


def is_silent(view: SiteView) -> bool:
    """Return whether the device of a site is not heard, so that nothing is known of its lines."""
    return bool(view.links) and all(link.symptom is Symptom.AGENT_SILENT for link in view.links)


def _said(language: Language, vi: str, en: str) -> str:
    return vi if language == "vi" else en


def _silent(view: SiteView, language: Language) -> SiteHeadline:
    if view.heard_s is None:
        return SiteHeadline(
            state=State.UNKNOWN,
            sentence=_said(language, "Chưa lắp đặt thiết bị", "No device has been installed yet"),
            detail=_said(
                language,
                "Chưa từng nhận được dữ liệu của điểm này.",
                "Nothing has ever been heard from this point.",
            ),
        )
    detail = ""
    if view.heard_s is not None:
        last = relative_moment(view.heard_s, view.now_s, language)
        detail = _said(language, f"Lần cuối gửi dữ liệu: {last}. ", f"Last heard: {last}. ")
    detail += _said(
        language,
        "Chưa biết đường truyền của điểm có hoạt động hay không.",
        "It is not known whether the point's lines are working.",
    )
    return SiteHeadline(
        state=State.UNKNOWN,
        sentence=AGENT_SILENT.read(language),
        detail=detail,
        advice=explain(
            view.links[0], language, now_s=view.now_s, support_hotline=view.support_hotline
        ).advice,
    )


def _lines_up(view: SiteView, language: Language) -> SiteHeadline:
    """Say how a site is whose lines all work: its services decide."""
    affected = _in_state(view.services, State.DOWN) or _in_state(view.services, State.DEGRADED)
    if not affected:
        return SiteHeadline(
            state=State.UP,
            sentence=_lines_sentence(view.links, language),
            detail=_services_detail(view.services, language),
        )
    down = affected[0].state is State.DOWN
    if len(affected) == 1:
        affected_sentence = explain(affected[0], language, now_s=view.now_s).headline
    elif down:
        affected_sentence = _said(
            language,
            f"{len(affected)} dịch vụ đang gặp sự cố",
            f"{len(affected)} services have a fault",
        )
    else:
        affected_sentence = _said(
            language,
            f"{len(affected)} dịch vụ cần chú ý",
            f"{len(affected)} services need attention",
        )
    lines = _said(
        language, "đường truyền của điểm vẫn bình thường", "the point's lines are working normally"
    )
    return SiteHeadline(
        state=_site_state(view),
        sentence=f"{affected_sentence}; {lines}",
        detail=_services_detail(view.services, language) if down and len(affected) > 1 else "",
        advice=_said(
            language,
            "Không cần sửa gì tại điểm.",
            "There is nothing to repair at the point.",
        ),
    )


def _lines_sentence(links: tuple[SubjectView, ...], language: Language) -> str:
    """Say how the lines are: all alike, or state by state, the worst first."""
    states = {link.state for link in links}
    if len(states) == 1:
        return _alike(links, language)
    phrases = dict(zip(links, link_phrases(links, language), strict=True))
    clauses = []
    backup = _backup_in_use(links)
    for state in _CLAUSES:
        alike = [link for link in links if link.state is state and link is not backup]
        if alike:
            clauses.append(_clause(_CLAUSES[state], [phrases[link] for link in alike], language))
    if backup is not None:
        clauses.insert(1, _backup_clause(backup, language))
    return capitalised("; ".join(clauses))


def _alike(links: tuple[SubjectView, ...], language: Language) -> str:
    if len(links) == 1:
        names = link_phrases(links, language)
    elif len(links) == 2:
        names = [_said(language, "cả hai đường truyền", "both lines")]
    else:
        names = [_said(language, f"cả {len(links)} đường truyền", f"all {len(links)} lines")]
    plural = len(links) > 1
    text = _ALL_ALIKE[links[0].state].read(language)
    return capitalised(text.format(names=names[0], **{"is": "are" if plural else "is"}))


def _clause(text: Text, names: list[str], language: Language) -> str:
    is_or_are = "is" if len(names) == 1 else "are"
    return text.read(language).format(names=join_list(names, language), **{"is": is_or_are})


def _backup_in_use(links: tuple[SubjectView, ...]) -> SubjectView | None:
    """Return the mobile link that carries the site because every wired link is down."""
    wired = [link for link in links if link.medium not in MOBILE]
    if not wired or any(link.state is not State.DOWN for link in wired):
        return None
    usable = [
        link for link in links if link.medium in MOBILE and link.state in {State.UP, State.DEGRADED}
    ]
    return min(usable, key=lambda link: link.state is State.DEGRADED, default=None)


def _backup_clause(backup: SubjectView, language: Language) -> str:
    short = medium_words(backup.medium).short.read(language)
    clause = _said(
        language, f"mạng {short} dự phòng đang hoạt động", f"the {short} backup is working"
    )
    if backup.state is State.DEGRADED:
        clause += _said(language, " nhưng chậm/chập chờn", " but slow or unstable")
    return clause


def _services_detail(services: tuple[SubjectView, ...], language: Language) -> str:
    measured = [service for service in services if service.state is not State.UNKNOWN]
    if not measured:
        return ""
    down = _in_state(services, State.DOWN)
    if not down:
        if len(measured) == 1:
            title = subject_title(measured[0], language)
            return _said(language, f"{title} vẫn truy cập được.", f"{title} can be reached.")
        return _said(
            language,
            f"Cả {len(measured)} dịch vụ đều truy cập được.",
            f"All {len(measured)} services can be reached.",
        )
    if len(down) == len(measured):
        return _said(
            language,
            "Từ điểm này hiện không truy cập được dịch vụ nào.",
            "No service can be reached from this point now.",
        )
    names = [subject_title(service, language) for service in down[:_NAMED_SERVICES]]
    more = len(down) - len(names)
    if more:
        names.append(_said(language, f"{more} dịch vụ khác", f"{more} more"))
    listed = join_list(names, language)
    return _said(language, f"Dịch vụ bị ảnh hưởng: {listed}.", f"Services affected: {listed}.")


def _advice(view: SiteView, language: Language) -> str:
    if all(link.state is State.DOWN for link in view.links):
        return _said(
            language,
            "Trong lúc chờ khắc phục, người dân có thể đến điểm phục vụ gần nhất để làm thủ tục.",
            "Until this is repaired, citizens can go to the next service point.",
        )
    wired = {link.state for link in view.links if link.medium not in MOBILE}
    backups = {link.state for link in view.links if link.medium in MOBILE}
    if wired == {State.UP} and backups == {State.DOWN}:
        return _said(
            language,
            "Đường chính vẫn tốt; tạm thời không còn đường dự phòng.",
            "The main line is fine; there is no backup for now.",
        )
    any_usable = any(link.state in {State.UP, State.DEGRADED} for link in view.links)
    any_down = any(link.state is State.DOWN for link in view.links)
    if any_usable and any_down and not _in_state(view.services, State.DOWN):
        return _said(
            language,
            "Điểm vẫn tiếp dân được; một số thao tác có thể chậm hơn.",
            "The point can go on serving citizens; some steps may take longer.",
        )
    return ""


def _site_state(view: SiteView) -> State:
    links = {link.state for link in view.links}
    services = {service.state for service in view.services} - {State.UNKNOWN}
    if links == {State.DOWN} or services == {State.DOWN}:
        return State.DOWN
    if {State.DOWN, State.DEGRADED} & (links | services):
        return State.DEGRADED
    return State.UP if State.UP in links else State.UNKNOWN


def _in_state(lights: tuple[SubjectView, ...], state: State) -> list[SubjectView]:
    return [light for light in lights if light.state is state]

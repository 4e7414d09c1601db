"""The status page of a site as one HTML document, the same on the device and on the collector."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from thongsuot_schema.page import labels
from thongsuot_schema.page.counter import switch_overs_part
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.first_screen import action_part, turn_class, turn_icon
from thongsuot_schema.page.history import shared_picture_parts
from thongsuot_schema.page.icons import BRAND, icon, icon_parts, tab_icon
from thongsuot_schema.page.problem_form import problem_part, reported_note
from thongsuot_schema.page.requested_tests import REFRESH_UNDER_WAY_S, is_under_way, tests_part
from thongsuot_schema.page.script import SCRIPT
from thongsuot_schema.page.step_pictures import picture_parts
from thongsuot_schema.page.style import STYLE
from thongsuot_schema.page.subjects import CardContext, link_card, service_row
from thongsuot_schema.page.unbroken import keep_unbroken
from thongsuot_schema.state import State
from thongsuot_schema.view import OngoingMaintenance, PartyNotification, SiteView
from thongsuot_schema.words.dates import calendar_date, clock_time, moment, relative_moment
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.headline import SiteHeadline, headline, is_silent
from thongsuot_schema.words.language import Language, join_list, other_languages
from thongsuot_schema.words.next_action import NextAction, next_action
from thongsuot_schema.words.reachability import without_past_causes
from thongsuot_schema.words.states import LINK_STATES, channel_title, party_title
from thongsuot_schema.words.titles import subject_title

REFRESH_S: Final = 15
"""How often an open page reloads itself: the interval at which an agent pushes."""

SILENT_AFTER_S: Final = 60
"""After this time a page says that the device is silent: four pushes missed."""


LightKey = tuple[str, bool]
"""The name of a light, and whether it is a link: a service may have the same name."""


class PageRemarks(msgspec.Struct, frozen=True, kw_only=True):
    """
    Parts of a page beside its view: ``notes`` above the lights, ``facts`` in the footer, and the
    targets of its buttons for a test now and for a report of a problem (``test_action``,
    ``problem_action``; empty: no button). ``commissioning_url`` is a link in the footer to the
    commissioning page for installers. ``form_token`` is sent with the form of a report, for a
    server that requires it. ``light_parts`` is markup to be added to a light, as its maker has
    escaped it, and ``style`` how it looks; ``head`` is markup for the head, ``script`` more
    scripts, complete with their elements. The policy of the page must list them.
    """

    notes: Sequence[str] = ()
    facts: Sequence[str] = ()
    test_action: str = ""
    problem_action: str = ""
    commissioning_url: str = ""
    form_token: str = ""
    light_parts: Mapping[LightKey, str] = {}
    style: str = ""
    head: str = ""
    script: str = ""


NO_REMARKS: Final = PageRemarks()


def site_page(
    view: SiteView,
    *,
    language: Language,
    home_url: str = "",
    stylesheet_url: str = "",
    test_request_url: str = "",
    remarks: PageRemarks = NO_REMARKS,
    refresh_s: int = REFRESH_S,
) -> str:
    """
    Return the whole page, everything inline; send it as UTF-8 with
    ``policy.CONTENT_SECURITY_POLICY``.

    Each other language is one click away (``?lang=en`` on the same path). ``home_url``, where
    given, leads to a page about all sites. ``stylesheet_url`` names one more style sheet of the
    same origin, for a web font: it sets ``--font``. ``test_request_url``, if given, is the page for
    requesting a test. ``remarks`` are notes that are not in the view. While a test of the view is
    running the page reloads itself sooner than ``refresh_s``.
    """
    if is_under_way(view):
        refresh_s = min(refresh_s, REFRESH_UNDER_WAY_S)
    view = without_past_causes(view)
    head, action = headline(view, language), next_action(view, language)
    site_title = view.title or view.site
    style_link = (
        f'<link rel="stylesheet" href="{escape(stylesheet_url)}">' if stylesheet_url else ""
    )
    more_style = f"<style>{remarks.style}</style>" if remarks.style else ""
    main = (
        f"<main>{_hero(view, head, action, language)}{_test_button(test_request_url, language)}"
        f"{_notes(view, language, remarks.notes)}"
        f"{_links(view, action, language, remarks.light_parts)}"
        f"{_services(view, action, language, remarks.light_parts)}"
        f"{_notifications(view, language)}{switch_overs_part(view, language)}"
        f"{tests_part(view, remarks.test_action, language)}"
        f"{problem_part(remarks.problem_action, language, token=remarks.form_token)}</main>"
    )
    page = (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(head.sentence)} – {escape(site_title)}</title>"
        f'<link rel="icon" href="{tab_icon(head.state)}">'
        f'<noscript><meta http-equiv="refresh" content="{refresh_s}"></noscript>'
        f"<style>{STYLE}</style>{more_style}{style_link}{remarks.head}</head><body>"
        f'<p id="stale" role="status" hidden>{labels.STALE.read(language)}</p>'
        f'<svg class="parts" aria-hidden="true">{icon_parts()}</svg>'
        f'<div id="page" class="wrap"><header><div class="bar">'
        f"{_brand(home_url, language)}"
        f"{_language_switch(language)}</div>"
        f'<h1>{escape(site_title)}</h1><p class="place">{_commune(view, language)}</p>'
        "</header>"
        # Inside the renewed part, because another fault has other pictures.
        f'<svg class="parts" aria-hidden="true">{picture_parts(main)}</svg>'
        f"{main}{_footer(view, refresh_s, language, remarks)}</div>"
        f'<script data-every="{refresh_s}">{SCRIPT}</script>{remarks.script}</body></html>\n'
    )
    return keep_unbroken(page)


def _brand(home_url: str, language: Language) -> str:
    mark = f"{BRAND}<span>Thông Suốt</span>"
    if home_url:
        label = labels.ALL_SITES.read(language)
        return f'<a class="brand" href="{escape(home_url)}" title="{label}">{mark}</a>'
    return f'<span class="brand">{mark}</span>'


def _language_switch(language: Language) -> str:
    return "".join(
        f'<a class="switch" href="?lang={other}" lang="{other}" hreflang="{other}">'
        f"{labels.LANGUAGE_NAME.read(other)}</a>"
        for other in other_languages(language)
    )


def _test_button(url: str, language: Language) -> str:
    if not url:
        return ""
    return f'<p><a class="call" href="{escape(url)}">{labels.TEST_NOW.read(language)}</a></p>'


def _commune(view: SiteView, language: Language) -> str:
    place = labels.STATUS_PAGE.read(language)
    commune = view.commune
    if commune.isdigit():
        commune = labels.CODE.read(language, code=commune) if commune.strip("0") else ""
    return f"{place} · {escape(commune)}" if commune else place


def _hero(view: SiteView, head: SiteHeadline, action: NextAction, language: Language) -> str:
    """
    Return the first screen: who has to act, the fault, what to do, who was notified, and whether
    citizens can be served.
    """
    # The text of the action is not repeated.
    more = head.advice if head.advice not in action.advice else ""
    served = " ".join(filter(None, (head.detail, more)))
    paragraphs = f"<p>{escape(served)}</p>" if served else ""
    clock, date = clock_time(view.now_s), calendar_date(view.now_s)
    as_of = labels.AS_OF.read(language, clock=clock, date=date)
    return (
        f'<section class="hero {head.state}" aria-labelledby="headline">'
        f'<p class="turn {turn_class(action)}">{turn_icon(action)}{escape(action.turn)}</p>'
        f'{icon(head.state)}<h2 id="headline">{escape(head.sentence)}</h2>'
        f"{action_part(action, language)}{paragraphs}"
        f'<p class="asof">{as_of}</p></section>'
    )


def _notes(view: SiteView, language: Language, more: Sequence[str]) -> str:
    """Return the notes that a reader must know before trusting the rest."""
    notes = [_maintenance_note(work, view, language) for work in view.maintenance]
    late_s = view.now_s - view.heard_s if view.heard_s is not None else 0.0
    if view.heard_s is not None and late_s > SILENT_AFTER_S and not is_silent(view):
        since = relative_moment(view.heard_s, view.now_s, language)
        notes.append(labels.NOT_HEARD.read(language, since=since))
    if view.collector_reachable is False:
        alarming = _has_fault(view) and not view.notifications
        text = labels.CENTRE_UNREACHABLE if alarming else labels.CENTRE_UNREACHABLE_QUIET
        since = ""
        if view.collector_away_s is not None:
            moment = relative_moment(view.collector_away_s, view.now_s, language)
            since = labels.CENTRE_AWAY_SINCE.read(language, since=moment)
        notes.append(" ".join(filter(None, (text.read(language), since))))
    elif view.collector_failover:
        notes.append(labels.CENTRE_FAILOVER.read(language, host=view.collector_failover))
    if not view.clock_trusted:
        notes.append(labels.CLOCK_WRONG.read(language))
    if view.has_duplicate_devices:
        notes.append(labels.DUPLICATE_DEVICES.read(language))
    notes += [reported_note(problem, view.now_s, language) for problem in view.problems]
    notes += more
    return "".join(f'<p class="note">{escape(note)}</p>' for note in notes)


def _maintenance_note(work: OngoingMaintenance, view: SiteView, language: Language) -> str:
    lights = [light for light in (*view.links, *view.services) if light.name in work.about]
    about = join_list([subject_title(subject, language) for subject in lights], language)
    text = labels.MAINTENANCE.read(
        language, until=relative_moment(work.end_s, view.now_s, language)
    )
    return ". ".join(filter(None, (f"{text}: {about}" if about else text, work.note)))


def _has_fault(view: SiteView) -> bool:
    troubled = {State.DOWN, State.DEGRADED}
    return any(light.state in troubled for light in (*view.links, *view.services))


def _links(
    view: SiteView, action: NextAction, language: Language, more: Mapping[LightKey, str]
) -> str:
    if not view.links:
        return ""
    cards = "".join(
        link_card(
            link, _card_context(view, action, language, f"l{at}"), more.get((link.name, True), "")
        )
        for at, link in enumerate(view.links)
    )
    # The hours are inside the renewed part, because they move with the time.
    return (
        f'<svg class="parts" aria-hidden="true">{shared_picture_parts(view.now_s)}</svg>'
        f'<section aria-labelledby="links"><h2 id="links">{labels.LINKS.read(language)}</h2>'
        f'<ul class="links">{cards}</ul>{_legend(language)}</section>'
    )


def _legend(language: Language) -> str:
    """Return the key to the pictures."""
    marks = {
        State.UP: '<path class="h-up" d="M0 11h18"/>',
        State.DEGRADED: '<path class="h-degraded" d="M0 9.5h18"/>',
        State.DOWN: '<path class="h-down" d="M0 7h18"/>',
        State.UNKNOWN: '<rect width="18" height="14" fill="url(#hatch)"/>',
    }
    rows = "".join(
        f'<li><svg aria-hidden="true">{mark}</svg>{LINK_STATES[state].read(language)}</li>'
        for state, mark in marks.items()
    )
    return f'<ul class="key" aria-label="{labels.LEGEND.read(language)}">{rows}</ul>'


def _card_context(view: SiteView, action: NextAction, language: Language, key: str) -> CardContext:
    return CardContext(view=view, language=language, key=key, foremost=action.subject)


def _services(
    view: SiteView, action: NextAction, language: Language, more: Mapping[LightKey, str]
) -> str:
    if not view.services:
        return ""
    rows = "".join(
        service_row(
            service,
            _card_context(view, action, language, f"s{at}"),
            more.get((service.name, False), ""),
        )
        for at, service in enumerate(view.services)
    )
    title = labels.SERVICES.read(language)
    return (
        f'<section aria-labelledby="services"><h2 id="services">{title}</h2>'
        f'<ul class="card rows services">{rows}</ul></section>'
    )


def _notifications(view: SiteView, language: Language) -> str:
    if not view.notifications:
        if view.heard_s is None or not _has_fault(view):
            return ""
        body = f'<p class="card">{labels.NOBODY_NOTIFIED.read(language)}</p>'
    else:
        rows = "".join(
            _notification_row(notification, view, language) for notification in view.notifications
        )
        body = f'<ul class="card rows told">{rows}</ul>'
    return (
        f'<section aria-labelledby="told"><h2 id="told">{labels.NOTIFIED.read(language)}</h2>'
        f"{body}</section>"
    )


def _notification_row(notification: PartyNotification, view: SiteView, language: Language) -> str:
    about = next(
        (light for light in (*view.links, *view.services) if light.name == notification.about), None
    )
    party = party_title(notification.party, about.carrier if about else "", language)
    subject = subject_title(about, language) if about else notification.about
    if notification.about == view.site:
        subject = labels.WHOLE_POINT.read(language)
    rest = [channel_title(notification.channel, language), subject]
    if notification.reference:
        rest.append(labels.REFERENCE.read(language, reference=notification.reference))
    if not notification.is_delivered:
        rest.append(labels.NOT_DELIVERED.read(language))
    line = escape(" · ".join(part for part in rest if part))
    when = f"<time>{moment(notification.at_s)}</time>"
    return f"<li>{when}<div><b>{escape(party)}</b><span>{line}</span></div></li>"


def _footer(view: SiteView, refresh_s: int, language: Language, remarks: PageRemarks) -> str:
    facts = []
    if view.heard_s is not None:
        facts.append(
            labels.HEARD.read(
                language,
                when=relative_moment(view.heard_s, view.now_s, language),
                ago=duration(view.now_s - view.heard_s, language),
            )
        )
    else:
        facts.append(labels.ON_DEVICE.read(language))
    if view.backlog_batches:
        facts.append(labels.BACKLOG.read(language, count=view.backlog_batches))
    facts.append(labels.REFRESHES.read(language, every=refresh_s))
    facts.append(labels.ZONE.read(language))
    if view.version:
        facts.append(labels.VERSION.read(language, version=view.version))
    facts += remarks.facts
    rows = "".join(f"<p>{escape(fact)}</p>" for fact in facts)
    if remarks.commissioning_url:
        url = escape(f"{remarks.commissioning_url}?lang={language}")
        rows += f'<p><a href="{url}">{labels.COMMISSIONING.read(language)}</a></p>'
    return f"<footer>{rows}</footer>"

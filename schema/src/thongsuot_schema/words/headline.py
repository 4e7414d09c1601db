"""Headline: one sentence for a whole site."""

from typing import Final

import msgspec

from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SiteView, SubjectView
from thongsuot_schema.words import counter
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.explanation import explain
from thongsuot_schema.words.figures import number
from thongsuot_schema.words.language import CountedText, Language, Text, capitalised, join_list
from thongsuot_schema.words.media import MOBILE, medium_words
from thongsuot_schema.words.reachability import (
    AFFECTED,
    Reach,
    affected_services,
    can_serve,
    known_counter,
    reach_of,
    services_reached,
    without_past_causes,
)
from thongsuot_schema.words.states import AGENT_SILENT
from thongsuot_schema.words.titles import link_phrases, subject_title

_CLAUSES: Final[dict[State, CountedText]] = {
    State.DOWN: CountedText("schema.words.headline.clauses.down"),
    State.DEGRADED: CountedText("schema.words.headline.clauses.degraded"),
    State.UP: CountedText("schema.words.headline.clauses.up"),
    State.UNKNOWN: CountedText("schema.words.headline.clauses.unknown"),
}
"""The clauses about links in each state, in the order in which they appear."""


DANGEROUS: Final = frozenset(
    {
        Symptom.RESOLVER_FORGED_ANSWER,
        Symptom.CONNECTION_INTERCEPTED,
        Symptom.CERTIFICATE_INVALID,
        Symptom.SERVICE_UNEXPECTED_CONTENT,
    }
)
"""Symptoms of a page that may be forged: a password entered there is lost."""


class SiteHeadline(msgspec.Struct, frozen=True, kw_only=True):
    """
    A site at a glance.

    ``state`` is that of the site as a workplace: ``down`` if no line works or nothing can be
    reached. ``sentence`` has no full stop; ``detail`` (affected services) and ``advice`` are whole
    sentences, empty if there is nothing to add.
    """

    state: State
    sentence: str
    detail: str = ""
    advice: str = ""


def headline(view: SiteView, language: Language) -> SiteHeadline:
    """Describe a site: its lines first, then the reachable services, then what citizens can do."""
    view = without_past_causes(view)
    if is_silent(view):
        return _silent(view, language)
    if not view.links:
        return SiteHeadline(
            state=State.UNKNOWN,
            sentence=Text("schema.words.headline.no_line").read(language),
            advice=Text("schema.words.headline.advice.check_cables").read(language),
        )
    states = {link.state for link in view.links}
    if states == {State.UP}:
        return _cut_off(view, language) if is_cut_off(view) else _lines_up(view, language)
    return SiteHeadline(
        state=site_state(view),
        sentence=_lines_sentence(view, language),
        detail=_services_detail(view, language),
        advice=_advice(view, language),
    )


def is_cut_off(view: SiteView) -> bool:
    """Return whether a line works while the computers at the counter were seen to reach nothing."""
    measured = known_counter(view)
    is_dead = measured is not None and not measured.is_alive
    return is_dead and any(link.state is State.UP for link in view.links)


def _cut_off(view: SiteView, language: Language) -> SiteHeadline:
    """Return the headline if the computers reach nothing although the lines work."""
    assert view.counter is not None, "the caller has looked"
    return SiteHeadline(
        state=State.DOWN,
        sentence=Text("schema.words.counter.cut_off").read(language),
        detail=counter.reach(view, view.counter, language),
        advice=" ".join(
            filter(
                None,
                (
                    Text("schema.words.counter.look_at_lan").read(language),
                    _nearest(view, language),
                ),
            )
        ),
    )


def _nearest(view: SiteView, language: Language) -> str:
    """Return where citizens can be sent meanwhile, and the time of that information."""
    nearest = view.nearest
    if nearest is None or view.nearest_s is None:
        return ""
    distance = Text("schema.words.headline.advice.same_commune").read(language)
    if nearest.distance_m:
        # Between centres of communes: half a kilometre is as good as it gets.
        km = number(max(0.5, round(nearest.distance_m / 500) / 2), 1, language)
        distance = Text("schema.words.headline.advice.distance", km=km).read(language)
    return Text(
        "schema.words.headline.advice.nearest",
        site=nearest.title,
        distance=distance,
        when=relative_moment(view.nearest_s, view.now_s, language),
    ).read(language)


def is_silent(view: SiteView) -> bool:
    """Return whether the device of a site is silent, so that the state of its lines is unknown."""
    return bool(view.links) and all(link.symptom is Symptom.AGENT_SILENT for link in view.links)


def _silent(view: SiteView, language: Language) -> SiteHeadline:
    if view.heard_s is None:
        return SiteHeadline(
            state=State.UNKNOWN,
            sentence=Text("schema.words.headline.no_device").read(language),
            detail=Text("schema.words.headline.never_heard").read(language),
        )
    last = relative_moment(view.heard_s, view.now_s, language)
    last_heard = Text("schema.words.headline.last_heard", last=last).read(language)
    not_known = Text("schema.words.headline.lines_not_known").read(language)
    return SiteHeadline(
        state=State.UNKNOWN,
        sentence=AGENT_SILENT.read(language),
        detail=f"{last_heard} {not_known}",
        advice=explain(
            view.links[0], language, now_s=view.now_s, support_hotline=view.support_hotline
        ).advice,
    )


def _lines_up(view: SiteView, language: Language) -> SiteHeadline:
    """Describe a site whose lines all work: its services decide."""
    affected = affected_services(view)
    troubled = affected or services_reached(view, Reach.DEGRADED)
    if not troubled:
        return SiteHeadline(
            state=State.UP,
            sentence=_lines_sentence(view, language),
            detail=_services_detail(view, language),
        )
    blocked = services_reached(view, Reach.BLOCKED)
    lines = Text("schema.words.headline.lines_are_fine").read(language)
    return SiteHeadline(
        state=site_state(view),
        sentence=f"{_troubled_sentence(troubled, blocked, view, language)}; {lines}",
        detail=_services_detail(view, language) if len(affected) > 1 else "",
        advice=""
        if blocked
        else Text("schema.words.headline.advice.nothing_to_repair").read(language),
    )


def _troubled_sentence(
    troubled: list[SubjectView], blocked: list[SubjectView], view: SiteView, language: Language
) -> str:
    """Describe the faults of services at a site whose lines work."""
    count = len(troubled)
    if troubled == blocked:
        if count == 1:
            title = subject_title(blocked[0], language)
            return Text("schema.words.headline.service_blocked", title=title).read(language)
        return Text("schema.words.headline.services_blocked", count=count).read(language)
    if count == 1:
        return explain(troubled[0], language, now_s=view.now_s).headline
    if affected_services(view):
        return Text("schema.words.headline.services_down", count=count).read(language)
    return Text("schema.words.headline.services_degraded", count=count).read(language)


def _lines_sentence(view: SiteView, language: Language) -> str:
    """Describe the lines: all together, or state by state, the worst first."""
    links = view.links
    states = {link.state for link in links}
    dangerous = next((link for link in links if link.symptom in DANGEROUS), None)
    if dangerous is not None:
        return explain(dangerous, language, now_s=view.now_s).headline
    if len(states) == 1 and not (len(links) == 1 and _is_told_apart(links[0])):
        return _alike(links, language)
    phrases = dict(zip(links, link_phrases(links, language), strict=True))
    clauses = []
    backup = backup_link(links)
    for state in _CLAUSES:
        inside = [link for link in links if link.state is state and link is not backup]
        alike = [link for link in inside if not _is_told_apart(link)]
        clauses += [_own_clause(link, view, language) for link in inside if _is_told_apart(link)]
        if alike:
            clauses.append(_clause(_CLAUSES[state], [phrases[link] for link in alike], language))
    if backup is not None:
        clauses.insert(1, _backup_clause(view, backup, language))
    return capitalised("; ".join(clauses))


def _is_told_apart(link: SubjectView) -> bool:
    """Return whether a line has a fault that is not the line's own, which is named first."""
    return (
        link.state in {State.DOWN, State.DEGRADED}
        and link.symptom is not Symptom.NONE
        and link.segment not in {None, Segment.ACCESS}
    )


def _own_clause(link: SubjectView, view: SiteView, language: Language) -> str:
    clause = explain(link, language, now_s=view.now_s).headline
    return clause[:1].lower() + clause[1:]


def _alike(links: tuple[SubjectView, ...], language: Language) -> str:
    if len(links) == 1:
        names = link_phrases(links, language)
    elif len(links) == 2:
        names = [Text("schema.words.headline.both_lines").read(language)]
    else:
        names = [Text("schema.words.headline.all_lines", count=len(links)).read(language)]
    clause = _CLAUSES[links[0].state].read(language, len(links), names=names[0])
    return capitalised(clause)


def _clause(text: CountedText, names: list[str], language: Language) -> str:
    return text.read(language, len(names), names=join_list(names, language))


def backup_link(links: tuple[SubjectView, ...]) -> SubjectView | None:
    """Return the mobile link that works while every wired link is down."""
    wired = [link for link in links if link.medium not in MOBILE]
    if not wired or any(link.state is not State.DOWN for link in wired):
        return None
    usable = [
        link for link in links if link.medium in MOBILE and link.state in {State.UP, State.DEGRADED}
    ]
    return min(usable, key=lambda link: link.state is State.DEGRADED, default=None)


def _backup_clause(view: SiteView, backup: SubjectView, language: Language) -> str:
    short = medium_words(backup.medium).short
    measured = counter.backup_clause(view, backup, language)
    if measured:
        return measured
    if backup.state is State.DEGRADED:
        return Text("schema.words.headline.backup_works_badly", short=short).read(language)
    return Text("schema.words.headline.backup_works", short=short).read(language)


def _services_detail(view: SiteView, language: Language) -> str:
    """
    Return what can be reached: from the counter, if that is measured, else from the device; and
    what is unknown.
    """
    measured_counter = known_counter(view)
    if measured_counter is not None:
        from_counter = counter.reach(view, measured_counter, language)
        if from_counter:
            return from_counter
    unknown = services_reached(view, Reach.NOT_KNOWN)
    if len(unknown) == len(view.services):
        none = Text("schema.words.headline.no_service_measured").read(language)
        return none if unknown else ""
    affected = affected_services(view)
    not_measured = counter.name_not_measured(unknown, language) if unknown else ""
    return " ".join(filter(None, (_measured_detail(view, affected, language), not_measured)))


def _measured_detail(view: SiteView, affected: list[SubjectView], language: Language) -> str:
    """Return the reachability of the measured services, of which there are some."""
    reached = services_reached(view, Reach.OPEN, Reach.DEGRADED)
    if affected:
        if len(affected) < len(view.services):
            return counter.name_affected(affected, language)
        return Text("schema.words.headline.no_service_reached").read(language)
    if len(reached) == 1:
        title = subject_title(reached[0], language)
        return Text("schema.words.headline.service_reached", title=title).read(language)
    if len(reached) < len(view.services):
        return Text(
            "schema.words.headline.some_services_reached",
            count=len(reached),
            total=len(view.services),
        ).read(language)
    return Text("schema.words.headline.all_services_reached", count=len(reached)).read(language)


def _advice(view: SiteView, language: Language) -> str:
    if all(link.state is State.DOWN for link in view.links):
        elsewhere = Text("schema.words.headline.advice.go_elsewhere").read(language)
        return _nearest(view, language) or elsewhere
    wired = {link.state for link in view.links if link.medium not in MOBILE}
    backups = {link.state for link in view.links if link.medium in MOBILE}
    if wired == {State.UP} and backups == {State.DOWN}:
        return Text("schema.words.headline.advice.no_backup").read(language)
    measured = counter.what_to_do(view, backup_link(view.links), language)
    if measured:
        return measured
    any_usable = any(link.state in {State.UP, State.DEGRADED} for link in view.links)
    any_down = any(link.state is State.DOWN for link in view.links)
    if any_usable and any_down and not affected_services(view) and can_serve(view):
        return Text("schema.words.headline.advice.go_on").read(language)
    return ""


def site_state(view: SiteView) -> State:
    """Return the state of a site as a workplace."""
    seen = known_counter(view)
    if seen is not None and not seen.is_alive:
        return State.DOWN
    links = {link.state for link in view.links}
    services = {reach_of(service, view) for service in view.services} - {Reach.NOT_KNOWN}
    if links == {State.DOWN} or (services and services <= AFFECTED):
        return State.DOWN
    if {State.DOWN, State.DEGRADED} & links or services & {*AFFECTED, Reach.DEGRADED}:
        return State.DEGRADED
    return State.UP if State.UP in links else State.UNKNOWN

"""The lights of the page: a card for each link, a row for each service."""

from collections.abc import Mapping
from typing import Final

import msgspec

from thongsuot_schema.page import labels
from thongsuot_schema.page.allowance import allowance_part
from thongsuot_schema.page.escape import escape, telephone_url
from thongsuot_schema.page.history import history_picture, history_sentence
from thongsuot_schema.page.icons import icon
from thongsuot_schema.page.paths import paths_part
from thongsuot_schema.page.step_pictures import steps_part
from thongsuot_schema.segment import LADDER, Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom
from thongsuot_schema.view import SiteView, SubjectView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.evidence import evidence_outcome, evidence_subject
from thongsuot_schema.words.explanation import Explanation, explain, is_caused_below
from thongsuot_schema.words.figures import duration, milliseconds, number, percent
from thongsuot_schema.words.headline import is_silent
from thongsuot_schema.words.language import Language, Text, join_list
from thongsuot_schema.words.media import medium_words
from thongsuot_schema.words.reachability import known_counter
from thongsuot_schema.words.states import AGENT_SILENT, LINK_STATES, SERVICE_STATES, party_title
from thongsuot_schema.words.titles import subject_title, target_titles

_EVIDENCE_ROWS_LINK: Final = 8
_EVIDENCE_ROWS_SERVICE: Final = 3
"""Evidence shown of one light, a bound on the page's size; the incident holds all of it."""


class CardContext(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where a light is drawn: its page, language and a key that makes its ids unique.

    ``foremost`` is the light whose action the first screen already shows.
    """

    view: SiteView
    language: Language
    key: str
    foremost: SubjectView | None = None


def link_card(light: SubjectView, place: CardContext, more: str = "") -> str:
    """Return the card of a link; ``more`` is markup at its end."""
    body = f"{_head(light, place)}{_ladder(light, place.language)}{_explanation(light, place)}"
    ways = paths_part(light, place.key, place.view, place.language)
    month = ""
    if light.allowance is not None:
        month = allowance_part(light.allowance, place.key, place.language)
    shown = f"{_last_day(light, place)}{_evidence(light, place)}{ways}{month}"
    return f'<li class="card light {light.state}">{body}{shown}{more}</li>'


def service_row(light: SubjectView, place: CardContext, more: str = "") -> str:
    """Return the row of a service; ``more`` is markup at its end."""
    body = f"{_explanation(light, place)}{_evidence(light, place)}"
    if body:
        body = f'<div class="say">{body}</div>'
    return (
        f'<li class="light {light.state}">{_head(light, place)}{body}'
        f'<div class="past">{_last_day(light, place)}{more}</div></li>'
    )


def _head(light: SubjectView, place: CardContext) -> str:
    language = place.language
    words = LINK_STATES if light.medium else SERVICE_STATES
    state = words[light.state]
    if light.medium and light.symptom is Symptom.AGENT_SILENT:
        state = AGENT_SILENT
    since = ""
    if light.since_s is not None and light.state is not State.UP:
        when = relative_moment(light.since_s, place.view.now_s, language)
        lasted = duration(place.view.now_s - light.since_s, language)
        since = (
            f' <span class="since">{labels.SINCE_WHEN.read(language, when=when)} '
            f"<span>({labels.FOR.read(language, lasted=lasted)})</span></span>"
        )
    return (
        f'<div class="head">{icon(light.state)}'
        f"<div><h3>{escape(subject_title(light, language))}</h3>"
        f'<p><span class="state">{escape(state.read(language))}</span>{since}</p></div></div>'
    )


def _explanation(light: SubjectView, place: CardContext) -> str:
    """Return the fault and what to do; empty if that is shown elsewhere, or there is no fault."""
    if light.state is State.UP and light.symptom is Symptom.NONE:
        return ""
    if is_silent(place.view):
        return ""
    if is_caused_below(light):
        cause = labels.BECAUSE_OF_LINE.get(light.state)
        return f'<p class="who">{cause.read(place.language)}</p>' if cause else ""
    explanation = explain(
        light,
        place.language,
        now_s=place.view.now_s,
        support_hotline=place.view.support_hotline,
    )
    if light is place.foremost:
        return f'<p class="what">{escape(explanation.situation)}</p>'
    return (
        f'<p class="what">{escape(explanation.situation)}</p>'
        f'<div class="do"><b>{labels.TO_DO.read(place.language)}</b>'
        f"{steps_part(explanation.steps, place.language)}"
        f"{_call_button(light, explanation, place)}</div>"
        f"{_party(light, explanation, place.language)}"
    )


def _call_button(light: SubjectView, explanation: Explanation, place: CardContext) -> str:
    """Return a button that dials, if somebody has to be called and the number is known."""
    name, number = light.carrier, light.carrier_hotline
    if explanation.party is not Party.CARRIER or not light.medium:
        return ""
    url = telephone_url(number)
    if not url:
        return ""
    call = " ".join(part for part in (labels.CALL.read(place.language), name, number) if part)
    return f'<a class="call" href="{url}"><span>{escape(call)}</span></a>'


def _party(light: SubjectView, explanation: Explanation, language: Language) -> str:
    if explanation.party is None:
        return ""
    who = party_title(explanation.party, light.carrier if light.medium else "", language)
    return f'<p class="who">{labels.ACTS.read(language)}: <b>{escape(who)}</b></p>'


def _ladder(light: SubjectView, language: Language) -> str:
    """Return the rungs of a link as a chain, with the faulty one marked."""
    if light.segment is None or light.segment is Segment.SERVICE:
        return ""
    fault_at = LADDER.index(light.segment)
    steps = []
    for at, segment in enumerate(LADDER):
        if segment not in labels.LADDER:
            continue
        if at < fault_at:
            state, css_class, word = State.UP, "up", labels.SEGMENT_OK
        elif at == fault_at:
            state, css_class, word = light.state, f"{light.state} fault", labels.SEGMENT_FAULT
        else:
            state, css_class, word = State.UNKNOWN, "unknown", labels.SEGMENT_UNCHECKED
        steps.append(
            f'<li class="{css_class}">{icon(state)}{labels.LADDER[segment].read(language)}'
            f'<span class="hidden">: {word.read(language)}</span></li>'
        )
    return f'<ol class="ladder" aria-label="{labels.WHERE.read(language)}">{"".join(steps)}</ol>'


def _last_day(light: SubjectView, place: CardContext) -> str:
    """Return picture, words and figures of the last 24 hours."""
    title = subject_title(light, place.language)
    now_s = place.view.now_s
    picture = history_picture(light, title, place.key, now_s, place.language)
    words = escape(history_sentence(light, now_s, place.language))
    return f'{picture}<p class="sum" id="{place.key}d">{words}</p>{_figures(light, place)}'


def _figures(light: SubjectView, place: CardContext) -> str:
    language = place.language
    pairs = []
    if light.rtt_s is not None:
        pairs.append((labels.RTT, milliseconds(light.rtt_s, language)))
    if light.loss_ratio is not None:
        pairs.append((labels.LOSS, percent(light.loss_ratio, language)))
    pairs += _equipment(light, place)
    if light.reachable_over:
        pairs.append((labels.REACHED_OVER, _reaching_links(light, place.view, language)))
    since_s = _in_use_since_s(light, place.view)
    if since_s is not None:
        when = relative_moment(since_s, place.view.now_s, language)
        pairs.append((labels.IN_USE, labels.SINCE_WHEN.read(language, when=when)))
    if not pairs:
        return ""
    rows = "".join(
        f"<div><dt>{label.read(language)}</dt><dd>{escape(text)}</dd></div>"
        for label, text in pairs
    )
    return f'<dl class="figures">{rows}</dl>'


def _in_use_since_s(light: SubjectView, view: SiteView) -> float | None:
    """
    Return since when the point's traffic uses a link; ``None`` if it does not, or if the link is
    dead: the device's own routing table may still point there.
    """
    if light.state is State.DOWN:
        return None
    counter = known_counter(view)
    if counter is not None and counter.link:
        return counter.since_s if counter.is_alive and counter.link == light.name else None
    return light.carrying_since_s


def _equipment(light: SubjectView, place: CardContext) -> list[tuple[Text, str]]:
    """Return the readings of modem, optical module and UPS, if there are any, with their age."""
    language = place.language
    pairs = [
        (label, f"{number(value, 0, language)} dBm{_age(light, name, place)}")
        for label, name, value in (
            (labels.SIGNAL_5G, "nr_dbm", light.nr_dbm),
            (labels.SIGNAL_4G, "lte_dbm", light.lte_dbm),
        )
        if value is not None
    ]
    if light.has_no_light:
        pairs.append(
            (labels.LIGHT, labels.NO_LIGHT.read(language) + _age(light, "has_no_light", place))
        )
    elif light.light_dbm is not None:
        text = f"{number(light.light_dbm, 1, language)} dBm"
        pairs.append((labels.LIGHT, text + _age(light, "light_dbm", place)))
    if light.is_on_battery is not None:
        text = (labels.BATTERY if light.is_on_battery else labels.MAINS).read(language)
        if light.is_on_battery and light.runtime_s is not None:
            text += f" ({duration(light.runtime_s, language)})"
        pairs.append((labels.POWER, text + _age(light, "is_on_battery", place)))
    return pairs


def _age(light: SubjectView, name: str, place: CardContext) -> str:
    read_s = dict(light.read_s).get(name)
    if read_s is None:
        return ""
    ago = duration(place.view.now_s - read_s, place.language)
    return f", {labels.AGO.read(place.language, ago=ago)}"


def _reaching_links(light: SubjectView, view: SiteView, language: Language) -> str:
    """Return the links that reach a service, by medium if that distinguishes them."""
    short = [medium_words(link.medium).short.read(language) for link in view.links]
    names = {
        link.name: word if short.count(word) == 1 else subject_title(link, language)
        for link, word in zip(view.links, short, strict=True)
    }
    return join_list([names.get(name, name) for name in light.reachable_over], language)


def _evidence(light: SubjectView, place: CardContext) -> str:
    """Return the evidence, folded: for readers who must prove it."""
    if not light.evidence or light.state is State.UP:
        return ""
    language = place.language
    # Probes that had no answer yet show nothing.
    items = [evidence for evidence in light.evidence if evidence_outcome(evidence, language)]
    shown = items[: _EVIDENCE_ROWS_LINK if light.medium else _EVIDENCE_ROWS_SERVICE]
    if not shown:
        return ""
    titles = target_titles(place.view, language)
    rows = "".join(_evidence_row(evidence, titles, language) for evidence in shown)
    return (
        f'<details id="{place.key}p"><summary>{labels.EVIDENCE.read(language)}</summary>'
        f'<table class="proof"><tr><th>{labels.PROBE.read(language)}</th>'
        f"<th>{labels.RESULT.read(language)}</th></tr>{rows}</table></details>"
    )


def _evidence_row(evidence: Evidence, titles: Mapping[str, str], language: Language) -> str:
    subject = escape(evidence_subject(evidence, titles, language))
    return f"<tr><td>{subject}</td><td>{escape(evidence_outcome(evidence, language))}</td></tr>"

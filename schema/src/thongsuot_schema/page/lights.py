"""The lights of the page: a card for each link, a row for each service."""

from typing import Final

import msgspec

from thongsuot_schema.page import labels
from thongsuot_schema.page.allowance import allowance_part
from thongsuot_schema.page.escape import escape, telephone_url
from thongsuot_schema.page.history import history_picture, history_sentence
from thongsuot_schema.page.icons import icon
from thongsuot_schema.page.view import Light, SiteView
from thongsuot_schema.page.ways import ways_of
from thongsuot_schema.segment import LADDER, Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom
from thongsuot_schema.words.explanation import Explanation, explain, is_caused_below
from thongsuot_schema.words.figures import duration, milliseconds, number, percent
from thongsuot_schema.words.headline import is_silent
from thongsuot_schema.words.language import Language, Text, joined
from thongsuot_schema.words.media import medium_words
from thongsuot_schema.words.moments import spoken
from thongsuot_schema.words.parties import party_title
from thongsuot_schema.words.proof import proof_outcome, proof_subject
from thongsuot_schema.words.states import AGENT_SILENT, LINK_STATES, SERVICE_STATES
from thongsuot_schema.words.titles import light_title

_PROOF_ROWS_LINK: Final = 8
_PROOF_ROWS_SERVICE: Final = 4
"""Evidence shown of one light, a bound on the page's size; the incident holds all of it."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a light is drawn: its page, language and a key that makes its ids unique."""

    view: SiteView
    language: Language
    key: str


def link_card(light: Light, place: Place) -> str:
    """Return the card of a link."""
    said = f"{_head(light, place)}{_ladder(light, place.language)}{_say(light, place)}"
    ways = ways_of(light, place.key, place.view.now_s, place.language)
    month = ""
    if light.allowance is not None:
        month = allowance_part(light.allowance, place.key, place.language)
    shown = f"{_past(light, place)}{_proof(light, place)}{ways}{month}"
    return f'<li class="card light {light.state}">{said}{shown}</li>'


def service_row(light: Light, place: Place) -> str:
    """Return the row of a service."""
    said = f"{_say(light, place)}{_proof(light, place)}"
    if said:
        said = f'<div class="say">{said}</div>'
    return (
        f'<li class="light {light.state}">{_head(light, place)}{said}'
        f'<div class="past">{_past(light, place)}</div></li>'
    )


def _head(light: Light, place: Place) -> str:
    language = place.language
    words = LINK_STATES if light.medium else SERVICE_STATES
    state = words[light.state]
    if light.medium and light.symptom is Symptom.AGENT_SILENT:
        state = AGENT_SILENT
    since = ""
    if light.since_s is not None and light.state is not State.UP:
        when = spoken(light.since_s, place.view.now_s, language)
        lasted = duration(place.view.now_s - light.since_s, language)
        since = (
            f' <span class="since">{labels.SINCE.read(language)} {when} '
            f"<span>({labels.FOR.read(language)} {lasted})</span></span>"
        )
    return (
        f'<div class="head">{icon(light.state)}<div><h3>{escape(light_title(light, language))}</h3>'
        f'<p><span class="state">{escape(state.read(language))}</span>{since}</p></div></div>'
    )


def _say(light: Light, place: Place) -> str:
    """Return what is wrong and what to do, unless it is said elsewhere or nothing is wrong."""
    if light.state is State.UP and light.symptom is Symptom.NONE:
        return ""
    if is_silent(place.view):
        return ""
    if is_caused_below(light):
        cause = labels.BECAUSE_OF_LINE.get(light.state)
        return f'<p class="who">{cause.read(place.language)}</p>' if cause else ""
    said = explain(
        light,
        place.language,
        now_s=place.view.now_s,
        support_hotline=place.view.support_hotline,
    )
    return (
        f'<p class="what">{escape(said.what)}</p>'
        f'<div class="do"><b>{labels.TO_DO.read(place.language)}</b><p>{escape(said.do)}</p>'
        f"{_call(light, said, place)}</div>{_who(light, said, place.language)}"
    )


def _call(light: Light, said: Explanation, place: Place) -> str:
    """Return a button that dials, where somebody is to be called and the number is known."""
    name, number = light.carrier, light.carrier_hotline
    if said.party is not Party.CARRIER or not light.medium:
        return ""
    url = telephone_url(number)
    if not url:
        return ""
    call = " ".join(part for part in (labels.CALL.read(place.language), name, number) if part)
    return f'<a class="call" href="{url}">{escape(call)}</a>'


def _who(light: Light, said: Explanation, language: Language) -> str:
    if said.party is None:
        return ""
    who = party_title(said.party, light.carrier if light.medium else "", language)
    return f'<p class="who">{labels.ACTS.read(language)}: <b>{escape(who)}</b></p>'


def _ladder(light: Light, language: Language) -> str:
    """Return the way of a link as a chain, with the rung at fault marked."""
    if light.segment is None or light.segment is Segment.SERVICE:
        return ""
    fault_at = LADDER.index(light.segment)
    steps = []
    for at, segment in enumerate(LADDER):
        if segment not in labels.LADDER:
            continue
        if at < fault_at:
            state, css_class, word = State.UP, "up", labels.FINE
        elif at == fault_at:
            state, css_class, word = light.state, f"{light.state} fault", labels.HERE
        else:
            state, css_class, word = State.UNKNOWN, "unknown", labels.BEYOND
        steps.append(
            f'<li class="{css_class}">{icon(state)}{labels.LADDER[segment].read(language)}'
            f'<span class="hidden">: {word.read(language)}</span></li>'
        )
    return f'<ol class="ladder" aria-label="{labels.WHERE.read(language)}">{"".join(steps)}</ol>'


def _past(light: Light, place: Place) -> str:
    """Return picture, words and figures of the last 24 hours."""
    title = light_title(light, place.language)
    now_s = place.view.now_s
    picture = history_picture(light, title, place.key, now_s, place.language)
    words = escape(history_sentence(light, now_s, place.language))
    return f'{picture}<p class="sum" id="{place.key}d">{words}</p>{_figures(light, place)}'


def _figures(light: Light, place: Place) -> str:
    language = place.language
    pairs = []
    if light.rtt_s is not None:
        pairs.append((labels.RTT, milliseconds(light.rtt_s, language)))
    if light.loss_ratio is not None:
        pairs.append((labels.LOSS, percent(light.loss_ratio, language)))
    pairs += _equipment(light, place)
    if light.reachable_over:
        pairs.append((labels.OVER, _over(light, place.view, language)))
    if light.carrying_since_s is not None:
        when = spoken(light.carrying_since_s, place.view.now_s, language)
        pairs.append((labels.CARRIES, labels.SINCE_WHEN.read(language).format(when=when)))
    if not pairs:
        return ""
    rows = "".join(
        f"<div><dt>{label.read(language)}</dt><dd>{escape(text)}</dd></div>"
        for label, text in pairs
    )
    return f'<dl class="figures">{rows}</dl>'


def _equipment(light: Light, place: Place) -> list[tuple[Text, str]]:
    """Return what modem, optical module and UPS say, where there are any, and how old it is."""
    language = place.language
    pairs = [
        (label, f"{number(value, 0, language)} dBm{_age(light, name, place)}")
        for label, name, value in (
            (labels.SIGNAL_5G, "nr_dbm", light.nr_dbm),
            (labels.SIGNAL_4G, "lte_dbm", light.lte_dbm),
        )
        if value is not None
    ]
    if light.is_dark:
        pairs.append((labels.LIGHT, labels.DARK.read(language) + _age(light, "is_dark", place)))
    elif light.light_dbm is not None:
        text = f"{number(light.light_dbm, 1, language)} dBm"
        pairs.append((labels.LIGHT, text + _age(light, "light_dbm", place)))
    if light.is_on_battery is not None:
        text = (labels.BATTERY if light.is_on_battery else labels.MAINS).read(language)
        if light.is_on_battery and light.runtime_s is not None:
            text += f" ({duration(light.runtime_s, language)})"
        pairs.append((labels.POWER, text + _age(light, "is_on_battery", place)))
    return pairs


def _age(light: Light, name: str, place: Place) -> str:
    read_s = dict(light.read_s).get(name)
    if read_s is None:
        return ""
    ago = duration(place.view.now_s - read_s, place.language)
    return f", {labels.AGO.read(place.language).format(ago=ago)}"


def _over(light: Light, view: SiteView, language: Language) -> str:
    """Return the links that reach a service, by medium where that tells them apart."""
    short = [medium_words(link.medium).short.read(language) for link in view.links]
    names = {
        link.name: word if short.count(word) == 1 else light_title(link, language)
        for link, word in zip(view.links, short, strict=True)
    }
    return joined([names.get(name, name) for name in light.reachable_over], language)


def _proof(light: Light, place: Place) -> str:
    """Return the evidence, folded away: for whoever is asked to prove it."""
    if not light.evidence or light.state is State.UP:
        return ""
    language = place.language
    # What was asked and had not answered yet shows nothing.
    told = [one for one in light.evidence if proof_outcome(one, language)]
    shown = told[: _PROOF_ROWS_LINK if light.medium else _PROOF_ROWS_SERVICE]
    if not shown:
        return ""
    rows = "".join(_proof_row(evidence, language) for evidence in shown)
    return (
        f'<details id="{place.key}p"><summary>{labels.PROOF.read(language)}</summary>'
        f'<table class="proof"><thead><tr><th scope="col">{labels.PROBED.read(language)}</th>'
        f'<th scope="col">{labels.FOUND.read(language)}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></details>"
    )


def _proof_row(evidence: Evidence, language: Language) -> str:
    subject = escape(proof_subject(evidence, language))
    return f"<tr><td>{subject}</td><td>{escape(proof_outcome(evidence, language))}</td></tr>"

"""The page of the device that guides an installer through the links, one screen per step."""

from collections.abc import Mapping
from typing import Final

import msgspec

from thongsuot_schema.commissioning.run import (
    CODE_DIGITS,
    TEXT_LIMIT,
    CommissioningRun,
    CommissioningStep,
    LinkProof,
    LinkStage,
    shown_failure,
    swappable,
)
from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.icons import BRAND, icon, icon_parts, tab_icon
from thongsuot_schema.page.script import SCRIPT
from thongsuot_schema.page.style import STYLE
from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.commissioning import (
    counter_sentence,
    failure_sentence,
    outcome_sentence,
    result_lines,
    to_the_second,
)
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text, capitalised, join_list, other_languages
from thongsuot_schema.words.media import MOBILE, medium_words
from thongsuot_schema.words.titles import link_phrases

PATH: Final = "/commissioning"
_RENEWED_EVERY_S: Final = 2
"""The refresh interval while the device watches; a page with input is not refreshed."""

_TITLE: Final = Text("schema.commissioning.title")
_PROBLEMS: Final[Mapping[str, Text]] = {
    "wrong": Text("schema.commissioning.code.wrong"),
    "too_many": Text("schema.commissioning.code.too_many"),
}
_STAGE_STATES: Final[Mapping[LinkStage, State]] = {
    LinkStage.PROVEN: State.UP,
    LinkStage.SWAPPED: State.DEGRADED,
    LinkStage.SKIPPED: State.UNKNOWN,
    LinkStage.UNTRIED: State.UNKNOWN,
}
_TYPING: Final = frozenset({CommissioningStep.CIRCUIT, CommissioningStep.DONE})


class CommissioningView(msgspec.Struct, frozen=True, kw_only=True):
    """
    A run and its reader.

    ``key`` is that of the run if the reader has it, empty for a reader who only watches.
    ``missing`` are the dead links that have to work before a cable is pulled. ``left_s`` is the
    remaining time for the cable, ``is_seen``: some link went down. ``problem`` is the reason for
    which a code was refused.
    """

    site: SiteView
    run: CommissioningRun | None = None
    key: str = ""
    missing: tuple[str, ...] = ()
    left_s: float = 0.0
    is_seen: bool = False
    problem: str = ""


class _Words:
    """The names of links on one page."""

    def __init__(self, view: CommissioningView, language: Language) -> None:
        phrases = link_phrases(view.site.links, language)
        names = [link.name for link in view.site.links]
        self._phrases = dict(zip(names, phrases, strict=True))
        self._media = {link.name: link.medium for link in view.site.links}
        self.language = language

    def phrase(self, link: str) -> str:
        """Return a link in running text."""
        return self._phrases.get(link, link)

    def medium(self, link: str) -> str:
        """Return its medium, empty if it is no longer known."""
        return self._media.get(link, "")

    def listed(self, links: tuple[str, ...]) -> str:
        """Return links as a list in running text."""
        return join_list([self.phrase(link) for link in links], self.language)


def commissioning_page(view: CommissioningView, *, language: Language) -> str:
    """Return the whole page; send it as UTF-8 with ``script.CONTENT_SECURITY_POLICY``."""
    run = view.run
    title = escape(view.site.title or view.site.site)
    is_still = run is None or run.step in _TYPING or bool(view.problem)
    renewal = "" if is_still else f'<script data-every="{_RENEWED_EVERY_S}">{SCRIPT}</script>'
    refresh = f'<meta http-equiv="refresh" content="{_RENEWED_EVERY_S}">'
    without_script = "" if is_still else f"<noscript>{refresh}</noscript>"
    name = _TITLE.read(language)
    body = _code_form(view, language) if run is None else _run_part(run, view, language)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{name} – {title}</title><link rel="icon" href="{tab_icon(State.UP)}">'
        f"{without_script}<style>{STYLE}</style></head><body>"
        f'<p id="stale" role="status" hidden>{labels.STALE.read(language)}</p>'
        f'<svg class="parts" aria-hidden="true">{icon_parts()}</svg>'
        f'<div id="page" class="wrap"><header><div class="bar">'
        f'<a class="brand" href="/?lang={language}">{BRAND}<span>Thông Suốt</span></a>'
        f"{_language_switch(view, language)}</div><h1>{name} · {title}</h1></header>"
        f"<main>{body}</main></div>{renewal}</body></html>\n"
    )


def _language_switch(view: CommissioningView, language: Language) -> str:
    key = f"&key={view.key}" if view.key else ""
    return "".join(
        f'<a class="switch" href="{escape(f"?lang={other}{key}")}" lang="{other}" '
        f'hreflang="{other}">{labels.LANGUAGE_NAME.read(other)}</a>'
        for other in other_languages(language)
    )


def _code_form(view: CommissioningView, language: Language, *, is_again: bool = False) -> str:
    intro = Text("schema.commissioning.intro").read(language)
    problem = _PROBLEMS.get(view.problem)
    alert = f'<p class="note" role="alert">{escape(problem.read(language))}</p>' if problem else ""
    button = (
        Text("schema.commissioning.code.again")
        if is_again
        else Text("schema.commissioning.code.begin")
    ).read(language)
    form = (
        f'<form method="post" action="{PATH}?lang={language}">'
        '<input type="hidden" name="action" value="begin">'
        f'<p><label for="code">{Text("schema.commissioning.code.label").read(language)}</label></p>'
        f'<p><input id="code" name="code" inputmode="numeric" autocomplete="off" required '
        f'maxlength="{2 * CODE_DIGITS}"></p>'
        f'<p class="who">{escape(Text("schema.commissioning.code.hint").read(language))}</p>'
        f'<button class="call" type="submit">{button}</button></form>'
    )
    heading = f'<h2 id="begin">{button}</h2>' if is_again else ""
    label = ' aria-labelledby="begin"' if is_again else ""
    return (
        f"{alert}<section{label}>{heading}"
        f'<div class="card"><p>{escape(intro)}</p>{form}</div></section>'
    )


def _run_part(run: CommissioningRun, view: CommissioningView, language: Language) -> str:
    words, tail = _Words(view, language), ""
    match run.step:
        case CommissioningStep.READY:
            screen = _ready(run, view, words)
        case CommissioningStep.PULL:
            screen = _pull(run, view, words)
        case CommissioningStep.RETURN:
            screen = _return(run, words)
        case CommissioningStep.CIRCUIT:
            screen = _circuit(run, view, words)
        case CommissioningStep.COUNTER:
            screen = _counter(run, view, words)
        case CommissioningStep.MEASURING:
            title = Text("schema.commissioning.measuring.title").read(language)
            wait = Text("schema.commissioning.measuring.wait").read(language)
            screen = _screen(State.UNKNOWN, title, [wait])
        case _:  # done
            screen = _done(run, words)
            tail = _failures(run, words) + _code_form(view, language, is_again=True)
    return f"{screen}{_results(run, words)}{tail}"


def _screen(state: State, title: str, lines: list[str], forms: str = "", place: str = "") -> str:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    above = f'<p class="asof">{escape(place)}</p>' if place else ""
    return (
        f'<section class="hero {state}" aria-labelledby="step" aria-live="polite">{above}'
        f'{icon(state)}<h2 id="step">{escape(title)}</h2>{paragraphs}</section>{forms}'
    )


def _button(
    view: CommissioningView, action: str, title: str, language: Language, **fields: str
) -> str:
    """Return a button; nothing for a reader who only watches."""
    if not view.key:
        return ""
    hidden = {"action": action, "key": view.key, **fields}
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    return (
        f'<form method="post" action="{PATH}?lang={language}">{inputs}'
        f'<button class="call" type="submit">{escape(title)}</button></form>'
    )


def _watching(view: CommissioningView, language: Language) -> str:
    if view.key:
        return ""
    return f'<p class="note">{escape(Text("schema.commissioning.watching").read(language))}</p>'


def _place(run: CommissioningRun, language: Language) -> str:
    at, count = run.position + 1, len(run.links)
    return Text("schema.commissioning.progress", at=at, count=count).read(language)


def _ready(run: CommissioningRun, view: CommissioningView, words: _Words) -> str:
    language, current = words.language, run.current
    assert current is not None, "there is a link to begin with"
    medium = words.medium(current.link)
    box = medium_words(medium).box
    where = (
        Text("schema.commissioning.ready.mobile", box=box)
        if medium in MOBILE
        else Text("schema.commissioning.ready.wired", box=box)
    )
    lines = [where.read(language)]
    if current.circuit:
        label = Text("schema.commissioning.label", circuit=current.circuit)
        lines.append(label.read(language))
    failure = shown_failure(run)
    note = forms = ""
    if failure is not None:
        sentence = failure_sentence(failure, words.phrase, language)
        note = f'<p class="note" role="alert">{escape(sentence)}</p>'
        if swappable(run) and view.key:
            swap = Text("schema.commissioning.swap.note").read(language)
            button = Text("schema.commissioning.swap.button").read(language)
            forms = f'<p class="who">{escape(swap)}</p>{_button(view, "swap", button, language)}'
    if view.missing:
        missing = Text("schema.commissioning.ready.missing", links=words.listed(view.missing))
        lines.append(missing.read(language))
        untried = {proof.link for proof in run.links if proof.stage is LinkStage.UNTRIED}
        skips = tuple(name for name in view.missing if name in untried)
    else:
        begin = (
            Text("schema.commissioning.ready.begin")
            if failure is None
            else Text("schema.commissioning.ready.retry")
        )
        forms = _button(view, "pull", begin.read(language), language) + forms
        skips = (current.link,) if failure is not None else ()
    for name in skips:
        skip = Text("schema.commissioning.ready.skip", link=words.phrase(name)).read(language)
        forms += _button(view, "skip", skip, language, link=name)
    title = Text("schema.commissioning.ready.title", link=words.phrase(current.link))
    state = State.DEGRADED if view.missing or failure else State.UP
    screen = _screen(state, title.read(language), lines, forms, _place(run, language))
    return f"{note}{screen}{_watching(view, language)}"


def _pull(run: CommissioningRun, view: CommissioningView, words: _Words) -> str:
    language, current = words.language, run.current
    assert current is not None, "a pull is one of a link"
    title = Text("schema.commissioning.pull.title", link=words.phrase(current.link))
    text = (
        Text("schema.commissioning.pull.seen")
        if view.is_seen
        else Text("schema.commissioning.pull.do", left=duration(view.left_s, language))
    )
    lines = [text.read(language)]
    if current.circuit:
        label = Text("schema.commissioning.label", circuit=current.circuit)
        lines.append(label.read(language))
    return _screen(State.DOWN, title.read(language), lines, place=_place(run, language))


def _return(run: CommissioningRun, words: _Words) -> str:
    language, current = words.language, run.current
    assert current is not None, "what returns is a link"
    assert current.lost_s is not None, "it was seen to fall"
    title = Text("schema.commissioning.return.title", link=words.phrase(current.link))
    lost = to_the_second(current.lost_s)
    others = words.listed(current.witnesses)
    text = (
        Text("schema.commissioning.return.witnessed", lost=lost, others=others)
        if others
        else Text("schema.commissioning.return.alone", lost=lost)
    )
    return _screen(
        State.UP, title.read(language), [text.read(language)], place=_place(run, language)
    )


def _circuit(run: CommissioningRun, view: CommissioningView, words: _Words) -> str:
    language, current = words.language, run.current
    assert current is not None, "a label is one of a link"
    title = Text("schema.commissioning.circuit.title", link=words.phrase(current.link))
    ask = (
        Text("schema.commissioning.circuit.ask", circuit=current.circuit)
        if current.circuit
        else Text("schema.commissioning.circuit.none")
    )
    forms = ""
    if view.key:
        if current.circuit:
            same = Text("schema.commissioning.circuit.same").read(language)
            forms = _button(view, "circuit", same, language)
        other = Text("schema.commissioning.circuit.other").read(language)
        save = Text("schema.commissioning.circuit.save").read(language)
        required = " required" if current.circuit else ""
        forms += (
            f'<form method="post" action="{PATH}?lang={language}">'
            '<input type="hidden" name="action" value="circuit">'
            f'<input type="hidden" name="key" value="{escape(view.key)}">'
            f'<p><label for="circuit">{escape(other)}</label></p>'
            f'<p><input id="circuit" name="circuit" maxlength="{TEXT_LIMIT}"{required}></p>'
            f'<button class="call" type="submit">{escape(save)}</button></form>'
        )
    screen = _screen(
        State.UP, title.read(language), [ask.read(language)], forms, _place(run, language)
    )
    return f"{screen}{_watching(view, language)}"


def _counter(run: CommissioningRun, view: CommissioningView, words: _Words) -> str:
    language = words.language
    title = Text("schema.commissioning.counter.title").read(language)
    do = Text("schema.commissioning.counter.do").read(language)
    if run.counter is None:
        begin = Text("schema.commissioning.counter.begin").read(language)
        forms = _button(view, "counter", begin, language)
        state, lines = State.UNKNOWN, [do]
    else:
        again = Text("schema.commissioning.counter.again").read(language)
        finish = Text("schema.commissioning.counter.finish").read(language)
        forms = _button(view, "finish", finish, language) + _button(
            view, "counter", again, language
        )
        state = State.UP if run.counter.is_alive else State.DOWN
        lines = [counter_sentence(run.counter, words.phrase, language)]
    return f"{_screen(state, title, lines, forms)}{_watching(view, language)}"


def _done(run: CommissioningRun, words: _Words) -> str:
    language = words.language
    state = State.UP if run.is_complete else State.DEGRADED
    lines = [
        counter_sentence(run.counter, words.phrase, language),
        Text("schema.commissioning.done.sent").read(language),
    ]
    status = Text("schema.commissioning.done.status").read(language)
    link = f'<p><a class="call" href="/?lang={language}">{escape(status)}</a></p>'
    return f"{_screen(state, outcome_sentence(run, language), lines)}{link}"


def _failures(run: CommissioningRun, words: _Words) -> str:
    if not run.failures:
        return ""
    rows = "".join(
        f"<li><time>{to_the_second(failure.at_s)}</time>"
        f"<div>{escape(failure_sentence(failure, words.phrase, words.language))}</div></li>"
        for failure in run.failures
    )
    title = Text("schema.commissioning.failures").read(words.language)
    return (
        f'<section aria-labelledby="failures"><h2 id="failures">{title}</h2>'
        f'<ul class="card rows told">{rows}</ul></section>'
    )


def _results(run: CommissioningRun, words: _Words) -> str:
    language = words.language
    rows = "".join(_result_row(proof, words) for proof in run.links)
    title = Text("schema.commissioning.results").read(language)
    return (
        f'<section aria-labelledby="results"><h2 id="results">{title}</h2>'
        f'<ul class="card rows">{rows}</ul></section>'
    )


def _result_row(proof: LinkProof, words: _Words) -> str:
    state = _STAGE_STATES[proof.stage]
    if proof.is_circuit_same is False:
        state = State.DEGRADED
    name = capitalised(words.phrase(proof.link))
    items = "".join(
        f"<p>{escape(line)}</p>" for line in result_lines(proof, words.phrase, words.language)
    )
    return (
        f'<li class="{state}"><div class="head">{icon(state)}<div><b>{escape(name)}</b>{items}'
        "</div></div></li>"
    )

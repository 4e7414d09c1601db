"""History: what became of an incident, line by line, in words. Pure."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import ClosureCode, HistoryEntry
from thongsuot_collector.incidents.wording import headline_at
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import owner_name, place_name, subject_name
from thongsuot_collector.rules.loader import codes, load
from thongsuot_collector.timeline.subject import subject_from
from thongsuot_collector.web.incident import labels
from thongsuot_schema.page.problem_form import KINDS
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.language import Language, Text

_OF_A_STATE = {"opened", *(f"is {state}" for state in State)}
_OF_A_PARTY = {
    "party",
    "acknowledged",
    "disputed",
    "answer accepted",
    "answer expected",
    "answer mended",
}
_OF_A_SUBJECT = {"joined", "left", "is up", "is out again"}


def _rule_title(code: str) -> Text:
    if code not in codes():
        raise ValueError(code)
    return load(code).title


_TITLES: Final[dict[str, Callable[[str], Text]]] = {
    "rule": _rule_title,
    "reported again": lambda kind: KINDS[ProblemKind(kind)],
}
"""What is written down of some events by its code."""


def history_texts(context: MessageContext, language: Language) -> list[str]:
    """Return the lines of an incident's history, each with its moment in Vietnam, oldest first."""
    return [_line(note, context, language) for note in context.incident.history]


def _line(note: HistoryEntry, context: MessageContext, language: Language) -> str:
    known = labels.NOTES.get(note.event)
    event = note.event if known is None else known.read(language)
    when = local(note.at_ns / NS_PER_S).strftime("%d/%m/%Y %H:%M:%S")
    about = _about(note, context, language) if note.about else ""
    return f"{when} · {event}" + (f": {about}" if about else "")


def _about(note: HistoryEntry, context: MessageContext, language: Language) -> str:
    """Return what a line is about; as it was written down where it is of an older version."""
    about = note.about
    # A record outlives the words that it was written with.
    with suppress(ValueError):
        if note.event == "closed":
            return labels.OUTCOMES[ClosureCode(about)].read(language)
        if note.event in _OF_A_PARTY:
            party, _, rest = about.partition(": ")
            return ": ".join(filter(None, (owner_name(party, context.directory, language), rest)))
        if note.event in _TITLES:
            return _TITLES[note.event](about).read(language)
        if note.event in _OF_A_SUBJECT:
            return _subject(about, context, language)
        if note.event in _OF_A_STATE:
            return _symptom(Symptom(about), note.event, context, language)
    return about


def _subject(written: str, context: MessageContext, language: Language) -> str:
    subject = subject_from(written)
    place = place_name(subject.site, context.directory)
    if subject.is_device:
        return place
    return f"{place}, {subject_name(subject, context.directory, language)}"


def _symptom(symptom: Symptom, event: str, context: MessageContext, language: Language) -> str:
    """Return what was wrong, of one line or service; of many their number is told elsewhere."""
    if context.rule.sentences is not None:
        return ""
    state = State(event.removeprefix("is ")) if event != "opened" else context.incident.state
    return headline_at(context.incident, state, symptom, context.directory, language)

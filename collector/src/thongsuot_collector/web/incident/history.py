"""
History: the events of an incident in words, to the second: measurements, notifications, and the
statements and decisions of people. Pure.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from thongsuot_collector.incidents.incident import ClosureCode, HistoryEntry
from thongsuot_collector.incidents.notification_log import DeliveryAttempt, NotificationRecord
from thongsuot_collector.incidents.wording import headline_at
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.document import timestamp
from thongsuot_collector.notify.render.names import (
    owner_name,
    party_name,
    place_name,
    subject_name,
)
from thongsuot_collector.notify.render.sections import exact_time
from thongsuot_collector.rules.loader import codes, load
from thongsuot_collector.timeline.subject import subject_from
from thongsuot_collector.web.incident import decision_labels, labels
from thongsuot_schema.page.problem_form import KINDS
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.states import channel_title

_OF_A_STATE = {"opened", *(f"is {state}" for state in State)}
_OF_A_PARTY = {
    "party",
    "acknowledged",
    "disputed",
    "answer accepted",
    "answer expected",
    "answer mended",
}
_OF_PEOPLE = {
    "reported",
    "reported again",
    "report answered",
    "acknowledged",
    "disputed",
    "answer accepted",
    "answer expected",
    "answer mended",
    "ruled for the party",
    "ruled against the party",
    "note",
    "comment",
    "merged into",
    "took in",
    "taken out of",
    "gave away",
    "closed by city",
    "opened again by city",
    "maintenance planned",
}
"""Events caused by people; the others were measured, or follow from measurements."""

_OF_A_SUBJECT = {"joined", "left", "is up", "is out again"}


def _rule_title(code: str) -> Text:
    if code not in codes():
        raise ValueError(code)
    return load(code).title


_TITLES: Final[dict[str, Callable[[str], Text]]] = {
    "rule": _rule_title,
    "reported again": lambda kind: KINDS[ProblemKind(kind)],
}
"""Convert the recorded detail of some events to its wording, by event."""


class HistoryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event: its time (Unix time), its CSS class by origin, and its text."""

    at_ns: int
    look: str
    text: str

    @property
    def second(self) -> str:
        """Its time, in the format for readers in Vietnam."""
        return exact_time(self.at_ns)

    @property
    def timestamp(self) -> str:
        """Its time, for machines."""
        return timestamp(self.at_ns)


def history_events(
    context: MessageContext,
    language: Language,
    channel_kind: Callable[[str], str] = str,
) -> list[HistoryEvent]:
    """
    Return the events of an incident, oldest first: its recorded history, and its notifications.
    ``channel_kind`` returns the kind of a channel by name.
    """
    noted = [
        HistoryEvent(
            at_ns=note.at_ns,
            look="person" if note.event in _OF_PEOPLE else "state",
            text=_line(note, context, language),
        )
        for note in context.incident.history
    ]
    sent_events = [
        _notification_event(record, delivery, context, language, channel_kind)
        for record in context.incident.notifications
        for delivery in record.by_channel() or (None,)
    ]
    return sorted([*noted, *sent_events], key=lambda event: event.at_ns)


def _notification_event(
    record: NotificationRecord,
    delivery: DeliveryAttempt | None,
    context: MessageContext,
    language: Language,
    channel_kind: Callable[[str], str],
) -> HistoryEvent:
    """
    Return the event of a notification by a channel, at its delivery, or at its decision if it has
    failed.
    """
    party = party_name(record.party, context.directory, language)
    kind = labels.KINDS[record.kind].read(language)
    if delivery is None or not delivery.is_delivered:
        text = decision_labels.EVENT_UNTOLD.read(language, party=party)
        return HistoryEvent(at_ns=record.at_ns, look="unsent", text=f"{text}: {kind}")
    channel = channel_title(channel_kind(delivery.channel.partition(":")[0]), language)
    text = decision_labels.EVENT_TOLD.read(language, party=party, channel=channel)
    delivery_text = ", ".join(filter(None, (kind, delivery.reference)))
    return HistoryEvent(at_ns=delivery.at_ns, look="sent", text=f"{text}: {delivery_text}")


def _line(note: HistoryEntry, context: MessageContext, language: Language) -> str:
    known = labels.NOTES.get(note.event)
    event = note.event if known is None else known.read(language)
    about = _about(note, context, language) if note.about else ""
    return event + (f": {about}" if about else "")


def _about(note: HistoryEntry, context: MessageContext, language: Language) -> str:
    """Return the text of a line; as recorded if it is from an older version."""
    about = note.about
    # A record outlives the catalogue of its wording.
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
    """Return the symptom of one line or service; for many, another event has their number."""
    if context.rule.sentences is not None:
        return ""
    state = State(event.removeprefix("is ")) if event != "opened" else context.incident.state
    return headline_at(context.incident, state, symptom, context.directory, language)

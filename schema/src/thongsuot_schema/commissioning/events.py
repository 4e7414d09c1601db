"""
Events: the steps of a commissioning run as they travel, and the run that they make again.

Each is a notice of the device's record, so it is as durable and as well dated as a measurement.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from thongsuot_schema.batch.limits import TEXT_CHARACTERS
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.commissioning.run import (
    TEXT_LIMIT,
    AttemptOutcome,
    CommissioningRun,
    CommissioningStep,
    CounterProof,
    FailedAttempt,
    LinkProof,
    LinkStage,
    with_link,
)

LINK_LIMIT: Final = 48
"""Characters of a link's name in a notice, so that the whole of it fits."""

RUN_ID_LIMIT: Final = 16


class EventCode(StrEnum):
    """Events of a run; the meaning of the event's ``link`` and ``text`` is documented at each."""

    LINK = "link"
    """A link is to be proven; ``text`` is its circuit. One for each at the beginning of a run."""
    PULL_ASKED = "pull_asked"
    """The person was asked to pull the cable of ``link``: from now on this is planned work."""
    PULLED = "pulled"
    """It fell, at the time of the notice; ``text`` lists the links that answered meanwhile."""
    RETURNED = "returned"
    """It was back at that time; ``text`` is the address that the collector saw, or nothing."""
    FAILED = "failed"
    """``text`` is an ``AttemptOutcome`` and the links that fell."""
    SETTLED = "settled"
    """All links answer again: the planned work is over."""
    SKIPPED = "skipped"
    SWAPPED = "swapped"
    """The labels of ``link`` and of the link in ``text`` are swapped, according to the person."""
    CIRCUIT_SAME = "circuit_same"
    """The label matches the settings: ``text``."""
    CIRCUIT_DIFFERS = "circuit_differs"
    """The text of the label is ``text``."""
    COUNTER = "counter"
    """``text``: ``alive`` or ``dead``, how many portals opened of how many, then the link."""
    ENDED = "ended"
    ABANDONED = "abandoned"
    """Another run was begun instead."""


class CommissioningEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, order=True):
    """One step of a run, as it travels: JSON in the text of a notice."""

    run: str
    event: EventCode
    link: str = ""
    text: str = ""


class DatedEvent(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An event with its time (Unix nanoseconds)."""

    at_ns: int
    event: CommissioningEvent


_DECODER = msgspec.json.Decoder(CommissioningEvent)


def format_event(event: CommissioningEvent) -> str:
    """Return an event as the text of its notice; a text that is too long is cut."""
    bounded = msgspec.structs.replace(
        event, link=event.link[:LINK_LIMIT], text=_plain(event.text)[:TEXT_LIMIT]
    )
    return msgspec.json.encode(bounded).decode()


def parse_event(notice: Notice) -> CommissioningEvent | None:
    """Return the event in a notice; ``None`` where it speaks of something else, or of no sense."""
    if notice.code is not NoticeCode.COMMISSIONING or len(notice.text) > TEXT_CHARACTERS:
        return None
    try:
        event = _DECODER.decode(notice.text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # a newer agent's event, or a damaged one
    is_named = event.run.isascii() and event.run.isalnum() and len(event.run) <= RUN_ID_LIMIT
    return event if is_named else None


def run_from_events(events: Iterable[DatedEvent]) -> CommissioningRun | None:
    """Return the run described by events, in any order; ``None`` without any."""
    ordered = sorted(set(events))
    if not ordered:
        return None
    run = CommissioningRun(
        id=ordered[0].event.run, begun_s=_seconds(ordered[0].at_ns), links=(), position=0
    )
    for dated in ordered:
        run = _with_event(run, dated.event, _seconds(dated.at_ns))
    return run


def _with_event(run: CommissioningRun, event: CommissioningEvent, at_s: float) -> CommissioningRun:
    match event.event:
        case EventCode.COUNTER:
            return msgspec.structs.replace(run, counter=_counter(event.text, at_s))
        case EventCode.ENDED:
            return msgspec.structs.replace(run, ended_s=at_s, step=CommissioningStep.DONE)
        case EventCode.ABANDONED:
            return msgspec.structs.replace(
                run, ended_s=at_s, step=CommissioningStep.DONE, is_abandoned=True
            )
        case EventCode.SETTLED | EventCode.PULL_ASKED:
            return run
        case EventCode.FAILED:
            failure = _failure(event, at_s)
            return msgspec.structs.replace(run, failures=(*run.failures, failure))
        case _:
            before = next((proof for proof in run.links if proof.link == event.link), None)
            proof = before or LinkProof(link=event.link)
            return with_link(run, _with_link_event(proof, event, at_s))


def _with_link_event(proof: LinkProof, event: CommissioningEvent, at_s: float) -> LinkProof:
    changes: dict[str, object] = {}
    match event.event:
        case EventCode.LINK:
            changes = {"circuit": event.text}
        case EventCode.PULLED:
            changes = {"lost_s": at_s, "returned_s": None, "witnesses": names_in(event.text)}
        case EventCode.RETURNED:
            changes = {"returned_s": at_s, "address": event.text, "stage": LinkStage.PROVEN}
        case EventCode.SKIPPED:
            changes = {"stage": LinkStage.SKIPPED}
        case EventCode.SWAPPED:
            changes = {"stage": LinkStage.SWAPPED, "swapped_with": event.text}
        case EventCode.CIRCUIT_SAME | EventCode.CIRCUIT_DIFFERS:
            is_same = event.event is EventCode.CIRCUIT_SAME
            changes = {"circuit_read": event.text, "is_circuit_same": is_same}
        case _:
            pass
    return msgspec.structs.replace(proof, **changes)


def _failure(event: CommissioningEvent, at_s: float) -> FailedAttempt:
    outcome, _, lost = event.text.partition(" ")
    try:
        known = AttemptOutcome(outcome)
    except ValueError:
        known = AttemptOutcome.INTERRUPTED  # of a newer agent
    return FailedAttempt(link=event.link, outcome=known, lost=names_in(lost), at_s=at_s)


def counter_text(proof: CounterProof) -> str:
    """Return the result of the counter, as the text of its event."""
    word = "alive" if proof.is_alive else "dead"
    return f"{word} {proof.open_services} {proof.services} {proof.link}".rstrip()


def _counter(text: str, at_s: float) -> CounterProof:
    word, opened, services, link = (*text.split(" ", 3), "", "", "", "")[:4]
    return CounterProof(
        at_s=at_s,
        is_alive=word == "alive",
        open_services=int(opened) if opened.isdecimal() else 0,
        services=int(services) if services.isdecimal() else 0,
        link=link,
    )


def names_in(text: str) -> tuple[str, ...]:
    """Return the links of a list in the text of an event."""
    return tuple(name for name in text.split(",") if name)


def _plain(text: str) -> str:
    """Return text that is as long in JSON as it is here."""
    return "".join(
        letter if letter.isprintable() and letter not in '"\\' else " " for letter in text
    )


def _seconds(at_ns: int) -> float:
    return at_ns / 1e9

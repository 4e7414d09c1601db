"""
Progress: what is to be done next in a conversation, and what follows from what came of it. Pure.

The first leg speaks; a further one joins when the one before it is shut, refuses, or has not got
through for some time. The first leg that gets through tells the rest of it. What a leg may have
told, it also takes back.
"""

from collections.abc import Callable, Sequence

import msgspec

from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.incidents.party import Responsible
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify.content.comparison import Comparison
from thongsuot_collector.notify.telling.conversation import Conversation, Leg, Told
from thongsuot_collector.notify.telling.message import Answer, Outcome

RETRY_LIMIT_S = 300.0
REFUSED_AGAIN_S = 600.0
"""A message that was refused may be taken after somebody has changed something at the receiver."""


class Say(msgspec.Struct, frozen=True):
    """Try the leg of a route now, telling it ``kind``."""

    route: str
    kind: Kind


class Wait(msgspec.Struct, frozen=True):
    """Nothing can be done before ``until_ns`` (Unix time); ``None``: until something changes."""

    until_ns: int | None


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """
    How long is tried: ``escalate_s`` one channel before the next joins, ``give_up_s`` before
    something is no longer taken back; the second try is after ``retry_s``.
    """

    escalate_s: float
    give_up_s: float
    retry_s: float


class Readiness(msgspec.Struct, frozen=True):
    """When a channel may be tried again, and whether it has been failing for long."""

    ready_ns: int
    is_ill: bool


def started(
    event: Event,
    audience: Responsible,
    routes: tuple[str, ...],
    comparison: Comparison,
    *,
    now_ns: int,
) -> Conversation:
    """Return the conversation of an event that a party has not heard of."""
    return Conversation(
        audience=audience,
        wanted=event,
        comparison=comparison,
        legs=tuple(Leg(route=one) for one in routes),
        reached_ns=now_ns,
        began_ns=now_ns,
    )


def continued(
    conversation: Conversation,
    event: Event,
    routes: tuple[str, ...],
    comparison: Comparison,
    *,
    now_ns: int,
) -> Conversation:
    """
    Return a conversation with a newer event; an older one, or the same again, changes nothing.

    Channels that the inventory has got since join; those it has lost stay while they have told.
    """
    if event.entry.number <= conversation.wanted.entry.number:
        return conversation
    known = {one.route: one for one in conversation.legs}
    legs = [known.get(one, Leg(route=one)) for one in routes]
    legs += [
        one for one in conversation.legs if one.route not in routes and one.told is not Told.NO
    ]
    return msgspec.structs.replace(
        conversation,
        wanted=event,
        comparison=comparison,
        legs=tuple(msgspec.structs.replace(one, attempts=0, ready_ns=0) for one in legs),
        reach=1 if conversation.is_settled else max(1, min(conversation.reach, len(legs))),
        reached_ns=now_ns if conversation.is_settled else conversation.reached_ns,
        began_ns=now_ns,
    )


def advanced(
    conversation: Conversation,
    now_ns: int,
    readiness: Callable[[str], Readiness],
    patience: Patience,
) -> tuple[Conversation, Say | Wait]:
    """Return what to do now; the conversation may have come to further legs by it."""
    if conversation.is_settled:
        return conversation, Wait(None)
    if conversation.is_ending:
        if now_ns - conversation.began_ns > patience.give_up_s * NS_PER_S:
            return _given_up(conversation), Wait(None)
        open_ = [leg for leg in conversation.legs if leg.told is not Told.NO]
        return conversation, _first(open_, now_ns, readiness, Kind.RESOLVED)
    speaking = conversation.speaking
    if speaking is not None:
        return conversation, _first([speaking], now_ns, readiness, Kind.UPDATED)
    return _opening(conversation, now_ns, readiness, patience)


def trying(conversation: Conversation, route: str) -> Conversation:
    """
    Return a conversation as it is written down before a try.

    The leg has its name for the receiver from now on, and the receiver may have the message: should
    the process end now, it is told again under the same name.
    """
    leg = conversation.leg(route)
    told = Told.MAYBE if leg.told is Told.NO else leg.told
    name = leg.name or conversation.wanted.id
    return _with_leg(conversation, msgspec.structs.replace(leg, told=told, name=name))


def answered(
    conversation: Conversation,
    say: Say,
    tried: Conversation,
    answer: Answer,
    *,
    now_ns: int,
    patience: Patience,
) -> Conversation:
    """
    Return a conversation after a try of what was wanted in ``tried``, as it was before the try.

    Something newer may be wanted by now.
    """
    leg, number = conversation.leg(say.route), tried.wanted.entry.number
    reference = answer.reference or leg.reference
    is_over = answer.outcome is Outcome.DELIVERED or (
        # Told again it would be refused again: what is left is known from the record.
        answer.outcome is Outcome.REFUSED and say.kind is not Kind.OPENED
    )
    if is_over and say.kind is Kind.RESOLVED:
        done = Leg(route=leg.route, shown=number, reference=reference, text=answer.text)
        return _with_leg(conversation, done)
    done = msgspec.structs.replace(
        leg,
        reference=reference,
        memo=leg.memo if answer.memo is None else answer.memo,
        text=answer.text,
    )
    if is_over:
        done = msgspec.structs.replace(
            done,
            told=Told.YES,
            shown=number,
            told_ns=leg.told_ns or now_ns,
            attempts=0,
            ready_ns=0,
        )
    else:
        before = tried.leg(say.route).told
        is_unsure = say.kind is Kind.OPENED and answer.outcome is Outcome.UNSURE
        done = msgspec.structs.replace(
            done,
            told=Told.MAYBE if is_unsure else before,
            attempts=leg.attempts + 1,
            ready_ns=now_ns + round(_pause_s(leg.attempts, answer, patience) * NS_PER_S),
        )
    return _with_leg(conversation, done)


def with_status(conversation: Conversation, route: str, status: str) -> Conversation:
    """Return a conversation with what a receiver says of how far it is."""
    leg = msgspec.structs.replace(conversation.leg(route), status=status)
    return _with_leg(conversation, leg)


def _opening(
    conversation: Conversation,
    now_ns: int,
    readiness: Callable[[str], Readiness],
    patience: Patience,
) -> tuple[Conversation, Say | Wait]:
    """Find the first leg that may be tried; the next joins where the last does not get through."""
    if not conversation.legs:
        return conversation, Wait(None)
    while True:
        reach = conversation.reach
        step = _first(conversation.legs[:reach], now_ns, readiness, Kind.OPENED)
        if isinstance(step, Say) or reach == len(conversation.legs):
            return conversation, step
        last = conversation.legs[reach - 1]
        joins_ns = conversation.reached_ns + round(patience.escalate_s * NS_PER_S)
        is_hopeless = readiness(last.channel).is_ill or last.ready_ns - now_ns > (
            patience.escalate_s * NS_PER_S
        )
        if now_ns < joins_ns and not is_hopeless:
            assert step.until_ns is not None
            return conversation, Wait(min(step.until_ns, joins_ns))
        conversation = msgspec.structs.replace(conversation, reach=reach + 1, reached_ns=now_ns)


def _first(
    legs: Sequence[Leg], now_ns: int, readiness: Callable[[str], Readiness], kind: Kind
) -> Say | Wait:
    """Return the first of some legs that may be tried now, else when the first may be."""
    times = []
    for leg in legs:
        ready_ns = max(leg.ready_ns, readiness(leg.channel).ready_ns)
        if ready_ns <= now_ns:
            return Say(leg.route, kind)
        times.append(ready_ns)
    return Wait(min(times))


def _given_up(conversation: Conversation) -> Conversation:
    legs = tuple(
        Leg(route=one.route, shown=one.shown, reference=one.reference, text=one.text)
        for one in conversation.legs
    )
    return msgspec.structs.replace(conversation, legs=legs)


def revived(conversation: Conversation, channel: str) -> Conversation:
    """Return a conversation that no longer waits for a channel: it works again."""
    legs = tuple(
        msgspec.structs.replace(one, ready_ns=0) if one.channel == channel else one
        for one in conversation.legs
    )
    return msgspec.structs.replace(conversation, legs=legs)


def _pause_s(attempts: int, answer: Answer, patience: Patience) -> float:
    if answer.outcome is Outcome.REFUSED:
        return REFUSED_AGAIN_S
    return max(
        answer.retry_after_s, min(RETRY_LIMIT_S, patience.retry_s * 2.0 ** min(attempts, 16))
    )


def _with_leg(conversation: Conversation, leg: Leg) -> Conversation:
    legs = tuple(leg if one.route == leg.route else one for one in conversation.legs)
    return msgspec.structs.replace(conversation, legs=legs)

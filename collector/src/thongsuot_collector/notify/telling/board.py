"""Board: whom the system has told of what, for the pages of sites and for their agents. Pure."""

from collections.abc import Callable, Iterable, Iterator

from thongsuot_collector.incidents.incident import Member
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify.telling.conversation import Conversation, Leg, Told
from thongsuot_schema.batch import push
from thongsuot_schema.page.view import Notification

WordOf = Callable[[str], str]
"""What a channel, by its name, is called in ``words.parties``."""


def notifications(
    site: str, conversations: Iterable[Conversation], word_of: WordOf
) -> tuple[Notification, ...]:
    """
    Return who was told of the open faults of a site, and whom no channel has reached yet; in order.
    """
    found = [
        Notification(
            party=one.audience.party.value,
            channel=word_of(leg.channel),
            at_s=(leg.told_ns or one.began_ns) / NS_PER_S,
            about=member.subject.link or member.subject.service or site,
            reference=leg.reference,
            is_delivered=leg.told is Told.YES,
        )
        for one, member in _about(site, conversations)
        for leg in _telling(one)
    ]
    return tuple(sorted(found, key=lambda one: (one.at_s, one.party, one.about)))


def told(
    site: str, conversations: Iterable[Conversation], word_of: WordOf
) -> tuple[push.Told, ...]:
    """Return who was told of the open faults of a site, as the answer to a push carries it."""
    found = [
        push.Told(
            party=one.audience.party.value,
            channel=word_of(leg.channel),
            at_wall_ns=leg.told_ns,
            link=member.subject.link,
            service=member.subject.service,
            reference=leg.reference,
        )
        for one, member in _about(site, conversations)
        for leg in _telling(one)
        if leg.told is Told.YES
    ]
    return tuple(sorted(found, key=lambda one: (one.at_wall_ns, one.party, one.link, one.service)))


def _about(
    site: str, conversations: Iterable[Conversation]
) -> Iterator[tuple[Conversation, Member]]:
    for one in conversations:
        if one.is_ending:
            continue
        for member in one.wanted.incident.members:
            if member.subject.site == site and member.end_ns is None:
                yield one, member


def _telling(one: Conversation) -> list[Leg]:
    """Return the leg by which a party knows; where it does not yet, the last that was tried."""
    if one.speaking is not None:
        return [one.speaking]
    return [leg for leg in one.legs if leg.attempts][-1:]

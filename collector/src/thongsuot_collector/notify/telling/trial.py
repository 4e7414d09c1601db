"""Trial: a test by every channel of a party, from the command line; nothing of it is kept."""

import time
from collections.abc import AsyncIterator

import msgspec

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.incident import Event, Exhibit, Incident, Member, Status, Wait
from thongsuot_collector.incidents.ledger import Cause, Entry, Kind
from thongsuot_collector.incidents.party import Responsible, Severity
from thongsuot_collector.notify.content.comparison import Comparison
from thongsuot_collector.notify.telling.channel import Channel, Repeating, Watching
from thongsuot_collector.notify.telling.composer import Composer
from thongsuot_collector.notify.telling.desk import Configured
from thongsuot_collector.notify.telling.message import Answer, Message, Outcome
from thongsuot_collector.notify.telling.progress import started, trying
from thongsuot_collector.notify.telling.routing import party_named, way_of
from thongsuot_collector.notify.telling.settings import NotifySettings
from thongsuot_collector.rules import every
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_FAULTS = {
    Party.CARRIER: ("link_fault", Segment.ACCESS, Symptom.ACCESS_SILENT),
    Party.CITY: ("link_fault", Segment.ACCESS, Symptom.ACCESS_SILENT),
    Party.COMMUNE: ("link_fault", Segment.LAN, Symptom.CABLE_UNPLUGGED),
    Party.PORTAL: ("service_fault", Segment.SERVICE, Symptom.SERVICE_TIMES_OUT),
}
"""What the test pretends to be, so that it looks as it will: the rule, where, and what."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one channel; ``taken_back`` where it would have stayed open otherwise."""

    party: Responsible
    route: str
    answer: Answer
    taken_back: Answer | None = None

    @property
    def is_good(self) -> bool:
        """Whether everything got through."""
        answers = [self.answer] + ([self.taken_back] if self.taken_back is not None else [])
        return all(one.outcome is Outcome.DELIVERED for one in answers)

    def __str__(self) -> str:
        text = f"{self.party} by {self.route}: {_spoken(self.answer)}"
        if self.taken_back is not None:
            text += f"; taken back: {_spoken(self.taken_back)}"
        return text


async def trial(
    channels: Configured,
    settings: NotifySettings,
    directory: Directory,
    name: str,
    *,
    hotline: str = "",
) -> AsyncIterator[Tried]:
    """
    Send a test by each channel of a party, and take it back where it would stay open; yield each.

    Raises:
        ValueError: there is no such party, no channel, or nothing that a test could be about.
    """
    party = party_named(name, directory)
    way = way_of(party, directory, settings)
    if not way.routes:
        raise ValueError(f"{party} has no channel: give it `channels`, or `[notify]` some")
    configured = list(channels)
    composer = Composer(
        directory,
        every(),
        settings,
        languages={one.name: one.language for _, one in configured},
        support_hotline=hotline,
    )
    now_ns = time.time_ns()
    event = _event(party, _subject(party, directory), now_ns)
    for route in way.routes:
        kind, found = next(one for one in configured if one[1].name == route.partition(":")[0])
        fresh = started(event, party, (route,), Comparison(), now_ns=now_ns)
        message = composer.message(trying(fresh, route), route, Kind.OPENED, is_test=True)
        channel = kind.make(found)
        try:
            yield await _try(channel, party, route, message)
        finally:
            await channel.close()


async def _try(channel: Channel, party: Responsible, route: str, message: Message) -> Tried:
    answer = await channel.tell(message)
    taken_back = None
    if answer.outcome is Outcome.DELIVERED and isinstance(channel, Watching | Repeating):
        taken_back = await channel.tell(_taken_back(message, answer))
    return Tried(party=party, route=route, answer=answer, taken_back=taken_back)


def _subject(party: Responsible, directory: Directory) -> Subject:
    """Return a link or a service that a party would be told of."""
    if party.party is Party.PORTAL:
        sites = sorted(directory.sites)
        return Subject(site=sites[0] if sites else "test", service=party.name)
    for site in directory.sites.values():
        if party.party is Party.COMMUNE and site.name != party.name:
            continue
        for link in site.links:
            if party.party is not Party.CARRIER or link.carrier == party.name:
                return Subject(site=site.name, link=link.name)
    raise ValueError(f"the inventory has no link that {party} would be told of")


def _event(party: Responsible, subject: Subject, now_ns: int) -> Event:
    code, segment, symptom = _FAULTS[party.party]
    name = f"test-{now_ns // 1_000_000_000}"
    incident = Incident(
        id=name,
        code=code,
        key=str(subject),
        status=Status.OPEN,
        opened_ns=now_ns,
        known_ns=now_ns,
        state=State.DOWN,
        symptom=symptom,
        segment=segment,
        party=party,
        severity=Severity.WARNING,
        wait=Wait(from_ns=now_ns, hold_s=0.0, limit_s=0.0),
        members=(
            Member(
                trouble=name,
                subject=subject,
                start_ns=now_ns,
                end_ns=None,
                state=State.DOWN,
                symptom=symptom,
            ),
        ),
        exhibits=(
            Exhibit(
                subject=subject,
                state=State.DOWN,
                segment=segment,
                symptom=symptom,
                since_ns=now_ns,
                batches=(),
            ),
        ),
    )
    entry = Entry(number=1, kind=Kind.OPENED, cause=Cause.STARTED, party=party, at_ns=now_ns)
    return Event(entry=entry, incident=incident)


def _taken_back(message: Message, answer: Answer) -> Message:
    entry = msgspec.structs.replace(
        message.entry, number=2, kind=Kind.RESOLVED, cause=Cause.WITHDRAWN
    )
    return msgspec.structs.replace(
        message,
        kind=Kind.RESOLVED,
        key=f"{message.key}:back",
        entry=entry,
        reference=answer.reference or message.reference,
        memo=message.memo if answer.memo is None else answer.memo,
    )


def _spoken(answer: Answer) -> str:
    reference = f", {answer.reference}" if answer.reference else ""
    return f"{answer.outcome}{reference} ({answer.text})"

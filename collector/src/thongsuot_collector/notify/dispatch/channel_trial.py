"""Trial: a test message by every channel of a party, from the command line; nothing is stored."""

import time
from collections.abc import AsyncIterator

import msgspec

from thongsuot_collector.incidents.incident import (
    HoldOff,
    Incident,
    IncidentMember,
    IncidentStatus,
    MemberEvidence,
    NotificationEvent,
)
from thongsuot_collector.incidents.notification_log import (
    NotificationCause,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.contract import Channel, Polling, Resending
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.configured import ConfiguredChannels
from thongsuot_collector.notify.dispatch.routing import PartyUnknown, find_party, routes_of
from thongsuot_collector.notify.dispatch.thread import Routes
from thongsuot_collector.notify.dispatch.transitions import mark_sending, start_thread
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
)
from thongsuot_collector.notify.render.comparison import Comparison
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_FAULTS = {
    Party.CARRIER: ("link_fault", Segment.ACCESS, Symptom.ACCESS_SILENT),
    Party.CITY: ("link_fault", Segment.ACCESS, Symptom.ACCESS_SILENT),
    Party.COMMUNE: ("link_fault", Segment.LAN, Symptom.CABLE_UNPLUGGED),
    Party.PORTAL: ("service_fault", Segment.SERVICE, Symptom.SERVICE_TIMEOUT),
}
"""
The pretended incident of the test, so that it looks realistic: the rule, the place, and the fault.
"""


class ChannelTrialResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one channel; ``withdrawal`` if the test had to be withdrawn."""

    party: ResponsibleParty
    route: str
    answer: ChannelResult
    withdrawal: ChannelResult | None = None

    @property
    def is_good(self) -> bool:
        """Whether everything was delivered."""
        answers = [self.answer] + ([self.withdrawal] if self.withdrawal is not None else [])
        return all(answer.outcome is ChannelOutcome.DELIVERED for answer in answers)


async def try_channels(
    channels: ConfiguredChannels,
    settings: NotifySettings,
    directory: InventoryDirectory,
    name: str,
    *,
    hotline: str = "",
) -> AsyncIterator[ChannelTrialResult]:
    """
    Send a test by each channel of a party, withdraw it if it stays open, and yield each result.

    Raises:
        PartyUnknown: there is no such party, it has no channel, or no link or service for the test.
    """
    party = find_party(name, directory)
    routes = routes_of(party, directory, settings).routes
    trial_routes = (*routes.every, *routes.fallbacks)
    if not trial_routes:
        raise PartyUnknown(Text("collector.cli.error.no_channel", party=str(party)))
    configured = list(channels)
    composer = MessageComposer(
        directory,
        load_all(),
        settings,
        languages={channel.name: channel.language for _, channel in configured},
        support_hotline=hotline,
    )
    now_ns = time.time_ns()
    event = _event(party, _subject(party, directory), now_ns)
    for route in trial_routes:
        channel_name = route.partition(":")[0]
        kind, channel_settings = next(item for item in configured if item[1].name == channel_name)
        fresh = start_thread(event, party, Routes(every=(route,)), Comparison(), now_ns=now_ns)
        message = composer.compose(
            mark_sending(fresh, route), route, NotificationKind.OPENED, is_test=True
        )
        channel = kind.make(channel_settings)
        try:
            yield await _try(channel, party, route, message)
        finally:
            await channel.close()


async def _try(
    channel: Channel, party: ResponsibleParty, route: str, message: NotificationMessage
) -> ChannelTrialResult:
    answer = await channel.send(message)
    withdrawal = None
    if answer.outcome is ChannelOutcome.DELIVERED and isinstance(channel, Polling | Resending):
        withdrawal = await channel.send(_withdrawal_of(message, answer))
    return ChannelTrialResult(party=party, route=route, answer=answer, withdrawal=withdrawal)


def _subject(party: ResponsibleParty, directory: InventoryDirectory) -> Subject:
    """Return a link or a service that a party would be notified of."""
    if party.party is Party.PORTAL:
        sites = sorted(directory.sites)
        return Subject(site=sites[0] if sites else "test", service=party.name)
    for site in directory.sites.values():
        if party.party is Party.COMMUNE and site.name != party.name:
            continue
        for link in site.links:
            if party.party is not Party.CARRIER or link.carrier == party.name:
                return Subject(site=site.name, link=link.name)
    raise PartyUnknown(Text("collector.cli.error.no_link_to_tell", party=str(party)))


def _event(party: ResponsibleParty, subject: Subject, now_ns: int) -> NotificationEvent:
    code, segment, symptom = _FAULTS[party.party]
    name = f"test-{now_ns // 1_000_000_000}"
    incident = Incident(
        id=name,
        code=code,
        key=str(subject),
        status=IncidentStatus.OPEN,
        opened_ns=now_ns,
        known_ns=now_ns,
        state=State.DOWN,
        symptom=symptom,
        segment=segment,
        party=party,
        severity=Severity.WARNING,
        hold_off=HoldOff(from_ns=now_ns, hold_s=0.0, limit_s=0.0),
        members=(
            IncidentMember(
                fault_ids=(name,),
                subject=subject,
                start_ns=now_ns,
                end_ns=None,
                state=State.DOWN,
                symptom=symptom,
            ),
        ),
        member_evidence=(
            MemberEvidence(
                subject=subject,
                state=State.DOWN,
                segment=segment,
                symptom=symptom,
                since_ns=now_ns,
                batches=(),
            ),
        ),
    )
    entry = NotificationRecord(
        number=1,
        kind=NotificationKind.OPENED,
        cause=NotificationCause.STARTED,
        party=party,
        at_ns=now_ns,
    )
    return NotificationEvent(record=entry, incident=incident)


def _withdrawal_of(message: NotificationMessage, answer: ChannelResult) -> NotificationMessage:
    entry = msgspec.structs.replace(
        message.record, number=2, kind=NotificationKind.RESOLVED, cause=NotificationCause.WITHDRAWN
    )
    return msgspec.structs.replace(
        message,
        kind=NotificationKind.RESOLVED,
        key=f"{message.key}:back",
        record=entry,
        reference=answer.reference or message.reference,
        memo=message.memo if answer.memo is None else answer.memo,
    )

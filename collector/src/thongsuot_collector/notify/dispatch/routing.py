"""Routing: who is notified of an incident, and by which channels. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from thongsuot_collector.errors import CollectorError
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.thread import Routes
from thongsuot_collector.notify.message import PartyContact
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.inventory.model import Carrier, Owner, Site
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.segment import Party
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested
from thongsuot_schema.words.translations import REFERENCE


class PartyRoutes(msgspec.Struct, frozen=True, kw_only=True):
    """How a party is notified: its people, and the channels of its contract."""

    contact: PartyContact
    routes: Routes


def audiences_of(
    event: NotificationEvent, settings: NotifySettings
) -> tuple[ResponsibleParty, ...]:
    """
    Return the audiences of an event: the party that must act, and the city if it sees everything.
    """
    party = event.record.party
    if party.party is Party.CITY or not (settings.city_sees_all and settings.city):
        return (party,)
    return (party, CITY)


def routes_of(
    party: ResponsibleParty, directory: InventoryDirectory, settings: NotifySettings
) -> PartyRoutes:
    """Return the routes of a party; none if the inventory has nothing about it."""
    entry = _entry(party, directory, settings)
    people = () if entry is None else entry.contacts
    if entry is not None and (entry.channels or entry.fallback_channels):
        routes, fallbacks = entry.channels, entry.fallback_channels
    else:
        routes, fallbacks = settings.channels, settings.fallback_channels
    return PartyRoutes(
        contact=PartyContact(
            title=party_name(party, directory, REFERENCE),
            emails=tuple(contact.email for contact in people if contact.email),
            phones=tuple(contact.phone for contact in people if contact.phone),
        ),
        routes=Routes(
            every=tuple(dict.fromkeys(routes)),
            fallbacks=tuple(dict.fromkeys(name for name in fallbacks if name not in routes)),
        ),
    )


def all_parties(directory: InventoryDirectory) -> Iterator[ResponsibleParty]:
    """Yield every party of the inventory."""
    yield CITY
    for carrier in directory.carriers.values():
        yield ResponsibleParty(Party.CARRIER, carrier.name)
    for owner in directory.owners.values():
        yield from (ResponsibleParty(Party.PORTAL, service) for service in owner.services)
    for site in directory.sites.values():
        yield ResponsibleParty(Party.COMMUNE, site.name)


class PartyUnknown(CollectorError):
    """A name matches no party or more than one, or the party cannot be notified."""


def find_party(text: str, directory: InventoryDirectory) -> ResponsibleParty:
    """
    Return the party for a person's input: ``carrier:vnpt``, ``city``, or only ``vnpt``.

    Raises:
        PartyUnknown: there is none, or more than one; the text lists similar names.
    """
    known = {str(party): party for party in all_parties(directory)}
    if text in known:
        return known[text]
    alike = [party for party in known.values() if party.name and party.name == text]
    if len(alike) == 1:
        return alike[0]
    if alike:
        names = ", ".join(str(party) for party in alike)
        raise PartyUnknown(Text("collector.cli.error.many_parties", name=text, names=names))
    raise PartyUnknown(Text("collector.cli.error.no_party", name=text, near=suggested(text, known)))


def routing_errors(
    directory: InventoryDirectory, settings: NotifySettings, channels: Iterable[str]
) -> Iterator[str]:
    """Yield a sentence for each unknown name in the inventory and ``[notify]``."""
    known = sorted(channels)
    if bool(settings.quiet_from) is not bool(settings.quiet_until):
        yield Localizable("[notify] quiet_from and quiet_until belong together")
    for key, names in (
        ("channels", settings.channels),
        ("fallback_channels", settings.fallback_channels),
    ):
        for name in names:
            if name.partition(":")[0] not in known:
                yield Localizable(
                    "[notify] {key}: there is no channel {name}{ending}",
                    key=key,
                    name=repr(name),
                    ending=suggest(name, known),
                )
    if settings.city and settings.city not in directory.owners:
        owners = directory.owners
        yield Localizable(
            "[notify] city: there is no owner {city}{ending}",
            city=repr(settings.city),
            ending=suggest(settings.city, owners),
        )
    for noun, table in (
        ("carrier", directory.carriers),
        ("owner", directory.owners),
        ("site", directory.sites),
    ):
        for item in table.values():
            escalated = () if not isinstance(item, Carrier) else _escalation_channels(item)
            for name in (*item.channels, *item.fallback_channels, *escalated):
                if name.partition(":")[0] not in known:
                    near = suggest(name, known)
                    yield Localizable(
                        "{noun} {item}: there is no channel {name}{near}",
                        noun=Localizable(noun),
                        item=repr(item.name),
                        name=repr(name),
                        near=near,
                    )


def _escalation_channels(carrier: Carrier) -> Iterator[str]:
    return (channel for step in carrier.escalation for channel in step.channels)


def _entry(
    party: ResponsibleParty, directory: InventoryDirectory, settings: NotifySettings
) -> Carrier | Owner | Site | None:
    match party.party:
        case Party.CARRIER:
            return directory.carrier(party.name)
        case Party.COMMUNE:
            return directory.sites.get(party.name)
        case Party.PORTAL:
            return directory.operator_of(party.name)
        case Party.CITY:
            return directory.owners.get(settings.city)

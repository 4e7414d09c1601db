"""Routing: the right party, by its own channels, and nobody else."""

import msgspec
import pytest

from tests.collector.incidents.city import PORTAL
from tests.collector.notify.incident_events import (
    CITY,
    break_portal,
    carrier_outage,
    city_inventory,
    cut_fibre,
    steady_city,
    unplug_cable,
)
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.routing import (
    PartyUnknown,
    audiences_of,
    find_party,
    routes_of,
    routing_errors,
)
from thongsuot_collector.notify.dispatch.thread import Routes
from thongsuot_collector.notify.message import PartyContact
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.inventory.model import Contact as Person
from thongsuot_schema.inventory.model import Inventory, Owner
from thongsuot_schema.segment import Party

SEEN = NotifySettings(channels=("mail",), city=CITY)
UNSEEN = NotifySettings(channels=("mail",), city=CITY, city_sees_all=False)
ALL = ResponsibleParty(Party.CITY)


def test_a_fault_goes_to_who_must_act_and_the_city_sees_it() -> None:
    for act, party in (
        (cut_fibre, ResponsibleParty(Party.CARRIER, "vnpt")),
        (carrier_outage, ResponsibleParty(Party.CARRIER, "vnpt")),
        (unplug_cable, ResponsibleParty(Party.COMMUNE, "s0")),
        (break_portal, ResponsibleParty(Party.PORTAL, PORTAL)),
    ):
        event = act(steady_city(city_inventory()))
        assert audiences_of(event, SEEN) == (party, ALL)
        assert audiences_of(event, UNSEEN) == (party,)
        assert audiences_of(event, NotifySettings()) == (party,)


def test_incidents_without_another_party_go_to_the_city_once() -> None:
    event = cut_fibre(steady_city(city_inventory()))
    entry = msgspec.structs.replace(event.record, party=ALL)
    assert audiences_of(msgspec.structs.replace(event, record=entry), SEEN) == (ALL,)


def test_each_party_has_its_own_people_and_channels() -> None:
    directory = InventoryDirectory(
        city_inventory(carrier_channels=("hook", "mail", "hook"), city_channels=("am",))
    )
    carrier = routes_of(ResponsibleParty(Party.CARRIER, "vnpt"), directory, SEEN)
    assert carrier.routes == Routes(every=("hook", "mail"))
    assert carrier.contact == PartyContact(title="VNPT", emails=("noc@vnpt.example",))
    commune = routes_of(ResponsibleParty(Party.COMMUNE, "s1"), directory, SEEN)
    assert commune.routes == Routes(every=("mail",))
    assert commune.contact.emails == ("cntt@s1.example", "truong@s1.example")
    portal = routes_of(ResponsibleParty(Party.PORTAL, PORTAL), directory, SEEN)
    assert portal.contact.title == "Văn phòng Chính phủ"
    assert routes_of(ALL, directory, SEEN).routes == Routes(every=("am",))


def test_fallbacks_are_only_those_configured_for_the_party() -> None:
    directory = InventoryDirectory(
        city_inventory(carrier_channels=("hook", "mail"), carrier_fallbacks=("mail", "zalo:7"))
    )
    everybody = NotifySettings(channels=("mail",), fallback_channels=("hook",))
    carrier = routes_of(ResponsibleParty(Party.CARRIER, "vnpt"), directory, everybody)
    assert carrier.routes == Routes(every=("hook", "mail"), fallbacks=("zalo:7",))
    commune = routes_of(ResponsibleParty(Party.COMMUNE, "s1"), directory, everybody)
    assert commune.routes == Routes(every=("mail",), fallbacks=("hook",))


def test_a_party_that_nothing_is_known_of_has_the_channels_for_everybody() -> None:
    nothing = InventoryDirectory(Inventory())
    for party in (ResponsibleParty(Party.CARRIER, "x"), ResponsibleParty(Party.PORTAL, "y"), ALL):
        way = routes_of(party, nothing, SEEN)
        assert way.routes == Routes(every=("mail",))
        assert way.contact.emails == ()


def test_a_party_is_found_by_its_whole_name_or_by_its_own() -> None:
    directory = InventoryDirectory(city_inventory())
    assert find_party("carrier:vnpt", directory) == ResponsibleParty(Party.CARRIER, "vnpt")
    assert find_party("vnpt", directory) == ResponsibleParty(Party.CARRIER, "vnpt")
    assert find_party("city", directory) == ALL
    assert find_party(f"portal:{PORTAL}", directory) == ResponsibleParty(Party.PORTAL, PORTAL)
    with pytest.raises(PartyUnknown, match="there is no party 'vnp'"):
        find_party("vnp", directory)
    twice = Inventory(
        carriers=city_inventory().carriers[:1], owners=(Owner(name="o", services=("vnpt",)),)
    )
    with pytest.raises(PartyUnknown, match="more than one party: carrier:vnpt, portal:vnpt"):
        find_party("vnpt", InventoryDirectory(twice))


def test_names_that_lead_nowhere_are_reported_with_the_nearest() -> None:
    known_inventory = city_inventory(
        carrier_channels=("hok",),
        site_channels=("zalo:7",),
        city_channels=("mail",),
        carrier_fallbacks=("hoook",),
    )
    settings = NotifySettings(channels=("mial",), fallback_channels=("sms",), city="so-khc")
    errors = list(routing_errors(InventoryDirectory(known_inventory), settings, ["mail", "hook"]))
    assert errors[0] == "[notify] channels: there is no channel 'mial'; did you mean \"mail\"?"
    assert errors[1] == "[notify] fallback_channels: there is no channel 'sms'; known: hook, mail"
    assert errors[2] == "[notify] city: there is no owner 'so-khc'; did you mean \"so-khcn\"?"
    assert "carrier 'vnpt': there is no channel 'hok'; did you mean \"hook\"?" in errors
    assert "carrier 'vnpt': there is no channel 'hoook'; did you mean \"hook\"?" in errors
    assert "site 's0': there is no channel 'zalo:7'; known: hook, mail" in errors
    assert (
        list(
            routing_errors(
                InventoryDirectory(known_inventory), SEEN, ["mail", "hok", "hoook", "zalo"]
            )
        )
        == []
    )


def test_phones_are_passed_on_and_people_without_an_address_are_left_out() -> None:
    known_inventory = city_inventory()
    site = msgspec.structs.replace(
        known_inventory.sites[0],
        contacts=(Person(name="a", phone="0912"), Person(name="b", email="b@c.vn")),
    )
    directory = InventoryDirectory(msgspec.structs.replace(known_inventory, sites=(site,)))
    contact = routes_of(ResponsibleParty(Party.COMMUNE, site.name), directory, SEEN).contact
    assert (contact.emails, contact.phones) == (("b@c.vn",), ("0912",))

"""Routing: the right party, by its own channels, and nobody else."""

import msgspec
import pytest

from tests.collector.incidents.town import PORTAL
from tests.collector.notify.making import CITY, break_portal, city, cut, outage, town, unplug
from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.party import Responsible
from thongsuot_collector.notify.telling.message import Contact
from thongsuot_collector.notify.telling.routing import audiences, mistakes, party_named, way_of
from thongsuot_collector.notify.telling.settings import NotifySettings
from thongsuot_schema.inventory.model import Contact as Person
from thongsuot_schema.inventory.model import Inventory, Owner
from thongsuot_schema.segment import Party

SEEN = NotifySettings(channels=("mail",), city=CITY)
UNSEEN = NotifySettings(channels=("mail",), city=CITY, city_sees_all=False)
ALL = Responsible(Party.CITY)


def test_a_fault_goes_to_who_must_act_and_the_city_sees_it() -> None:
    for act, party in (
        (cut, Responsible(Party.CARRIER, "vnpt")),
        (outage, Responsible(Party.CARRIER, "vnpt")),
        (unplug, Responsible(Party.COMMUNE, "s0")),
        (break_portal, Responsible(Party.PORTAL, PORTAL)),
    ):
        event = act(town(city()))
        assert audiences(event, SEEN) == (party, ALL)
        assert audiences(event, UNSEEN) == (party,)
        assert audiences(event, NotifySettings()) == (party,)


def test_what_nobody_else_must_act_on_goes_to_the_city_once() -> None:
    event = cut(town(city()))
    entry = msgspec.structs.replace(event.entry, party=ALL)
    assert audiences(msgspec.structs.replace(event, entry=entry), SEEN) == (ALL,)


def test_each_party_has_its_own_people_and_channels() -> None:
    directory = Directory(city(carrier_channels=("hook", "mail", "hook"), city_channels=("am",)))
    carrier = way_of(Responsible(Party.CARRIER, "vnpt"), directory, SEEN)
    assert carrier.routes == ("hook", "mail")
    assert carrier.contact == Contact(title="VNPT", emails=("noc@vnpt.example",))
    commune = way_of(Responsible(Party.COMMUNE, "s1"), directory, SEEN)
    assert commune.routes == ("mail",)
    assert commune.contact.emails == ("cntt@s1.example", "truong@s1.example")
    portal = way_of(Responsible(Party.PORTAL, PORTAL), directory, SEEN)
    assert portal.contact.title == "Văn phòng Chính phủ"
    assert way_of(ALL, directory, SEEN).routes == ("am",)


def test_a_party_that_nothing_is_known_of_has_the_channels_for_everybody() -> None:
    nothing = Directory(Inventory())
    for party in (Responsible(Party.CARRIER, "x"), Responsible(Party.PORTAL, "y"), ALL):
        way = way_of(party, nothing, SEEN)
        assert way.routes == ("mail",)
        assert way.contact.emails == ()


def test_a_party_is_found_by_its_whole_name_or_by_its_own() -> None:
    directory = Directory(city())
    assert party_named("carrier:vnpt", directory) == Responsible(Party.CARRIER, "vnpt")
    assert party_named("vnpt", directory) == Responsible(Party.CARRIER, "vnpt")
    assert party_named("city", directory) == ALL
    assert party_named(f"portal:{PORTAL}", directory) == Responsible(Party.PORTAL, PORTAL)
    with pytest.raises(ValueError, match="there is no party 'vnp'"):
        party_named("vnp", directory)
    twice = Inventory(carriers=city().carriers[:1], owners=(Owner(name="o", services=("vnpt",)),))
    with pytest.raises(ValueError, match="more than one party: carrier:vnpt, portal:vnpt"):
        party_named("vnpt", Directory(twice))


def test_names_that_lead_nowhere_are_told_with_the_nearest() -> None:
    plan = city(carrier_channels=("hok",), site_channels=("zalo:7",), city_channels=("mail",))
    settings = NotifySettings(channels=("mial",), city="so-khc")
    found = list(mistakes(Directory(plan), settings, ["mail", "hook"]))
    assert found[0] == "[notify] channels: there is no channel 'mial'; did you mean \"mail\"?"
    assert found[1] == "[notify] city: there is no owner 'so-khc'; did you mean \"so-khcn\"?"
    assert "carrier 'vnpt': there is no channel 'hok'; did you mean \"hook\"?" in found
    assert "site 's0': there is no channel 'zalo:7'; known: hook, mail" in found
    assert list(mistakes(Directory(plan), SEEN, ["mail", "hok", "zalo"])) == []


def test_phones_are_passed_on_and_people_without_an_address_are_left_out() -> None:
    plan = city()
    site = msgspec.structs.replace(
        plan.sites[0], contacts=(Person(name="a", phone="0912"), Person(name="b", email="b@c.vn"))
    )
    directory = Directory(msgspec.structs.replace(plan, sites=(site,)))
    contact = way_of(Responsible(Party.COMMUNE, site.name), directory, SEEN).contact
    assert (contact.emails, contact.phones) == (("b@c.vn",), ("0912",))

"""
Converts a NetBox's answers to carriers, owners and sites of an inventory. Pure.

An object that cannot be converted is an error, named by its place in NetBox; an object that is not
wanted (a circuit that is not in use) is left out and reported.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from thongsuot_collector.inventory.netbox import models
from thongsuot_collector.inventory.netbox.fields import InvalidField, list_of, text_of
from thongsuot_collector.inventory.netbox.links import links_of
from thongsuot_collector.inventory.netbox.models import NetboxData
from thongsuot_schema.inventory.communes import NOWHERE, bundled_communes, fold, own_name
from thongsuot_schema.inventory.model import (
    Carrier,
    Contact,
    Inventory,
    Link,
    Owner,
    Site,
    SiteKind,
)
from thongsuot_schema.localizable import Localizable, sentence_of

_ACTIVE = "active"
_INACTIVE = "inactive"
_PRIORITIES = ("primary", "secondary", "tertiary")

Place = tuple[str, str]
"""A table of the inventory, and a name in it."""

Row = TypeVar("Row", bound=models.NamedObject)
Thing = TypeVar("Thing")

Contacts = dict[tuple[str, int], list[Contact]]
"""The contacts of each object, by its kind and its id in NetBox."""


@dataclass(slots=True)
class ImportResult:
    """The result: an inventory, the origin of each object, and the omitted objects."""

    inventory: Inventory = field(default_factory=Inventory)
    origins: dict[Place, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def build_inventory(
    netbox_data: NetboxData, *, tag: str = "", elsewhere: frozenset[Place] = frozenset()
) -> ImportResult:
    """
    Return the inventory that a NetBox describes.

    With a ``tag`` it only contains sites that have it. Carriers and owners in other files
    (``elsewhere``) are left to these: data entered by hand is more complete than NetBox's.
    """
    result = ImportResult()
    contacts = _contacts(netbox_data, result)
    taken = [site for site in netbox_data.sites if _is_taken(site, tag, result)]
    links = links_of(taken, netbox_data.circuits, result.left_out, result.mistakes)
    sites = _all(
        "sites", taken, lambda site: _site(site, links[site.id], contacts), elsewhere, result
    )
    carriers = {link.carrier for site in sites for link in site.links}
    providers = [provider for provider in netbox_data.providers if provider.slug in carriers]
    owners = {site.owner for site in sites}
    tenants = [tenant for tenant in netbox_data.tenants if tenant.slug in owners]
    result.inventory = Inventory(
        carriers=_all(
            "carriers", providers, lambda provider: _carrier(provider, contacts), elsewhere, result
        ),
        owners=_all("owners", tenants, lambda tenant: _owner(tenant, contacts), elsewhere, result),
        sites=sites,
    )
    return result


def _all(
    table: str,
    rows: Iterable[Row],
    make_one: Callable[[Row], Thing],
    elsewhere: frozenset[Place],
    result: ImportResult,
) -> tuple[Thing, ...]:
    """Return the converted rows, sorted by name."""
    things = []
    for row in sorted(rows, key=lambda netbox_row: netbox_row.slug):
        where = row.display_url or row.url
        if (table, row.slug) in elsewhere and table != "sites":
            result.left_out.append(
                Localizable("{table}: {name} is in another file", table=table, name=row.slug)
            )
            continue
        try:
            things.append(make_one(row))
        except InvalidField as error:
            result.mistakes.append(
                Localizable(
                    "{table}: {name} ({place}): {reason}",
                    table=table,
                    name=row.slug,
                    place=where,
                    reason=sentence_of(error),
                )
            )
        result.origins[table, row.slug] = where
    return tuple(things)


def _is_taken(site: models.NetboxSite, tag: str, result: ImportResult) -> bool:
    if tag and all(site_tag.slug != tag for site_tag in site.tags):
        return False
    if site.status.value == _ACTIVE:
        return True
    result.left_out.append(
        Localizable("site {name}: its status is {status}", name=site.slug, status=site.status.value)
    )
    return False


def _site(site: models.NetboxSite, links: tuple[Link, ...], contacts: Contacts) -> Site:
    tags = {tag.slug for tag in site.tags}
    return Site(
        name=site.slug,
        title=site.name,
        commune=_commune(site),
        kind=next((kind for kind in SiteKind if kind in tags), SiteKind.MAIN),
        owner=site.tenant.slug if site.tenant else "",
        contacts=tuple(contacts.get(("dcim.site", site.id), ())),
        channels=list_of(site.custom_fields, "channels"),
        links=links,
    )


def _carrier(provider: models.NetboxProvider, contacts: Contacts) -> Carrier:
    return Carrier(
        name=provider.slug,
        title=provider.name,
        hotline=text_of(provider.custom_fields, "hotline"),
        contacts=tuple(contacts.get(("circuits.provider", provider.id), ())),
        channels=list_of(provider.custom_fields, "channels"),
        asn=tuple(sorted(asn.asn for asn in provider.asns)),
        plmn=list_of(provider.custom_fields, "plmn"),
    )


def _owner(tenant: models.NetboxTenant, contacts: Contacts) -> Owner:
    return Owner(
        name=tenant.slug,
        title=tenant.name,
        contacts=tuple(contacts.get(("tenancy.tenant", tenant.id), ())),
        channels=list_of(tenant.custom_fields, "channels"),
        services=list_of(tenant.custom_fields, "services"),
    )


def _commune(site: models.NetboxSite) -> str:
    """Return the code of a site's commune: its field has the code or name, or its region is one."""
    commune = text_of(site.custom_fields, "commune")
    if commune.isascii() and commune.isdigit():
        # A field for integers has lost leading zeros.
        return commune.zfill(5)
    name = commune or (site.region.name if site.region else "")
    wanted = fold(name)
    communes = [
        commune for commune in bundled_communes() if wanted and wanted == fold(commune.name)
    ]
    communes = communes or [
        commune for commune in bundled_communes() if wanted and wanted == fold(own_name(commune))
    ]
    if len(communes) > 1:
        codes = ", ".join(f"{commune.code} ({commune.name})" for commune in communes)
        raise InvalidField(
            Localizable(
                '"{name}" may be the communes {codes}; give the code', name=name, codes=codes
            )
        )
    if communes:
        return communes[0].code
    if commune:
        raise InvalidField(
            Localizable(
                'custom field "commune": there is no commune "{commune}" in Hanoi', commune=commune
            )
        )
    return NOWHERE


def _contacts(netbox_data: NetboxData, result: ImportResult) -> Contacts:
    people = {contact.id: contact for contact in netbox_data.contacts}
    named: Contacts = {}
    for assignment in sorted(netbox_data.assignments, key=_rank):
        person = people.get(assignment.contact.id)
        if assignment.priority and assignment.priority.value == _INACTIVE:
            continue
        if person is None or not (person.email or person.phone):
            result.left_out.append(
                Localizable(
                    "contact {id}: it has neither e-mail nor phone", id=assignment.contact.id
                )
            )
            continue
        kind = assignment.object_type or assignment.content_type
        role = assignment.role.slug if assignment.role else ""
        named.setdefault((kind, assignment.object_id), []).append(
            Contact(name=person.name, email=person.email, phone=person.phone, role=role)
        )
    return named


def _rank(assignment: models.ContactAssignment) -> tuple[int, int]:
    value = assignment.priority.value if assignment.priority else ""
    return _PRIORITIES.index(value) if value in _PRIORITIES else len(_PRIORITIES), assignment.id

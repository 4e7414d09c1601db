"""
The parts of a NetBox's answers that are read, as types; all others are ignored.

Source: NetBox's serializers, 3.5 to 4.6: ``dcim`` (Site), ``circuits`` (Provider, Circuit),
``tenancy`` (Tenant, Contact, ContactAssignment).
"""

import msgspec


class Choice(msgspec.Struct, frozen=True):
    """A value of a closed list, such as a status: ``{"value": "active", "label": "Active"}``."""

    value: str


class NestedObject(msgspec.Struct, frozen=True):
    """An object nested in another one."""

    id: int
    name: str = ""
    slug: str = ""


class NetboxTag(msgspec.Struct, frozen=True):
    """A tag of an object."""

    slug: str


class NetboxAsn(msgspec.Struct, frozen=True):
    """The number of an autonomous system."""

    asn: int


class NamedObject(msgspec.Struct, frozen=True, kw_only=True):
    """The common fields of sites, providers and tenants."""

    id: int
    name: str
    slug: str
    url: str = ""
    display_url: str = ""
    custom_fields: dict[str, object] = {}


class NetboxSite(NamedObject, frozen=True):
    """A row of ``/api/dcim/sites/``."""

    status: Choice
    region: NestedObject | None = None
    tenant: NestedObject | None = None
    tags: tuple[NetboxTag, ...] = ()


class NetboxProvider(NamedObject, frozen=True):
    """A row of ``/api/circuits/providers/``."""

    asns: tuple[NetboxAsn, ...] = ()


class NetboxTenant(NamedObject, frozen=True):
    """A row of ``/api/tenancy/tenants/``."""


class CircuitTermination(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where a circuit ends. Speeds are in kbit/s.

    Since 4.2 ``termination`` is the place and ``termination_type`` its kind; before that a site was
    in ``site``.
    """

    termination_type: str | None = None
    termination: NestedObject | None = None
    site: NestedObject | None = None
    port_speed: int | None = None
    upstream_speed: int | None = None


class NetboxCircuit(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``/api/circuits/circuits/``. ``commit_rate`` is in kbit/s."""

    id: int
    cid: str
    provider: NestedObject
    type: NestedObject
    status: Choice
    url: str = ""
    display_url: str = ""
    commit_rate: int | None = None
    termination_a: CircuitTermination | None = None
    termination_z: CircuitTermination | None = None
    tags: tuple[NetboxTag, ...] = ()
    custom_fields: dict[str, object] = {}


class NetboxContact(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``/api/tenancy/contacts/``. Personal data: nothing else of it is read."""

    id: int
    name: str
    phone: str = ""
    email: str = ""
    url: str = ""
    display_url: str = ""


class ContactAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """
    A row of ``/api/tenancy/contact-assignments/``: a contact and the object that it is assigned to.

    ``content_type`` is the name of ``object_type`` before 4.0.
    """

    id: int
    contact: NestedObject
    object_id: int
    object_type: str = ""
    content_type: str = ""
    role: NestedObject | None = None
    priority: Choice | None = None


class NetboxData(msgspec.Struct, frozen=True, kw_only=True):
    """All data that is read."""

    sites: tuple[NetboxSite, ...] = ()
    providers: tuple[NetboxProvider, ...] = ()
    tenants: tuple[NetboxTenant, ...] = ()
    circuits: tuple[NetboxCircuit, ...] = ()
    contacts: tuple[NetboxContact, ...] = ()
    assignments: tuple[ContactAssignment, ...] = ()

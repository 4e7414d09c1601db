"""
What of a NetBox's answers is read, as types; everything else in them is passed over.

Source: NetBox's serializers, 3.5 to 4.6: ``dcim`` (Site), ``circuits`` (Provider, Circuit),
``tenancy`` (Tenant, Contact, ContactAssignment).
"""

import msgspec


class Choice(msgspec.Struct, frozen=True):
    """One of a closed list, such as a status: ``{"value": "active", "label": "Active"}``."""

    value: str


class Nested(msgspec.Struct, frozen=True):
    """Another object, as it stands inside of one."""

    id: int
    name: str = ""
    slug: str = ""


class Tag(msgspec.Struct, frozen=True):
    """A tag of an object."""

    slug: str


class Asn(msgspec.Struct, frozen=True):
    """The number of an autonomous system."""

    asn: int


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What sites, providers and tenants have in common."""

    id: int
    name: str
    slug: str
    url: str = ""
    display_url: str = ""
    custom_fields: dict[str, object] = {}


class Site(Named, frozen=True):
    """A row of ``/api/dcim/sites/``."""

    status: Choice
    region: Nested | None = None
    tenant: Nested | None = None
    tags: tuple[Tag, ...] = ()


class Provider(Named, frozen=True):
    """A row of ``/api/circuits/providers/``."""

    asns: tuple[Asn, ...] = ()


class Tenant(Named, frozen=True):
    """A row of ``/api/tenancy/tenants/``."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where a circuit ends. Speeds are in kbit/s.

    Since 4.2 ``termination`` is the place and ``termination_type`` its kind; before that a site
    stood in ``site``.
    """

    termination_type: str | None = None
    termination: Nested | None = None
    site: Nested | None = None
    port_speed: int | None = None
    upstream_speed: int | None = None


class Circuit(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``/api/circuits/circuits/``. ``commit_rate`` is in kbit/s."""

    id: int
    cid: str
    provider: Nested
    type: Nested
    status: Choice
    url: str = ""
    display_url: str = ""
    commit_rate: int | None = None
    termination_a: End | None = None
    termination_z: End | None = None
    tags: tuple[Tag, ...] = ()
    custom_fields: dict[str, object] = {}


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``/api/tenancy/contacts/``. Personal data: no more of it is read than this."""

    id: int
    name: str
    phone: str = ""
    email: str = ""
    url: str = ""
    display_url: str = ""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """
    A row of ``/api/tenancy/contact-assignments/``: who is to be told of what.

    ``content_type`` is what ``object_type`` was called before 4.0.
    """

    id: int
    contact: Nested
    object_id: int
    object_type: str = ""
    content_type: str = ""
    role: Nested | None = None
    priority: Choice | None = None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    sites: tuple[Site, ...] = ()
    providers: tuple[Provider, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    contacts: tuple[Contact, ...] = ()
    assignments: tuple[Assignment, ...] = ()

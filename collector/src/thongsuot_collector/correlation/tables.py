"""Tables of timelines, intervals, incidents and maintenance; ``store.migrations`` makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

METADATA = MetaData()

TIMELINES = Table(
    "timelines",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""What is known of each site's past, as ``timeline.site`` encodes it."""

INTERVALS = Table(
    "intervals",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("link", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True),
    Column("end_ns", BigInteger),
    Column("state", Text, nullable=False),
    Column("symptom", Text, nullable=False),
    Column("segment", Text),
    Column("basis", Text, nullable=False),
    Column("error_s", Float),
    Column("stream", Text),
    Column("number", BigInteger),
    Column("digest", LargeBinary),
)
"""Every subject's intervals: they tile the time without gap or overlap, the last is open."""

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("party_name", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    # Open, or told and not taken back: it belongs into memory.
    Column("is_live", Boolean, nullable=False),
    Column("opened_ns", BigInteger, nullable=False),
    Column("closed_ns", BigInteger),
    Column("known_until_ns", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("incidents_live", "is_live"),
    Index("incidents_opened", "opened_ns"),
    Index("incidents_known", "known_until_ns"),
    Index("incidents_party", "party", "party_name"),
)
"""Every incident, as ``incidents.incident`` encodes it."""

MEMBERS = Table(
    "incident_members",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("trouble", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("service", Text, nullable=False),
    Index("incident_members_trouble", "trouble"),
    Index("incident_members_site", "site"),
)
"""Who is in which incident."""

FAULTS = Table(
    "troubles",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Index("troubles_subject", "site", "link", "service"),
)
"""Every fault of one subject, as ``incidents.trouble`` encodes it."""

WINDOWS = Table(
    "maintenance_windows",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("maintenance_windows_end", "end_ns"),
)
"""Planned work, as ``incidents.window`` encodes it."""

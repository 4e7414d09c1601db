"""
The tables of the store, as SQLAlchemy Core knows them; ``migrations`` makes them. Those by which
devices prove who they are stand in ``identity_tables``, those of what pages of sites show besides
in ``site_tables``.
"""

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

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_subject", "subject"),
)
"""Who changed what; only added to."""

SITE_CONFIGS = Table(
    "site_configs",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_ns", BigInteger, nullable=False),
)
"""The newest version of each site's configuration; its content follows from the inventory."""

SITE_CONFIG_RUNS = Table(
    "site_config_runs",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("is_accepting", Boolean, nullable=False),
    Column("version", Text, nullable=False),
    Column("refused", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
)
"""The version that each site's agent reported last, and the one that it refused and why."""

PEOPLE = Table(
    "people",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    # As ``store.passwords`` keeps it; empty for somebody whom a provider signs in.
    Column("digest", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
    Column("role", Text, nullable=False, server_default="city-engineer"),
    # A carrier's name, or a commune's code; empty for the city.
    Column("scope", Text, nullable=False, server_default=""),
)
"""Who has an account, and what for."""

DESK_KEYS = Table(
    "desk_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("may_act", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
    Index("desk_keys_carrier", "carrier"),
)
"""Links that open a carrier's desk; what makes one good is signed, and stands nowhere."""

API_TOKENS = Table(
    "api_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("role", Text, nullable=False),
    # A carrier's name, or a commune's code; empty for the city.
    Column("scope", Text, nullable=False),
    # As of an agent's token: 256 random bits.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
)
"""Tokens by which programs read what a role may see; none of them changes anything."""

TEST_REQUESTS = Table(
    "test_requests",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("refusal", Text, nullable=False),
    Column("results", LargeBinary, nullable=False),
    Index("test_requests_site", "site", "requested_ns"),
    Index("test_requests_state", "state"),
)
"""Tests that somebody requested: who, when, and what became of each."""

BOOTS = Table(
    "boots",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("epoch_ns", BigInteger, nullable=False),
    Column("heard_ns", BigInteger, nullable=False),
)
"""The wall time of boottime 0 of each boot of a device that was ever heard."""

DEAD_LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # When somebody asked for it to be tried again; nothing: nobody has, or it failed again.
    Column("retry_ns", BigInteger),
    Index("dead_letters_site", "site"),
)
"""Batches that a consumer failed to process, whole, with the consumer and its error."""

SITES = Table(
    "sites",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
)
"""The current state of each site, as ``state.site`` encodes it."""

POSITIONS = Table(
    "positions",
    METADATA,
    Column("consumer", Text, primary_key=True),
    Column("journal", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
"""Up to where of which journal a consumer's rows in this store hold, written with those rows."""

NOTIFICATION_THREADS = Table(
    "notification_threads",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("changed_ns", BigInteger, nullable=False),
    # Whether something is to be done yet, or has to be taken back one day.
    Column("is_live", Boolean, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Index("notification_threads_live", "is_live"),
)
"""How far each party is notified of each incident, as ``notify.dispatch.thread`` encodes it."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("incident", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("audience", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("began_ns", BigInteger, nullable=False),
    Column("took_ns", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("deliveries_incident", "incident"),
    Index("deliveries_began", "began_ns"),
)
"""Every attempt to deliver a notification, with the receiver's answer."""

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

INCIDENT_MEMBERS = Table(
    "incident_members",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("fault", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("service", Text, nullable=False),
    Index("incident_members_fault", "fault"),
    Index("incident_members_site", "site"),
)
"""Which faults belong to which incident."""

FAULTS = Table(
    "faults",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Index("faults_subject", "site", "link", "service"),
)
"""Every fault of one subject, as ``incidents.fault`` encodes it."""

MAINTENANCE_WINDOWS = Table(
    "maintenance_windows",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("maintenance_windows_end", "end_ns"),
)
"""Planned work, as ``incidents.maintenance_window`` encodes it."""

PROPOSED_WORK = Table(
    "proposed_work",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("proposed_work_end", "end_ns"),
)
"""Work that carriers proposed, as ``incidents.proposed_work`` encodes it."""

STATEMENTS = Table(
    "statements",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("link", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("circuit", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    # What the list of a month shows, so that it need not decode every body.
    Column("summary", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("statements_circuit", "circuit"),
)
"""Every statement that was ever issued, as ``sla.statement`` encodes it. Rows are only added."""

RECORD_STREAMS = Table(
    "record_streams",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("heard_ns", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("record_streams_heard", "heard_ns"),
)
"""What is known of each stream of each site, as ``accounts.stream_account`` has it."""

RECORD_ARRIVALS = Table(
    "record_arrivals",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("entries", BigInteger, nullable=False),
)
"""How many batches of each site came in on each day."""

RECORD_ACCEPTANCES = Table(
    "record_acceptances",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("site", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Index("record_acceptances_site", "site"),
)
"""Batches whose loss somebody has accepted, and why. Rows are only added."""

"""
The tables of the store in SQLAlchemy Core; ``migrations`` creates them. Those for the identity of
devices are in ``identity_tables``, those of additional data for pages of sites in ``site_tables``.
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
"""Changes and their authors; append-only."""

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
    # In the form of ``store.passwords``; empty for a person signed in by a provider.
    Column("digest", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
    Column("role", Text, nullable=False, server_default="city-engineer"),
    # A carrier's name, or a commune's code; empty for the city.
    Column("scope", Text, nullable=False, server_default=""),
)
"""The accounts of people, and their roles."""

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
"""Links to carriers' desks; the signature of a link is not stored."""

API_TOKENS = Table(
    "api_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("role", Text, nullable=False),
    # A carrier's name, or a commune's code; empty for the city.
    Column("scope", Text, nullable=False),
    # Like an agent's token: 256 random bits.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
)
"""Read-only tokens of programs, each with the view of a role."""

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
"""Requested tests: the person, the time, and the result of each."""

BOOTS = Table(
    "boots",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("epoch_ns", BigInteger, nullable=False),
    Column("heard_ns", BigInteger, nullable=False),
)
"""The wall time of boottime 0 of each known boot of a device."""

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
    # The time of a request to retry it; null: none, or it failed again.
    Column("retry_ns", BigInteger),
    Index("dead_letters_site", "site"),
)
"""Complete batches that a consumer failed to process, with the consumer and its error."""

SITES = Table(
    "sites",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
)
"""The current state of each site, encoded by ``state.site``."""

POSITIONS = Table(
    "positions",
    METADATA,
    Column("consumer", Text, primary_key=True),
    Column("journal", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("generation", Text, nullable=False, server_default=""),
)
"""The journal positions of consumers' rows in this store, written with those rows."""

NOTIFICATION_THREADS = Table(
    "notification_threads",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("changed_ns", BigInteger, nullable=False),
    # Whether it has pending or open notifications.
    Column("is_live", Boolean, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Index("notification_threads_live", "is_live"),
)
"""
The progress of each party's notification of each incident, encoded by ``notify.dispatch.thread``.
"""

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
"""The history of each site, encoded by ``timeline.site``."""

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
"""Every subject's intervals: they fill the time without gap or overlap, the last is open."""

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("party_name", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    # Open, or notified and not withdrawn: kept in memory.
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
"""Every incident, encoded by ``incidents.incident``."""

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
"""The faults of each incident."""

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
"""Every fault of one subject, encoded by ``incidents.fault``."""

MAINTENANCE_WINDOWS = Table(
    "maintenance_windows",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("maintenance_windows_end", "end_ns"),
)
"""Planned work, encoded by ``incidents.maintenance_window``."""

PROPOSED_WORK = Table(
    "proposed_work",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("proposed_work_end", "end_ns"),
)
"""Work proposed by carriers, encoded by ``incidents.proposed_work``."""

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
    # Shown in the list of a month, which then need not decode every body.
    Column("summary", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("statements_circuit", "circuit"),
)
"""Every issued statement, encoded by ``sla.statement``. Rows are only added."""

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
"""The account of each stream of each site, encoded by ``accounts.stream_account``."""

RECORD_ARRIVALS = Table(
    "record_arrivals",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("entries", BigInteger, nullable=False),
)
"""The number of batches received from each site on each day."""

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
    # Of damage without a site: the table that lost rows, and when that was found.
    Column("forgotten", Text, nullable=False, server_default=""),
    Column("found_ns", BigInteger, nullable=False, server_default="0"),
    Index("record_acceptances_site", "site"),
)
"""Batches and damage whose loss a person has accepted, and why. Rows are only added."""

"""The store's tables, as SQLAlchemy Core knows them; ``migrations`` makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

METADATA = MetaData()

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    # SHA-256 of a token of 256 random bits: nothing to guess, so nothing to salt or stretch.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
)

ENROLMENTS = Table(
    "enrolments",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    # SHA-256 of a code of 100 random bits.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger),
    Column("voided_ns", BigInteger),
    Column("token_digest", LargeBinary),
)
"""One-time codes by which devices get their tokens, and the token that each turned into."""

CERTIFICATES = Table(
    "certificates",
    METADATA,
    Column("serial", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("key_digest", LargeBinary, nullable=False),
    Column("issued_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
    Column("renewed_by", Text),
    Column("pem", Text, nullable=False),
    Index("certificates_site", "site"),
)
"""Client certificates that this collector's own authority issued; no key is among it."""

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
    "site_plans",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_ns", BigInteger, nullable=False),
)
"""The newest version of each site's plan; what is in it follows from the inventory."""

SITE_CONFIG_RUNS = Table(
    "site_plan_runs",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("is_taking", Boolean, nullable=False),
    Column("version", Text, nullable=False),
    Column("refused", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
)
"""Which version each site's agent said last that it runs, and which it refused and why."""

PEOPLE = Table(
    "people",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    # As of a token: 192 random bits.
    Column("digest", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
)
"""Who may act on incidents."""

TEST_REQUESTS = Table(
    "asks",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
    Column("found", LargeBinary, nullable=False),
    Index("asks_site", "site", "asked_ns"),
    Index("asks_state", "state"),
)
"""Tests that somebody wanted at once: who, when, and what became of each."""

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
    "set_aside",
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
    Index("set_aside_site", "site"),
)
"""Batches that could not be digested, whole, with who could not and why."""

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

CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("changed_ns", BigInteger, nullable=False),
    # Whether something is to be done yet, or has to be taken back one day.
    Column("is_live", Boolean, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Index("conversations_live", "is_live"),
)
"""How far each party is told of each incident, as ``notify.telling.conversation`` encodes it."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("incident", Text, nullable=False),
    Column("entry", Integer, nullable=False),
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
"""Every try to tell anybody anything, with what was answered."""

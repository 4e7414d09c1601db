"""The tables of the store for signing in; the people themselves are in ``tables``."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from thongsuot_collector.store.tables import METADATA

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", Text, primary_key=True),
    # SHA-256 of 256 random bits held by the browser, which need no salt.
    Column("digest", LargeBinary, nullable=False, unique=True),
    # Empty: a user of the shared password of the pages, without an account.
    Column("person", Text, nullable=False),
    # The stamp of the account at the start of the session; any change of it ends the session.
    Column("stamp", LargeBinary, nullable=False),
    Column("stage", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("seen_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Index("sessions_person", "person"),
    Index("sessions_expires", "expires_ns"),
)
"""Sessions: the person, the browser and the expiry."""

SECOND_FACTORS = Table(
    "second_factors",
    METADATA,
    Column("person", Text, primary_key=True),
    # Encrypted with a key outside the store (``sign-in.key``).
    Column("secret", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    # The time step of the newest accepted code: it and older ones are not accepted again.
    Column("last_step", BigInteger, nullable=False),
)
"""The shared secrets of people's authenticator apps (RFC 6238)."""

RECOVERY_CODES = Table(
    "recovery_codes",
    METADATA,
    Column("person", Text, primary_key=True),
    # SHA-256 of a code of 80 random bits.
    Column("digest", LargeBinary, primary_key=True),
    Column("used_ns", BigInteger),
)
"""Codes that replace the authenticator app once."""

IDENTITIES = Table(
    "identities",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", Text, nullable=False, unique=True),
)
"""The accounts of people signed in by an identity provider (OpenID Connect)."""

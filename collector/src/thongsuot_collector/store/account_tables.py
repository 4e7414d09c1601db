"""The tables of the store about how people sign in; the people themselves stand in ``tables``."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from thongsuot_collector.store.tables import METADATA

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", Text, primary_key=True),
    # SHA-256 of 256 random bits that the browser has: nothing to guess, nothing to salt.
    Column("digest", LargeBinary, nullable=False, unique=True),
    # Empty: somebody who knows the password of the pages, and has no account.
    Column("person", Text, nullable=False),
    # What the account was when the session began; any change of it ends the session.
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
"""Who is signed in, in which browser, and until when."""

SECOND_FACTORS = Table(
    "second_factors",
    METADATA,
    Column("person", Text, primary_key=True),
    # Encrypted with a key that stands beside the store (``sign-in.key``), not in it.
    Column("secret", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    # The time step of the newest code that was taken: it and older ones are good no more.
    Column("last_step", BigInteger, nullable=False),
)
"""The secrets that people's authenticator apps share with us (RFC 6238)."""

RECOVERY_CODES = Table(
    "recovery_codes",
    METADATA,
    Column("person", Text, primary_key=True),
    # SHA-256 of a code of 80 random bits.
    Column("digest", LargeBinary, primary_key=True),
    Column("used_ns", BigInteger),
)
"""What lets a person in once without the authenticator app."""

IDENTITIES = Table(
    "identities",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", Text, nullable=False, unique=True),
)
"""Whose account belongs to whom at a provider of identities (OpenID Connect)."""

"""Tables of the store by which devices prove who they are; the others stand in ``tables``."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from thongsuot_collector.store.tables import METADATA

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

SIGNING_KEYS = Table(
    "signing_keys",
    METADATA,
    Column("site", Text, primary_key=True),
    # SHA-256 over the public key as DER, and the key itself.
    Column("digest", LargeBinary, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("first_ns", BigInteger, nullable=False),
    Column("retired_ns", BigInteger),
)
"""Keys by which devices have signed batches. None is removed: what it signed is verified by it."""

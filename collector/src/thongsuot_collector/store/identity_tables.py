"""Tables of the store for the identity of devices; the others are in ``tables``."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from thongsuot_collector.store.tables import METADATA

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    # SHA-256 of a token of 256 random bits, which needs neither salt nor key stretching.
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
"""One-time codes for the enrolment of devices, and the token from each."""

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
"""Client certificates issued by this collector's own authority, without private keys."""

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
"""
Keys by which devices have signed batches. None is removed: they verify the batches that they
signed.
"""

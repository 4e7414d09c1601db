"""Tables of statements; ``store.migrations`` makes them."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

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
    Column("brief", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("statements_circuit", "circuit"),
)
"""Every statement that was ever issued, as ``sla.issue`` encodes it. Rows are only added."""

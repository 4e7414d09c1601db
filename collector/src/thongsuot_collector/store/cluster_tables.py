"""Tables by which several collectors on one database work together; empty where there is one."""

from sqlalchemy import BigInteger, Column, Table, Text

from thongsuot_collector.store.tables import METADATA

LEADERSHIP = Table(
    "leadership",
    METADATA,
    # The key, though there is one row: a decision locks the key against change, and beats, which
    # change other columns, go on beside it.
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("since_ns", BigInteger, nullable=False),
    Column("beat_ns", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""Which collector leads, since when, and when it showed a sign of life, by the server's clock."""

HEARD_REPORTS = Table(
    "heard_reports",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("report", Text, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("boottime_ns", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("heard_ns", BigInteger, nullable=False),
)
"""What devices said of their record to a collector that does not lead, for the one that does."""

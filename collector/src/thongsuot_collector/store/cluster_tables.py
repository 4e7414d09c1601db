"""Tables for several collectors on one database; empty with a single one."""

from sqlalchemy import BigInteger, Column, Table, Text

from thongsuot_collector.store.tables import METADATA

LEADERSHIP = Table(
    "leadership",
    METADATA,
    # A key although there is one row: a decision locks the key against change, while beats change
    # other columns concurrently.
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("since_ns", BigInteger, nullable=False),
    Column("beat_ns", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("unjudged", BigInteger, nullable=False, server_default="0"),
)
"""
The leading collector, since when, its last sign of life, by the server's clock, and how many
entries of the journal it had yet to judge then.
"""

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
"""Devices' reports about their record to a following collector, for the leading one."""

"""
Tables for what a person has accepted beside lost batches (``RECORD_ACCEPTANCES``). Rows are only
added.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from thongsuot_collector.store.tables import METADATA

SINK_ACCEPTANCES = Table(
    "sink_acceptances",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sink", Text, nullable=False),
    Column("journal", Text, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
)
"""The number of entries of a journal that a sink will never receive."""

SINK_ACCEPTANCE_DAYS = Table(
    "sink_acceptance_days",
    METADATA,
    Column("acceptance", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("site", Text, primary_key=True),
    Column("lost", BigInteger, nullable=False),
)
"""The same by the day of arrival and by site, as far as it is known."""

FLAW_ACCEPTANCES = Table(
    "flaw_acceptances",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("site", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Index("flaw_acceptances_site", "site"),
)
"""Flaws of stored batches, each with the digest of the bytes in which it was found."""

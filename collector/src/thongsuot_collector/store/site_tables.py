"""Tables of additional data for the page of a site; the others are in ``tables``."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from thongsuot_collector.store.tables import METADATA

LINE_ROLLUPS = Table(
    "line_rollups",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("link", Text, primary_key=True),
    Column("length_s", Integer, primary_key=True),
    Column("start_s", BigInteger, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    # Used to delete old rows of all sites.
    Index("line_rollups_age", "length_s", "start_s"),
)
"""Delay and loss of each link by time slots, encoded by ``state.line_rollups``."""

SWITCH_OVERS = Table(
    "switch_overs",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True),
    Column("from_link", Text, primary_key=True),
    Column("to_link", Text, primary_key=True),
    Column("took_ms", BigInteger, nullable=False),
)
"""Every move of a site's computers from one link to another. Rows are never deleted."""

COMMISSIONING_RUNS = Table(
    "commissioning_runs",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("run", Text, primary_key=True),
    Column("begun_ns", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Devices' reports about each commissioning run."""

COMMISSIONING_PHOTOS = Table(
    "commissioning_photos",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("run", Text, primary_key=True),
    Column("link", Text, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Pictures of labels that people added to commissioning runs, one per link."""

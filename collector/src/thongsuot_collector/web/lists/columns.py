"""Columns: the columns and filters of each list on its page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from thongsuot_collector.web.lists import labels
from thongsuot_collector.web.lists.cells import (
    CellOf,
    accepted_cell,
    audience_cell,
    audit_detail_cell,
    audit_subject_cell,
    author_cell,
    config_cell,
    dated,
    delivery_text_cell,
    incident_link,
    incident_title_cell,
    incidents_cell,
    lasted_cell,
    outcome_cell,
    plain,
    site_link,
    site_state_cell,
    state_of,
    turn_cell,
    worded,
)
from thongsuot_schema.words.language import Text


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its sort field, its head, and its renderer."""

    field: str
    head: Text
    cell: CellOf


@dataclass(frozen=True, slots=True)
class ListLayout:
    """The columns of a list, and its filter fields."""

    columns: Sequence[Column]
    filters: Sequence[tuple[str, Text]]


_AREA: Final = Column("area", labels.COLUMN_AREA, plain("area"))
_HEARD: Final = Column("heard_at", labels.COLUMN_HEARD, dated("heard_at", labels.NEVER))
_SINCE: Final = Column("since", labels.COLUMN_SINCE, dated("since"))
_OF_SITE: Final = Column("site_title", labels.COLUMN_SITE, site_link("site_title", "site"))

LAYOUTS: Final[dict[str, ListLayout]] = {
    "sites": ListLayout(
        columns=(
            Column("title", labels.COLUMN_SITE, site_link("title", "name")),
            Column("state", labels.COLUMN_STATE, site_state_cell),
            Column("fixed", labels.COLUMN_FIXED, state_of("fixed")),
            Column("mobile", labels.COLUMN_MOBILE, state_of("mobile")),
            _SINCE,
            Column("incidents", labels.COLUMN_INCIDENTS, incidents_cell),
            _HEARD,
            Column("commissioning", labels.COLUMN_COMMISSIONING, worded("commissioning")),
            Column("commune_name", labels.COLUMN_COMMUNE, plain("commune_name")),
            _AREA,
        ),
        filters=(
            ("status", labels.COLUMN_STATUS),
            ("state", labels.COLUMN_STATE),
            ("commissioning", labels.COLUMN_COMMISSIONING),
            ("fixed", labels.COLUMN_FIXED),
            ("mobile", labels.COLUMN_MOBILE),
            ("carriers", labels.COLUMN_CARRIER),
            ("area", labels.COLUMN_AREA),
        ),
    ),
    "links": ListLayout(
        columns=(
            _OF_SITE,
            Column("medium", labels.COLUMN_MEDIUM, worded("medium")),
            Column("carrier_title", labels.COLUMN_CARRIER, plain("carrier_title")),
            Column("circuit", labels.COLUMN_CIRCUIT, plain("circuit")),
            Column("state", labels.COLUMN_STATE, site_state_cell),
            Column("segment", labels.COLUMN_SEGMENT, worded("segment")),
            _SINCE,
            Column("incident", labels.COLUMN_INCIDENT, incident_link("incident")),
            _AREA,
        ),
        filters=(
            ("state", labels.COLUMN_STATE),
            ("status", labels.COLUMN_STATUS),
            ("carrier", labels.COLUMN_CARRIER),
            ("medium", labels.COLUMN_MEDIUM),
            ("segment", labels.COLUMN_SEGMENT),
            ("area", labels.COLUMN_AREA),
        ),
    ),
    "incidents": ListLayout(
        columns=(
            Column("title", labels.COLUMN_INCIDENT, incident_title_cell),
            Column("turn", labels.COLUMN_TURN, turn_cell),
            Column("severity", labels.COLUMN_SEVERITY, worded("severity")),
            Column("segment", labels.COLUMN_SEGMENT, worded("segment")),
            Column("opened_at", labels.COLUMN_OPENED, dated("opened_at")),
            Column("closed_at", labels.COLUMN_LASTED, lasted_cell),
            Column("accepted_at", labels.COLUMN_ACCEPTED, accepted_cell),
        ),
        filters=(
            ("status", labels.COLUMN_STATE),
            ("turn", labels.COLUMN_TURN),
            ("severity", labels.COLUMN_SEVERITY),
            ("segment", labels.COLUMN_SEGMENT),
            ("carriers", labels.COLUMN_CARRIER),
            ("areas", labels.COLUMN_AREA),
        ),
    ),
    "agents": ListLayout(
        columns=(
            _OF_SITE,
            Column("status", labels.COLUMN_STATUS, worded("status")),
            _HEARD,
            Column("version", labels.COLUMN_VERSION, plain("version")),
            Column("backlog_batches", labels.COLUMN_BACKLOG, plain("backlog_batches")),
            Column("config", labels.COLUMN_CONFIG, config_cell),
            _AREA,
        ),
        filters=(
            ("status", labels.COLUMN_STATUS),
            ("version", labels.COLUMN_VERSION),
            ("area", labels.COLUMN_AREA),
        ),
    ),
    "deliveries": ListLayout(
        columns=(
            Column("began_at", labels.COLUMN_BEGAN, dated("began_at")),
            Column("incident", labels.COLUMN_INCIDENT, incident_link("incident")),
            Column("audience", labels.COLUMN_AUDIENCE, audience_cell),
            Column("channel", labels.COLUMN_CHANNEL, worded("channel")),
            Column("kind", labels.COLUMN_KIND, worded("kind")),
            Column("outcome", labels.COLUMN_OUTCOME, outcome_cell),
            Column("text", labels.COLUMN_TEXT, delivery_text_cell),
        ),
        filters=(
            ("outcome", labels.COLUMN_OUTCOME),
            ("channel", labels.COLUMN_CHANNEL),
            ("kind", labels.COLUMN_KIND),
        ),
    ),
    "audit": ListLayout(
        columns=(
            Column("at", labels.COLUMN_BEGAN, dated("at")),
            Column("by", labels.COLUMN_BY, author_cell),
            Column("action", labels.COLUMN_ACTION, worded("action")),
            Column("subject", labels.COLUMN_SUBJECT, audit_subject_cell),
            Column("detail", labels.COLUMN_DETAIL, audit_detail_cell),
        ),
        filters=(("action", labels.COLUMN_ACTION), ("by", labels.COLUMN_BY)),
    ),
}
"""By the name of the list; the lists here have a page."""

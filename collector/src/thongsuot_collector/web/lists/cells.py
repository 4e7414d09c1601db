"""Cells: the text of one record of a list on a page. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, Final
from urllib.parse import quote

import msgspec

from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.notify.render.names import SEVERITIES, owner_name
from thongsuot_collector.notify.render.work import WorkNoticeKind
from thongsuot_collector.queries.records import (
    AgentRecord,
    AuditRecord,
    DeliveryRecord,
    IncidentRecord,
    LinkRecord,
    Record,
    SiteRecord,
    SiteStatus,
)
from thongsuot_collector.queries.selection import text_of
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.web.incident import labels as incident_labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.lists import labels
from thongsuot_collector.web.lists.audit_labels import ACTIONS, author, detail_words, subject_words
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Text, capitalised
from thongsuot_schema.words.media import medium_words
from thongsuot_schema.words.states import LINK_STATES, SEGMENTS, channel_title

_FEW: Final = 3
"""Below this number of titles a common prefix is not removed."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """The content of one cell: a text, its link, a state beside it, small text below it."""

    text: str
    url: str = ""
    state: State | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListReader:
    """
    The reader of a list, and the inventory for display names.

    ``prefix`` is the common prefix of all titles of sites, which is left out.
    """

    page: PageReader
    directory: InventoryDirectory
    prefix: str = ""

    def word(self, text: Text | None) -> str:
        """Return a fixed word."""
        return "" if text is None else text.read(self.page.language)

    def when(self, at: datetime | None) -> str:
        """Return a moment, with as much of the date as necessary."""
        if at is None:
            return ""
        return relative_moment(at.timestamp(), self.page.now_s, self.page.language)

    def carrier(self, name: str) -> str:
        """Return the display name of a carrier."""
        known = self.directory.carrier(name)
        return (known.title or name) if known else name

    def incident_url(self, name: str) -> str:
        """Return the URL of an incident's page."""
        return self.page.url(f"/incidents/{quote(name)}")

    def site_url(self, name: str) -> str:
        """Return the URL of a site's page."""
        return self.page.url(f"/sites/{quote(name)}")


def value_word(name: str, value: str, reader: ListReader) -> str:
    """Return the display name of a filter's value."""
    if name in {"carrier", "carriers"}:
        return reader.carrier(value)
    known = _VALUES.get(name, {}).get(value)
    if known is None and name == "medium":
        return capitalised(medium_words(value).short.read(reader.page.language))
    if name == "by":
        return author(value, reader.page.language)
    if known is None and name == "channel":
        return channel_word(value, reader)
    return value if known is None else capitalised(reader.word(known))


def channel_word(channel: str, reader: ListReader) -> str:
    """Return what kind of channel it is, as on the pages of incidents, and its own name."""
    kind = reader.page.channel_kind(channel.partition(":")[0])
    title = channel_title(kind, reader.page.language)
    return title if title == channel else f"{title} ({channel})"


def shown_state(record: Record) -> State | None:
    """Return the state that marks a whole row; none for a withdrawn incident."""
    if isinstance(record, IncidentRecord):
        if record.closure in {None, ClosureCode.CLOSED_BY_CITY}:
            return record.state
        return State.UP if record.closure is ClosureCode.RESTORED else State.UNKNOWN
    return record.state if isinstance(record, SiteRecord | LinkRecord) else None


def state_cell(state: State | None, reader: ListReader) -> Cell:
    """Return a state in words."""
    if state is None:
        return Cell(text=reader.word(labels.NO_LINK))
    return Cell(text=reader.word(LINK_STATES[state]), state=state)


def site_state_cell(record: SiteRecord | LinkRecord, reader: ListReader) -> Cell:
    """Return the state of a site or link, or why it is unknown."""
    if record.status is SiteStatus.REPORTING:
        if isinstance(record, SiteRecord):
            return Cell(text=reader.word(labels.SITE_STATES[record.state]), state=record.state)
        return state_cell(record.state, reader)
    return Cell(text=reader.word(labels.STATUSES[record.status]), state=State.UNKNOWN)


def incidents_cell(record: SiteRecord, reader: ListReader) -> Cell:
    """Return the first of a site's incidents, and the number of others."""
    if not record.incidents:
        return Cell(text="")
    first, *others = record.incidents
    more = f" +{len(others)}" if others else ""
    return Cell(text=f"{first}{more}", url=reader.incident_url(first))


def incident_title_cell(record: IncidentRecord, reader: ListReader) -> Cell:
    """Return an incident's headline with its marks."""
    tags = [
        incident_labels.GENERATED_TAG if record.is_generated else None,
        incident_labels.DISPUTED if record.is_disputed else None,
        incident_labels.MAINTENANCE if record.is_excused else None,
        None if record.closure is None else incident_labels.OUTCOMES[record.closure],
    ]
    return Cell(
        text=record.title,
        url=reader.incident_url(record.id),
        tags=tuple(reader.word(tag) for tag in tags if tag is not None),
    )


def lasted_cell(record: IncidentRecord, reader: ListReader) -> Cell:
    """Return how long an incident has lasted."""
    end_s = reader.page.now_s if record.closed_at is None else record.closed_at.timestamp()
    lasted_s = max(0.0, end_s - record.opened_at.timestamp())
    return Cell(text=duration(lasted_s, reader.page.language))


def accepted_cell(record: IncidentRecord, reader: ListReader) -> Cell:
    """Return who has accepted an incident, and when."""
    if record.accepted_at is None:
        return Cell(text=reader.word(labels.NOBODY if record.turn else None))
    return Cell(text=f"{record.accepted_by} {reader.when(record.accepted_at)}")


def turn_cell(record: IncidentRecord, reader: ListReader) -> Cell:
    """Return who has to act."""
    if record.turn is None:
        return Cell(text=reader.word(labels.CLOSED))
    word, acting = reader.word(labels.TURNS[record.turn]), record.acting_title
    return Cell(text=acting if acting and acting != word else word)


def config_cell(record: AgentRecord, reader: ListReader) -> Cell:
    """Return the settings that an agent runs, or those that it refused."""
    if record.config_refused:
        refused = labels.REFUSED.read(reader.page.language, version=record.config_refused)
        return Cell(text=refused, state=State.DEGRADED)
    return Cell(text=record.config)


def audience_cell(record: DeliveryRecord, reader: ListReader) -> Cell:
    """Return the notified party."""
    return Cell(text=owner_name(record.audience, reader.directory, reader.page.language))


def outcome_cell(record: DeliveryRecord, reader: ListReader) -> Cell:
    """Return the outcome of an attempt to notify."""
    known = set(ChannelOutcome)
    if record.outcome not in known:
        return Cell(text=record.outcome)
    outcome = ChannelOutcome(record.outcome)
    is_good = outcome is ChannelOutcome.DELIVERED
    word = reader.word(incident_labels.ANSWERS[outcome])
    return Cell(text=word, state=State.UP if is_good else State.DEGRADED)


CellOf = Callable[[Any, ListReader], Cell]


def plain(name: str) -> CellOf:
    """Return a renderer of a field as it is."""
    return lambda record, _reader: Cell(text=str(getattr(record, name)))


def worded(name: str) -> CellOf:
    """Return a renderer of a field in words; nothing if it has no value."""
    return lambda record, reader: Cell(
        text=value_word(name, text_of(getattr(record, name)), reader)
    )


def dated(name: str, missing: Text | None = None) -> CellOf:
    """Return a renderer of a moment; ``missing`` if there is none."""
    return lambda record, reader: Cell(
        text=reader.when(getattr(record, name)) or reader.word(missing)
    )


def state_of(name: str) -> CellOf:
    """Return a renderer of a state field."""
    return lambda record, reader: state_cell(getattr(record, name), reader)


def site_link(title: str, name: str) -> CellOf:
    """Return a renderer of a site with a link to its page."""
    return lambda record, reader: Cell(
        text=capitalised(getattr(record, title).removeprefix(reader.prefix)),
        url=reader.site_url(getattr(record, name)),
    )


def incident_link(name: str) -> CellOf:
    """Return a renderer of the name of an incident, or of planned work, with a link to its page."""

    def cell(record: Record, reader: ListReader) -> Cell:
        incident = str(getattr(record, name))
        if getattr(record, "kind", "") in set(WorkNoticeKind):
            return Cell(text=incident, url=reader.page.url("/desk"))
        return Cell(text=incident, url=reader.incident_url(incident) if incident else "")

    return cell


def author_cell(record: AuditRecord, reader: ListReader) -> Cell:
    """Return the author of an action."""
    return Cell(text=author(record.by, reader.page.language))


def audit_subject_cell(record: AuditRecord, reader: ListReader) -> Cell:
    """Return the subject of an action."""
    return Cell(text=subject_words(record.action, record.subject, reader.page.language))


def audit_detail_cell(record: AuditRecord, reader: ListReader) -> Cell:
    """Return its detail."""
    return Cell(text=detail_words(record.action, record.detail, reader.page.language))


def delivery_text_cell(record: DeliveryRecord, _reader: ListReader) -> Cell:
    """
    Return a receiver's answer if it did not accept a message; "200 accepted" is of no use to
    readers.
    """
    return Cell(text="" if record.outcome == ChannelOutcome.DELIVERED else record.text)


_VALUES: Final[dict[str, dict[str, Text]]] = {
    "state": {state.value: LINK_STATES[state] for state in State},
    "fixed": {state.value: LINK_STATES[state] for state in State},
    "mobile": {state.value: LINK_STATES[state] for state in State},
    "status": {
        **{status.value: text for status, text in labels.STATUSES.items()},
        "open": labels.OPEN,
        "closed": labels.CLOSED,
    },
    "commissioning": {state.value: text for state, text in labels.COMMISSIONING.items()},
    "turn": {turn.value: text for turn, text in labels.TURNS.items()},
    "severity": {severity.value: text for severity, text in SEVERITIES.items()},
    "segment": {segment.value: SEGMENTS[segment] for segment in Segment},
    "kind": {
        **{kind.value: incident_labels.KINDS[kind] for kind in NotificationKind},
        **{kind.value: ACTIONS[AuditAction(kind.value)] for kind in WorkNoticeKind},
    },
    "action": {action.value: text for action, text in ACTIONS.items()},
    "outcome": {
        outcome.value: incident_labels.ANSWERS[outcome]
        for outcome in ChannelOutcome
        if outcome in incident_labels.ANSWERS
    },
}


def shared_prefix(titles: Iterable[str]) -> str:
    """Return the common words at the start of several titles, up to the last of the shortest."""
    words = [title.split(" ")[:-1] for title in titles]
    if len(words) < _FEW:
        return ""
    shared = list(takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False)))
    return "".join(f"{column[0]} " for column in shared)

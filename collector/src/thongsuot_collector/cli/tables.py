"""
Output of the command line as text: tables of tokens, of people, of dead letters, of the journal.
Pure, except for the printing.
"""

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import NamedTuple

from thongsuot_collector.cli.results import json_text, key_of
from thongsuot_collector.journal.journal import Cursor, Extent
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store.api_tokens import ApiToken
from thongsuot_collector.store.dead_letters import DeadLetter
from thongsuot_collector.store.desk_keys import DeskKey
from thongsuot_collector.store.people import Person
from thongsuot_collector.store.sessions import Session
from thongsuot_collector.store.signing_keys import SigningKey
from thongsuot_collector.store.tokens import AgentToken
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.language import Text

TOKENS_HEAD = ("id", "site", "created", "revoked")
SIGNING_KEYS_HEAD = ("site", "key (SHA-256)", "first used", "retired")
DEAD_LETTERS_HEAD = ("id", "at", "consumer", "site", "batch", "why")
PEOPLE_HEAD = ("name", "title", "role", "second factor", "since", "revoked")
SESSIONS_HEAD = ("id", "person", "stage", "since", "last used", "ends", "address", "browser")
DESK_KEYS_HEAD = ("id", "carrier", "title", "scope", "since", "expires", "revoked")
API_TOKENS_HEAD = ("id", "title", "role", "since", "expires", "revoked")

COLUMNS = {
    "action": Text("collector.cli.column.action"),
    "address": Text("collector.cli.column.address"),
    "at": Text("collector.cli.column.at"),
    "batch": Text("collector.cli.column.batch"),
    "before it was set up": Text("collector.cli.column.earlier"),
    "behind": Text("collector.cli.column.behind"),
    "browser": Text("collector.cli.column.browser"),
    "by": Text("collector.cli.column.by"),
    "came": Text("collector.cli.column.came"),
    "carrier": Text("collector.cli.column.carrier"),
    "closes": Text("collector.cli.column.closes"),
    "consumer": Text("collector.cli.column.consumer"),
    "covers": Text("collector.cli.column.covers"),
    "created": Text("collector.cli.column.created"),
    "day": Text("collector.cli.column.day"),
    "dead letters": Text("collector.cli.column.dead_letters"),
    "delivered": Text("collector.cli.column.delivered"),
    "detail": Text("collector.cli.column.detail"),
    "done": Text("collector.cli.column.done"),
    "ends": Text("collector.cli.column.ends"),
    "expires": Text("collector.cli.column.expires"),
    "first used": Text("collector.cli.column.first_used"),
    "from": Text("collector.cli.column.from"),
    "id": Text("collector.cli.column.id"),
    "is": Text("collector.cli.column.is"),
    "issued": Text("collector.cli.column.issued"),
    "kept": Text("collector.cli.column.kept"),
    "key (SHA-256)": Text("collector.cli.column.key"),
    "last used": Text("collector.cli.column.last_used"),
    "lost": Text("collector.cli.column.lost"),
    "made": Text("collector.cli.column.made"),
    "name": Text("collector.cli.column.name"),
    "newest": Text("collector.cli.column.newest"),
    "not here, and why": Text("collector.cli.column.others"),
    "note": Text("collector.cli.column.note"),
    "passed over": Text("collector.cli.column.skipped"),
    "accepted": Text("collector.cli.column.accepted"),
    "person": Text("collector.cli.column.person"),
    "retired": Text("collector.cli.column.retired"),
    "revoked": Text("collector.cli.column.revoked"),
    "role": Text("collector.cli.column.role"),
    "runs": Text("collector.cli.column.runs"),
    "runs out": Text("collector.cli.column.runs_out"),
    "scope": Text("collector.cli.column.scope"),
    "second factor": Text("collector.cli.column.second_factor"),
    "serial": Text("collector.cli.column.serial"),
    "since": Text("collector.cli.column.since"),
    "sink": Text("collector.cli.column.sink"),
    "site": Text("collector.cli.column.site"),
    "stage": Text("collector.cli.column.stage"),
    "state": Text("collector.cli.column.state"),
    "status": Text("collector.cli.column.status"),
    "subject": Text("collector.cli.column.subject"),
    "title": Text("collector.cli.column.title"),
    "until": Text("collector.cli.column.until"),
    "waiting": Text("collector.cli.column.waiting"),
    "why": Text("collector.cli.column.why"),
}
"""The column heads of tables, by their keys in JSON."""

CELLS = {
    ("closes", "NO"): Text("collector.cli.cell.no"),
    ("closes", "yes"): Text("collector.cli.cell.yes"),
    ("is", "now"): Text("collector.cli.cell.now"),
    ("is", "over"): Text("collector.cli.cell.over"),
    ("is", "planned"): Text("collector.cli.cell.planned"),
    ("runs", "settings file"): Text("collector.cli.cell.settings_file"),
    ("scope", "acts"): Text("collector.cli.cell.acts"),
    ("scope", "looks"): Text("collector.cli.cell.looks"),
    ("second factor", "yes"): Text("collector.cli.cell.yes"),
    ("state", "good"): Text("collector.cli.cell.good"),
    ("state", "run out"): Text("collector.cli.cell.run_out"),
    ("status", "current"): Text("collector.cli.cell.config_current"),
    ("status", "waiting"): Text("collector.cli.cell.config_waiting"),
    ("status", "refused"): Text("collector.cli.cell.config_refused"),
    ("status", "not_taking"): Text("collector.cli.cell.config_not_taking"),
    ("status", "unheard"): Text("collector.cli.cell.config_unheard"),
    ("status", "none"): Text("collector.cli.cell.config_none"),
    ("why", "the inventory has changed since"): Text("collector.cli.cell.config_old"),
}
"""The words in a column, by the column and the value in JSON."""

_UTC_FORMAT = "%Y-%m-%d %H:%M:%SZ"
_UTC_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")


class Table(NamedTuple):
    """Rows with column heads, in the form for a terminal."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def text(self) -> str:
        """The table in columns; moments in the time of Vietnam, with UTC beside it."""
        return localized_table(self.head, self.rows)

    @property
    def json(self) -> str:
        """The rows as JSON objects with the column heads as keys; a dash (no value) is null."""
        names = [key_of(word) for word in self.head]
        objects = [
            {name: None if cell == "-" else cell for name, cell in zip(names, row, strict=True)}
            for row in self.rows
        ]
        return json_text(objects)


def print_table(table: Table, options: argparse.Namespace) -> None:
    """Print a table in the format that the command line selects."""
    print(table.json if options.json else table.text)


def tokens_table(agent_tokens: Iterable[AgentToken]) -> Table:
    """Return a table of tokens, without their secrets."""
    rows = [
        (
            token.id,
            token.site,
            format_moment(token.created_ns),
            format_moment(token.revoked_ns or 0),
        )
        for token in agent_tokens
    ]
    return Table(TOKENS_HEAD, rows)


def signing_keys_table(keys: Iterable[SigningKey]) -> Table:
    """Return a table of the keys by which sites sign; the name of a key is its digest."""
    rows = [
        (
            key.site,
            key.digest.hex(),
            format_moment(key.first_ns),
            format_moment(key.retired_ns or 0),
        )
        for key in keys
    ]
    return Table(SIGNING_KEYS_HEAD, rows)


def dead_letters_table(letters: Iterable[DeadLetter]) -> Table:
    """Return a table of dead letters; of each error its last line."""
    rows = [
        (
            str(letter.id),
            format_moment(letter.at_ns),
            letter.consumer,
            letter.site,
            f"{letter.stream}/{letter.number}",
            (letter.error.strip().splitlines() or [""])[-1],
        )
        for letter in letters
    ]
    return Table(DEAD_LETTERS_HEAD, rows)


def dead_letter_text(letter: DeadLetter) -> str:
    """Return everything about one dead letter except its body."""
    size = localized(Text("collector.cli.said.bytes", size=len(letter.body)))
    rows = (
        (COLUMNS["id"], str(letter.id)),
        (COLUMNS["at"], shown_moment(letter.at_ns)),
        (COLUMNS["consumer"], letter.consumer),
        (COLUMNS["site"], letter.site),
        (Text("collector.cli.column.stream"), letter.stream),
        (Text("collector.cli.column.number"), str(letter.number)),
        (Text("collector.cli.column.sequence"), str(letter.sequence or "-")),
        (Text("collector.cli.column.body"), size),
    )
    heads = [localized(head) for head, _ in rows]
    width = max(map(len, heads))
    facts = [f"{head:<{width}}  {cell}" for head, (_, cell) in zip(heads, rows, strict=True)]
    return "\n".join((*facts, "", letter.error.strip()))


def journal_table(extent: Extent, cursors: Mapping[str, Cursor]) -> str:
    """Return the content of the journal and the position of each consumer."""
    held = extent.head - extent.tail + 1 if extent.tail else 0
    entries = Text(
        "collector.cli.said.journal_entries",
        entries=held,
        first=extent.tail,
        last=extent.head,
    )
    oldest = shown_moment(extent.tail_received_ns)
    lines = [
        localized(entries),
        localized(Text("collector.cli.said.journal_oldest", at=oldest)),
        localized(Text("collector.cli.said.journal_size", size=f"{extent.size_bytes / 1e6:.1f}")),
    ]
    if extent.waits_for_standby:
        lines.append(localized(Text("collector.cli.said.journal_standby")))
    rows = [
        (name, str(cursor.sequence), str(extent.head - cursor.sequence), str(cursor.lost))
        for name, cursor in cursors.items()
    ]
    table = localized_table(("consumer", "done", "behind", "lost"), rows)
    return "\n".join((*lines, "", table))


def people_table(people: Iterable[Person], with_second_factor: AbstractSet[str]) -> Table:
    """Return a table of the people with an account, without their passwords."""
    rows = [
        (
            person.name,
            person.title,
            " ".join(filter(None, (person.role, person.scope))),
            "yes" if person.name in with_second_factor else "-",
            format_moment(person.created_ns),
            format_moment(person.revoked_ns or 0),
        )
        for person in people
    ]
    return Table(PEOPLE_HEAD, rows)


def sessions_table(sessions: Iterable[Session]) -> Table:
    """Return a table of sessions; a dash for the shared password of the pages."""
    rows = [
        (
            session.id,
            session.person or "-",
            session.stage,
            format_moment(session.created_ns),
            format_moment(session.seen_ns),
            format_moment(session.expires_ns),
            session.address,
            session.browser,
        )
        for session in sessions
    ]
    return Table(SESSIONS_HEAD, rows)


def desk_keys_table(keys: Iterable[DeskKey]) -> Table:
    """Return a table of the links to desks."""
    rows = [
        (
            key.id,
            key.carrier,
            key.title,
            "acts" if key.may_act else "looks",
            format_moment(key.created_ns),
            format_moment(key.expires_ns),
            format_moment(key.revoked_ns or 0),
        )
        for key in keys
    ]
    return Table(DESK_KEYS_HEAD, rows)


def api_tokens_table(api_tokens: Iterable[ApiToken]) -> Table:
    """Return a table of programs' tokens, without their secrets."""
    rows = [
        (
            token.id,
            token.title,
            " ".join(filter(None, (token.role, token.scope))),
            format_moment(token.created_ns),
            format_moment(token.expires_ns),
            format_moment(token.revoked_ns or 0),
        )
        for token in api_tokens
    ]
    return Table(API_TOKENS_HEAD, rows)


def localized_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """
    Return a table whose head and words are in the language of the terminal, and whose moments are
    those of clocks in Vietnam.
    """
    cells = [
        [
            _UTC_MOMENT.sub(_with_local_time, _localized_cell(word, cell))
            for word, cell in zip(head, row, strict=True)
        ]
        for row in rows
    ]
    return format_table([localized(COLUMNS[word]) for word in head], cells)


def _localized_cell(column: str, cell: str) -> str:
    text = CELLS.get((column, cell))
    return localized_sentence(cell) if text is None else localized(text)


def format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns with heads."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def format_moment(at_ns: int) -> str:
    """Return a time in the form of JSON, in UTC; a dash for none."""
    if not at_ns:
        return "-"
    return datetime.fromtimestamp(at_ns / 1e9, UTC).strftime(_UTC_FORMAT)


def shown_moment(at_ns: int) -> str:
    """Return a time for people: in Vietnam, with UTC beside it; a dash for none."""
    return _UTC_MOMENT.sub(_with_local_time, format_moment(at_ns))


def _with_local_time(moment: re.Match[str]) -> str:
    at = datetime.strptime(moment[0], _UTC_FORMAT).replace(tzinfo=UTC)
    return f"{local(at.timestamp()):%Y-%m-%d %H:%M:%S%z} ({at:%H:%M:%S}Z)"


def reflected_text(metrics: Metrics) -> str:
    """Return the counts of packets that a reflector received."""
    counted = [
        (sample.labels["reason"], round(sample.value))
        for family in metrics.reflected.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    ]
    return ", ".join(f"{count} {reason}" for reason, count in counted) or "no packets"

"""``thongsuot-collector sites|links|incidents|carriers``: the lists that pages and API show."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import GenericAlias
from typing import TypeVar

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli.command import Commands, UsageError, on_store
from thongsuot_collector.cli.results import Shape, json_text
from thongsuot_collector.cli.tables import COLUMNS, format_table
from thongsuot_collector.commissioning.status import CommissioningState
from thongsuot_collector.incidents.incident import IncidentStatus
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.names import SEVERITIES
from thongsuot_collector.queries.city import city_from_store
from thongsuot_collector.queries.lists import LIST_BY_NAME, ListQuery
from thongsuot_collector.queries.records import Record, SiteStatus, Turn
from thongsuot_collector.queries.scope import WHOLE_CITY
from thongsuot_collector.queries.selection import MOST, Page, csv_bytes, text_of
from thongsuot_collector.web.arguments import ArgumentInvalid, selection_from
from thongsuot_collector.web.lists import labels
from thongsuot_runtime.terminal import localized, terminal_language
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.codes import Code
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.states import LINK_STATES, SEGMENTS
from thongsuot_schema.words.translations import REFERENCE, languages

_Coded = TypeVar("_Coded", bound=StrEnum)

_COLUMNS: dict[str, tuple[str, ...]] = {
    "sites": (
        "name",
        "title",
        "status",
        "state",
        "fixed",
        "mobile",
        "since",
        "incidents",
        "commissioning",
    ),
    "links": ("site", "link", "carrier", "circuit", "state", "segment", "since", "incident"),
    "incidents": ("id", "title", "status", "severity", "turn", "opened_at", "closed_at"),
    "carriers": ("name", "title", "links", "up", "degraded", "down", "unknown", "incidents"),
}
"""The columns of each list in a terminal; ``--json`` and ``--csv`` have all of them."""

_HEADS: Mapping[str, Text] = {
    "carrier": labels.COLUMN_CARRIER,
    "circuit": labels.COLUMN_CIRCUIT,
    "closed_at": Text("collector.cli.column.closed_at"),
    "commissioning": labels.COLUMN_COMMISSIONING,
    "degraded": LINK_STATES[State.DEGRADED],
    "down": LINK_STATES[State.DOWN],
    "fixed": labels.COLUMN_FIXED,
    "id": COLUMNS["id"],
    "incident": labels.COLUMN_INCIDENT,
    "incidents": labels.COLUMN_INCIDENTS,
    "link": Text("collector.cli.column.link"),
    "links": Text("collector.cli.column.links"),
    "mobile": labels.COLUMN_MOBILE,
    "name": COLUMNS["name"],
    "opened_at": labels.COLUMN_OPENED,
    "segment": labels.COLUMN_SEGMENT,
    "severity": labels.COLUMN_SEVERITY,
    "since": labels.COLUMN_SINCE,
    "site": labels.COLUMN_SITE,
    "state": labels.COLUMN_STATE,
    "status": COLUMNS["status"],
    "title": COLUMNS["title"],
    "turn": labels.COLUMN_TURN,
    "unknown": LINK_STATES[State.UNKNOWN],
    "up": LINK_STATES[State.UP],
}
"""The words of columns for readers of other languages than English."""


def _by_code(words: Mapping[_Coded, Text]) -> Mapping[str, Text]:
    return {code.value: text for code, text in words.items()}


_WORDS: Mapping[type, Mapping[str, Text]] = {
    CommissioningState: _by_code(labels.COMMISSIONING),
    IncidentStatus: {IncidentStatus.OPEN: labels.OPEN, IncidentStatus.CLOSED: labels.CLOSED},
    Segment: _by_code(SEGMENTS),
    Severity: _by_code(SEVERITIES),
    SiteStatus: _by_code(labels.STATUSES),
    State: _by_code(LINK_STATES),
    Turn: _by_code(labels.TURNS),
}
"""The words of codes for readers of other languages than English."""

_HELP = {
    "sites": Text("collector.cli.sites"),
    "links": Text("collector.cli.links"),
    "incidents": Text("collector.cli.incidents"),
    "carriers": Text("collector.cli.carriers"),
}


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    for name, columns in _COLUMNS.items():
        query = LIST_BY_NAME[name]
        parser = commands.add(name, on_store(_lister(query, columns)), localized(_HELP[name]))
        parser.add_argument("query", nargs="*", help=localized(Text("collector.cli.any.query")))
        parser.add_argument(
            "--where",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help=localized(Text("collector.cli.any.where", fields=", ".join(query.filters))),
        )
        parser.add_argument(
            "--sort", default="", metavar="FIELD", help=localized(Text("collector.cli.any.sort"))
        )
        parser.add_argument("--lang", choices=languages(), default=REFERENCE, help="%(default)s")
        if query.period:
            parser.add_argument(
                "--since",
                default="",
                metavar="DAY",
                help=localized(Text("collector.cli.incidents.since")),
            )
            parser.add_argument(
                "--until",
                default="",
                metavar="DAY",
                help=localized(Text("collector.cli.incidents.until")),
            )
        form = parser.add_mutually_exclusive_group()
        form.add_argument(
            "--json", action="store_true", help=localized(Text("collector.cli.any.json_has"))
        )
        parser.set_defaults(shape=_shape(query))
        form.add_argument(
            "--csv", action="store_true", help=localized(Text("collector.cli.any.csv"))
        )


def _lister(
    query: ListQuery, columns: Sequence[str]
) -> Callable[[argparse.Namespace, Engine, InventoryDirectory], int]:
    def command(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
        try:
            selection = selection_from(query, _arguments(options))
        except ArgumentInvalid as error:
            raise UsageError(error.sentence) from error
        city = city_from_store(store, directory)
        records = query.ask_here(city, store, selection, WHOLE_CITY, options.lang)
        if options.csv:
            sys.stdout.buffer.write(csv_bytes(query.record, records))
        elif options.json:
            print(json_text(_all(records)))
        else:
            print(_table(records, columns))
        return 0

    return command


def _arguments(options: argparse.Namespace) -> list[tuple[str, str]]:
    filters = []
    for text in options.where:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(Text("collector.cli.error.where", text=text))
        filters.append((name, value))
    bounds = [(name, getattr(options, name, "")) for name in ("since", "until")]
    return [
        ("q", " ".join(options.query)),
        ("sort", options.sort),
        ("limit", str(MOST)),
        *filters,
        *((name, value) for name, value in bounds if value),
    ]


def _shape(query: ListQuery) -> Shape:
    """Return the type of a list in the API."""
    items = GenericAlias(list, (query.record,))
    return msgspec.defstruct("Page", [("items", items), ("total", int)], kw_only=True)


def _all(records: Sequence[Record]) -> Page:
    """Return all records as one page, in the form of the API."""
    return Page(items=records, total=len(records))


def _table(records: Sequence[Record], columns: Sequence[str]) -> str:
    """Return records for a person, in the language of the terminal."""
    language = terminal_language()
    head = [Code(name, _HEADS[name]).read(language) for name in columns]
    rows = [[_cell(getattr(record, name), language) for name in columns] for record in records]
    return format_table(head, rows)


def _cell(value: object, language: Language) -> str:
    text = text_of(value)
    words = _WORDS.get(type(value))
    return Code(text, words[text]).read(language) if words is not None else text or "-"

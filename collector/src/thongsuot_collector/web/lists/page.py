"""The page of one list. Pure."""

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from thongsuot_collector.queries.lists import ListQuery
from thongsuot_collector.queries.records import IncidentRecord, Record, SiteRecord
from thongsuot_collector.queries.selection import Selection, page_of, text_of
from thongsuot_collector.web.incident import labels as incident_labels
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.lists import labels
from thongsuot_collector.web.lists.cells import Cell, ListReader, shown_state, value_word
from thongsuot_collector.web.lists.columns import LAYOUTS
from thongsuot_collector.web.live.element import live_element
from thongsuot_collector.web.live.topics import INCIDENTS
from thongsuot_schema.inventory.communes import sort_key
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

REFRESH_S = 30

_WORK_HEADS = (
    incident_labels.AFFECTED,
    incident_labels.FROM,
    incident_labels.TO,
    incident_labels.WHAT,
)

Arguments = Sequence[tuple[str, str]]


class ListRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row: its cells, the state that marks it, whether it belongs to the row above."""

    cells: list[Cell]
    state: State | None
    is_inside: bool


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a column: its link, and how the list is sorted by it now."""

    text: Text
    url: str
    order: str


class ListFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter field with its values: their display names, and the chosen one."""

    name: str
    text: Text
    options: list[tuple[str, str, bool]]


class ListContent(msgspec.Struct, frozen=True, kw_only=True):
    """
    The content of the page: all records of the list's period, the selected ones, and the selection.

    ``arguments`` are those of the URL; ``mistake`` is their error, if any. ``pending_work`` is the
    number of proposals waiting for the city. ``note`` is shown above everything.
    """

    known: Sequence[Record]
    selected: Sequence[Record]
    selection: Selection
    arguments: Arguments
    mistake: str = ""
    pending_work: int = 0
    note: str = ""


def list_page(
    query: ListQuery,
    content: ListContent,
    reader: ListReader,
    links: Sequence[tuple[str, Text, bool]],
    work: Sequence[list[str]] = (),
) -> str:
    """Return the whole page; ``links`` lead to the other pages of the city, ``work`` is
    the planned work.
    """
    language, selection = reader.page.language, content.selection
    path = f"/{query.name}"
    rows = grouped(content.selected)
    shown = page_of([record for record, _ in rows], selection).items
    inside = {id(record) for record, is_inside in rows if is_inside}
    layout = LAYOUTS[query.name]
    kept = [(name, value) for name, value in content.arguments if value and name != "lang"]
    count = labels.COUNT.read(language, shown=len(shown), total=len(rows))
    frame = Frame(
        title=labels.TITLES[query.name].read(language),
        state=State.UP,
        url_in=lambda other: f"{path}?{urlencode([*kept, ('lang', other)])}",
        home_url=reader.page.url("/"),
        place=count,
        refresh_s=REFRESH_S,
        is_wide=True,
        note=content.note,
        live=live_element(INCIDENTS) if query.name == INCIDENTS and reader.page.is_staff else "",
    )
    rows_shown = [
        ListRow(
            cells=[column.cell(record, reader) for column in layout.columns],
            state=shown_state(record),
            is_inside=id(record) in inside,
        )
        for record in shown
    ]
    return render(
        "list",
        frame,
        language,
        {
            **_form(query, content, reader),
            "links": links,
            "path": path,
            "count": count,
            "heads": [
                _head(column.field, column.head, path, content, language)
                for column in layout.columns
            ],
            "rows": rows_shown,
            "files": [
                (labels.AS_CSV, f"/api/v1/{query.name}.csv?{_query(kept, language)}"),
                (labels.AS_JSON, f"/api/v1/{query.name}?{_query(kept, language)}"),
                *(_feeds(kept, language) if query.name == "incidents" else ()),
            ],
            "pages": _pages(path, content, len(rows), language),
            **_work(content, work, reader),
        },
    )


def _form(query: ListQuery, content: ListContent, reader: ListReader) -> dict[str, object]:
    """Return the content of the filter form of a list."""
    choices = [_choice(name, text, content, reader) for name, text in LAYOUTS[query.name].filters]
    mistake = content.mistake
    return {
        "labels": labels,
        "query": content.selection.query,
        "mistake": labels.WRONG.read(reader.page.language, why=mistake) if mistake else "",
        "choices": [choice for choice in choices if choice.options],
        "period": _period(content) if query.period else None,
        "sort": content.selection.sort,
        "is_filtered": any(
            value and name not in {"sort", "offset", "limit", "lang"}
            for name, value in content.arguments
        ),
        "clear_url": reader.page.url(f"/{query.name}"),
    }


def _work(content: ListContent, work: Sequence[list[str]], reader: ListReader) -> dict[str, object]:
    """Return the planned work shown below a list."""
    count = content.pending_work
    pending = incident_labels.PENDING_WORK.read(reader.page.language, count=count) if count else ""
    return {
        "pending": pending,
        "pending_url": reader.page.url("/desk"),
        "work": work,
        "work_heads": _WORK_HEADS,
        "incident_labels": incident_labels,
    }


def _feeds(kept: Arguments, language: str) -> list[tuple[Text, str]]:
    """Return the feeds of the shown incidents and of planned work."""
    followed = [(name, value) for name, value in kept if name not in {"offset", "limit", "sort"}]
    work = [(name, value) for name, value in followed if name in {"carriers", "areas"}]
    return [
        (labels.SUBSCRIBE_INCIDENTS, f"/feeds/incidents.atom?{_query(followed, language)}"),
        (labels.SUBSCRIBE_MAINTENANCE, f"/feeds/maintenance.ics?{_query(work, language)}"),
    ]


def grouped(records: Sequence[Record]) -> list[tuple[Record, bool]]:
    """
    Return records with those inside a larger incident below it: each, and whether it is nested.

    Closed incidents have no parents any more; the larger one still lists its parts.
    """
    known = {record.id: record for record in records if isinstance(record, IncidentRecord)}
    stood_for = {
        child: record.id
        for record in known.values()
        for child in record.children
        if child in known and not known[child].parents
    }
    inside: dict[str, list[Record]] = {}
    for record in records:
        if isinstance(record, IncidentRecord):
            parents = (*record.parents, *filter(None, (stood_for.get(record.id),)))
            parent = next((name for name in parents if name in known), None)
            if parent is not None:
                inside.setdefault(parent, []).append(record)
    held = {id(record) for members in inside.values() for record in members}
    rows: list[tuple[Record, bool]] = []
    for record in records:
        if id(record) not in held:
            rows.append((record, False))
            rows += [(member, True) for member in _beneath(record, inside)]
    # Incidents inside each other in a circle have no outermost one.
    while inside:
        record = known[next(iter(inside))]
        rows += [(member, True) for member in _beneath(record, inside)]
    return rows


def _beneath(record: Record, inside: dict[str, list[Record]]) -> list[Record]:
    """Return the incidents inside an incident, recursively; each once."""
    members = inside.pop(record.id, []) if isinstance(record, IncidentRecord) else []
    return [each for member in members for each in (member, *_beneath(member, inside))]


def _choice(name: str, text: Text, content: ListContent, reader: ListReader) -> ListFilter:
    values: set[str] = set()
    for record in content.known:
        value = getattr(record, name)
        values |= set(map(text_of, value)) if isinstance(value, tuple) else {text_of(value)}
    chosen = content.selection.filters.get(name, ())
    words = {value: value_word(name, value, reader) for value in (values | set(chosen)) - {""}}
    if name == "state" and any(isinstance(record, SiteRecord) for record in content.known):
        words |= {
            state.value: reader.word(word)
            for state, word in labels.SITE_STATES.items()
            if state.value in words  # a URL may name what is none
        }
    return ListFilter(
        name=name,
        text=text,
        options=[
            (value, words[value], value in chosen)
            for value in sorted(words, key=lambda value: sort_key(words[value]))
        ],
    )


def _period(content: ListContent) -> tuple[str, str]:
    """Return the days that bound the list, as in the URL."""
    arguments = dict(content.arguments)
    return arguments.get("since", ""), arguments.get("until", "")


def _head(field: str, text: Text, path: str, content: ListContent, language: str) -> Head:
    now = content.selection.sort
    is_ascending = now == field
    order = "ascending" if is_ascending else "descending" if now == f"-{field}" else ""
    wanted = f"-{field}" if is_ascending else field
    kept = _without(content.arguments, "sort", "offset")
    return Head(text=text, url=f"{path}?{_query([*kept, ('sort', wanted)], language)}", order=order)


def _pages(path: str, content: ListContent, total: int, language: str) -> list[tuple[Text, str]]:
    selection = content.selection
    kept = _without(content.arguments, "offset")
    steps = (
        (labels.PREVIOUS, max(0, selection.offset - selection.limit), selection.offset > 0),
        (
            labels.NEXT,
            selection.offset + selection.limit,
            selection.offset + selection.limit < total,
        ),
    )
    return [
        (text, f"{path}?{_query([*kept, ('offset', str(offset))], language)}")
        for text, offset, is_there in steps
        if is_there
    ]


def _without(arguments: Arguments, *names: str) -> Arguments:
    return [(name, value) for name, value in arguments if value and name not in {*names, "lang"}]


def _query(arguments: Arguments, language: str) -> str:
    return urlencode([*arguments, ("lang", language)])

"""The page of the API, from the queries and the types of their records."""

import textwrap
from datetime import datetime
from enum import Enum
from inspect import getdoc
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

from thongsuot_collector.queries.lists import LISTS, ListQuery
from thongsuot_collector.queries.records import CitySummary, Record
from thongsuot_collector.queries.selection import LIMIT, MOST

_HEAD = f"""\
# API

Made from `collector/src/thongsuot_collector/queries/` by `./run reference`; do not edit. The same
is served for programs as OpenAPI 3.1 at `/openapi.json`.

Whatever the pages list, a program can read; nothing is changed by it. Pages, API and the commands
`thongsuot-collector sites|links|incidents|carriers` ask the same queries.

```sh
thongsuot-collector api-token create "Wallboard" --role city-reader   # prints the token, once
curl -H "Authorization: Bearer $TOKEN" \\
  "https://collector.example/api/v1/sites?state=down&sort=since"
thongsuot-collector sites --where state=down --sort since --json      # the same, on the machine
```

- **Who sees what.** A token has a role (`city-reader`, `carrier`, `commune`) and for the latter
  two a `--scope`; it expires (`--days`) and can be revoked (`api-token revoke`). Accounts and the
  links of desks open the same addresses. Who may not see something gets 404, as if it were not
  there.
- **Filters.** `?carrier=vnpt&state=down&state=degraded`: all fields that are named, one of the
  values of each. Of a field that holds several it is enough that one of them is.
- **Search.** `?q=cau giay`: all words, with or without diacritics, in any order.
- **Order.** `?sort=title`, `?sort=-since`; texts as Vietnamese dictionaries have them, states the
  worst first, what is not known last.
- **Time.** Lists of what happened go back 30 days; `?since=2026-11-01&until=2026-11-30` bound
  them, by days of Vietnam or by moments with a zone (RFC 3339). Incidents that go on are listed
  whenever they began.
- **Pages.** `?limit=` ({LIMIT}; at most {MOST}) and `?offset=`; the answer has `items` and
  `total`, the header `Link` where the next page is. A file `.csv` has all that is selected.
  Each answer is of one moment and has each record once. Between two pages records can change: an
  incident that is closed moves down the list, and the next page skips one. Read the CSV, or
  `?sort=id` with `since` and no filter on what changes: then none is missed.
- **Saving work.** Each answer has an `ETag`; `If-None-Match` with it gets 304 while nothing has
  changed. Answers are packed for who accepts gzip.
- **Mistakes** are answered by 400 and a sentence that names them (`application/problem+json`, RFC
  9457).

The page of one point is at `/sites/NAME.json`, the evidence of one incident at
`/incidents/NAME.json` ([schema](evidence.schema.json)).
"""


_PLAIN: dict[type, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "`true`, `false`",
    datetime: "moment",
}


def api_page() -> str:
    """Return the page."""
    parts = [_HEAD, *map(_list, LISTS)]
    summary = ["## `/api/v1/summary`", "", _text(CitySummary), "", *_fields(CitySummary, ())]
    return "\n".join([*parts, "\n".join(summary), ""])


def _list(query: ListQuery) -> str:
    roles = ", ".join(sorted(role.value for role in query.roles))
    lines = [
        f"## `/api/v1/{query.name}`",
        "",
        _text(query.record),
        "",
        f"For {roles}. Searched: {_names(query.searched)}. Order: {_names(query.order.split())}."
        + (f" Bounded by `{query.period}`." if query.period else ""),
        "",
        *_fields(query.record, query.filters),
        "",
    ]
    return "\n".join(lines)


def _fields(record: type[Record], filters: tuple[str, ...]) -> list[str]:
    hints = get_type_hints(record)
    rows = [
        f"| `{name}` | {_kind(hints[name])} | {'yes' if name in filters else ''} |"
        for name in record.__struct_fields__
    ]
    return ["| field | type | filter |", "| --- | --- | --- |", *rows]


def _kind(kind: object) -> str:
    if get_origin(kind) in {Union, UnionType}:
        return f"{_kind(get_args(kind)[0])}, or null"
    if get_origin(kind) is tuple:
        return f"list of {_kind(get_args(kind)[0])}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{value.value}`" for value in kind)
    return {
        str: "text",
        int: "number",
        float: "number",
        bool: "`true`, `false`",
        datetime: "moment",
    }[
        kind  # type: ignore[index]  # a type of a field is hashable
    ]


def _names(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(record: type[Record]) -> str:
    text = " ".join((getdoc(record) or "").split()).replace("``", "`")
    return "\n".join(textwrap.wrap(text, 110))

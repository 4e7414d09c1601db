"""Arguments: parses and validates query parameters of a list, for both pages and API. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from thongsuot_collector.errors import CollectorError
from thongsuot_collector.queries.lists import ListQuery
from thongsuot_collector.queries.selection import LIMIT, MOST, Selection
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S

_QUERY_CHARACTERS = 100
_VALUES = 50
FARTHEST = 10_000_000
_DAY = len("2026-11-30")
_FIRST, _LAST = datetime(1970, 2, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_OWN = frozenset({"q", "sort", "limit", "offset", "since", "until", "lang", "key"})


class ArgumentInvalid(CollectorError):
    """An argument is invalid; the text has its name and the reason."""


def selection_from(query: ListQuery, arguments: Iterable[tuple[str, str]]) -> Selection:
    """
    Return the selection from the arguments of a URL; empty ones are ignored.

    Raises:
        ArgumentInvalid: one is unknown, or its value is invalid.
    """
    own: dict[str, str] = {}
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in arguments:
        if name in _OWN:
            own[name] = value.strip()
        elif name not in query.filters:
            known = ", ".join(query.filters)
            raise ArgumentInvalid(f"{query.name} have no filter {name!r}; known: {known}")
        elif value:
            filters[name] = (*filters.get(name, ()), value)
    if any(len(values) > _VALUES for values in filters.values()):
        raise ArgumentInvalid(f"a filter takes at most {_VALUES} values")
    sort = own.get("sort", "")
    if sort and sort.removeprefix("-") not in query.sorts:
        known = ", ".join(query.sorts)
        raise ArgumentInvalid(f"{query.name} cannot be sorted by {sort!r}; known: {known}")
    if not query.period and (own.get("since") or own.get("until")):
        raise ArgumentInvalid(f"{query.name} are current: since and until do not apply")
    return Selection(
        query=own.get("q", "")[:_QUERY_CHARACTERS],
        filters=filters,
        sort=sort,
        limit=read_number(own, "limit", LIMIT, least=1, most=MOST),
        offset=read_number(own, "offset", 0, least=0, most=FARTHEST),
        since=read_moment(own, "since", is_end=False),
        until=read_moment(own, "until", is_end=True),
    )


def read_number(own: dict[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """
    Return the integer value of an argument.

    Raises:
        ArgumentInvalid: it is not a number, or out of bounds.
    """
    text = own.get(name, "")
    if not text:
        return default
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(most)) + 1
    if not is_number or not least <= int(text) <= most:
        raise ArgumentInvalid(f"{name} is a number from {least} to {most}, not {text[:40]!r}")
    return int(text)


def read_moment(own: dict[str, str], name: str, *, is_end: bool) -> datetime | None:
    """
    Return a moment (RFC 3339), or a day of Vietnam: the end of one for ``until``.

    A moment outside the range of the store is limited to its first or last moment.

    Raises:
        ArgumentInvalid: it is none.
    """
    text = own.get(name, "")
    if not text:
        return None
    try:
        at = _day_bound(text, is_end=is_end) if len(text) == _DAY else datetime.fromisoformat(text)
    except OverflowError:
        return _FIRST if text < "1970" else _LAST
    except ValueError as error:
        raise ArgumentInvalid(
            f"{name} is a day (2026-11-30) or a moment (2026-11-30T08:00:00Z), not {text[:40]!r}"
        ) from error
    if at.tzinfo is None:
        raise ArgumentInvalid(f"{name} has no time zone: {text[:40]!r}")
    return min(max(at, _FIRST), _LAST).astimezone(UTC)


def _day_bound(text: str, *, is_end: bool) -> datetime:
    day = date.fromisoformat(text)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(days=int(is_end), seconds=-VIETNAM_OFFSET_S)

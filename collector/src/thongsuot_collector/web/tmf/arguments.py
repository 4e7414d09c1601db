"""
Arguments: parses query parameters of a collection, according to TM Forum's guidelines (TMF630).
Pure.

``fields`` selects attributes, ``offset`` and ``limit`` the page; any filter attribute may be given
with values (separated by commas), moments with the suffixes ``.gt``, ``.gte``, ``.lt`` or ``.lte``.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from thongsuot_collector.queries.selection import LIMIT, MOST
from thongsuot_collector.web.arguments import (
    FARTHEST,
    ArgumentInvalid,
    read_moment,
    read_number,
)

OPERATORS: Final[Mapping[str, Callable[[datetime, datetime], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}

_OWN: Final = frozenset({"fields", "offset", "limit", "key", "lang"})
_NONE: Final = "none"
"""``fields=none`` only selects the identifying attributes of a resource."""

_NAMES: Final = 50


class CollectionFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a collection: attributes with texts, and with moments."""

    texts: tuple[str, ...]
    moments: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """All filter arguments."""
        return [*self.texts, *(f"{name}.{mark}" for name in self.moments for mark in OPERATORS)]


class MomentBound(msgspec.Struct, frozen=True, kw_only=True):
    """A bound of a moment: attribute, operator, and the value to compare with."""

    name: str
    mark: str
    at: datetime

    def holds(self, value: object) -> bool:
        """Return whether a value of the attribute is within it; a missing one is not."""
        return isinstance(value, datetime) and OPERATORS[self.mark](value, self.at)


class CollectionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query; ``fields`` is ``None`` for all."""

    fields: frozenset[str] | None = None
    offset: int = 0
    limit: int = LIMIT
    texts: Mapping[str, frozenset[str]] = {}
    bounds: Sequence[MomentBound] = ()

    @property
    def earliest(self) -> datetime | None:
        """The earliest moment within the bounds; ``None`` if unbounded."""
        return min((bound.at for bound in self.bounds if bound.mark[0] == "g"), default=None)

    def matches(self, head: Mapping[str, object]) -> bool:
        """Return whether a resource with these attributes matches."""
        return all(head.get(name) in values for name, values in self.texts.items()) and all(
            bound.holds(head.get(bound.name)) for bound in self.bounds
        )

    def chosen(self, body: Mapping[str, object]) -> dict[str, object]:
        """Return the requested attributes of a resource, and the identifying ones."""
        if self.fields is None:
            return dict(body)
        kept = self.fields | {"id", "href", "@type"}
        return {name: value for name, value in body.items() if name in kept}


def read_query(arguments: Iterable[tuple[str, str]], filters: CollectionFilters) -> CollectionQuery:
    """
    Return the query from the arguments of a URL; empty ones are ignored.

    Raises:
        ArgumentInvalid: one is unknown, or its value is invalid.
    """
    own: dict[str, str] = {}
    texts: dict[str, frozenset[str]] = {}
    bounds = []
    for name, value in arguments:
        attribute, _, mark = name.rpartition(".")
        if name in _OWN:
            own[name] = value.strip()
        elif name in filters.texts:
            wanted = frozenset(part.strip() for part in value.split(",")) - {""}
            if wanted:
                texts[name] = texts.get(name, frozenset()) | wanted
        elif attribute in filters.moments and mark in OPERATORS:
            at = read_moment({name: value.strip()}, name, is_end=mark in {"gt", "lte"})
            bounds += [] if at is None else [MomentBound(name=attribute, mark=mark, at=at)]
        else:
            raise ArgumentInvalid(
                f"there is no filter {name[:60]!r}; known: {', '.join(filters.names)}"
            )
    if max((len(wanted) for wanted in texts.values()), default=0) > _NAMES:
        raise ArgumentInvalid(f"a filter takes at most {_NAMES} values")
    return CollectionQuery(
        fields=fields_of(own),
        offset=read_number(own, "offset", 0, least=0, most=FARTHEST),
        limit=read_number(own, "limit", LIMIT, least=1, most=MOST),
        texts=texts,
        bounds=bounds,
    )


def fields_of(own: Mapping[str, str]) -> frozenset[str] | None:
    """Return the attributes in ``fields``; ``None``: all."""
    names = frozenset(part.strip() for part in own.get("fields", "").split(",")) - {""}
    return names - {_NONE} if names else None

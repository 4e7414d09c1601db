"""
Arguments: what an address asks of a collection, as TM Forum's guidelines have it (TMF630). Pure.

``fields`` names the attributes that are wanted, ``offset`` and ``limit`` the page; any attribute
that can be filtered by may be named with values (several: by commas), moments with ``.gt``,
``.gte``, ``.lt`` or ``.lte`` behind their name.
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
"""``fields=none`` asks for nothing but what names a resource."""

_NAMES: Final = 50


class CollectionFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a collection can be filtered by: attributes with texts, and with moments."""

    texts: tuple[str, ...]
    moments: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """All arguments that filter."""
        return [*self.texts, *(f"{name}.{mark}" for name in self.moments for mark in OPERATORS)]


class MomentBound(msgspec.Struct, frozen=True, kw_only=True):
    """A bound of a moment: attribute, operator, and what it is compared with."""

    name: str
    mark: str
    at: datetime

    def holds(self, value: object) -> bool:
        """Return whether a value of the attribute keeps to it; what has none does not."""
        return isinstance(value, datetime) and OPERATORS[self.mark](value, self.at)


class CollectionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked; ``fields`` is ``None`` where all are wanted."""

    fields: frozenset[str] | None = None
    offset: int = 0
    limit: int = LIMIT
    texts: Mapping[str, frozenset[str]] = {}
    bounds: Sequence[MomentBound] = ()

    @property
    def earliest(self) -> datetime | None:
        """The earliest moment that a bound leaves; ``None`` where none does."""
        return min((bound.at for bound in self.bounds if bound.mark[0] == "g"), default=None)

    def matches(self, head: Mapping[str, object]) -> bool:
        """Return whether a resource with these attributes is asked for."""
        return all(head.get(name) in values for name, values in self.texts.items()) and all(
            bound.holds(head.get(bound.name)) for bound in self.bounds
        )

    def chosen(self, body: Mapping[str, object]) -> dict[str, object]:
        """Return of a resource the attributes that are asked for, and those that name it."""
        if self.fields is None:
            return dict(body)
        kept = self.fields | {"id", "href", "@type"}
        return {name: value for name, value in body.items() if name in kept}


def read_query(arguments: Iterable[tuple[str, str]], filters: CollectionFilters) -> CollectionQuery:
    """
    Return what the arguments of an address ask; empty ones ask for nothing.

    Raises:
        ArgumentInvalid: one is unknown, or its value cannot be.
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
    """Return the attributes that ``fields`` names; ``None``: all."""
    names = frozenset(part.strip() for part in own.get("fields", "").split(",")) - {""}
    return names - {_NONE} if names else None

"""OpenAPI 3.1 of the API, generated from the queries and the types of their records. Pure."""

import importlib.metadata
from datetime import datetime
from enum import Enum
from functools import cache
from inspect import getdoc
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from thongsuot_collector.queries.lists import LISTS, ListQuery
from thongsuot_collector.queries.records import CitySummary, Record
from thongsuot_collector.queries.selection import LIMIT, MOST
from thongsuot_collector.web.answers import Problem
from thongsuot_collector.web.arguments import FARTHEST
from thongsuot_collector.web.tmf import openapi as tmf
from thongsuot_schema.words.translations import languages

_COMPONENT: Final = "#/components/schemas/{name}"
_DESCRIPTION: Final = (
    "The content of the pages for programs, read-only. City accounts see everything, a carrier its "
    "own objects, a commune its sites; all else is answered with 404. Lists can be filtered by "
    "fields (a repeated field: either value), searched without diacritics (q), sorted by a field "
    "(a dash before it: descending) and paged (limit, offset)."
)


def document() -> dict[str, Any]:
    """Return the description."""
    records = [query.record for query in LISTS]
    _, components = msgspec.json.schema_components(
        [*records, CitySummary, Problem], ref_template=_COMPONENT
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Thông Suốt",
            "version": importlib.metadata.version("thongsuot-collector"),
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"password": []}],
        "paths": {
            "/api/v1/summary": {"get": _summary()},
            **{f"/api/v1/{query.name}": {"get": _list(query)} for query in LISTS},
            **{f"/api/v1/{query.name}.csv": {"get": _csv(query)} for query in LISTS},
            **tmf.paths(),
        },
        "components": {
            "schemas": components | tmf.schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }


@cache
def document_bytes() -> bytes:
    """Return the encoded description, built at the first request."""
    return msgspec.json.encode(document())


def _summary() -> dict[str, Any]:
    return {
        "operationId": "summary",
        "summary": first_line(CitySummary),
        "responses": _responses(_content("application/json", _reference(CitySummary))),
    }


def _list(query: ListQuery) -> dict[str, Any]:
    page = {
        "type": "object",
        "required": ["items", "total"],
        "properties": {
            "items": {"type": "array", "items": _reference(query.record)},
            "total": {"type": "integer", "minimum": 0},
        },
    }
    return {
        "operationId": query.name,
        "summary": first_line(query.record),
        "parameters": paged_parameters(query),
        "responses": _responses(_content("application/json", page)),
    }


def _csv(query: ListQuery) -> dict[str, Any]:
    return {
        "operationId": f"{query.name}_csv",
        "summary": f"{first_line(query.record)} All that are selected, as a table.",
        "parameters": _parameters(query),
        "responses": _responses(_content("text/csv", {"type": "string"})),
    }


def paged_parameters(query: ListQuery) -> list[dict[str, Any]]:
    """Return the parameters of a paged list."""
    return [
        *_parameters(query),
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}),
        _parameter("offset", {"type": "integer", "minimum": 0, "maximum": FARTHEST, "default": 0}),
    ]


def _parameters(query: ListQuery) -> list[dict[str, Any]]:
    hints = get_type_hints(query.record)
    sorts = [f"{sign}{name}" for name in query.sorts for sign in ("", "-")]
    period = [_parameter(name, _moment()) for name in ("since", "until") if query.period]
    return [
        _parameter("q", {"type": "string", "maxLength": 100}),
        *(
            _parameter(name, {"type": "array", "items": _value(hints[name])})
            for name in query.filters
        ),
        _parameter("sort", {"type": "string", "enum": sorts}),
        *period,
        _parameter("lang", {"type": "string", "enum": list(languages())}),
    ]


def _moment() -> dict[str, Any]:
    return {
        "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]
    }


def _value(kind: object) -> dict[str, Any]:
    """Return the schema of a filter's value for a field of some type."""
    if get_origin(kind) in {Union, UnionType}:
        return _value(next(part for part in get_args(kind) if part is not type(None)))
    if get_origin(kind) is tuple:
        return _value(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"type": "string", "enum": [str(value.value) for value in kind]}
    if kind is bool:
        return {"type": "string", "enum": ["true", "false"]}
    assert kind is not datetime, "moments are bounded by since and until"
    return {"type": "string"}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _responses(content: dict[str, Any]) -> dict[str, Any]:
    problem = _content("application/problem+json", _reference(Problem))
    return {
        "200": {"description": "The requested data", "content": content},
        "304": {"description": "Not modified since the client's copy (ETag)"},
        "400": {"description": "An argument is invalid", "content": problem},
        "401": {"description": "The credentials are missing or invalid"},
        "404": {"description": "It does not exist, or this role has no access to it"},
        "429": {"description": "Too many wrong passwords or tokens from this address"},
    }


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {media_type: {"schema": schema}}


def _reference(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _COMPONENT.format(name=kind.__name__)}


def first_line(kind: type[Record]) -> str:
    """Return the first sentence of a record type's docstring."""
    return (getdoc(kind) or "").split(". ")[0].splitlines()[0].removesuffix(".") + "."

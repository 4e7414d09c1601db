"""
Tools: queries for a language model, the same as those of pages and API.

This module is independent of the protocol (see ``server``). A tool shows visitors the same as the
API for their role; a tool that is not for a role does not exist for it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.errors import CollectorError
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.incidents import summary
from thongsuot_collector.queries.lists import CITY_ROLES, LIST_BY_NAME, LISTS, ListQuery
from thongsuot_collector.queries.records import (
    DeliveryRecord,
    IncidentRecord,
    LinkRecord,
    Record,
    SiteRecord,
    SiteStatus,
)
from thongsuot_collector.queries.selection import MOST, page_of
from thongsuot_collector.queries.sites import site_records
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.access import Visitor
from thongsuot_collector.web.api.openapi import first_line, paged_parameters
from thongsuot_collector.web.arguments import ArgumentInvalid, selection_from
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import REFERENCE, languages

Arguments = Mapping[str, Any]

_EVER: Final = "1970-02-01"
_LANGUAGE: Final = {"type": "string", "enum": list(languages()), "default": REFERENCE}


class ToolRefused(CollectorError):
    """A tool cannot answer a call; the text has the reason."""


class CurrentFaults(msgspec.Struct, frozen=True, kw_only=True):
    """
    The current faults. ``links`` are those that are not up, each with the onset of its state;
    ``incidents`` the open ones, with who has to act (``acting_title``) and who accepted it; null
    for visitors without access to incidents. ``links_in_all`` were checked.
    """

    links_in_all: int
    links: Sequence[LinkRecord]
    incidents: Sequence[IncidentRecord] | None


class SiteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One point; ``site`` is null for a carrier, which sees its own links there."""

    site: SiteRecord | None
    links: Sequence[LinkRecord]
    incidents: Sequence[IncidentRecord] | None


class IncidentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One incident; ``deliveries`` are its notifications, only shown to the city."""

    incident: IncidentRecord
    deliveries: Sequence[DeliveryRecord] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The data for one call: the current city, for one visitor, in a language."""

    city: CityState
    store: Engine
    visitor: Visitor
    language: Language

    async def records(self, name: str, arguments: Sequence[tuple[str, str]]) -> list[Record]:
        """
        Return the selected records of a list.

        Raises:
            ArgumentInvalid: an argument is invalid.
        """
        query = LIST_BY_NAME[name]
        selection = selection_from(query, arguments)
        scope = self.visitor.query_scope
        records = await query.records(self.city, self.store, selection, scope, self.language)
        return query.select(records, selection)

    def may_see(self, name: str) -> bool:
        """Return whether the visitor may see a list."""
        return self.visitor.role in LIST_BY_NAME[name].roles

    async def incidents(self, *arguments: tuple[str, str]) -> list[IncidentRecord] | None:
        """Return the selected incidents; ``None`` without access to incidents."""
        if not self.may_see("incidents"):
            return None
        return msgspec.convert(await self.records("incidents", arguments), list[IncidentRecord])


Answer = Callable[[Question, Arguments], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CityTool:
    """One tool: ``properties`` are the JSON Schemas of its arguments, ``required`` of them."""

    name: str
    title: str
    description: str
    roles: frozenset[PersonRole]
    properties: Mapping[str, Any]
    answer: Answer
    required: tuple[str, ...] = ()

    @property
    def input_schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.required),
            "additionalProperties": False,
        }


class CityTools:
    """The tools of one collector. ``city`` returns the current state."""

    def __init__(self, city: Callable[[], CityState], store: Engine) -> None:
        self._city = city
        self._store = store

    def offered_to(self, visitor: Visitor) -> list[CityTool]:
        """Return the visitor's tools."""
        return [tool for tool in TOOLS if visitor.role in tool.roles]

    async def call(self, name: str, arguments: Arguments, visitor: Visitor) -> object:
        """
        Return a tool's answer, as JSON values.

        Raises:
            ToolRefused: the visitor has no such tool, or it cannot answer the call.
        """
        tool = next((tool for tool in self.offered_to(visitor) if tool.name == name), None)
        if tool is None:
            raise ToolRefused(f"there is no tool {name[:60]!r}")
        unknown = sorted(set(arguments) - set(tool.properties))
        missing = [name for name in tool.required if not arguments.get(name)]
        if unknown or missing:
            raise ToolRefused(
                f"{tool.name} takes {', '.join(tool.properties) or 'nothing'}"
                + (f"; not {', '.join(unknown)[:200]}" if unknown else "")
                + (f"; {', '.join(missing)} has to be given" if missing else "")
            )
        language = arguments.get("lang") or REFERENCE
        if language not in languages():
            raise ToolRefused(f"lang is one of {', '.join(languages())}")
        question = Question(
            city=self._city(), store=self._store, visitor=visitor, language=language
        )
        try:
            return msgspec.to_builtins(await tool.answer(question, arguments))
        except ArgumentInvalid as error:
            raise ToolRefused(str(error)) from error


async def _current_faults(question: Question, arguments: Arguments) -> CurrentFaults:
    place, carrier = _text(arguments, "place"), _text(arguments, "carrier")
    asked = [("q", place), ("carrier", carrier), ("limit", str(MOST))]
    links = msgspec.convert(await question.records("links", asked), list[LinkRecord])
    if not links and (place or carrier):
        raise ToolRefused(f"no link is at or of {place or carrier!r}; lists name what there is")
    sites = {link.site for link in links}
    incidents = await question.incidents(("status", "open"), ("carriers", carrier))
    if incidents is not None:
        incidents = [
            incident
            for incident in incidents
            # Incidents inside a larger one are covered by that one.
            if not incident.parents and (not place or not sites.isdisjoint(incident.sites))
        ]
    used = [link for link in links if link.status in {SiteStatus.REPORTING, SiteStatus.SILENT}]
    return CurrentFaults(
        links_in_all=len(used),
        links=[link for link in used if link.state is not State.UP],
        incidents=incidents,
    )


async def _site(question: Question, arguments: Arguments) -> SiteAnswer:
    name = _text(arguments, "name")
    site: SiteRecord | None = None
    if question.may_see("sites"):
        sites = await question.records("sites", [("limit", str(MOST))])
        known = msgspec.convert(sites, list[SiteRecord])
        site = next((record for record in known if record.name == name), None)
    links = msgspec.convert(
        await question.records("links", [("site", name), ("limit", str(MOST))]), list[LinkRecord]
    )
    if site is None and not links:
        raise ToolRefused(f"there is no site {name[:60]!r}; list_sites and list_links name them")
    incidents = await question.incidents(("sites", name), ("status", "open"))
    return SiteAnswer(site=site, links=links, incidents=incidents)


async def _incident(question: Question, arguments: Arguments) -> IncidentAnswer:
    name = _text(arguments, "id")
    incidents = await question.incidents(("id", name), ("since", _EVER))
    if not incidents:
        raise ToolRefused(f"there is no incident {name[:60]!r}")
    deliveries = None
    if question.may_see("deliveries"):
        asked = [("incident", name), ("since", _EVER), ("limit", str(MOST))]
        deliveries = msgspec.convert(
            await question.records("deliveries", asked), list[DeliveryRecord]
        )
    return IncidentAnswer(incident=incidents[0], deliveries=deliveries)


async def _summary(question: Question, _arguments: Arguments) -> object:
    return summary(question.city, site_records(question.city, question.visitor.query_scope))


def _list_tool(query: ListQuery) -> CityTool:
    async def answer(question: Question, arguments: Arguments) -> object:
        pairs = [
            (name, _written(value))
            for name, argument in arguments.items()
            if name != "lang"
            for value in (argument if isinstance(argument, list) else [argument])
        ]
        records = await question.records(query.name, pairs)
        return page_of(records, selection_from(query, pairs))

    properties = {parameter["name"]: parameter["schema"] for parameter in paged_parameters(query)}
    return CityTool(
        name=f"list_{query.name}",
        title=query.name,
        description=(
            f"{first_line(query.record)} Filtered by fields, searched without diacritics (q), "
            "sorted (a dash before the field: descending), paged; total counts all that match."
        ),
        roles=query.roles,
        properties=properties,
        answer=answer,
    )


def _text(arguments: Arguments, name: str) -> str:
    value = arguments.get(name, "")
    if not isinstance(value, str):
        raise ToolRefused(f"{name} is text")
    return value.strip()


def _written(value: object) -> str:
    """Return a value of an argument as in a URL."""
    return str(value).lower() if isinstance(value, bool) else str(value)


TOOLS: Final[tuple[CityTool, ...]] = (
    CityTool(
        name="current_faults",
        title="Current faults",
        description=(
            "The current faults in a place (a commune, an area, a point, with or without "
            "diacritics) or of a carrier: links that are not up and since when, open incidents "
            "with the party that has to act, who accepted them and the expected end. Without "
            "arguments: everything that the account may see."
        ),
        roles=frozenset(PersonRole),
        properties={
            "place": {"type": "string", "maxLength": 100},
            "carrier": {"type": "string", "maxLength": 63, "description": "its name, not title"},
            "lang": _LANGUAGE,
        },
        answer=_current_faults,
    ),
    CityTool(
        name="site",
        title="One point",
        description="One point by its name: its state, its links, its open incidents.",
        roles=frozenset(PersonRole),
        properties={"name": {"type": "string", "maxLength": 63}, "lang": _LANGUAGE},
        required=("name",),
        answer=_site,
    ),
    CityTool(
        name="incident",
        title="One incident",
        description=(
            "One incident by its id, open or closed: the fault, its onset, who has to act, who "
            "accepted it; for the city also who was notified, by which channel and with what "
            "result."
        ),
        roles=LIST_BY_NAME["incidents"].roles,
        properties={"id": {"type": "string", "maxLength": 63}, "lang": _LANGUAGE},
        required=("id",),
        answer=_incident,
    ),
    CityTool(
        name="summary",
        title="The city in figures",
        description=(
            "The city in figures: points and how many work, and who has to act on open incidents."
        ),
        roles=CITY_ROLES,
        properties={},
        answer=_summary,
    ),
    *map(_list_tool, LISTS),
)

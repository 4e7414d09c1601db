"""The ways of what is affected, before and now: where the packets still go, hop by hop."""

from collections.abc import Callable
from typing import Final

from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import link_name
from thongsuot_schema.view import NetworkPath
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.evidence import FAMILIES
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.paths import describe_end, describe_mtu_hole, route_text

PathLookup = Callable[[str, str], tuple[NetworkPath, ...]]
"""Gives the ways over a link of a site, as they were measured last."""

LINKS_LISTED: Final = 2
PATHS_LISTED: Final = 2
"""Ways shown of one link: those that end on the way, or are not what they were, come first."""


def no_paths(site: str, link: str) -> tuple[NetworkPath, ...]:
    """Nothing is known of any way."""
    del site, link
    return ()


def path_lines(context: MessageContext, known: PathLookup, language: Language) -> list[str]:
    """Return the ways of the affected links, a line for before and one for now."""
    subjects = [one.subject for one in context.incident.members if one.subject.link]
    links = list(dict.fromkeys((one.site, one.link) for one in subjects))
    now_s = context.record.at_ns / 1e9
    lines: list[str] = []
    for site, link in links[:LINKS_LISTED]:
        found = sorted(
            known(site, link), key=lambda way: (way.path.is_reached, way.previous is None)
        )
        name = link_name(site, link, context.directory, language)
        for way in found[:PATHS_LISTED]:
            lines += _lines(way, name, now_s, language)
    return lines


def _lines(way: NetworkPath, link: str, now_s: float, language: Language) -> list[str]:
    target = " ".join(part for part in (way.target, FAMILIES[way.family]) if part)
    head = Text(f"{link}, đến {target}", f"{link}, to {target}").read(language)
    lines = []
    if way.previous is not None and way.previous_at_s is not None:
        when = relative_moment(way.previous_at_s, now_s, language)
        word = Text("trước đó", "before").read(language)
        lines.append(f"{head}, {word} ({when}): {route_text(way.previous)}")
    when = relative_moment(way.at_s, now_s, language)
    lines.append(f"{head}, {when}: {route_text(way.path)}")
    lines += [
        text
        for text in (describe_end(way.path, language), describe_mtu_hole(way.path, language))
        if text
    ]
    return lines

"""The ways of what is affected, before and now: where the packets still go, hop by hop."""

from collections.abc import Callable
from typing import Final

from thongsuot_collector.notify.content.names import link_name
from thongsuot_collector.notify.content.occasion import Occasion
from thongsuot_schema.page.view import Way
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.moments import spoken
from thongsuot_schema.words.proof import FAMILIES
from thongsuot_schema.words.ways import ends, packets, route

Ways = Callable[[str, str], tuple[Way, ...]]
"""Gives the ways over a link of a site, as they were measured last."""

LINKS_LISTED: Final = 2
WAYS_LISTED: Final = 2
"""Ways shown of one link: those that end on the way, or are not what they were, come first."""


def no_ways(site: str, link: str) -> tuple[Way, ...]:
    """Nothing is known of any way."""
    del site, link
    return ()


def ways(occasion: Occasion, known: Ways, language: Language) -> list[str]:
    """Return the ways of the affected links, a line for before and one for now."""
    subjects = [one.subject for one in occasion.incident.members if one.subject.link]
    links = list(dict.fromkeys((one.site, one.link) for one in subjects))
    now_s = occasion.entry.at_ns / 1e9
    lines: list[str] = []
    for site, link in links[:LINKS_LISTED]:
        found = sorted(known(site, link), key=lambda way: (way.path.is_reached, way.before is None))
        name = link_name(site, link, occasion.directory, language)
        for way in found[:WAYS_LISTED]:
            lines += _lines(way, name, now_s, language)
    return lines


def _lines(way: Way, link: str, now_s: float, language: Language) -> list[str]:
    target = " ".join(part for part in (way.target, FAMILIES[way.family]) if part)
    head = Text(f"{link}, đến {target}", f"{link}, to {target}").read(language)
    lines = []
    if way.before is not None and way.before_at_s is not None:
        when = spoken(way.before_at_s, now_s, language)
        word = Text("trước đó", "before").read(language)
        lines.append(f"{head}, {word} ({when}): {route(way.before)}")
    when = spoken(way.at_s, now_s, language)
    lines.append(f"{head}, {when}: {route(way.path)}")
    lines += [text for text in (ends(way.path, language), packets(way.path, language)) if text]
    return lines

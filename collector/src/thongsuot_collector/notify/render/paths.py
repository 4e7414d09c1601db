"""The paths of affected links before the fault and now, hop by hop."""

from collections.abc import Callable
from typing import Final

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import link_name, service_name
from thongsuot_schema.view import NetworkPath
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.evidence import FAMILIES
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.paths import describe_end, describe_mtu_hole, route_text

PathLookup = Callable[[str, str], tuple[NetworkPath, ...]]
"""Returns the most recently measured paths over a link of a site."""

LINKS_LISTED: Final = 2
PATHS_LISTED: Final = 2
"""Paths shown for one link: incomplete ones come first."""


def no_paths(site: str, link: str) -> tuple[NetworkPath, ...]:
    """Return no paths."""
    del site, link
    return ()


def path_lines(context: MessageContext, known: PathLookup, language: Language) -> list[str]:
    """
    Return the paths of the affected links: a line for the last good one before the fault began, and
    one for the path measured since. Paths from an earlier fault are not evidence for this one.
    """
    incident = context.incident
    subjects = [member.subject for member in incident.members if member.subject.link]
    links = list(dict.fromkeys((subject.site, subject.link) for subject in subjects))
    lines: list[str] = []
    for site, link in links[:LINKS_LISTED]:
        name = link_name(site, link, context.directory, language)
        paths = sorted(known(site, link), key=lambda path: path.path.is_reached)
        shown = [_lines(path, name, context, language) for path in paths]
        for path in list(filter(None, shown))[:PATHS_LISTED]:
            lines += path
    return lines


def _lines(path: NetworkPath, link: str, context: MessageContext, language: Language) -> list[str]:
    """Return the lines of one path; none if it has no evidence for this fault."""
    opened_s, now_s = context.incident.opened_ns / NS_PER_S, context.record.at_ns / NS_PER_S
    title = service_name(path.target, context.directory, language)
    target = " ".join(filter(None, (title, FAMILIES[path.family])))
    head = Text("collector.notify.paths.to", link=link, target=target).read(language)
    measured = [(path.previous_at_s, path.previous), (path.at_s, path.path)]
    good_before = [
        (at_s, route)
        for at_s, route in measured
        if at_s is not None and route is not None and at_s < opened_s and route.is_reached
    ]
    lines = []
    for at_s, route in good_before[-1:]:
        when = relative_moment(at_s, now_s, language)
        word = Text("collector.notify.paths.before").read(language)
        lines.append(f"{head}, {word} ({when}): {route_text(route, language)}")
    if path.at_s >= opened_s:
        when = relative_moment(path.at_s, now_s, language)
        lines.append(f"{head}, {when}: {route_text(path.path, language)}")
        ends = (describe_end(path.path, language), describe_mtu_hole(path.path, language))
        lines += filter(None, ends)
    return lines

"""
Counter: the services that the computers at the counter reach, and how they can use the backup.
"""

from typing import Final

from thongsuot_schema.view import CounterView, SiteView, SubjectView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text, join_list
from thongsuot_schema.words.media import medium_words
from thongsuot_schema.words.reachability import affected_services, can_serve, known_counter
from thongsuot_schema.words.titles import subject_title

NAMED_SERVICES: Final = 4
"""Maximum services named in one sentence; the others are counted, so that it stays short."""

_SAME_MOVE_S: Final = 1.0


def reach(view: SiteView, counter: CounterView, language: Language) -> str:
    """
    Return which services the computers can open; empty if the point has none, or if nothing has
    been opened yet.
    """
    if not counter.is_alive:
        since = relative_moment(counter.since_s, view.now_s, language)
        return Text("schema.words.counter.opens_nothing", since=since).read(language)
    affected = affected_services(view)
    if affected:
        return name_affected(affected, language)
    opened = [service for service in view.services if service.name in counter.open_services]
    if not opened:
        return ""
    when = relative_moment(counter.at_s, view.now_s, language)
    count = len(view.services)
    if len(opened) < count:
        rest = [service for service in view.services if service not in opened]
        return Text(
            "schema.words.counter.opens_some",
            opened=len(opened),
            count=count,
            when=when,
            listed=_named(rest, language),
        ).read(language)
    if count == 1:
        return Text("schema.words.counter.opens_one", when=when).read(language)
    return Text("schema.words.counter.opens_all", count=count, when=when).read(language)


def name_affected(services: list[SubjectView], language: Language) -> str:
    """Name the services that cannot be reached, the first few of them."""
    listed = _named(services, language)
    return Text("schema.words.headline.services_affected", listed=listed).read(language)


def name_not_measured(services: list[SubjectView], language: Language) -> str:
    """Name the unmeasured services, the first few of them."""
    listed = _named(services, language)
    return Text("schema.words.headline.services_not_measured", listed=listed).read(language)


def _named(services: list[SubjectView], language: Language) -> str:
    names = [subject_title(service, language) for service in services[:NAMED_SERVICES]]
    more = len(services) - len(names)
    if more:
        names.append(Text("schema.words.headline.more_services", more=more).read(language))
    return join_list(names, language)


def backup_clause(view: SiteView, backup: SubjectView, language: Language) -> str:
    """Return whether the computers were seen to use the backup; empty if that is unknown."""
    counter = known_counter(view)
    short = medium_words(backup.medium).short
    if counter is None:
        return ""
    if not counter.is_alive:
        return Text("schema.words.counter.not_on_backup", short=short).read(language)
    if counter.link != backup.name:
        return ""
    since = relative_moment(counter.since_s, view.now_s, language)
    took_s = _took_s(counter, backup.name)
    if took_s < 1.0:
        return Text("schema.words.counter.on_backup", short=short, since=since).read(language)
    took = duration(took_s, language)
    text = Text("schema.words.counter.on_backup_after", short=short, since=since, took=took)
    return text.read(language)


def _took_s(counter: CounterView, link: str) -> float:
    """Return the time without answers before the traffic used a link; 0: unknown."""
    moves = [moved for moved in counter.switch_overs if moved.to_link == link]
    newest = max(moves, key=lambda moved: moved.at_s, default=None)
    # The way since then was another one if it was dead in between.
    is_this = newest is not None and abs(newest.at_s - counter.since_s) < _SAME_MOVE_S
    return newest.took_s if newest is not None and is_this else 0.0


def what_to_do(view: SiteView, backup: SubjectView | None, language: Language) -> str:
    """
    Return that citizens can be served, or how the computers can use the working backup; empty if
    neither is known.

    The device's own access over the backup says nothing about the computers: if they were not
    measured, the text has both.
    """
    counter = known_counter(view)
    if counter is not None and counter.is_alive:
        return Text("schema.words.counter.serve").read(language) if can_serve(view) else ""
    if backup is None:
        return ""
    if counter is None and affected_services(view):
        return ""
    if view.backup_instructions:
        return view.backup_instructions
    short = medium_words(backup.medium).short
    if counter is None:
        return Text("schema.words.headline.advice.go_on_backup", short=short).read(language)
    return Text("schema.words.counter.switch", short=short).read(language)

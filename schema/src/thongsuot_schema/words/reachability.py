"""
Reachability: which services a site reaches, the one fact behind its state, headline and advice.

Computers at the counter count first, as measured; where they have not opened a service, what the
device reaches. Whatever neither has measured is not known, never reached and never affected.
"""

from enum import StrEnum

import msgspec

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import CounterView, SiteView, SubjectView
from thongsuot_schema.words.explanation import is_caused_below


class Reach(StrEnum):
    """
    How a service is reached from a site.

    ``BLOCKED``: the device reaches it and the computers at the counter do not. ``DEGRADED``: it is
    reached, slowly or now and then.
    """

    OPEN = "open"
    DEGRADED = "degraded"
    DOWN = "down"
    BLOCKED = "blocked"
    NOT_KNOWN = "not known"


AFFECTED = frozenset({Reach.DOWN, Reach.BLOCKED})
"""Nobody at the counter can work with the service."""


def without_past_causes(view: SiteView) -> SiteView:
    """
    Return a view in which no service is held against a line while no line is known to be ill.

    A line's verdict changes some seconds before those of the services over it: until then why a
    service is not reached is not known.
    """
    troubled = {State.DOWN, State.DEGRADED}
    if any(link.state in troubled for link in view.links):
        return view
    services = tuple(
        msgspec.structs.replace(service, symptom=Symptom.NONE, segment=None)
        if service.state in troubled and is_caused_below(service)
        else service
        for service in view.services
    )
    return view if services == view.services else msgspec.structs.replace(view, services=services)


def known_counter(view: SiteView) -> CounterView | None:
    """
    Return what the computers get as far as it can hold now; ``None`` where it is not known.

    What worked before the line failed that it went by, and what failed before a line came back, is
    of another time: the next run, seconds later, says how it is.
    """
    counter = view.counter
    if counter is None:
        return None
    for link in view.links:
        if link.since_s is None or link.since_s <= counter.at_s:
            continue
        went_by = counter.link in {"", link.name}
        if (counter.is_alive and link.state is State.DOWN and went_by) or (
            not counter.is_alive and link.state is State.UP
        ):
            return None
    return counter


def reach_of(service: SubjectView, view: SiteView) -> Reach:
    """Return how one service of a site is reached."""
    if service.state is State.DOWN:
        return Reach.DOWN
    counter = known_counter(view)
    if counter is not None and (not counter.is_alive or service.name in counter.failed_services):
        return Reach.BLOCKED
    if service.state is State.DEGRADED:
        return Reach.DEGRADED
    is_open = service.state is State.UP
    if counter is not None and service.name in counter.open_services:
        is_open = True
    return Reach.OPEN if is_open else Reach.NOT_KNOWN


def services_reached(view: SiteView, *reaches: Reach) -> list[SubjectView]:
    """Return the services that are reached in one of these ways, in the order of the site."""
    return [service for service in view.services if reach_of(service, view) in reaches]


def affected_services(view: SiteView) -> list[SubjectView]:
    """Return the services that nobody at the counter can work with."""
    return services_reached(view, *AFFECTED)


def can_serve(view: SiteView) -> bool:
    """
    Return whether citizens can be served: a service is known to be reached, or the point has none.
    """
    return not view.services or bool(services_reached(view, Reach.OPEN, Reach.DEGRADED))

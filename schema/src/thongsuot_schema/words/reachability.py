"""
Reachability: the services that a site reaches, the one fact behind its state, headline and advice.

The measurements of computers at the counter have precedence; for a service that they have not
opened, the device's own count. A service measured by neither is unknown: neither reached nor
affected.
"""

from enum import StrEnum

import msgspec

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import CounterView, SiteView, SubjectView
from thongsuot_schema.words.explanation import is_caused_below


class Reach(StrEnum):
    """
    The reachability of a service from a site.

    ``BLOCKED``: the device reaches it and the computers at the counter do not. ``DEGRADED``: it is
    reached slowly or intermittently.
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
    Return a view in which no service's failure is attributed to a line while no line is faulty.

    A line's verdict changes some seconds before those of the services over it: until then the
    reason for a service's failure is unknown.
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
    Return the reach of the computers, as far as it is current; ``None`` if it is unknown.

    A success before the failure of the line that it used, and a failure before the recovery of a
    line, are outdated: the next run, seconds later, shows the current state.
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
    """Return the reachability of one service of a site."""
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

"""Readiness: whether the collector accepts pushes and judges them, or why not."""

from thongsuot_collector.app.components import Components
from thongsuot_collector.app.durable import free_bytes_of
from thongsuot_collector.correlation.consumer import IncidentConsumer

_LAG = 1000
"""The lag up to which a consumer counts as ready: the entries of some seconds."""

_STILL_S = 30.0
"""Correlation runs every second or two, regardless of pushes."""

_FREE_BYTES = 64 << 20
"""With less free space on its disk the journal soon refuses pushes."""


def problem_of(components: Components) -> str:
    """Return why the collector is not ready, empty if it is."""
    if components.storage.problem:
        return components.storage.problem
    if components.states.lag > _LAG:
        return f"catching up: states are {components.states.lag} entries behind"
    if not components.role.leads:
        problem = components.following.problem()
        if problem:
            return problem
        return _disk_problem(components)
    problem = _problem_of_judging(components.incidents) or _disk_problem(components)
    if problem:
        return problem
    reason = components.task_failures.reason("notifications")
    return f"nobody is notified: {reason}" if reason else ""


def _problem_of_judging(incidents: IncidentConsumer) -> str:
    if incidents.lag > _LAG:
        return f"catching up: incidents are {incidents.lag} entries behind"
    still_s = incidents.turns.idle_s
    if still_s > _STILL_S:
        return f"nothing is judged: correlation has stood still for {still_s:.0f} s"
    return f"nothing can be stored: {incidents.refusal}" if incidents.refusal else ""


def unjudged_entries(components: Components) -> int:
    """
    Return the number of journal entries that are not judged yet: by this collector, or by the
    leader as a follower last saw it.
    """
    states = components.states.lag
    if components.role.leads:
        return max(states, components.incidents.lag)
    leader = components.following.leader
    return states if leader is None else max(states, leader.unjudged)


def leader_of(components: Components) -> str:
    """Return the leader, for people and proxies: this collector, another one, or none."""
    if components.role.leads:
        term = components.role.term
        return "this collector leads" + ("" if term is None else f", term {term.number}")
    problem, leader = components.following.problem(), components.following.leader
    if problem or leader is None:
        return problem
    return f"{leader.holder} leads, term {leader.term}"


def _disk_problem(components: Components) -> str:
    free_bytes = free_bytes_of(components.configuration.state_dir)
    if free_bytes < _FREE_BYTES:
        kept = "state folder" if components.configuration.settings.journal.url else "journal"
        return f"the disk of the {kept} is full: {free_bytes} bytes are free"
    return ""

"""
Engine: turns events, one at a time, into verdict changes and confirmation probes.

``step`` is the whole interface. The memory that is passed in is consumed: the outcome contains the
memory to continue with. The engine reads no clock and no random number, so the same events give the
same outcomes.
"""

import msgspec

from thongsuot_agent.judge import egress, links, paths, rounds, services, watched
from thongsuot_agent.judge.direct_line import probes_for
from thongsuot_agent.judge.events import ConfirmationProbe, Event, LinkEvent, ResultArrival, Tick
from thongsuot_agent.judge.line_change import forget_other_line
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory
from thongsuot_agent.judge.observations import observation_of_run
from thongsuot_agent.judge.reachability import Reachability, reachability_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes
from thongsuot_agent.judge.symptoms import carried_loss, equipment, identity, loss, near_flows
from thongsuot_agent.judge.symptoms.echo_limit import EchoLimit, take_echo_limits
from thongsuot_agent.judge.symptoms.traffic import update_box_counters, update_host_counters
from thongsuot_agent.judge.tracks import ECHO, record_duration, record_run, track_of
from thongsuot_agent.judge.verdicts import is_at_rest, judge_link
from thongsuot_schema.catalogue import fresh_echo
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

_AGENT_OVERLOADED = frozenset({Reason.AGENT_STARVED, Reason.RESOURCE_EXHAUSTED})
_NEVER_STARTED = frozenset({Reason.OVERRUN, Reason.BUDGET_SPENT})
"""
The scheduler skipped a run because another of the series was in progress, or the budget was spent.
"""


class StepOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of an event.

    ``changes`` are ordered: links first, then services; ``confirmation_probes`` are to be measured
    at once, each at most once; a probe that is not made costs certainty or time, never correctness.
    ``route_changes`` are changed paths to targets, ``egress_changes`` the links whose packets leave
    by another carrier from now on, or by their own again, ``echo_limits`` those whose echoes turned
    out to be limited in number.
    """

    memory: Memory
    changes: tuple[VerdictChange, ...] = ()
    confirmation_probes: tuple[ConfirmationProbe, ...] = ()
    route_changes: tuple[paths.RouteChange, ...] = ()
    egress_changes: tuple[egress.EgressChange, ...] = ()
    echo_limits: tuple[EchoLimit, ...] = ()


def step(memory: Memory, event: Event, site_probes: SiteProbes, settings: Settings) -> StepOutcome:
    """Process one event; returns its outcome."""
    memory.now_ns = max(memory.now_ns, event.boottime_ns)
    ruling = _dispatch(memory, event, site_probes, settings)
    limits = take_echo_limits(memory)
    ways = paths.path_probes(memory, ruling.changes, site_probes)
    if not ways and not limits:
        return ruling
    confirmations = (*ruling.confirmation_probes, *ways)
    return msgspec.structs.replace(ruling, confirmation_probes=confirmations, echo_limits=limits)


def _dispatch(
    memory: Memory, event: Event, site_probes: SiteProbes, settings: Settings
) -> StepOutcome:
    if isinstance(event, ResultArrival):
        return _on_result(memory, event.result, site_probes, settings)
    if isinstance(event, Result):
        return _on_result(memory, event, site_probes, settings)
    if isinstance(event, LinkEvent):
        return _on_facts(memory, event, site_probes, settings)
    return _on_tick(memory, event, site_probes, settings)


def _on_result(
    memory: Memory, result: Result, site_probes: SiteProbes, settings: Settings
) -> StepOutcome:
    series = result.series
    at = _link_context(memory, series.link, site_probes, settings)
    if at is None:
        return StepOutcome(memory=memory)
    if _is_site_equipment(at, result):
        return _with_change(at, site_probes, egress.note_sign(at, result))
    if series.kind in {paths.PATH, egress.EGRESS}:
        return _on_way(at, result, site_probes)
    point = at.probes.point_of(series)
    if point is None or result.finding.reason in _NEVER_STARTED:
        return StepOutcome(memory=memory)
    reachability = _reachability(at, result)
    started_ns = result.boottime_ns
    track = track_of(at.link, series)
    if series.kind == ECHO:
        loss.count_echo_run(at, point, track, result, reachability)
    else:
        carried_loss.count_run(at, point, track, result.finding, reachability)
    near_flows.note_beside(at, track, result.finding, started_ns)
    record_run(track, started_ns, result.finding, reachability, memory.now_ns)
    rounds.note_run_in_round(at, track, point, reachability, started_ns)
    if reachability is Reachability.UNMEASURED:
        if result.finding.reason in _AGENT_OVERLOADED:
            at.link.starved_ns = started_ns
    else:
        disturbed = links.is_disturbed(at.link, track, settings)
        record_duration(track, started_ns, result.finding, settings, is_disturbed=disturbed)
        at.link.heard_ns = max(started_ns, at.link.heard_ns or 0)
        if not links.is_dead(at.link):
            links.request_burst_if_unexpected(
                at, observation_of_run(at, point, track, reachability), reachability
            )
    asked = (
        services.note_service_run(at, site_probes, track, reachability, started_ns)
        if point.is_service
        else ()
    )
    if reachability is Reachability.UNMEASURED and result.finding.outcome is Outcome.OK:
        asked = (*asked, *egress.probes_for_proof(at))
    return _with_other_due_links(_judge_after_event(at, site_probes, asked), at, site_probes)


def _on_way(at: LinkContext, result: Result, site_probes: SiteProbes) -> StepOutcome:
    """Process a result about the path to a target, or about the carrier by which packets leave."""
    if result.series.kind == paths.PATH:
        return StepOutcome(memory=at.memory, route_changes=paths.note_path(at.link, result))
    return _with_change(at, site_probes, egress.note_egress(at, result))


def _with_change(
    at: LinkContext, site_probes: SiteProbes, change: egress.EgressChange | None
) -> StepOutcome:
    """Judge after packets may have switched to another carrier."""
    if change is not None:
        forget_other_line(at)
    outcome = _judge_after_event(at, site_probes)
    if change is None:
        return outcome
    return msgspec.structs.replace(outcome, egress_changes=(change,))


def _reachability(at: LinkContext, result: Result) -> Reachability:
    """Return what a run proves, by the state of the link at its start."""
    reachability = reachability_of(result.series.kind, result.finding)
    if result.boottime_ns < at.link.valid_from_ns:
        return Reachability.UNMEASURED
    point = at.probes.point_of(result.series)
    egress.note_other_line(at.link, point, result.boottime_ns, reachability)
    if not egress.is_attributable(at, point, reachability):
        return Reachability.UNMEASURED
    if reachability is Reachability.SILENT and _is_filtered_here(at, result.series):
        return Reachability.UNMEASURED
    return reachability


def _is_filtered_here(at: LinkContext, series: Series) -> bool:
    """
    Return whether the device's own kernel drops the answers of a series: not a carrier's fault.

    Strict reverse path filtering (RFC 3704; CIS hardening, RHEL) drops packets received on an
    interface other than that of the preferred default route.
    """
    facts = at.link.facts
    return facts is not None and facts.reverse_filtered and series.family is Family.IP4


def _is_site_equipment(at: LinkContext, result: Result) -> bool:
    """
    Process data of the device, the modem or other equipment about itself; returns whether the
    result was such data.
    """
    finding, started_ns = result.finding, result.boottime_ns
    match result.series.kind:
        case rounds.HOST:
            update_host_counters(at.link, finding, started_ns)
            identity.note_gateway(at.link, finding, started_ns)
        case fresh_echo.KIND.name:
            near_flows.note_new_flows(at.link, result)
        case equipment.RADIO:
            equipment.update_radio(at.link, finding, started_ns, at.settings)
        case equipment.BOX:
            equipment.update_box(at.link, finding, started_ns)
            update_box_counters(at, result.series.target, finding, started_ns)
        case _:
            return False
    return True


def _on_facts(
    memory: Memory, event: LinkEvent, site_probes: SiteProbes, settings: Settings
) -> StepOutcome:
    at = _link_context(memory, event.link, site_probes, settings)
    if at is None or watched.is_watched_only(at):
        # A port of the router: the device's kernel does not see it.
        return StepOutcome(memory=memory)
    links.update_interface_facts(at, event)
    return _judge_after_event(at, site_probes)


def _on_tick(
    memory: Memory, tick: Tick, site_probes: SiteProbes, settings: Settings
) -> StepOutcome:
    memory.wall_s, memory.wall_ns = tick.wall_s, tick.boottime_ns
    rulings: list[StepOutcome] = []
    for name in site_probes.links:
        at = _link_context(memory, name, site_probes, settings)
        if at is not None:
            if not watched.is_watched_only(at):
                links.apply_elapsed_time(at)
            rulings.append(_judge_after_event(at, site_probes))
    service_outcome = services.judge_services(memory, site_probes, settings)
    return StepOutcome(
        memory=memory,
        changes=(*(c for ruling in rulings for c in ruling.changes), *service_outcome.changes),
        confirmation_probes=(
            *(w for ruling in rulings for w in ruling.confirmation_probes),
            *service_outcome.confirmation_probes,
        ),
    )


def _judge_after_event(
    at: LinkContext, site_probes: SiteProbes, asked: tuple[ConfirmationProbe, ...] = ()
) -> StepOutcome:
    """Judge the link of an event, then everything that depends on it."""
    memory, settings = at.memory, at.settings
    equipment.age_readings(at)
    if watched.is_watched_only(at):
        return StepOutcome(memory=memory, changes=watched.judge_watched(at))
    if not asked and is_at_rest(at) and not services.is_comparison_due(memory):
        return StepOutcome(memory=memory)
    confirmations = [*links.advance_rounds(at), *asked]
    changes = judge_link(at)
    if changes:
        is_down = any(change.verdict.state is State.DOWN for change in changes)
        confirmations.extend(
            services.compare_services(memory, site_probes, settings, only_faulty=not is_down)
        )
    if changes or services.is_comparison_due(memory):
        service_outcome = services.judge_services(memory, site_probes, settings)
        confirmations.extend(service_outcome.confirmation_probes)
        changes = (*changes, *service_outcome.changes)
    return StepOutcome(memory=memory, changes=changes, confirmation_probes=tuple(confirmations))


def _with_other_due_links(
    ruling: StepOutcome, at: LinkContext, site_probes: SiteProbes
) -> StepOutcome:
    """Add work that is due on other links: the next tick may be a second away."""
    for name, link in at.memory.links.items():
        if link is at.link or (link.round is None and link.burst_ns is None):
            continue
        other = _link_context(at.memory, name, site_probes, at.settings)
        if other is not None and links.is_round_due(other):
            more = _judge_after_event(other, site_probes)
            ruling = StepOutcome(
                memory=at.memory,
                changes=(*ruling.changes, *more.changes),
                confirmation_probes=(*ruling.confirmation_probes, *more.confirmation_probes),
            )
    return ruling


def _link_context(
    memory: Memory, name: str, site_probes: SiteProbes, settings: Settings
) -> LinkContext | None:
    if name not in site_probes.links:
        return None
    link = memory.links.get(name)
    if link is None:
        link = memory.links[name] = LinkMemory(name=name)
    return LinkContext(memory, link, probes_for(site_probes, link), settings)

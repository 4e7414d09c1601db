"""Turns the agent's state into the content of the site's page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from thongsuot_agent.config.model import SiteIdentity
from thongsuot_agent.judge.keys import PathKey, SubjectKey
from thongsuot_agent.judge.memory import IssuedVerdict
from thongsuot_agent.page.history import History
from thongsuot_agent.page.latest import LatestResults
from thongsuot_agent.scheduler.budget_arithmetic import MonthUsage, day_of, days_in_month
from thongsuot_schema.batch.push import NearestSite, SentNotification, SiteIncident
from thongsuot_schema.catalogue import radio, snmp
from thongsuot_schema.inventory.model import Carrier, Link, Role, Target
from thongsuot_schema.line import LineFigures
from thongsuot_schema.metric import Metric
from thongsuot_schema.path import RouteHistory
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict
from thongsuot_schema.view import (
    AllowanceUse,
    CounterView,
    NetworkPath,
    PartyNotification,
    ReportedProblem,
    SiteView,
    SubjectView,
    TargetTitle,
    TestProgress,
)

NS_PER_S = 1_000_000_000

_ORDER = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)
"""A service is as good as over the best link that reaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteViewInputs:
    """
    The inputs of a view.

    ``wall_s`` converts boot time to Unix time by the clock's current state. ``carrying_since_ns``
    belongs to the links that carry the device's own traffic. ``routes`` are by link, then by path.
    """

    site: SiteIdentity
    links: Sequence[Link]
    targets: Sequence[Target]
    carriers: Sequence[Carrier]
    standing_verdicts: Iterable[IssuedVerdict]
    history: History
    latest: LatestResults
    now_ns: int
    wall_s: Callable[[int], float]
    spent: Mapping[str, MonthUsage] = field(default_factory=dict)
    carrying_since_ns: Mapping[str, int] = field(default_factory=dict)
    routes: Mapping[str, Mapping[PathKey, RouteHistory]] = field(default_factory=dict)
    counter: CounterView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """
    The page's content besides the lights; ``collector_away_ns`` is the start of the time without
    answers of the collector (boot time), ``None`` while it answers. ``collector_failover`` is the
    host that answers in place of the preferred one. ``nearest`` is the nearest point that can
    serve, and when that was received (boot time). ``has_duplicate_devices``: the collector's last
    answer says that another device pushes as this site.
    """

    notified: Sequence[SentNotification]
    collector_reachable: bool | None
    backlog_batches: int
    clock_trusted: bool
    version: str
    incidents: tuple[SiteIncident, ...] = ()
    problems: tuple[ReportedProblem, ...] = ()
    nearest: tuple[NearestSite, int] | None = None
    tests: tuple[TestProgress, ...] = ()
    next_test_s: float = 0.0
    collector_away_ns: int | None = None
    collector_failover: str = ""
    has_duplicate_devices: bool = False


def site_view(inputs: SiteViewInputs, context: PageContext) -> SiteView:
    """Return the view of this device's site."""
    issued_by_subject = {
        SubjectKey(issued.verdict.link, issued.verdict.service): issued
        for issued in inputs.standing_verdicts
    }
    carriers = {carrier.name: carrier for carrier in inputs.carriers}
    site = inputs.site
    return SiteView(
        site=site.name,
        title=site.title or site.name,
        commune=site.commune_title or site.commune,
        now_s=inputs.wall_s(inputs.now_ns),
        links=tuple(
            _link_light(link, carriers.get(link.carrier), issued_by_subject, inputs)
            for link in inputs.links
        ),
        services=tuple(
            _service_light(target, issued_by_subject, inputs)
            for target in inputs.targets
            if target.role is Role.SERVICE
        ),
        targets=tuple(
            TargetTitle(name=target.name, title_vi=target.title_vi, title_en=target.title_en)
            for target in inputs.targets
            if target.role is not Role.SERVICE and target.title_vi
        ),
        notifications=tuple(_notification(notification) for notification in context.notified),
        collector_reachable=context.collector_reachable,
        collector_away_s=(
            None if context.collector_away_ns is None else inputs.wall_s(context.collector_away_ns)
        ),
        collector_failover=context.collector_failover,
        backlog_batches=context.backlog_batches,
        clock_trusted=context.clock_trusted,
        has_duplicate_devices=context.has_duplicate_devices,
        version=context.version,
        support_hotline=site.support_hotline,
        tests=context.tests,
        next_test_s=context.next_test_s,
        counter=inputs.counter,
        incidents=context.incidents,
        problems=context.problems,
        nearest=None if context.nearest is None else context.nearest[0],
        nearest_s=None if context.nearest is None else inputs.wall_s(context.nearest[1]),
        backup_instructions=site.backup_instructions,
    )


def _link_light(
    link: Link,
    carrier: Carrier | None,
    issued: Mapping[SubjectKey, IssuedVerdict],
    inputs: SiteViewInputs,
) -> SubjectView:
    issued_verdict = issued.get(SubjectKey(link.name, ""))
    verdict, since_s = _verdict(issued_verdict, link.name, "", inputs)
    carrying_ns = inputs.carrying_since_ns.get(link.name)
    figures = LineFigures()
    if issued_verdict is not None and verdict.state in {State.UP, State.DEGRADED}:
        since_ns = issued_verdict.onset_ns
        figures = inputs.latest.line_figures(link.name, since_ns, inputs.now_ns)
    return SubjectView(
        name=link.name,
        title_vi="",
        title_en="",
        state=verdict.state,
        segment=verdict.segment,
        symptom=verdict.symptom,
        since_s=since_s,
        medium=link.medium,
        carrier=(carrier.title if carrier else "") or link.carrier,
        carrier_hotline=carrier.hotline if carrier else "",
        circuit=link.circuit,
        history=inputs.history.stretches(link.name, "", inputs.now_ns, inputs.wall_s),
        evidence=verdict.evidence,
        rtt_s=figures.rtt_s,
        loss_ratio=figures.loss_ratio,
        allowance=_allowance(link, inputs),
        carrying_since_s=None if carrying_ns is None else inputs.wall_s(carrying_ns),
        paths=tuple(
            _path_view(key, routes, inputs)
            for key, routes in inputs.routes.get(link.name, {}).items()
        ),
        **_equipment(link.name, inputs),
    )


def _path_view(key: PathKey, routes: RouteHistory, inputs: SiteViewInputs) -> NetworkPath:
    before = routes.before
    return NetworkPath(
        target=key.target,
        family=key.family,
        at_s=inputs.wall_s(routes.latest.at_ns),
        path=routes.latest.path,
        previous_at_s=None if before is None else inputs.wall_s(before.at_ns),
        previous=None if before is None else before.path,
    )


def _equipment(link: str, inputs: SiteViewInputs) -> dict[str, Any]:
    """Return the state of a link's modem, optical module and UPS; also of a dead link."""

    def value(metric: Metric) -> float | None:
        return inputs.latest.value(link, metric, inputs.now_ns)

    dark, battery = value(snmp.OPTICAL_LOST), value(snmp.ON_BATTERY)
    return {
        "lte_dbm": value(radio.LTE_RSRP),
        "nr_dbm": value(radio.NR_RSRP),
        "light_dbm": value(snmp.OPTICAL_RECEIVE),
        "has_no_light": None if dark is None else dark >= 0.5,
        "is_on_battery": None if battery is None else battery >= 0.5,
        "runtime_s": value(snmp.RUNTIME),
    }


def _allowance(link: Link, inputs: SiteViewInputs) -> AllowanceUse | None:
    """Return the month's usage of a metered link; ``None`` while the current month is unknown."""
    spent = inputs.spent.get(link.name)
    if link.allowance_bytes is None or spent is None or not spent.month:
        return None
    wall_ns = round(inputs.wall_s(inputs.now_ns) * NS_PER_S)
    return AllowanceUse(
        allowance_bytes=link.allowance_bytes,
        spent_bytes=spent.spent_bytes,
        by_day=tuple(sorted(spent.days.items())),
        today=day_of(wall_ns),
        days=days_in_month(spent.month),
    )


def _service_light(
    target: Target, issued: Mapping[SubjectKey, IssuedVerdict], inputs: SiteViewInputs
) -> SubjectView:
    over = {
        link.name: issued_over_link
        for link in inputs.links
        if (issued_over_link := issued.get(SubjectKey(link.name, target.name))) is not None
    }
    # If the site as a whole was not judged yet, its best link is used.
    best = min(over, key=lambda name: _ORDER.index(over[name].verdict.state), default="")
    link = "" if SubjectKey("", target.name) in issued else best
    verdict, since_s = _verdict(
        issued.get(SubjectKey(link, target.name)), link, target.name, inputs
    )
    return SubjectView(
        name=target.name,
        title_vi=target.title_vi or target.name,
        title_en=target.title_en or target.title_vi or target.name,
        state=verdict.state,
        segment=verdict.segment,
        symptom=verdict.symptom,
        since_s=since_s,
        history=inputs.history.stretches(link, target.name, inputs.now_ns, inputs.wall_s),
        evidence=verdict.evidence,
        reachable_over=tuple(
            name
            for name, issued_over_link in over.items()
            if issued_over_link.verdict.state in {State.UP, State.DEGRADED}
        ),
    )


def _verdict(
    issued: IssuedVerdict | None, link: str, service: str, inputs: SiteViewInputs
) -> tuple[Verdict, float | None]:
    if issued is None:
        nothing = Verdict(
            link=link, service=service, state=State.UNKNOWN, symptom=Symptom.NOT_YET_MEASURED
        )
        return nothing, None
    return issued.verdict, inputs.wall_s(issued.onset_ns)


def _notification(notification: SentNotification) -> PartyNotification:
    return PartyNotification(
        party=notification.party,
        channel=notification.channel,
        at_s=notification.at_wall_ns / NS_PER_S,
        about=notification.service or notification.link,
        reference=notification.reference,
    )

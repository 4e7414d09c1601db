"""The view of a site shows what is known and nothing else."""

from dataclasses import replace

from thongsuot_agent.config.model import SiteIdentity
from thongsuot_agent.judge.memory import IssuedVerdict
from thongsuot_agent.page.history import History
from thongsuot_agent.page.latest import STALE_NS, LatestResults
from thongsuot_agent.page.site_view import PageContext, SiteViewInputs, site_view
from thongsuot_agent.scheduler.budget_arithmetic import MonthUsage
from thongsuot_schema.batch.push import SentNotification
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Link, Role, Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict
from thongsuot_schema.view import AllowanceUse, SiteView

S = 1_000_000_000
NOW_NS = 10_000 * S
LINKS = (
    Link(name="fiber", interface="eth0", medium=Medium.FIBER, carrier="song-hong", circuit="C-7"),
    Link(name="mobile", interface="wwan0", medium=Medium.RADIO_5G, carrier="khac"),
)
PORTAL = Target(
    name="portal",
    role=Role.SERVICE,
    segment=Segment.SERVICE,
    url="https://portal.example",
    title_vi="Cổng dịch vụ công",
)
CARRIERS = (Carrier(name="song-hong", title="Sông Hồng", hotline="1800 0000"),)


def given(link: str, service: str, state: State, onset_ns: int = 9_000 * S) -> IssuedVerdict:
    is_fault = state in {State.DOWN, State.DEGRADED}
    verdict = Verdict(
        link=link,
        service=service,
        state=state,
        segment=Segment.ACCESS if is_fault else None,
        symptom=Symptom.ACCESS_SILENT if is_fault else Symptom.NONE,
    )
    return IssuedVerdict(verdict=verdict, onset_ns=onset_ns)


def echo(link: str, target: str, rtt_s: float | None, at_ns: int = NOW_NS) -> Result:
    series = Series(kind="icmp", revision=1, link=link, target=target, family=Family.IP4)
    if rtt_s is None:
        finding = failed_finding(Reason.TIMED_OUT, {LOSS: 1.0})
    else:
        finding = ok_finding({RTT: rtt_s, LOSS: 0.0})
    return Result(series=series, boottime_ns=at_ns, finding=finding)


def outlook_of(
    *verdicts: IssuedVerdict,
    latest: LatestResults | None = None,
    history: History | None = None,
    services: tuple[Target, ...] = (PORTAL,),
) -> SiteViewInputs:
    """Return what a view is made of."""
    return SiteViewInputs(
        site=SiteIdentity(name="ba-dinh", title="Điểm Ba Đình", commune="00004"),
        links=LINKS,
        targets=services,
        carriers=CARRIERS,
        standing_verdicts=verdicts,
        history=history or History(),
        latest=latest or LatestResults(),
        now_ns=NOW_NS,
        wall_s=lambda ns: ns / S + 1_800_000_000,
    )


def view(
    *verdicts: IssuedVerdict,
    latest: LatestResults | None = None,
    notifications: tuple[SentNotification, ...] = (),
) -> SiteView:
    """Return the view of a site with two links and a portal."""
    surroundings = PageContext(
        notified=notifications,
        collector_reachable=True,
        backlog_batches=2,
        clock_trusted=True,
        version="0.1.0",
    )
    return site_view(outlook_of(*verdicts, latest=latest), surroundings)


def test_before_anything_is_known_all_lights_are_unknown() -> None:
    site = view()
    lights = (*site.links, *site.services)
    assert {light.state for light in lights} == {State.UNKNOWN}
    assert {light.symptom for light in lights} == {Symptom.NOT_YET_MEASURED}
    assert {light.since_s for light in lights} == {None}


def test_since_when_the_collector_has_not_answered_is_in_wall_time() -> None:
    surroundings = PageContext(
        notified=(),
        collector_reachable=False,
        collector_away_ns=NOW_NS - 90 * S,
        backlog_batches=6,
        clock_trusted=True,
        version="0.1.0",
    )
    away = site_view(outlook_of(), surroundings)
    assert away.collector_away_s == away.now_s - 90
    assert view().collector_away_s is None


def test_a_standby_that_answers_and_a_second_device_of_the_site_are_shown() -> None:
    surroundings = PageContext(
        notified=(),
        collector_reachable=True,
        collector_failover="two.example",
        has_duplicate_devices=True,
        backlog_batches=0,
        clock_trusted=True,
        version="0.1.0",
    )
    site = site_view(outlook_of(), surroundings)
    assert (site.collector_failover, site.has_duplicate_devices) == ("two.example", True)


def test_a_link_shows_its_verdict_and_whom_to_call() -> None:
    light = view(given("fiber", "", State.DOWN)).links[0]
    assert (light.state, light.segment, light.symptom) == (
        State.DOWN,
        Segment.ACCESS,
        Symptom.ACCESS_SILENT,
    )
    assert (light.carrier, light.carrier_hotline, light.circuit) == (
        "Sông Hồng",
        "1800 0000",
        "C-7",
    )
    assert light.since_s == 1_800_009_000
    assert light.medium == Medium.FIBER


def test_a_carrier_that_is_not_described_keeps_its_name() -> None:
    light = view().links[1]
    assert (light.carrier, light.carrier_hotline) == ("khac", "")


def anchor(name: str, segment: Segment, *, domestic: bool = True) -> Target:
    return Target(name=name, role=Role.ANCHOR, segment=segment, domestic=domestic)


ANCHORS = (
    anchor("gateway", Segment.LAN),
    anchor("hop", Segment.ACCESS),
    anchor("core", Segment.CARRIER),
    anchor("peer", Segment.TRANSIT),
    anchor("far", Segment.TRANSIT, domestic=False),
)


def test_figures_are_those_of_the_links_own_segments_and_only_while_it_is_heard() -> None:
    latest = LatestResults(ANCHORS)
    for measured in (
        echo("fiber", "gateway", 0.0005),
        echo("fiber", "hop", 0.004),
        echo("fiber", "core", None),
        echo("fiber", "core", 0.006),
        echo("fiber", "peer", None),
        echo("fiber", "far", 0.040),
        echo("mobile", "hop", None),
    ):
        latest.add_result(measured)
    up = view(given("fiber", "", State.UP), latest=latest).links[0]
    assert (up.rtt_s, up.loss_ratio) == (0.005, 1 / 3)
    down = view(given("fiber", "", State.DOWN), latest=latest).links[0]
    assert (down.rtt_s, down.loss_ratio) == (None, None)


def test_loss_that_is_over_for_a_minute_is_not_shown_any_more() -> None:
    latest = LatestResults(ANCHORS)
    for run in range(24):
        at_ns = NOW_NS - (24 - run) * 5 * S
        latest.add_result(echo("fiber", "hop", None if run < 12 else 0.004, at_ns))
    assert view(given("fiber", "", State.UP), latest=latest).links[0].loss_ratio == 0.0


def test_the_losses_of_an_outage_are_not_those_of_the_line_that_works_again() -> None:
    latest = LatestResults(ANCHORS)
    for run in range(12):
        at_ns = NOW_NS - (12 - run) * 5 * S
        latest.add_result(echo("fiber", "hop", None if 4 <= run < 8 else 0.004, at_ns))
    back_ns = NOW_NS - 4 * 5 * S
    issued = given("fiber", "", State.UP, onset_ns=back_ns)
    assert view(issued, latest=latest).links[0].loss_ratio == 0.0
    lossy = given("fiber", "", State.DEGRADED, onset_ns=back_ns - 40 * S)
    assert view(lossy, latest=latest).links[0].loss_ratio == 1 / 3


def test_an_old_figure_is_not_shown() -> None:
    latest = LatestResults(ANCHORS)
    latest.add_result(echo("fiber", "hop", 0.004, at_ns=NOW_NS - STALE_NS))
    light = view(given("fiber", "", State.UP), latest=latest).links[0]
    assert (light.rtt_s, light.loss_ratio) == (None, None)
    assert list(latest.fresh_results(NOW_NS)) == []


def test_a_service_says_over_which_links_it_is_reached() -> None:
    service = view(
        given("", "portal", State.UP),
        given("fiber", "portal", State.DOWN),
        given("mobile", "portal", State.DEGRADED),
    ).services[0]
    assert (service.state, service.reachable_over) == (State.UP, ("mobile",))
    assert (service.title_vi, service.title_en) == ("Cổng dịch vụ công", "Cổng dịch vụ công")


def test_without_a_verdict_for_the_site_the_best_link_speaks_for_a_service() -> None:
    site = view(given("fiber", "portal", State.DOWN), given("mobile", "portal", State.UP))
    assert site.services[0].state is State.UP


def test_notified_parties_are_shown() -> None:
    notification = SentNotification(
        party="carrier", channel="email", at_wall_ns=5 * S, link="fiber", reference="T-1"
    )
    (shown,) = view(notifications=(notification,)).notifications
    assert (shown.party, shown.channel, shown.at_s, shown.about, shown.reference) == (
        "carrier",
        "email",
        5.0,
        "fiber",
        "T-1",
    )


def test_a_metered_link_shows_its_month_once_the_month_is_known() -> None:
    metered = replace(
        outlook_of(),
        links=(Link(name="mobile", interface="wwan0", allowance_bytes=300_000_000),),
        wall_s=lambda _: 1_795_500_000.0,  # 24 November 2026
        spent={"mobile": MonthUsage(month="2026-11", spent_bytes=12, days={3: 5, 1: 7})},
    )
    (light,) = site_view(
        metered,
        PageContext(
            notified=(),
            collector_reachable=True,
            backlog_batches=0,
            clock_trusted=True,
            version="1",
        ),
    ).links
    assert light.allowance == AllowanceUse(
        allowance_bytes=300_000_000, spent_bytes=12, by_day=((1, 7), (3, 5)), today=24, days=30
    )
    unknown = replace(metered, spent={"mobile": MonthUsage(month="", spent_bytes=12)})
    assert (
        site_view(
            unknown,
            PageContext(
                notified=(),
                collector_reachable=True,
                backlog_batches=0,
                clock_trusted=True,
                version="1",
            ),
        )
        .links[0]
        .allowance
        is None
    )
    assert (
        site_view(
            outlook_of(),
            PageContext(
                notified=(),
                collector_reachable=True,
                backlog_batches=0,
                clock_trusted=True,
                version="1",
            ),
        )
        .links[0]
        .allowance
        is None
    )

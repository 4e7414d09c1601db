"""Sites as people meet them: what page and browser tests look at."""

import msgspec

from tests.schema.page.healthy_site import (
    NOW_S,
    SERVICES,
    SceneFault,
    fibre,
    history,
    mobile,
    services,
    site,
)
from thongsuot_schema.batch.push import NearestSite, SiteIncident
from thongsuot_schema.catalogue import http
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.switch_overs import switch_over_figures
from thongsuot_schema.verdict import Evidence, Symptom
from thongsuot_schema.view import (
    CounterView,
    PartyNotification,
    SiteView,
    StateStretch,
    SubjectView,
)


def _fibre_evidence() -> tuple[Evidence, ...]:
    return (
        Evidence(
            kind="icmp", target="gateway", family=Family.IP4, segment=Segment.LAN,
            outcome=Outcome.OK, ok=30,
        ),
        Evidence(
            kind="icmp", target="first-hop", family=Family.IP4, segment=Segment.ACCESS,
            outcome=Outcome.FAILED, reason=Reason.TIMED_OUT, failed=30,
        ),
        Evidence(
            kind="dns", target="resolver", family=Family.IP4, segment=Segment.CARRIER,
            outcome=Outcome.FAILED, reason=Reason.NAME_SERVER_TIMED_OUT, failed=12,
        ),
    )  # fmt: skip


def cut_fibre() -> SubjectView:
    """Return the fibre link, cut for 18 minutes."""
    return fibre(
        state=State.DOWN,
        segment=Segment.ACCESS,
        symptom=Symptom.ACCESS_SILENT,
        since_s=NOW_S - 1_095,
        rtt_s=None,
        loss_ratio=1.0,
        evidence=_fibre_evidence(),
        history=history(
            SceneFault(ago_s=1_095, for_s=1_095),
            SceneFault(ago_s=52_000, for_s=70),
            SceneFault(ago_s=9_000, for_s=600, state=State.DEGRADED, symptom=Symptom.ACCESS_LOSS),
        ),
    )


def fibre_cut() -> SiteView:
    """Return a site whose fibre is cut and whose 5G carries it, as the collector shows it."""
    return site(
        links=(cut_fibre(), mobile()),
        services=services(reachable_over=("wan1",)),
        heard_s=NOW_S - 4,
        collector_reachable=None,
        notifications=(
            PartyNotification(
                party=Party.CARRIER, channel="email", at_s=NOW_S - 1_082, about="wan0",
                reference="TS-2026-000317",
            ),
            PartyNotification(
                party=Party.COMMUNE, channel="zalo", at_s=NOW_S - 1_080, about="wan0"
            ),
        ),
    )  # fmt: skip


def both_down() -> SiteView:
    """Return a site with no way out, as its own device shows it."""
    unplugged = SceneFault(ago_s=400, for_s=400, symptom=Symptom.CABLE_UNPLUGGED)
    dead_radio = mobile(
        state=State.DOWN,
        segment=Segment.LAN,
        symptom=Symptom.CABLE_UNPLUGGED,
        since_s=NOW_S - 400,
        rtt_s=None,
        loss_ratio=None,
        history=history(unplugged, known_s=40_000),
    )
    dead = services(
        state=State.DOWN,
        segment=Segment.ACCESS,
        symptom=Symptom.ACCESS_SILENT,
        since_s=NOW_S - 398,
        reachable_over=(),
        rtt_s=None,
        history=history(SceneFault(ago_s=398, for_s=398)),
    )
    return site(
        links=(cut_fibre(), dead_radio),
        services=dead,
        collector_reachable=False,
        collector_away_s=NOW_S - 398,
        backlog_batches=27,
    )


def sent_elsewhere() -> SiteView:
    """Return a site with no way out that knows where citizens can be sent."""
    near = NearestSite(title="Điểm phục vụ hành chính công phường Ngọc Hà", distance_m=2_310)
    return msgspec.structs.replace(both_down(), nearest=near, nearest_s=NOW_S - 600)


def portal_down() -> SiteView:
    """Return a site whose lines work while a portal does not, as the collector shows it."""
    first, second, *others = services()
    portal = SubjectView(
        name=first.name,
        title_vi=first.title_vi,
        title_en=first.title_en,
        state=State.DOWN,
        segment=Segment.SERVICE,
        symptom=Symptom.SERVICE_ERROR,
        since_s=NOW_S - 7_500,
        history=history(
            SceneFault(ago_s=7_500, for_s=7_500, symptom=Symptom.SERVICE_ERROR),
            SceneFault(ago_s=40_000, for_s=300, symptom=Symptom.SERVICE_TIMEOUT),
        ),
        evidence=(
            Evidence(
                kind="http",
                target=first.name,
                family=Family.IP4,
                segment=Segment.SERVICE,
                outcome=Outcome.FAILED,
                reason=Reason.STATUS_UNEXPECTED,
                failed=14,
                metric=http.STATUS.name,
                value=503.0,
            ),
        ),
    )
    return site(
        services=(portal, second, *others),
        heard_s=NOW_S - 7,
        collector_reachable=None,
        notifications=(
            PartyNotification(
                party=Party.PORTAL, channel="webhook", at_s=NOW_S - 7_470, about=first.name
            ),
        ),
    )


def agent_silent() -> SiteView:
    """Return a site whose device is not heard, as the collector shows it."""
    silent_s = 2_640.0
    gap = {
        "state": State.UNKNOWN,
        "symptom": Symptom.AGENT_SILENT,
        "since_s": NOW_S - silent_s,
        "rtt_s": None,
        "loss_ratio": None,
    }
    until_then = tuple(
        StateStretch(
            start_s=stretch.start_s, end_s=min(stretch.end_s, NOW_S - silent_s), state=stretch.state
        )
        for stretch in history(SceneFault(ago_s=60_000, for_s=900))
    )
    return site(
        links=(fibre(**gap, history=until_then), mobile(**gap, history=until_then)),
        services=services(**gap, history=until_then, reachable_over=()),
        heard_s=NOW_S - silent_s,
        collector_reachable=None,
        notifications=(
            PartyNotification(
                party=Party.COMMUNE, channel="zalo", at_s=NOW_S - 2_570, about="ba-dinh-1"
            ),
        ),
    )


def just_started() -> SiteView:
    """Return a device a few seconds after its first start, with its clock not yet set."""
    fresh = {
        "state": State.UNKNOWN,
        "symptom": Symptom.NOT_YET_MEASURED,
        "history": (),
        "rtt_s": None,
        "loss_ratio": None,
    }
    return site(
        links=(fibre(**fresh), mobile(**fresh)),
        services=services(**fresh, reachable_over=()),
        collector_reachable=None,
        clock_trusted=False,
    )


def slow_backup() -> SiteView:
    """Return a site on a backup that is weak, with one service out of reach."""
    weak = mobile(
        state=State.DEGRADED,
        segment=Segment.ACCESS,
        symptom=Symptom.ACCESS_LOSS,
        since_s=NOW_S - 700,
        rtt_s=0.214,
        loss_ratio=0.083,
        history=history(
            SceneFault(ago_s=700, for_s=700, state=State.DEGRADED, symptom=Symptom.ACCESS_LOSS)
        ),
    )
    return site(links=(cut_fibre(), weak), services=services(reachable_over=("wan1",)))


def not_switched() -> SiteView:
    """Return a site whose 5G works while its computers still go by the cut fibre."""
    dead = CounterView(is_alive=False, since_s=NOW_S - 1_080, at_s=NOW_S - 3)
    return msgspec.structs.replace(fibre_cut(), counter=dead)


def switched() -> SiteView:
    """Return a site whose computers went over to 5G half a minute after the fibre was cut."""
    moves = (SwitchOver(at_s=NOW_S - 1_060, from_link="wan0", to_link="wan1", took_s=34.0),)
    counter = CounterView(
        is_alive=True,
        since_s=NOW_S - 1_060,
        at_s=NOW_S - 12,
        link="wan1",
        open_services=tuple(each[0] for each in SERVICES),
        switch_overs=moves,
        month=switch_over_figures(moves, NOW_S),
    )
    return msgspec.structs.replace(fibre_cut(), counter=counter)


def cut_off() -> SiteView:
    """Return a site whose lines work while its computers reach nothing."""
    return site(counter=CounterView(is_alive=False, since_s=NOW_S - 240, at_s=NOW_S - 5))


def wide_outage() -> SiteView:
    """Return a site whose carrier has an outage at three points, which it has accepted."""
    incident = SiteIncident(
        affected=3,
        total=3,
        party=Party.CARRIER,
        about=("wan0",),
        sites=3,
        notified_s=NOW_S - 1_082,
        accepted_s=NOW_S - 900,
        expected_s=NOW_S + 3_600,
        reference="TS-2026-000317",
    )
    return msgspec.structs.replace(switched(), incidents=(incident,))


SCENES = {
    "healthy": site,
    "fibre-cut": fibre_cut,
    "both-down": both_down,
    "sent-elsewhere": sent_elsewhere,
    "portal-down": portal_down,
    "agent-silent": agent_silent,
    "just-started": just_started,
    "slow-backup": slow_backup,
    "not-switched": not_switched,
    "switched": switched,
    "cut-off": cut_off,
    "wide-outage": wide_outage,
}

"""SiteView: all that a status page shows, as data."""

import msgspec

from thongsuot_schema.batch.push import NearestSite, SiteIncident
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.path import Path
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.switch_overs import SwitchOverFigures
from thongsuot_schema.verdict import Evidence, Symptom


class StateStretch(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one state; times are Unix seconds, ``end_s`` exclusive."""

    start_s: float
    end_s: float
    state: State
    symptom: Symptom = Symptom.NONE


class NetworkPath(msgspec.Struct, frozen=True, kw_only=True):
    """
    The way to a target over a link: the newest, the last other one that led there, and the last
    one that ended before it.

    ``networks`` pairs addresses with whose they are, where that is known (``AS45899 VNPT``).
    """

    target: str
    family: Family
    at_s: float
    path: Path
    previous_at_s: float | None = None
    previous: Path | None = None
    ended_at_s: float | None = None
    ended: Path | None = None
    networks: tuple[tuple[str, str], ...] = ()


class AllowanceUse(msgspec.Struct, frozen=True, kw_only=True):
    """
    Monitoring's allowance on a metered link in a month, and its use: in total and by day (from 1),
    of the given number of days. ``today`` is the current day.
    """

    allowance_bytes: int
    spent_bytes: int
    by_day: tuple[tuple[int, int], ...]
    today: int
    days: int


class SubjectView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One light on the page: a link, or a service.

    A link has a ``medium`` (a value of ``inventory.fields.Medium``); a service has none, and that
    distinguishes the two. ``title_vi`` and ``title_en`` may be empty for a link: its title is then
    made from medium and carrier. ``carrier`` is the carrier's name as people read it; ``circuit``
    is the circuit or subscriber id that the carrier's desk asks for. ``since_s`` is the onset of
    the present state in Unix seconds, ``None`` when not known. ``history`` covers the last 24 hours
    without overlap, oldest first; a time not covered was not recorded. ``reachable_over`` names,
    for a service, the links that it is reached over now. ``paths`` are those of a link to its
    targets. ``carrying_since_s`` is since when the device's own traffic leaves by a link, ``None``
    where it does not. ``lte_dbm`` and ``nr_dbm`` are the power of the cells (RSRP), ``light_dbm``
    that of the light received; ``has_no_light``: there is none. ``is_on_battery`` is of the UPS,
    which lasts for ``runtime_s``. ``read_s`` pairs the name of each of these with when it was read
    (Unix seconds), where a page that may be late shows it. ``allowance`` is that of a metered link,
    where the page knows.
    """

    name: str
    title_vi: str
    title_en: str
    state: State
    segment: Segment | None = None
    symptom: Symptom = Symptom.NONE
    since_s: float | None = None
    medium: str = ""
    carrier: str = ""
    carrier_hotline: str = ""
    circuit: str = ""
    history: tuple[StateStretch, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    rtt_s: float | None = None
    loss_ratio: float | None = None
    reachable_over: tuple[str, ...] = ()
    carrying_since_s: float | None = None
    paths: tuple[NetworkPath, ...] = ()
    lte_dbm: float | None = None
    nr_dbm: float | None = None
    light_dbm: float | None = None
    has_no_light: bool | None = None
    is_on_battery: bool | None = None
    runtime_s: float | None = None
    read_s: tuple[tuple[str, float], ...] = ()
    allowance: AllowanceUse | None = None


class PartyNotification(msgspec.Struct, frozen=True, kw_only=True):
    """
    A notification: receiver, time and subject, shown so that nobody calls twice. ``at_s`` is Unix
    seconds.

    ``party`` is a value of ``segment.Party`` or a name to show as it is; ``channel`` likewise (see
    ``words.parties.CHANNELS``). ``about`` is the name of a light of the view, or text. Not
    ``is_delivered``: the system has been trying since then, and has not got through.
    """

    party: str
    channel: str
    at_s: float
    about: str
    reference: str = ""
    is_delivered: bool = True


class CounterView(msgspec.Struct, frozen=True, kw_only=True):
    """
    What computers at the counter get, as measured (``counter_path``).

    ``is_alive`` and ``link`` have been so since ``since_s``; ``link`` names the light that the
    traffic was seen to go by, empty where it was not seen. ``at_s`` is the latest run,
    ``open_services`` the services whose page came when it was opened last, ``failed_services``
    those whose page did not come twice and more in a row; the others have not been opened, or
    failed once. ``switch_overs`` are those of the last 31 days, oldest first, ``month`` the same in
    figures (``None`` where there were none). Times are Unix seconds.
    """

    is_alive: bool
    since_s: float
    at_s: float
    link: str = ""
    open_services: tuple[str, ...] = ()
    failed_services: tuple[str, ...] = ()
    switch_overs: tuple[SwitchOver, ...] = ()
    month: SwitchOverFigures | None = None


class OngoingMaintenance(msgspec.Struct, frozen=True, kw_only=True):
    """
    Current planned work: its end (Unix seconds), and its description by those who planned it.
    ``about`` names the lights of the view that it covers; empty: the whole point.
    """

    end_s: float
    about: tuple[str, ...] = ()
    note: str = ""


class TestRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a test: ``values`` are by the metric's name, in its unit."""

    link: str
    target: str
    family: str
    outcome: str
    reason: str = ""
    values: dict[str, float] = {}


class TestProgress(msgspec.Struct, frozen=True, kw_only=True):
    """
    A requested test: from the device's own page (``is_local``), or from the centre.

    ``count`` is how many runs it has, ``runs`` are those that have ended. ``refusal`` is an
    ``TestRefusal`` and details, where it is not run or was given up.
    """

    kind: str
    at_s: float
    is_local: bool
    link: str = ""
    count: int = 0
    runs: tuple[TestRun, ...] = ()
    is_over: bool = False
    refusal: str = ""


class ReportedProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem reported on the device's own page, and its time (Unix seconds)."""

    kind: ProblemKind
    at_s: float


class TargetTitle(msgspec.Struct, frozen=True, kw_only=True):
    """The name of a target on pages, if the inventory has one."""

    name: str
    title_vi: str
    title_en: str


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One site at one moment.

    ``now_s`` is the moment (Unix seconds) by the server's clock. ``heard_s`` is when the collector
    last heard the agent (``None`` on the device's own page). ``collector_away_s`` is since when the
    collector has not answered the device (Unix time; ``None`` while it does); ``backlog_batches``
    is what waits on the device to be pushed, ``clock_trusted`` is false while the device's wall
    clock is known to be wrong, ``has_duplicate_devices`` is true while another device sends as this
    site. ``commune`` is its name, or its five-digit code where the name is
    not known. ``support_hotline`` is the number of the city's support desk, empty when not
    configured. ``tests`` are the latest that were wanted at once, the newest first, as the device
    knows them; in ``next_test_s`` another may be (0: now). ``counter`` is ``None`` where it is not
    known what the computers get now; ``backup_instructions`` say how they are moved to the backup
    by hand. ``incidents`` are the open ones that the site's faults belong to,
    ``problems`` what was reported by the device's own page lately. ``nearest`` is where citizens
    can be sent, as known at ``nearest_s``. ``targets`` are what evidence, ways and tests name.
    """

    site: str
    title: str
    commune: str
    now_s: float
    links: tuple[SubjectView, ...]
    services: tuple[SubjectView, ...]
    notifications: tuple[PartyNotification, ...] = ()
    maintenance: tuple[OngoingMaintenance, ...] = ()
    heard_s: float | None = None
    collector_reachable: bool | None = None
    collector_away_s: float | None = None
    collector_failover: str = ""
    backlog_batches: int = 0
    clock_trusted: bool = True
    has_duplicate_devices: bool = False
    version: str = ""
    support_hotline: str = ""
    tests: tuple[TestProgress, ...] = ()
    next_test_s: float = 0.0
    counter: CounterView | None = None
    backup_instructions: str = ""
    incidents: tuple[SiteIncident, ...] = ()
    problems: tuple[ReportedProblem, ...] = ()
    nearest: NearestSite | None = None
    nearest_s: float | None = None
    targets: tuple[TargetTitle, ...] = ()

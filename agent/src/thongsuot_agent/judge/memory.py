"""
Memory: the whole state of the engine between two events.

Owned and changed by ``engine.step`` alone. It contains plain values only, so it can be serialised
with ``msgspec.msgpack.encode`` and restored; equal memories with equal events give equal outcomes.
"""

import msgspec

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.egress_identity import EgressIdentity
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import AwaitedLink, PathKey, SeriesKey, SubjectKey
from thongsuot_agent.judge.loss_memory import CarriedTest, LossTest, PaceTest
from thongsuot_agent.judge.new_flow_memory import NewFlowMemory
from thongsuot_schema.path import RouteHistory
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Verdict


class RoundCounts(msgspec.Struct, kw_only=True):
    """Runs of one series since the round was opened."""

    ok: int = 0
    failed: int = 0
    unmeasured: int = 0


class ServiceAddress(msgspec.Struct, kw_only=True):
    """
    One address of a service.

    ``failures`` counts consecutive failures since ``failed_since_ns``; it last worked at
    ``worked_ns``, in a row since ``worked_since_ns``, and was last tried at ``tried_ns``.
    ``is_outlived``: another address has worked since its first failure, and it failed again later.
    """

    failures: int = 0
    failed_since_ns: int = 0
    worked_ns: int = 0
    worked_since_ns: int = 0
    tried_ns: int = 0
    is_outlived: bool = False


class Track(msgspec.Struct, kw_only=True):
    """
    The observations of one series.

    Times are starts of runs. ``answered_ns``: the latest answered run; ``answered_since_ns``: the
    first one since the last silence. ``silent_ns``, ``silent_since_ns``: the same for unanswered
    runs; ``silences`` counts consecutive ones; ``late_ns``: the latest run that reported a late
    answer; ``recent`` are the latest runs as bits, 1 if unanswered, the newest last, behind a
    leading 1. ``worked_ns`` and ``failed_*`` are about the outcome instead: ``failures`` and
    ``successes`` count consecutive runs that ended ``failed`` or ``ok``. ``known_unresponsive``:
    known not to answer while others do, so it neither raises suspicion nor counts.
    ``known_failing``: known to fail, which no longer raises suspicion. ``statuses`` has, for each
    unexpected HTTP status, its number among the consecutive failures, ``other_reason`` the latest
    reason of those without a status.

    ``value_s`` is the latest duration (of the run at ``value_ns``), ``usual_s`` the learned one,
    from ``learned`` runs; ``slow_runs`` counts consecutive slower ones, since ``slow_since_ns``;
    ``prompt_ns`` are the latest ones that are not slow, ``slow_episodes_ns`` the latest series of
    slow ones; ``quick_runs`` counts consecutive much faster ones, with the average ``quick_s``.
    ``sent`` and ``lost`` count for the current test of loss, ``raw_sent`` and ``raw_lost`` the same
    with every echo of a burst; until ``noisy_until_ns`` the series is excluded from
    it. ``carried_sent`` and ``carried_lost`` count the packets of lookups and requests in the same
    way. ``missing_since_ns``: since when every run has found that the name does not exist or has no
    address; ``ttl_s`` is the longest time to live of its lookups. ``addresses`` are the recently
    tried addresses of a service; ``episodes_ns`` the starts of its latest failures after a success,
    ``unanswered_ns`` of those without an answer.
    """

    kind: str
    target: str
    family: Family
    answered_ns: int | None = None
    answered_since_ns: int | None = None
    silent_ns: int | None = None
    silent_since_ns: int | None = None
    silent_heard_ns: int = 0
    late_ns: int = 0
    silences: int = 0
    recent: int = 1
    known_unresponsive: bool = False
    worked_ns: int | None = None
    worked_since_ns: int | None = None
    failed_ns: int | None = None
    failed_since_ns: int | None = None
    failures: int = 0
    successes: int = 0
    known_failing: bool = False
    reason: Reason | None = None
    statuses: dict[int, int] = msgspec.field(default_factory=dict)
    other_reason: Reason | None = None
    refused_by: str = ""
    unmeasured_ns: int | None = None
    unmeasured_reason: Reason | None = None
    value_s: float | None = None
    value_ns: int | None = None
    usual_s: float | None = None
    learned: int = 0
    slow_runs: int = 0
    prompt_ns: list[int] = msgspec.field(default_factory=list)
    slow_episodes_ns: list[int] = msgspec.field(default_factory=list)
    slow_since_ns: int | None = None
    quick_runs: int = 0
    quick_s: float = 0.0
    sent: int = 0
    lost: int = 0
    raw_sent: int = 0
    raw_lost: int = 0
    carried_sent: int = 0
    carried_lost: int = 0
    noisy_until_ns: int = 0
    addresses: dict[str, ServiceAddress] = msgspec.field(default_factory=dict)
    episodes_ns: list[int] = msgspec.field(default_factory=list)
    unanswered_ns: list[int] = msgspec.field(default_factory=list)
    expires_s: float | None = None
    missing_since_ns: int | None = None
    ttl_s: float = 0.0
    issuer: str = ""
    is_translated: bool = False
    """Whether it was reached through the carrier's NAT64 at the last trial."""
    tally: RoundCounts = msgspec.field(default_factory=RoundCounts)


class Round(msgspec.Struct, kw_only=True):
    """
    A measurement of all anchors of a link at about the same time.

    ``awaited`` are the requested series without a result yet; empty in a passive round, which uses
    the ordinary schedule and closes when it is due. ``answered`` are the address families in which
    a target beyond the site answered one of its runs; ``is_page_back``: a page came.
    """

    opened_ns: int
    due_ns: int
    is_burst: bool
    awaited: set[SeriesKey] = msgspec.field(default_factory=set)
    answered: set[Family] = msgspec.field(default_factory=set)
    is_page_back: bool = False


class FaultSlot(msgspec.Struct, kw_only=True):
    """
    One concern's fault with its hysteresis.

    ``fault`` is the confirmed fault, ``pending`` its possible replacement (``None``: no fault),
    observed in ``rounds`` consecutive rounds since ``first_ns``, the first of them opened at
    ``round_ns``. ``is_pending`` distinguishes "nothing pending" from "end pending".
    """

    fault: Diagnosis | None = None
    onset_ns: int = 0
    evidence: tuple[Evidence, ...] = ()
    is_pending: bool = False
    pending: Diagnosis | None = None
    pending_onset_ns: int = 0
    rounds: int = 0
    first_ns: int = 0
    round_ns: int = 0


class Traffic(msgspec.Struct, kw_only=True):
    """
    The data of the ``host`` probe, or of equipment by SNMP: the last counters, the rates between
    the last two, the highest rates.

    ``full_ns``: when the rates last filled the link.

    ``neighbour``: whether the gateway answered on the link layer; ``neighbour_proved``: it has
    answered before, so that its absence is evidence.
    """

    read_ns: int | None = None
    received_bytes: float = 0.0
    sent_bytes: float = 0.0
    from_ns: int = 0
    down_bits_per_second: float = 0.0
    up_bits_per_second: float = 0.0
    down_peak: float = 0.0
    up_peak: float = 0.0
    full_ns: int | None = None
    neighbour_proved: bool = False
    neighbour: bool | None = None
    neighbour_ns: int | None = None


class EquipmentReadings(msgspec.Struct, kw_only=True):
    """
    The last data of modem, optical module and UPS, with their times; ``now_ns`` is the current
    time.

    ``power_dbm`` is that of the cell that carries the data, by the metric ``power_metric``.
    ``asked_ns``: when each kind was last requested. The port is the router's port to a line that is
    only watched (``judge.watched``).
    """

    now_ns: int = 0
    asked_ns: dict[str, int] = msgspec.field(default_factory=dict)
    radio_ns: int | None = None
    is_weak: bool = False
    is_well: bool = False
    is_unregistered: bool = False
    is_sim_unusable: bool = False
    is_apn_wrong: bool = False
    is_modem_absent: bool = False
    power_metric: str = ""
    power_dbm: float | None = None
    light_ns: int | None = None
    is_dark: bool = False
    light_dbm: float | None = None
    mains_ns: int | None = None
    is_on_battery: bool = False
    runtime_s: float | None = None
    port_ns: int | None = None
    is_port_up: bool = False


class FlapState(msgspec.Struct, kw_only=True):
    """
    The silences of a link: starts of the latest ones, whether one is in progress, when it was last
    observed.
    """

    starts: list[int] = msgspec.field(default_factory=list)
    is_silent: bool = False
    silent_ns: int = 0
    active: bool = False
    fault: Diagnosis | None = None


class FirstHop(msgspec.Struct, kw_only=True):
    """
    The carrier's first hop in one family: the addresses seen there recently, the newest last, and
    the usual one (empty: not known yet).
    """

    seen: list[str] = msgspec.field(default_factory=list)
    usual: str = ""


class NeighbourIdentity(msgspec.Struct, kw_only=True):
    """
    The identity of a device next to the site: the ``usual`` one, last seen at ``usual_ns``, and
    another that has answered in its place since ``strange_ns``, if any, this many ``times``.
    ``beside`` are others that exist at the same time as the usual one.
    """

    usual: str = ""
    usual_ns: int = 0
    beside: list[str] = msgspec.field(default_factory=list)
    strange: str = ""
    strange_ns: int = 0
    times: int = 0


class LinkMemory(msgspec.Struct, kw_only=True):
    """
    The whole state of one link.

    ``facts`` are the kernel's, since ``facts_ns``. ``burst_ns``: when the next burst is due.
    ``heard_ns``: start of the latest measured run; ``starved_ns``: of the latest run for which the
    agent itself was too late. ``clear_ns``: since when there has been no fault. Each slot holds one
    concern; ``facts_slot``, ``loss_fault``, ``large_packets`` and ``blocked_services`` are not
    judged by rounds. ``traffic`` is the device's own, ``boxes`` that of polled equipment.

    ``consecutive_timeouts`` counts unanswered runs beyond the site since the last answer from
    there; ``inconclusive_bursts`` the bursts in close succession that found nothing, the last at
    ``inconclusive_ns``. ``known`` is false until a first round has been judged, and again without
    measurements. ``port_back_ns``: since when the port below a session has carrier again, until the
    session is up. ``valid_from_ns``: the interface could not send before. ``echoes_refuted_ns``:
    when a page last came over a metered line on which only echoes went unanswered. ``paths`` to
    targets were last requested for a verdict at ``paths_asked_ns``, and are again if
    ``is_path_due``; ``first_hops`` is by family. ``gateway`` is identified by its link-layer
    address, the ``carriers_side`` of the circuit in each family by the network of the first router
    with public address space of its own.
    """

    name: str
    facts: LinkFacts | None = None
    facts_ns: int = 0
    valid_from_ns: int = 0
    tracks: dict[SeriesKey, Track] = msgspec.field(default_factory=dict)
    round: Round | None = None
    burst_ns: int | None = None
    consecutive_timeouts: int = 0
    inconclusive_bursts: int = 0
    inconclusive_ns: int = 0
    heard_ns: int | None = None
    starved_ns: int | None = None
    known: bool = False
    facts_slot: FaultSlot = msgspec.field(default_factory=FaultSlot)
    silence: FaultSlot = msgspec.field(default_factory=FaultSlot)
    slow: FaultSlot = msgspec.field(default_factory=FaultSlot)
    resolver: FaultSlot = msgspec.field(default_factory=FaultSlot)
    large_packets: FaultSlot = msgspec.field(default_factory=FaultSlot)
    blocked_services: FaultSlot = msgspec.field(default_factory=FaultSlot)
    loss_fault: FaultSlot = msgspec.field(default_factory=FaultSlot)
    loss_test: LossTest = msgspec.field(default_factory=LossTest)
    carried_fault: FaultSlot = msgspec.field(default_factory=FaultSlot)
    carried_test: CarriedTest = msgspec.field(default_factory=CarriedTest)
    policed_until_ns: int = 0
    pace_test: PaceTest = msgspec.field(default_factory=PaceTest)
    echoes_refuted_ns: int = 0
    new_flows: NewFlowMemory = msgspec.field(default_factory=NewFlowMemory)
    traffic: Traffic = msgspec.field(default_factory=Traffic)
    boxes: dict[str, Traffic] = msgspec.field(default_factory=dict)
    gateway: NeighbourIdentity = msgspec.field(default_factory=NeighbourIdentity)
    carriers_side: dict[Family, NeighbourIdentity] = msgspec.field(default_factory=dict)
    egress: EgressIdentity = msgspec.field(default_factory=EgressIdentity)
    flap_state: FlapState = msgspec.field(default_factory=FlapState)
    equipment: EquipmentReadings = msgspec.field(default_factory=EquipmentReadings)
    had_ipv4: bool = False
    was_point_to_point: bool = False
    port_back_ns: int | None = None
    delays_s: list[float] = msgspec.field(default_factory=list)
    delay_rounds: int = 0
    delay_varied_ns: int | None = None
    paths: dict[PathKey, RouteHistory] = msgspec.field(default_factory=dict)
    paths_asked_ns: int | None = None
    is_path_due: bool = False
    first_hops: dict[Family, FirstHop] = msgspec.field(default_factory=dict)
    edges: dict[Family, FirstHop] = msgspec.field(default_factory=dict)
    clear_ns: int = 0
    clear_evidence: tuple[Evidence, ...] = ()


class ServiceComparison(msgspec.Struct, kw_only=True):
    """
    A suspected service: the requested comparison over all links, and the number of attempts.

    It is judged when no link is ``awaited`` any more, or at ``due_ns``; not before ``waits_ns``.
    """

    opened_ns: int
    due_ns: int
    waits_ns: int = 0
    awaited: set[AwaitedLink] = msgspec.field(default_factory=set)
    times_probed: int = 1


class ServiceWatch(msgspec.Struct, kw_only=True):
    """
    More frequent probes of a service: until when, the time of the last one, and the remaining
    credit.
    """

    until_ns: int = 0
    asked_ns: int = 0
    credit_s: float = 0.0
    earned_ns: int | None = None


class ServiceMemory(msgspec.Struct, kw_only=True):
    """
    The state of one service: its open comparison, and its confirmed health over each link.

    ``judged`` is the health over each link on which this is based. ``undecided`` counts consecutive
    comparisons without a decision, the next from ``reopened_ns`` on, and ``looks`` those that found
    it failing over metered links alone, the next at ``look_ns``.
    """

    name: str
    comparison: ServiceComparison | None = None
    undecided: int = 0
    reopened_ns: int = 0
    looks: int = 0
    look_ns: int = 0
    judged: dict[str, str] = msgspec.field(default_factory=dict)
    slots: dict[str, FaultSlot] = msgspec.field(default_factory=dict)
    expiring: FaultSlot = msgspec.field(default_factory=FaultSlot)
    watch: ServiceWatch = msgspec.field(default_factory=ServiceWatch)


class IssuedVerdict(msgspec.Struct, kw_only=True):
    """The latest verdict on a subject."""

    verdict: Verdict
    onset_ns: int
    decided_ns: int = 0

    @property
    def state(self) -> State:
        """The state of the latest verdict."""
        return self.verdict.state


class Memory(msgspec.Struct, kw_only=True):
    """The whole state of the engine; start with an empty one."""

    now_ns: int = 0
    wall_s: float | None = None
    wall_ns: int = 0
    links: dict[str, LinkMemory] = msgspec.field(default_factory=dict)
    services: dict[str, ServiceMemory] = msgspec.field(default_factory=dict)
    issued: dict[SubjectKey, IssuedVerdict] = msgspec.field(default_factory=dict)

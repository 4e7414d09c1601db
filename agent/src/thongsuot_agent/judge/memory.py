"""
Memory: all that the engine knows, between two events.

Owned and changed by ``engine.step`` alone. It holds plain values only, so it can be written down
with ``msgspec.msgpack.encode`` and read back; equal memories given equal events give equal rulings.
"""

import msgspec

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.egress_identity import EgressIdentity
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import AwaitedLink, PathKey, SeriesKey, SubjectKey
from thongsuot_agent.judge.loss_memory import CarriedTest, LossTest
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

    ``failures`` in a row since ``failed_since_ns``; it last worked at ``worked_ns``, for the first
    time in a row at ``worked_since_ns``, and was last tried at ``tried_ns``. ``is_outlived``: since
    it began to fail another address has worked, and it has failed again after that.
    """

    failures: int = 0
    failed_since_ns: int = 0
    worked_ns: int = 0
    worked_since_ns: int = 0
    tried_ns: int = 0
    is_outlived: bool = False


class Track(msgspec.Struct, kw_only=True):
    """
    What one series has shown.

    Times are starts of runs. ``answered_ns``: the latest run that was answered;
    ``answered_since_ns``: the first of those since the last silence. ``silent_ns``,
    ``silent_since_ns``: likewise for runs that nothing answered; ``silences`` counts those in a
    row; ``late_ns``: the latest run that told of an answer after its time; ``recent`` are the
    latest runs as bits, 1 where nothing answered, the newest last, behind a leading 1.
    ``worked_ns`` and ``failed_*`` are about the outcome instead: ``failures`` and ``successes``
    count runs in a row that ended ``failed`` or ``ok``. ``known_unresponsive``: known to be silent
    while others answer, so it neither raises suspicion nor counts. ``known_failing``: known to
    fail, which raises no suspicion any more. ``statuses`` has, for each unexpected HTTP status, how
    many of the failures in a row had it, ``other_reason`` the latest of those that had none.

    ``value_s`` is the latest duration (of the run at ``value_ns``), ``usual_s`` the learned one,
    from ``learned`` runs; ``slow_runs`` are above it in a row, since ``slow_since_ns``;
    ``prompt_ns`` are the latest that are not, ``slow_episodes_ns`` the latest rows of slow ones;
    ``quick_runs`` are far below it in a row, on average ``quick_s``. ``sent`` and ``lost`` count
    for the present test of loss, ``raw_sent`` and ``raw_lost`` the same of the gateway with every
    echo of a burst; until ``noisy_until_ns`` the series is left out of it.
    ``carried_sent`` and ``carried_lost`` count the packets of lookups and requests likewise.
    ``missing_since_ns``: since when every run has found no such name, or none with an address;
    ``ttl_s`` is the longest time to live that a lookup has found.
    ``addresses`` are those at which a service was tried lately; ``episodes_ns`` the starts of its
    latest failures that followed a success, ``unanswered_ns`` of those that nothing answered.
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
    """Whether it was reached by the carrier's NAT64 when it was last tried."""
    tally: RoundCounts = msgspec.field(default_factory=RoundCounts)


class Round(msgspec.Struct, kw_only=True):
    """
    A look at all anchors of a link at about the same time.

    ``awaited`` are the series that were asked for and have not answered yet; empty in a passive
    round, which lives on the ordinary schedule and closes when it is due. ``answered`` are the
    address families in which something beyond the site answered one of its runs.
    """

    opened_ns: int
    due_ns: int
    is_burst: bool
    awaited: set[SeriesKey] = msgspec.field(default_factory=set)
    answered: set[Family] = msgspec.field(default_factory=set)


class FaultSlot(msgspec.Struct, kw_only=True):
    """
    One concern's fault with its hysteresis.

    ``fault`` is what is believed, ``pending`` what would replace it (``None``: that it is over),
    seen in ``rounds`` rounds in a row since ``first_ns``, the first of them opened at ``round_ns``.
    ``is_pending`` tells "nothing pending" from "over pending".
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
    What the ``host`` probe, or a box by SNMP, says: counters read last, the rates between the last
    two, the highest seen.

    ``full_ns``: when the rates last filled the link.

    ``neighbour`` is whether the gateway answered on the link layer; ``neighbour_proved``: it once
    did, so that its absence means something.
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
    What modem, optical module and UPS said last, and when each did; ``now_ns`` is the present.

    ``power_dbm`` is that of the cell that carries the data, by the metric ``power_metric``.
    ``asked_ns``: when each kind was last wished for. The port is the router's to a line that is
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
    Silences of a link: starts of the latest, whether one lasts, when the latest was seen to last.
    """

    starts: list[int] = msgspec.field(default_factory=list)
    is_silent: bool = False
    silent_ns: int = 0
    active: bool = False
    fault: Diagnosis | None = None


class FirstHop(msgspec.Struct, kw_only=True):
    """
    The carrier's first hop in one family: who was seen there lately, the newest last, and who it
    usually is (empty: not known yet).
    """

    seen: list[str] = msgspec.field(default_factory=list)
    usual: str = ""


class NeighbourIdentity(msgspec.Struct, kw_only=True):
    """
    Who stands at a place next to the site: the ``usual`` one, heard last at ``usual_ns``, and
    another that has answered in its stead since ``strange_ns``, if any, so many ``times``.
    ``beside`` are others that stand there at the same time as the usual one.
    """

    usual: str = ""
    usual_ns: int = 0
    beside: list[str] = msgspec.field(default_factory=list)
    strange: str = ""
    strange_ns: int = 0
    times: int = 0


class LinkMemory(msgspec.Struct, kw_only=True):
    """
    All about one link.

    ``facts`` are the kernel's, since ``facts_ns``. ``burst_ns``: when the next burst is due.
    ``heard_ns``: start of the latest run that was measured; ``starved_ns``: of the latest that the
    agent itself was too late for. ``clear_ns``: since when nothing has been wrong. The slots hold
    one concern each; ``facts_slot``, ``loss_fault``, ``large_packets`` and ``blocked_services`` are
    not judged by rounds. ``traffic`` is by the device's own interface, ``boxes`` by the counters of
    the boxes that are asked, by target.

    ``consecutive_timeouts`` counts silent runs beyond the site since the last answer from there;
    ``inconclusive_bursts`` the bursts in close succession that found nothing, the last at
    ``inconclusive_ns``.
    ``known`` is false until a first round has been judged, and again when nothing is measured any
    more. ``port_back_ns``: since when the port below a session has its signal again, until the
    session is up. ``valid_from_ns``: runs that started before it are of a time when the interface
    could not send. ``paths`` are the ways to targets, last asked for because of a
    verdict at ``paths_asked_ns``, and to be asked for when ``is_path_due``; ``first_hops``
    is by family. ``gateway`` is known by its link-layer address, the ``carriers_side`` of the
    circuit in each family by the network of the first router in address space of its own.
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
    paths: dict[PathKey, RouteHistory] = msgspec.field(default_factory=dict)
    paths_asked_ns: int | None = None
    is_path_due: bool = False
    first_hops: dict[Family, FirstHop] = msgspec.field(default_factory=dict)
    edges: dict[Family, FirstHop] = msgspec.field(default_factory=dict)
    clear_ns: int = 0
    clear_evidence: tuple[Evidence, ...] = ()


class ServiceComparison(msgspec.Struct, kw_only=True):
    """
    A service under suspicion: the comparison over all links that was asked for, how often.

    It is judged when nothing is ``awaited`` any more, or at ``due_ns``; not before ``waits_ns``.
    """

    opened_ns: int
    due_ns: int
    waits_ns: int = 0
    awaited: set[AwaitedLink] = msgspec.field(default_factory=set)
    times_probed: int = 1


class ServiceWatch(msgspec.Struct, kw_only=True):
    """
    Asking a service more often: until when, when it was last asked so, and what credit is left.
    """

    until_ns: int = 0
    asked_ns: int = 0
    credit_s: float = 0.0
    earned_ns: int | None = None


class ServiceMemory(msgspec.Struct, kw_only=True):
    """
    All about one service: its open case, and what is believed of it over each link.

    ``judged`` is the health over each link that this rests on. ``undecided`` counts comparisons in
    a row that did not say whose a failure is; the next is opened from ``reopened_ns`` on.
    """

    name: str
    comparison: ServiceComparison | None = None
    undecided: int = 0
    reopened_ns: int = 0
    judged: dict[str, str] = msgspec.field(default_factory=dict)
    slots: dict[str, FaultSlot] = msgspec.field(default_factory=dict)
    expiring: FaultSlot = msgspec.field(default_factory=FaultSlot)
    watch: ServiceWatch = msgspec.field(default_factory=ServiceWatch)


class IssuedVerdict(msgspec.Struct, kw_only=True):
    """The verdict given last on one subject."""

    verdict: Verdict
    onset_ns: int
    decided_ns: int = 0

    @property
    def state(self) -> State:
        """The state given last."""
        return self.verdict.state


class Memory(msgspec.Struct, kw_only=True):
    """Everything; start with an empty one."""

    now_ns: int = 0
    wall_s: float | None = None
    wall_ns: int = 0
    links: dict[str, LinkMemory] = msgspec.field(default_factory=dict)
    services: dict[str, ServiceMemory] = msgspec.field(default_factory=dict)
    issued: dict[SubjectKey, IssuedVerdict] = msgspec.field(default_factory=dict)

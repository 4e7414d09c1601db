"""Verdict: the state of a link or a service, the segment at fault, and the evidence."""

from enum import StrEnum

import msgspec

from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State


class Symptom(StrEnum):
    """
    What is wrong, in the terms of one closed list; ``words`` has a sentence for each.

    A verdict has the symptom that best explains what a person should do next.
    """

    # none
    NONE = "none"
    NOT_YET_MEASURED = "not_yet_measured"
    AGENT_SILENT = "agent_silent"
    DEVICE_FILTERS_ANSWERS = "device_filters_answers"
    """The device's own kernel drops the answers (strict rp_filter): nothing is known."""
    EGRESS_OTHER_CARRIER = "egress_other_carrier"
    """What answers came by another carrier's line than the link's: nothing is known of its own."""
    WATCHED_ONLY = "watched_only"
    """The site's router reports that its port to the line is up; nobody measures the traffic."""
    LINK_REACHES_NO_SERVICE = "link_reaches_no_service"
    """Anchors answer, every service is reached over another link only: nobody is named."""
    SLOW_CAUSE_UNKNOWN = "slow_cause_unknown"
    """A queue that the site's own traffic, or the carrier's line, may be the reason of."""
    NEW_CONNECTIONS_FAIL = "new_connections_fail"
    """Open flows continue, new ones get no answer: a connection table is full."""
    LARGE_PACKETS_CAUSE_UNKNOWN = "large_packets_cause_unknown"
    """Packets of full size are lost, in the site's LAN or on the line: nobody is named."""
    RESOLVER_CAUSE_UNKNOWN = "resolver_cause_unknown"
    """The name servers of two carriers fell silent together: nobody is named."""
    GATEWAY_REPLACED = "gateway_replaced"
    """Another box answers as the gateway: what fails beyond it is held against no circuit."""
    FIRST_HOP_REPLACED = "first_hop_replaced"
    """Every way begins in another network than it used to: another circuit may be plugged in."""
    DEVICE_MOVED = "device_moved"
    """Router and first hop are others at once: nothing is known of the circuit that was here."""
    CONNECTION_INTERCEPTED = "connection_intercepted"
    """All services show the same foreign issuer at once: no service's fault, and whose is open."""
    SERVICE_UNREACHABLE_OVER_LINK = "service_unreachable_over_link"
    """
    Reached over one carrier and not over another: a relation between the two, the responsibility of
    neither alone.
    """
    # device
    DEVICE_OVERLOADED = "device_overloaded"
    DEVICE_OFF = "device_off"
    MODEM_ABSENT = "modem_absent"
    """The device's own modem is gone: pulled out, or hung up."""
    SIM_NOT_READY = "sim_not_ready"
    """The SIM of the device's own modem requires a PIN, is missing or cannot be used."""
    APN_WRONG = "apn_wrong"
    """The device requests an access point that its network does not know, or another network's."""
    POWER_LOST = "power_lost"
    """The UPS runs on its battery, and equipment that is not behind it is silent."""
    # lan
    INTERFACE_ABSENT = "interface_absent"
    CABLE_UNPLUGGED = "cable_unplugged"
    NO_ADDRESS = "no_address"
    NO_ROUTE = "no_route"
    GATEWAY_SILENT = "gateway_silent"
    EDGE_SILENT = "edge_silent"
    PROXY_SILENT = "proxy_silent"
    """The office's proxy, by which alone the link is used, does not answer."""
    GATEWAY_NO_UPLINK = "gateway_no_uplink"
    """The gateway itself reports at once that it has no route: its WAN side is off."""
    ADDRESS_CONFLICT = "address_conflict"
    LAN_CONGESTED = "lan_congested"
    LAN_LOSS = "lan_loss"
    LAN_LARGE_PACKETS_LOST = "lan_large_packets_lost"
    """Packets of full size do not even reach the gateway."""
    LAN_NEW_CONNECTIONS_FAIL = "lan_new_connections_fail"
    """New flows end at the site's box, whose table of connections is full."""
    # access
    ACCESS_SILENT = "access_silent"
    ACCESS_SESSION_LOST = "access_session_lost"
    """The point-to-point session (PPP, a modem's bearer) is gone: there is no cable to look at."""
    ACCESS_LOSS = "access_loss"
    ACCESS_SLOW = "access_slow"
    ACCESS_FLAPPING = "access_flapping"
    IPV4_DOWN = "ipv4_down"
    IPV6_DOWN = "ipv6_down"
    LARGE_PACKETS_LOST = "large_packets_lost"
    OPTICAL_LOSS_OF_SIGNAL = "optical_loss_of_signal"
    """The optical module receives no light: the fibre is cut or pulled out."""
    RADIO_SIGNAL_WEAK = "radio_signal_weak"
    """The modem receives its cell too weakly, or with more noise than signal."""
    RADIO_NOT_REGISTERED = "radio_not_registered"
    """The modem is in no network."""
    # carrier
    CARRIER_SILENT = "carrier_silent"
    CARRIER_PARTIAL_OUTAGE = "carrier_partial_outage"
    CORE_SILENT_RADIO_OK = "core_silent_radio_ok"
    """The radio is good and the modem in its network; behind it nothing answers."""
    CARRIER_LOSS = "carrier_loss"
    CARRIER_NEW_CONNECTIONS_FAIL = "carrier_new_connections_fail"
    """New flows reach the carrier's first router, and nothing behind it."""
    CARRIER_SLOW = "carrier_slow"
    RESOLVER_SILENT = "resolver_silent"
    RESOLVER_SLOW = "resolver_slow"
    RESOLVER_FORGED_ANSWER = "resolver_forged_answer"
    # transit
    TRANSIT_SILENT = "transit_silent"
    INTERNATIONAL_TRANSIT_SILENT = "international_transit_silent"
    TRANSIT_LOSS = "transit_loss"
    TRANSIT_SLOW = "transit_slow"
    # service
    SERVICE_REFUSED = "service_refused"
    SERVICE_TIMEOUT = "service_timeout"
    SERVICE_ERROR = "service_error"
    SERVICE_UNEXPECTED_CONTENT = "service_unexpected_content"
    SERVICE_NAME_UNRESOLVED = "service_name_unresolved"
    SERVICE_PARTIAL_OUTAGE = "service_partial_outage"
    SERVICE_SLOW = "service_slow"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    CERTIFICATE_INVALID = "certificate_invalid"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """
    One fact on which a verdict is based: what one series showed in the observed window.

    ``ok``, ``failed`` and ``unmeasured`` count runs. ``value`` is the figure compared (of
    ``metric``, in that metric's unit) and ``limit`` what it was compared with, if a figure decided.
    ``link`` is set if the series belongs to another link than the verdict's, for the same target.
    """

    kind: str
    target: str = ""
    family: Family = Family.NONE
    segment: Segment | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    ok: int = 0
    failed: int = 0
    unmeasured: int = 0
    metric: str = ""
    value: float | None = None
    limit: float | None = None
    link: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """
    The judgement on one subject.

    ``link`` set and ``service`` empty: the link itself. Both set: the service through that link.
    ``link`` empty and ``service`` set: the service for the site, over any link that reaches it.
    ``segment`` is ``None`` exactly when the state is ``up`` or ``unknown``.
    """

    link: str
    service: str
    state: State
    segment: Segment | None = None
    symptom: Symptom = Symptom.NONE
    evidence: tuple[Evidence, ...] = ()


class VerdictChange(msgspec.Struct, frozen=True, kw_only=True):
    """
    A verdict that differs from the one before it on the same subject.

    ``onset_boottime_ns`` is when the first run that speaks for the new state began;
    ``decided_boottime_ns`` is when the verdict was given. Both on CLOCK_BOOTTIME.
    """

    verdict: Verdict
    before: State
    onset_boottime_ns: int
    decided_boottime_ns: int

"""
Traffic: the site's own traffic over a link.

From the counters of the device's interface, which include the traffic through the device; and if
the device at the end of the link is queried by SNMP, from its counters, which include all machines
of the site.
"""

from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Traffic
from thongsuot_schema.catalogue import host, snmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Evidence

_SHORTEST_NS = NS_PER_S
"""Rates over a shorter time depend on single packets more than on load."""
_SHORTEST_FILL_NS = 700_000_000
"""In a shorter time a few packets of any site would fill it."""
_PEAK_KEPT = 0.9998
"""The remaining share of the highest rate after each reading: half of it after 15 hours."""
_FRESH_NS = 40 * NS_PER_S
"""A rate older than this (two ordinary intervals) proves nothing about the present."""
_BOX_FRESH_NS = 100 * NS_PER_S
"""The same for equipment, which is queried once a minute."""
_BOX_FULL_NS = 45 * NS_PER_S
"""A download varies; between two readings ten seconds apart it is the same one."""
_BOX_HEARD_NS = 400 * NS_PER_S
"""Equipment that has not answered for longer than this is not awaited."""
_BOX_PATIENCE_NS = 45 * NS_PER_S
"""
A fault that began longer ago is judged without the equipment, which is queried every ten seconds.
"""


def update_host_counters(link: LinkMemory, finding: Finding, started_ns: int) -> None:
    """Apply the counters and the neighbour's state of one ``host`` run."""
    values, traffic = finding.values, link.traffic
    neighbour = values.get(host.GATEWAY_NEIGHBOUR.name)
    if neighbour is not None:
        traffic.neighbour = neighbour >= 0.5
        traffic.neighbour_ns = started_ns
        traffic.neighbour_proved = traffic.neighbour_proved or traffic.neighbour
    _update_counters(
        traffic, values.get(host.RECEIVED.name), values.get(host.SENT.name), started_ns
    )


def update_box_counters(at: LinkContext, box: str, finding: Finding, started_ns: int) -> None:
    """Apply the counters of one ``snmp`` run; equipment without counters is ignored."""
    received = finding.values.get(snmp.RECEIVED.name)
    sent = finding.values.get(snmp.SENT.name)
    if finding.outcome is Outcome.OK and received is not None and sent is not None:
        traffic = at.link.boxes.setdefault(box, Traffic())
        _update_counters(traffic, received, sent, started_ns)
        if _is_full(at, traffic):
            traffic.full_ns = started_ns


def is_link_busy(at: LinkContext, moment_ns: int) -> bool:
    """
    Return whether the site's own traffic fills the link, in either direction.

    Relative to the contract if it is known, otherwise to the highest observed rate, which may be
    this very traffic: without better knowledge, the site's own traffic explains a queue.
    """
    link = at.link
    if _is_fresh(link.traffic, moment_ns, _FRESH_NS) and _is_full(at, link.traffic):
        return True
    return any(
        (box.full_ns is not None and moment_ns - box.full_ns <= _BOX_FULL_NS)
        or (_is_fresh(box, moment_ns, _BOX_FRESH_NS) and _is_full(at, box))
        for box in link.boxes.values()
    )


def may_be_full_since(at: LinkContext, moment_ns: int) -> bool:
    """
    Return whether the traffic since the last counters before a time may have filled the link from
    that time on.

    The counters are read every 15 s, so a transfer of three seconds is a fifth of their rate
    (2026-11: an upload was reported to the carrier as a dead line nine seconds after its start).
    """
    own = at.link.traffic
    if own.read_ns is None or not own.from_ns <= moment_ns <= own.read_ns - _SHORTEST_FILL_NS:
        return False
    spread = (own.read_ns - own.from_ns) / (own.read_ns - moment_ns)
    return _is_full(at, own, spread)


def knows_rate_since(at: LinkContext, moment_ns: int) -> bool:
    """Return whether the known rates are from after a time; true if there will never be any."""
    own = at.link.traffic
    if own.read_ns is not None and own.from_ns < moment_ns:
        return False
    if at.now_ns - moment_ns > _BOX_PATIENCE_NS:
        return True
    return all(
        box.from_ns >= moment_ns
        for box in at.link.boxes.values()
        if box.read_ns is not None and at.now_ns - box.read_ns <= _BOX_HEARD_NS
    )


def load_of_boxes(at: LinkContext) -> tuple[Evidence, ...]:
    """Return the link's utilisation by the equipment's counters; only if its contract is known."""
    return tuple(
        Evidence(
            kind=snmp.KIND.name,
            target=name,
            segment=Segment.LAN,
            outcome=Outcome.OK,
            ok=1,
            metric=metric,
            value=rate / full,
            limit=at.settings.busy_ratio,
        )
        for name, box in at.link.boxes.items()
        if _is_fresh(box, at.now_ns, _BOX_FRESH_NS)
        for metric, rate, full in (
            (
                snmp.RECEIVE_UTILISATION.name,
                box.down_bits_per_second,
                at.probes.link.contract_down_bits_per_second,
            ),
            (
                snmp.SEND_UTILISATION.name,
                box.up_bits_per_second,
                at.probes.link.contract_up_bits_per_second,
            ),
        )
        if full
    )


def _is_fresh(traffic: Traffic, moment_ns: int, limit_ns: int) -> bool:
    return traffic.read_ns is not None and moment_ns - traffic.read_ns <= limit_ns


def _is_full(at: LinkContext, traffic: Traffic, spread: float = 1.0) -> bool:
    """Return whether a link is full at the known rates, or at a multiple of them."""
    spec, settings = at.probes.link, at.settings
    full_down = spec.contract_down_bits_per_second or traffic.down_peak
    full_up = spec.contract_up_bits_per_second or traffic.up_peak
    floor, ratio = settings.busy_floor_bits_per_second, settings.busy_ratio
    return spread * traffic.down_bits_per_second >= max(
        floor, ratio * full_down
    ) or spread * traffic.up_bits_per_second >= max(floor, ratio * full_up)


def _update_counters(
    traffic: Traffic, received: float | None, sent: float | None, started_ns: int
) -> None:
    """Apply counters that were read at a time."""
    if received is None or sent is None:
        return
    if traffic.read_ns is not None:
        if started_ns - traffic.read_ns < _SHORTEST_NS:
            return
        _update_rates(traffic, received, sent, started_ns - traffic.read_ns)
        traffic.from_ns = traffic.read_ns
    traffic.read_ns = started_ns
    traffic.received_bytes, traffic.sent_bytes = received, sent


def _update_rates(traffic: Traffic, received: float, sent: float, took_ns: int) -> None:
    # Counters that decreased belong to a recreated interface.
    if received < traffic.received_bytes or sent < traffic.sent_bytes:
        return
    bits_per_byte_ns = 8 * NS_PER_S / took_ns
    traffic.down_bits_per_second = (received - traffic.received_bytes) * bits_per_byte_ns
    traffic.up_bits_per_second = (sent - traffic.sent_bytes) * bits_per_byte_ns
    traffic.down_peak = max(traffic.down_peak * _PEAK_KEPT, traffic.down_bits_per_second)
    traffic.up_peak = max(traffic.up_peak * _PEAK_KEPT, traffic.up_bits_per_second)

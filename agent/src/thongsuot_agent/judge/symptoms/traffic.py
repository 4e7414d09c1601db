"""Traffic: what the site itself sends and receives over a link, by the interface's counters."""

from thongsuot_agent.judge.memory import LinkMemory, Traffic
from thongsuot_agent.judge.stand import NS_PER_S, Stand
from thongsuot_schema.catalogue import host
from thongsuot_schema.result import Finding

_SHORTEST_NS = NS_PER_S
"""Rates over less than this say more about single packets than about load."""
_PEAK_KEPT = 0.9998
"""What is left of the highest rate after each reading: half of it after 15 hours."""
_FRESH_NS = 40 * NS_PER_S
"""A rate older than this (two ordinary readings) says nothing about now."""


def note_host(link: LinkMemory, finding: Finding, started_ns: int) -> None:
    """Take the counters and the neighbour's state of one ``host`` run."""
    values, traffic = finding.values, link.traffic
    neighbour = values.get(host.GATEWAY_NEIGHBOUR.name)
    if neighbour is not None:
        traffic.neighbour = neighbour >= 0.5
        traffic.neighbour_ns = started_ns
        traffic.neighbour_proved = traffic.neighbour_proved or traffic.neighbour
    received, sent = values.get(host.RECEIVED.name), values.get(host.SENT.name)
    if received is None or sent is None:
        return
    if traffic.read_ns is not None:
        if started_ns - traffic.read_ns < _SHORTEST_NS:
            return
        _note_rates(traffic, received, sent, started_ns - traffic.read_ns)
        traffic.from_ns = traffic.read_ns
    traffic.read_ns = started_ns
    traffic.received_bytes, traffic.sent_bytes = received, sent


def is_busy(at: Stand, moment_ns: int) -> bool:
    """
    Return whether the site's own traffic fills the link, one way or the other.

    Measured against the contract where it is known, else against the highest rate seen, which may
    be this very traffic: where nothing better is known, the site's own traffic explains a queue.
    """
    traffic, spec, settings = at.link.traffic, at.watch.link, at.settings
    if traffic.read_ns is None or moment_ns - traffic.read_ns > _FRESH_NS:
        return False
    full_down = spec.contract_down_bits_per_second or traffic.down_peak
    full_up = spec.contract_up_bits_per_second or traffic.up_peak
    return any(
        rate >= max(settings.busy_floor_bits_per_second, settings.busy_ratio * full)
        for rate, full in (
            (traffic.down_bits_per_second, full_down),
            (traffic.up_bits_per_second, full_up),
        )
    )


def knows_rate_since(link: LinkMemory, moment_ns: int) -> bool:
    """Return whether the rates known are of a time after a moment; true where none will ever be."""
    traffic = link.traffic
    return traffic.read_ns is None or traffic.from_ns >= moment_ns


def _note_rates(traffic: Traffic, received: float, sent: float, took_ns: int) -> None:
    # Counters that went back belong to an interface that was made anew.
    if received < traffic.received_bytes or sent < traffic.sent_bytes:
        return
    bits_per_byte_ns = 8 * NS_PER_S / took_ns
    traffic.down_bits_per_second = (received - traffic.received_bytes) * bits_per_byte_ns
    traffic.up_bits_per_second = (sent - traffic.sent_bytes) * bits_per_byte_ns
    traffic.down_peak = max(traffic.down_peak * _PEAK_KEPT, traffic.down_bits_per_second)
    traffic.up_peak = max(traffic.up_peak * _PEAK_KEPT, traffic.up_bits_per_second)

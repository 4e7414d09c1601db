"""
The device's own view of a link, and of itself.

Measures    carrier, addresses, default routes; whether the gateway answers on the link layer (asked
            when the kernel's own knowledge is older than 5 s: a gateway that drops ICMP is no
            fault); as evidence, the owner of the addresses if it is not the link's carrier; 64-bit
            counters of the interface, continued over resets; carrier changes; whether another host
            has the link's address (over IPv4 only while an agent runs with CAP_NET_RAW); uptime;
            error and state of the wall clock; the lateness of the agent's own timers; the agent's
            memory; the waiting part of its record and its fill level; the data that monitoring used
            of a metered link's allowance.
Failed      never: a fault is reported as a value.
Unmeasured  the interface does not exist.
Source      RFC 2863 for the counters; RFC 826 and RFC 4861, section 7.3 for neighbours; RFC 5905,
            section 4 for the definition of a clock's error.
Cost        nothing beyond the gateway; on the cable to it at most one ARP request or neighbour
            solicitation per family and its answer, about 150 bytes.
"""

import asyncio
import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from thongsuot_agent.clock import boot_id
from thongsuot_agent.links.carrier_networks import lease_owner
from thongsuot_agent.links.lateness import LATENESS
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.neighbour import gateway_answers, gateway_hardware
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.state import LinkState, LinkUnusable
from thongsuot_agent.probing.contract import Probe, ProbeServices
from thongsuot_agent.proto.rtnetlink import LinkMessage
from thongsuot_runtime import kernel_clock
from thongsuot_schema.catalogue import host as metrics
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

_STATM = Path("/proc/self/statm")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

_EVIDENCE_LIMIT = 200  # characters of one text (thongsuot_schema.result.Finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "host"`` entry."""

    ask_gateway: bool = True
    """Resolve the gateway's hardware address if the kernel has not confirmed it lately."""


class MonotonicCounters:
    """
    Counters that only grow.

    After the reset of a driver, or when an interface is plugged in again, counters restart at 0;
    earlier counts are carried over, so that a difference between two readings is never negative and
    never huge.
    """

    def __init__(self) -> None:
        self._last: dict[Metric, int] = {}
        self._before: dict[Metric, int] = {}

    def total(self, metric: Metric, value: int) -> int:
        """Return the total of a counter that now reads ``value``."""
        last = self._last.get(metric, 0)
        if value < last:
            self._before[metric] = self._before.get(metric, 0) + last
        self._last[metric] = value
        return self._before.get(metric, 0) + value


class HostProbe:
    """The runs over one link: counters continue from one run to the next."""

    def __init__(self, services: ProbeServices) -> None:
        self._self_metrics = services.self_metrics
        self._counters = MonotonicCounters()

    async def __call__(
        self, link: LiveLink, target: Target, family: Family, settings: Settings
    ) -> Finding:
        """Read the kernel's state of the link's interface, and probe the gateway if necessary."""
        del target, family
        state = link.state
        if not state.present:
            return failed_finding(
                Reason.INTERFACE_ABSENT, detail=f"no interface {link.spec.interface!r}"
            )
        hardware = ""
        try:
            message = link.kernel.link(state.index)
            values = {
                **_link_values(state, message),
                **_counter_values(self._counters, message),
                **_device_values(link.name),
                **self._self_metrics(link.name),
            }
            if settings.ask_gateway:
                values |= await _neighbour_values(link, message)
                hardware = _hardware(link, message)
        except OSError as error:
            return failed_finding(reason_for_own(error), detail=described(error))
        return ok_finding(values, evidence=_evidence(link, hardware))


def _link_values(state: LinkState, message: LinkMessage) -> dict[Metric, float]:
    values: dict[Metric, float] = {
        metrics.CARRIER_UP: message.carrier,
        metrics.HAS_IP4: bool(state.addresses4),
        metrics.HAS_IP6: bool(state.addresses6),
        metrics.HAS_ROUTE4: state.has_route4,
        metrics.HAS_ROUTE6: state.has_route6,
    }
    return values


def _device_values(reader: str) -> dict[Metric, float]:
    clock = kernel_clock.read()
    pages = int(_STATM.read_text("ascii").split()[1])
    values: dict[Metric, float] = {
        metrics.UPTIME: time.clock_gettime(time.CLOCK_BOOTTIME),
        metrics.CLOCK_SYNCHRONISED: clock.is_synchronised,
        metrics.LOOP_LATE: LATENESS.take_longest(reader),
        metrics.RESIDENT: pages * _PAGE_BYTES,
    }
    if clock.error_s is not None:
        values[metrics.CLOCK_ERROR] = clock.error_s
    return values


def _counter_values(carried: MonotonicCounters, message: LinkMessage) -> dict[Metric, float]:
    counts: dict[Metric, int | None] = {metrics.CARRIER_CHANGES: message.carrier_changes}
    counters = message.counters
    if counters is not None:
        counts |= {
            metrics.RECEIVED: counters.received_bytes,
            metrics.SENT: counters.sent_bytes,
            metrics.RECEIVE_ERRORS: counters.receive_errors,
            metrics.SEND_ERRORS: counters.send_errors,
            metrics.RECEIVE_DROPS: counters.receive_drops,
            metrics.SEND_DROPS: counters.send_drops,
        }
    return {
        metric: carried.total(metric, count)
        for metric, count in counts.items()
        if count is not None
    }


async def _neighbour_values(link: LiveLink, message: LinkMessage) -> dict[Metric, float]:
    """One answering gateway is enough: both families usually share one device and one cable."""
    answers = await asyncio.gather(
        _answers(link, Family.IP4, message), _answers(link, Family.IP6, message)
    )
    known = [answered for answered in answers if answered is not None]
    return {metrics.GATEWAY_NEIGHBOUR: any(known)} if known else {}


async def _answers(link: LiveLink, family: Family, message: LinkMessage) -> bool | None:
    try:
        return await gateway_answers(link, family, message)
    except LinkUnusable:
        return None  # the other values say why


def _hardware(link: LiveLink, message: LinkMessage) -> str:
    try:
        return gateway_hardware(link, message)
    except LinkUnusable:
        return ""  # the other values say why


def _evidence(link: LiveLink, hardware: str) -> dict[str, str]:
    state = link.state
    addresses = (*state.addresses4, *state.addresses6)
    texts = {
        "boot_id": _boot_id(),
        "addresses": " ".join(addresses),
        "other_carrier": lease_owner(addresses, link.carrier_networks, link.spec.carrier),
        "gateways": " ".join(filter(None, (state.gateway4, state.gateway6))),
        "gateway_hardware": hardware,
        "address_conflict": state.conflict or ("yes" if state.address_conflict else ""),
    }
    return {key: text[:_EVIDENCE_LIMIT] for key, text in texts.items() if text}


@cache
def _boot_id() -> str:
    return boot_id()


def _applies(target: Target) -> bool:
    del target
    return False


def _cost_bytes(target: Target, settings: Settings) -> int:
    """Its traffic does not use the carrier's line."""
    del target, settings
    return 0


def _timeout_s(settings: Settings) -> float:
    return 1.5 if settings.ask_gateway else 0.5


PROBE = Probe(
    settings=Settings,
    begin=HostProbe,
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
    per_link=True,
)

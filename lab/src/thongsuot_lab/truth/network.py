"""
Network: carries packets of one line through the places of a city, one by one, in simulated time.

A packet passes every place on its way in order; each fault there may drop, delay or answer it.
Apart from faults, a healthy network loses a packet now and then and has varying delays. All
randomness comes from the random generator that the network was made with, so a caller that sends
the same packets in the same order gets the same results.
"""

import random
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from thongsuot_lab.truth.fault import ANSWERS, Effect, FaultDirection, GeneratedFault, Touch, chance
from thongsuot_lab.truth.places import (
    DELAY_S,
    AccessLine,
    NetworkPlace,
    PlaceKind,
    Premises,
    SimulatedCity,
)

SPIKE_RATIO = 0.002
SPIKE_S = 0.08
"""The frequency and size of delay spikes on a healthy line."""

_QUEUE_STEP_S = 0.7
_QUEUE_LEAST = 0.5
_QUEUE_LOSS_RATIO = 0.03
"""A full queue is never less than half full, varies within a second, and drops some packets."""

_PASSED_KEPT = 2000
"""How many passed packets a policer remembers: minutes of the fastest one."""

_OF_NAMES = {Touch.DNS, Touch.DNS_AAAA, Touch.DNS_LARGE}
_ONWARDS = {Touch.NEW_FLOWS, Touch.TLS}
"""Effects of equipment on forwarded packets, but not on those addressed to it."""


@dataclass(slots=True)
class SimulatedPacket:
    """
    One packet. ``flow`` names its flow; ``is_first``: the flow begins with it.

    ``what`` is its content: ``echo``, ``dns-a``, ``dns-aaaa``, ``syn``, ``hello`` (the first
    message of TLS), ``certificate``, ``page``, or nothing in particular.
    """

    protocol: str
    is_ip6: bool
    size_bytes: int
    name: str = ""
    flow: int = 0
    is_first: bool = False


@dataclass(slots=True)
class Delivery:
    """
    When a packet arrived, or when an answer to it came back in its place (``effect``, and its
    origin).
    """

    at_s: float
    effect: Effect | None = None


class SimulatedRoute:
    """The path between one site and one host, with the faults on it by minute."""

    def __init__(
        self,
        host: str,
        line: AccessLine,
        places: tuple[NetworkPlace, ...],
        faults: Iterable[tuple[int, GeneratedFault]],
    ) -> None:
        self.places = places
        self.total_s = sum(_delay_s(place, line) for place in places)
        is_lan_only = host == "gateway"
        # Everything that each packet needs is computed in advance: a day of one site is half a
        # million packets.
        self.loss_ratio = None if is_lan_only else line.loss_ratio
        self.jitter_rate = 1.0 / line.jitter_s
        self._by_minute: dict[int, list[int]] = {}
        for number, fault in faults:
            for minute in range(int(fault.start_s // 60), int(fault.end_s // 60) + 1):
                self._by_minute.setdefault(minute, []).append(number)

    def faults_at(self, at_s: float) -> Sequence[int]:
        """Return the faults in the minute of a given time."""
        return self._by_minute.get(int(at_s // 60), ())


class SimulatedNetwork:
    """The network as seen from one line of a site; ``dice`` is its random generator."""

    def __init__(
        self,
        city: SimulatedCity,
        site: Premises,
        line: AccessLine,
        faults: tuple[GeneratedFault, ...],
        dice: random.Random,
    ) -> None:
        self._city = city
        self._site = site
        self._line = line
        self._faults = faults
        self._draw = dice.random
        self._routes: dict[str, SimulatedRoute] = {}
        self._passed: dict[int, list[float]] = {}
        self._flows = 0
        self._unplugged: list[GeneratedFault] | None = None
        self._loads: list[GeneratedFault] | None = None

    def new_flow(self) -> int:
        """Return an unused name for a flow."""
        self._flows += 1
        return self._flows

    def route(self, host: str) -> SimulatedRoute:
        """Return the route to a host."""
        route = self._routes.get(host)
        if route is None:
            way = self._city.way(self._site, self._line, host)
            places = set(way)
            here = [
                (number, fault)
                for number, fault in enumerate(self._faults)
                if is_on_way(fault, places, host)
            ]
            route = SimulatedRoute(host, self._line, way, here)
            self._routes[host] = route
        return route

    def is_plugged(self, at_s: float) -> bool:
        """Return whether the interface of the line has a signal."""
        if self._unplugged is None:
            places = self.route("gateway").places
            self._unplugged = [
                fault
                for fault in self._faults
                if fault.effect is Effect.UNPLUGGED and fault.place in places
            ]
        return not any(fault.level(at_s) > 0 for fault in self._unplugged)

    def load(self, at_s: float) -> tuple[float, float]:
        """Return how full the site's own traffic makes the device's interface, down and up."""
        if self._loads is None:
            places = self.route("gateway").places
            self._loads = [
                fault
                for fault in self._faults
                if fault.effect is Effect.OWN_LOAD and fault.is_counted and fault.place in places
            ]
        down = up = 0.0
        for fault in self._loads:
            if fault.level(at_s) == 0.0:
                continue
            down = down if fault.direction is FaultDirection.UP else 0.97
            up = up if fault.direction is FaultDirection.DOWN else 0.97
        return down, up

    def send(
        self, route: SimulatedRoute, packet: SimulatedPacket, at_s: float, *, is_up: bool
    ) -> Delivery | None:
        """Carry one packet; ``None``: it was dropped silently."""
        arrives_s = self.arrival(route, at_s)
        if arrives_s is None:
            return None
        for number in route.faults_at(at_s):
            fault = self._faults[number]
            level = fault.level(at_s)
            if level == 0.0 or not is_touched(fault, packet, is_up=is_up):
                continue
            verdict = self._strike(number, fault, packet, level, at_s)
            if verdict is None:
                return None
            delay_s, effect = verdict
            if effect is not None:
                return Delivery(at_s + 2 * route.total_s, effect)
            arrives_s += delay_s
        return Delivery(arrives_s)

    def arrival(self, route: SimulatedRoute, at_s: float) -> float | None:
        """
        Return the arrival of a packet that meets no fault; ``None``: a healthy line dropped it.
        """
        loss_ratio = route.loss_ratio
        if loss_ratio is None:
            return at_s + route.total_s
        draw = self._draw
        if draw() < loss_ratio:
            return None
        # Exponentially distributed, as random.expovariate has it.
        arrives_s = at_s + route.total_s - log(1.0 - draw()) / route.jitter_rate
        return arrives_s + SPIKE_S if draw() < SPIKE_RATIO else arrives_s

    def _strike(
        self, number: int, fault: GeneratedFault, packet: SimulatedPacket, level: float, at_s: float
    ) -> tuple[float, Effect | None] | None:
        """
        Return a delay and an answer in place of the receiver's; ``None``: the packet is dropped.
        """
        amount = fault.amount * level
        match fault.effect:
            case Effect.LOST if fault.touch is Touch.NEW_FLOWS:
                # Every packet of a flow has the same fate: there is room for it, or there is not.
                is_lost = chance(fault.salt, packet.flow) < amount
            case Effect.LOST:
                is_lost = self._draw() < amount
            case Effect.QUEUED | Effect.OWN_LOAD:
                is_lost = self._draw() < _QUEUE_LOSS_RATIO
            case Effect.POLICED:
                is_lost = self._is_policed(number, fault, at_s)
            case _:
                is_lost = fault.effect is Effect.UNPLUGGED
        if is_lost:
            return None
        if fault.effect is Effect.DELAYED:
            return amount, None
        if fault.effect in {Effect.QUEUED, Effect.OWN_LOAD}:
            return amount * _fill(fault.salt, at_s), None
        return 0.0, fault.effect if fault.effect in ANSWERS else None

    def _is_policed(self, number: int, fault: GeneratedFault, at_s: float) -> bool:
        """
        Return whether a policer drops a packet: in any second only its rate passes.

        It counts the packets that passed in the second before, like the kernel's limit, and not by
        seconds of the clock: a probe at the same part of a second each minute would always find an
        empty one (2026-11: pages that took half a second for the agent, and a whole one for
        everybody else). Packets sent out of order, such as those of a page that continues while
        echoes are sent, are sorted in among those that passed.
        """
        passed_s = self._passed.setdefault(number, [])
        window_s = max(1.0, 1.0 / fault.amount)
        allowed = max(1, round(fault.amount * window_s))
        if bisect_right(passed_s, at_s) - bisect_right(passed_s, at_s - window_s) >= allowed:
            return True
        insort(passed_s, at_s)
        if len(passed_s) > _PASSED_KEPT:
            del passed_s[: _PASSED_KEPT // 2]
        return False


def is_on_way(fault: GeneratedFault, places: set[NetworkPlace], host: str) -> bool:
    """Return whether packets to a host pass a fault."""
    if fault.place not in places:
        return False
    is_onwards = fault.effect is Effect.UNREACHABLE or fault.touch in _ONWARDS
    if fault.place.kind is PlaceKind.BOX and is_onwards:
        return host != "gateway"
    # The site's own traffic waits where the line begins: the box itself answers at once.
    return fault.effect is not Effect.OWN_LOAD or host != "gateway"


def _delay_s(place: NetworkPlace, line: AccessLine) -> float:
    return line.delay_s if place.kind is PlaceKind.ACCESS else DELAY_S[place.kind]


def _fill(salt: int, at_s: float) -> float:
    """Return how full a queue is: between two random levels, a straight line."""
    step, inside = divmod(at_s / _QUEUE_STEP_S, 1.0)
    first, second = chance(salt, int(step)), chance(salt, int(step) + 1)
    return _QUEUE_LEAST + (1.0 - _QUEUE_LEAST) * (first + (second - first) * inside)


def is_touched(fault: GeneratedFault, packet: SimulatedPacket, *, is_up: bool) -> bool:
    """Return whether a fault affects a packet in one direction."""
    touch, effect = fault.touch, fault.effect
    if effect in {Effect.RESET, Effect.REFUSED} and touch is Touch.TCP:
        return packet.name == ("syn" if effect is Effect.REFUSED else "hello") and is_up
    if effect is Effect.UNREACHABLE:
        return is_up
    if touch is Touch.TLS:
        return packet.name == _TLS_PACKET.get(effect, "hello")
    if (
        fault.direction is not FaultDirection.BOTH
        and (fault.direction is FaultDirection.UP) != is_up
    ):
        return False
    if touch in _OF_NAMES:
        # A name server's fault affects its answers.
        return not is_up and _is_answer_touched(fault, packet)
    return _is_kind_touched(fault, packet)


_TLS_PACKET = {
    Effect.RESET: "hello",
    Effect.INTERCEPTED: "certificate",
    Effect.REDIRECTED: "certificate",
    Effect.REWRITTEN: "page",
}


def _is_answer_touched(fault: GeneratedFault, packet: SimulatedPacket) -> bool:
    if not packet.name.startswith("dns"):
        return False
    if fault.touch is Touch.DNS_AAAA:
        return packet.name == "dns-aaaa"
    return fault.touch is Touch.DNS or packet.size_bytes > fault.least_bytes


def _is_kind_touched(fault: GeneratedFault, packet: SimulatedPacket) -> bool:
    match fault.touch:
        case Touch.ALL:
            return True
        case Touch.ICMP | Touch.UDP | Touch.TCP:
            return packet.protocol == fault.touch.value
        case Touch.NEW_FLOWS:
            return packet.is_first
        case Touch.LARGE:
            return packet.size_bytes > fault.least_bytes
        case Touch.IP4 | Touch.IP6:
            return packet.is_ip6 is (fault.touch is Touch.IP6)
        case _:
            return False

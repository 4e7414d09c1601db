"""
Citizen: a person on the LAN of a site who continuously opens the portals by name, over each line.

A visit is a browser's first visit: the system's resolver queries the line's name server for both
addresses of the name (glibc: five seconds a query, two rounds), connections in both families race
(RFC 8305), then TLS and one page. Nothing is cached between visits. This module is independent of
probes: a fault is whatever harms a citizen.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from thongsuot_lab.truth.fault import Effect
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.network import SimulatedNetwork, SimulatedPacket
from thongsuot_lab.truth.places import AccessLine, Premises, SimulatedPortal
from thongsuot_lab.truth.tcp import CERTIFICATE, FULL_BYTES, HELLO, TcpConnection

EVERY_S = 2.0
"""The interval of visits over one line; the portals take turns."""
GIVES_UP_S = 15.0
NAME_TIMEOUT_S = 5.0
NAME_ROUNDS = 2
FALLBACK_S = 0.2
"""The second family is tried this long after the first (curl's default)."""
QUESTION_BYTES = 70


@dataclass(slots=True)
class Visit:
    """One visit: its start, its duration, and the reason of its failure (empty: it succeeded)."""

    at_s: float
    portal: str
    took_s: float
    failure: str = ""


def visits(scenario: Scenario, site: Premises, line: AccessLine) -> Iterator[Visit]:
    """Yield every visit over one line, in order; the same scenario gives the same visits."""
    dice = random.Random(f"citizen {scenario.name} {site.name} {line.name}")
    network = SimulatedNetwork(scenario.city, site, line, scenario.faults, dice)
    portals = scenario.city.portals
    at_s, number = dice.uniform(5.0, 5.0 + EVERY_S), 0
    while at_s < scenario.until_s:
        yield _visit(network, line, portals[number % len(portals)], at_s)
        at_s, number = at_s + EVERY_S, number + 1


def _visit(
    network: SimulatedNetwork, line: AccessLine, portal: SimulatedPortal, at_s: float
) -> Visit:
    deadline_s = at_s + GIVES_UP_S
    if not network.is_plugged(at_s):
        return Visit(at_s, portal.name, GIVES_UP_S, "no signal")
    named_s, families, failure = _resolve(network, line, portal, at_s)
    if failure:
        return Visit(at_s, portal.name, min(named_s, deadline_s) - at_s, failure)
    if named_s > deadline_s:
        return Visit(at_s, portal.name, GIVES_UP_S, "name timed out")
    ended_s, failure = _open(network, portal, families, named_s, deadline_s)
    return Visit(at_s, portal.name, ended_s - at_s, failure)


def _resolve(
    network: SimulatedNetwork, line: AccessLine, portal: SimulatedPortal, at_s: float
) -> tuple[float, list[bool], str]:
    """Return the end of both queries, the answered families, or the reason for the failure."""
    servers = [False, True] if line.has_ip6 else [False]
    now_s = at_s
    answered: dict[str, bool] = {}
    for _ in range(NAME_ROUNDS):
        for is_ip6 in servers:
            latest_s = now_s
            for record in ("dns-a", "dns-aaaa"):
                if record in answered:
                    continue
                came = _ask(network, portal, record, now_s, is_ip6=is_ip6)
                if came is None or came[0] > now_s + NAME_TIMEOUT_S:
                    continue
                answered[record] = came[1] is None
                latest_s = max(latest_s, came[0])
                if came[1] is not None:
                    return came[0], [], f"name {came[1]}"
            if len(answered) == len(("dns-a", "dns-aaaa")):
                return latest_s, _families(answered, line, portal), ""
            now_s += NAME_TIMEOUT_S
    families = _families(answered, line, portal)
    return now_s, families, "" if families else "name timed out"


def _families(answered: dict[str, bool], line: AccessLine, portal: SimulatedPortal) -> list[bool]:
    """Return the families to try, IPv6 first if the line has it."""
    families = [True] if answered.get("dns-aaaa") and line.has_ip6 and portal.has_ip6 else []
    return [*families, False] if answered.get("dns-a") else families


def _ask(
    network: SimulatedNetwork, portal: SimulatedPortal, record: str, at_s: float, *, is_ip6: bool
) -> tuple[float, Effect | None] | None:
    route, flow = network.route("resolver"), network.new_flow()
    question = SimulatedPacket("udp", is_ip6, QUESTION_BYTES, record, flow, is_first=True)
    up = network.send(route, question, at_s, is_up=True)
    if up is None:
        return None
    if up.effect is not None:
        return up.at_s, up.effect
    answer = SimulatedPacket("udp", is_ip6, portal.answer_bytes, record, flow)
    down = network.send(route, answer, up.at_s, is_up=False)
    return None if down is None else (down.at_s, down.effect)


def _open(
    network: SimulatedNetwork,
    portal: SimulatedPortal,
    families: list[bool],
    at_s: float,
    deadline_s: float,
) -> tuple[float, str]:
    """Race the families, then load the page over the one that was first."""
    route = network.route(f"portal-{portal.name}")
    winner: tuple[float, TcpConnection] | None = None
    failures: list[tuple[float, str]] = []
    begin_s = at_s
    for is_ip6 in families:
        if winner is not None and winner[0] <= begin_s:
            break
        connection = TcpConnection(network, route, is_ip6=is_ip6, deadline_s=deadline_s)
        step = connection.open(begin_s)
        if step.is_done and (winner is None or step.at_s < winner[0]):
            winner = step.at_s, connection
        elif not step.is_done:
            failures.append((step.at_s, str(step.effect or "timed out")))
        # After an immediate failure of one family the other is tried at once.
        begin_s = min(begin_s + FALLBACK_S, step.at_s) if not step.is_done else begin_s + FALLBACK_S
    if winner is None:
        return max(failures)
    return _load(winner[1], portal, winner[0])


def _load(connection: TcpConnection, portal: SimulatedPortal, at_s: float) -> tuple[float, str]:
    exchanges = (
        (HELLO, True, "hello"),
        (CERTIFICATE, False, "certificate"),
        ([480], True, ""),
        ([FULL_BYTES] * portal.page_packets, False, "page"),
    )
    for sizes_bytes, is_up, packet_name in exchanges:
        step = connection.transfer(sizes_bytes, at_s, is_up=is_up, packet_name=packet_name)
        if not step.is_done:
            return step.at_s, str(step.effect or f"{packet_name or 'request'} timed out")
        at_s = step.at_s
    return at_s, ""

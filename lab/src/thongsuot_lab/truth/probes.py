"""
The agent's probes over a simulated line: the same requests, sent through ``network``.

Each function follows the probe of the same kind: its packets, its time-outs, its reasons for
failure (``agent/.../probes``). The results are the product's own types.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil

from thongsuot_agent.probes.dns import probe as dns_probe
from thongsuot_agent.probes.fresh_echo import probe as fresh_echo_probe
from thongsuot_agent.probes.http import probe as http_probe
from thongsuot_agent.probes.icmp import probe as icmp_probe
from thongsuot_lab.truth.fault import Effect
from thongsuot_lab.truth.network import SimulatedNetwork, SimulatedPacket, SimulatedRoute
from thongsuot_lab.truth.places import AccessLine, SimulatedCity
from thongsuot_lab.truth.tcp import CERTIFICATE, FULL_BYTES, HELLO, TcpConnection
from thongsuot_schema.catalogue import dns, fresh_echo, host, http, icmp
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

ECHO_BYTES = {False: 44, True: 64}
QUESTION_BYTES = 72
_ECHO_TIMEOUT_S = icmp_probe.Settings().timeout_s
_LOOKUP_TIMEOUT_S = dns_probe.Settings().timeout_s
_PAGE = http_probe.Settings()
_FRESH_ECHO = fresh_echo_probe.Settings()
LATE_WAIT_S, LATE_NEWS_S = 5.0, 10.0
"""How long after its time-out an answer to an echo is still awaited and reported."""
CONTRACT_BPS = 100e6
COUNTED_EVERY_S = 0.5
ORDINARY_BPS = 300e3
EXPIRES_S = 1_890_000_000.0

_NAME_ANSWER = {
    Effect.REFUSED: Reason.NAME_SERVER_REFUSED,
    Effect.REWRITTEN: Reason.NAME_ANSWER_FORGED,
}
_WEB_ANSWER = {
    Effect.UNREACHABLE: Reason.NETWORK_UNREACHABLE,
    Effect.REFUSED: Reason.CONNECTION_REFUSED,
    Effect.RESET: Reason.CONNECTION_RESET,
    Effect.INTERCEPTED: Reason.CERTIFICATE_UNTRUSTED,
    Effect.REDIRECTED: Reason.CERTIFICATE_NAME_MISMATCH,
    Effect.REWRITTEN: Reason.STATUS_UNEXPECTED,
}

Found = tuple[float, Finding]
"""The duration of a run, and its result."""


@dataclass(slots=True)
class Prober:
    """The probes of one line of one agent, over ``network``."""

    city: SimulatedCity
    line: AccessLine
    network: SimulatedNetwork
    _echo_flows: dict[tuple[str, bool], int] = field(default_factory=dict)
    _late_echoes: dict[tuple[str, bool], tuple[float, float]] = field(default_factory=dict)
    _routes: dict[str, SimulatedRoute] = field(default_factory=dict)
    _opened: set[tuple[str, Family]] = field(default_factory=set)
    _bytes: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def run(self, kind: str, target: str, family: Family, at_s: float) -> Found:
        """Run a probe of a kind."""
        if kind == "host":
            return self.host(at_s)
        if not self.network.is_plugged(at_s):
            return 0.0, failed_finding(Reason.INTERFACE_DOWN)
        runs: dict[str, Callable[[str, Family, float], Found]] = {
            "icmp": self.icmp,
            "dns": self.dns,
            "http": self.http,
            "fresh_echo": self.fresh_echo,
        }
        return runs[kind](target, family, at_s)

    def icmp(self, target: str, family: Family, at_s: float) -> Found:
        """
        One echo. The echoes to one target are one flow until one of them stays unanswered; a late
        answer is reported with the next echo.
        """
        timeout_s = _ECHO_TIMEOUT_S
        key = target, family is Family.IP6
        down, is_told = self._echo(key, at_s)
        arrives_s = at_s + timeout_s if down is None else min(down, at_s + timeout_s)
        evidence = self._late_evidence(key, arrives_s)
        if is_told:
            reason = Reason.NETWORK_UNREACHABLE
            return arrives_s - at_s, failed_finding(reason, {icmp.LOSS: 1.0}, evidence=evidence)
        if down is None or down - at_s > timeout_s:
            del self._echo_flows[key]
            if down is not None and down - at_s - timeout_s <= LATE_WAIT_S:
                self._late_echoes[key] = down - at_s, down
            return timeout_s, failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0}, evidence=evidence)
        rtt_s = down - at_s
        return rtt_s, ok_finding({icmp.RTT: rtt_s, icmp.LOSS: 0.0}, evidence=evidence)

    def _echo(self, key: tuple[str, bool], at_s: float) -> tuple[float | None, bool]:
        """Return the time of an answer, and whether it was a router's "unreachable"."""
        target, is_ip6 = key
        route = self._routes.get(target)
        if route is None:
            route = self._routes[target] = self.network.route(host_of(target, self.line))
        is_first = key not in self._echo_flows
        if is_first:
            self._echo_flows[key] = self.network.new_flow()
        flow = self._echo_flows[key]
        there_s, is_told = self._carry_echo(
            route, at_s, flow, is_ip6=is_ip6, is_up=True, is_first=is_first
        )
        if there_s is None or is_told:
            return there_s, is_told
        return self._carry_echo(route, there_s, flow, is_ip6=is_ip6, is_up=False)[0], False

    def _carry_echo(
        self,
        route: SimulatedRoute,
        at_s: float,
        flow: int,
        *,
        is_ip6: bool,
        is_up: bool,
        is_first: bool = False,
    ) -> tuple[float | None, bool]:
        """Return the arrival of an echo, or of its answer, and whether something else came back."""
        if not route.faults_at(at_s):
            return self.network.arrival(route, at_s), False
        packet = SimulatedPacket("icmp", is_ip6, ECHO_BYTES[is_ip6], "echo", flow, is_first)
        passed = self.network.send(route, packet, at_s, is_up=is_up)
        return (None, False) if passed is None else (passed.at_s, passed.effect is not None)

    def _late_evidence(self, key: tuple[str, bool], now_s: float) -> dict[str, str]:
        late_s, heard_s = self._late_echoes.get(key, (0.0, now_s + 1.0))
        if heard_s > now_s:
            return {}
        del self._late_echoes[key]
        return {"late_rtt_s": f"{late_s:.3f}"} if now_s - heard_s <= LATE_NEWS_S else {}

    def fresh_echo(self, target: str, family: Family, at_s: float) -> Found:
        """Small echoes, each a new flow; then two of full size over a flow that was answered."""
        settings, is_ip6 = _FRESH_ECHO, family is Family.IP6
        route = self.network.route(host_of(target, self.line))
        flows = [self.network.new_flow() for _ in range(settings.flows)]
        answered, ended_s, is_refused = [], at_s, False
        for flow in flows:
            packet = SimulatedPacket(
                "icmp", is_ip6, ECHO_BYTES[is_ip6], "echo", flow, is_first=True
            )
            back_s, effect = self._there_and_back(route, packet, at_s, settings.timeout_s)
            ended_s, is_refused = max(ended_s, back_s), is_refused or effect is not None
            if effect is None and back_s < at_s + settings.timeout_s:
                answered.append(flow)
        values = {fresh_echo.ANSWERED: len(answered) / len(flows)}
        if not answered:
            reason = Reason.NETWORK_UNREACHABLE if is_refused else Reason.TIMED_OUT
            return ended_s - at_s, failed_finding(reason, values)
        if target != "gateway":
            return ended_s - at_s, ok_finding(values)
        full_size = SimulatedPacket("icmp", is_ip6, settings.size_bytes, "echo", answered[0])
        second_s = ended_s
        values[fresh_echo.PACKET] = ECHO_BYTES[is_ip6]
        for _ in range(fresh_echo_probe.FULL_SIZE_ECHOES):
            back_s, effect = self._there_and_back(route, full_size, second_s, settings.timeout_s)
            ended_s = max(ended_s, back_s)
            if effect is None and back_s < second_s + settings.timeout_s:
                values[fresh_echo.PACKET] = settings.size_bytes
        return ended_s - at_s, ok_finding(values)

    def _there_and_back(
        self, route: SimulatedRoute, packet: SimulatedPacket, at_s: float, timeout_s: float
    ) -> tuple[float, Effect | None]:
        """Return the time of an echo's answer or time-out, and the answer's substitute, if any."""
        up = self.network.send(route, packet, at_s, is_up=True)
        if up is not None and up.effect is None:
            answer = replace(packet, is_first=False)
            up = self.network.send(route, answer, up.at_s, is_up=False)
        if up is None or up.at_s > at_s + timeout_s:
            return at_s + timeout_s, None
        return up.at_s, up.effect

    def dns(self, target: str, family: Family, at_s: float) -> Found:
        """Both queries at once; an unanswered one is a failure."""
        timeout_s = _LOOKUP_TIMEOUT_S
        portal = self.city.portals[0]
        took_s, reason = 0.0, None
        for record in ("dns-a", "dns-aaaa"):
            answer_s, wrong = self._ask(portal.answer_bytes, record, at_s, timeout_s, family)
            took_s = max(took_s, answer_s - at_s)
            reason = reason or wrong
        del target
        if reason is not None:
            return min(took_s, timeout_s), failed_finding(reason)
        return took_s, ok_finding({dns.LOOKUP: took_s, dns.ANSWERS: 2.0, dns.TTL: 60.0})

    def _ask(
        self, answer_bytes: int, record: str, at_s: float, timeout_s: float, family: Family
    ) -> tuple[float, Reason | None]:
        route, flow = self.network.route("resolver"), self.network.new_flow()
        is_ip6 = family is Family.IP6
        question = SimulatedPacket("udp", is_ip6, QUESTION_BYTES, record, flow, is_first=True)
        up = self.network.send(route, question, at_s, is_up=True)
        if up is not None and up.effect is not None:
            return up.at_s, Reason.NETWORK_UNREACHABLE
        answer = SimulatedPacket("udp", is_ip6, answer_bytes, record, flow)
        down = None if up is None else self.network.send(route, answer, up.at_s, is_up=False)
        if down is None or down.at_s - at_s > timeout_s:
            return at_s + timeout_s, Reason.NAME_SERVER_TIMED_OUT
        if down.effect is not None:
            return down.at_s, _NAME_ANSWER.get(down.effect, Reason.NAME_SERVER_FAILED)
        return down.at_s, None

    def http(self, target: str, family: Family, at_s: float) -> Found:
        """One page of a portal, over one family, including the name lookup."""
        portal = self.city.portal(target)
        servers = [family, Family.IP4 if family is Family.IP6 else Family.IP6]
        servers = servers if self.line.has_ip6 else [Family.IP4]
        record = "dns-aaaa" if family is Family.IP6 else "dns-a"
        share_s, now_s = _PAGE.resolve_timeout_s / len(servers), at_s
        reason: Reason | None = None
        for server in servers:
            ended_s, reason = self._ask(portal.answer_bytes, record, now_s, share_s, server)
            now_s = ended_s
            if reason is not Reason.NAME_SERVER_TIMED_OUT:
                break
        if reason is not None:
            if not reason.startswith("name_"):
                return self._by_last_address(target, family, at_s, now_s, Reason.NAME_SERVER_FAILED)
            if reason is not Reason.NAME_SERVER_TIMED_OUT:
                return now_s - at_s, failed_finding(reason)
            return self._by_last_address(target, family, at_s, now_s, reason)
        took_s, finding = self._fetch(target, family, at_s, now_s)
        if finding.reason is None:
            self._opened.add((target, family))
        return took_s, finding

    def _by_last_address(
        self, target: str, family: Family, at_s: float, now_s: float, reason: Reason
    ) -> Found:
        """
        If no name server answers, try the last address of the page, to see whether the path works.
        """
        if (target, family) not in self._opened:
            return now_s - at_s, failed_finding(reason)
        took_s, finding = self._fetch(target, family, at_s, now_s)
        ending = ""
        if finding.reason in {Reason.TIMED_OUT, Reason.NETWORK_UNREACHABLE}:
            ending = "timed_out"
        elif finding.reason in {None, Reason.RESPONSE_TIMED_OUT}:
            ending = "reached"
        evidence = {"by_last_address": ending} if ending else {}
        return took_s, failed_finding(reason, evidence=evidence)

    def _fetch(self, target: str, family: Family, at_s: float, named_s: float) -> Found:
        deadline_s = at_s + _PAGE.timeout_s
        portal, is_ip6 = self.city.portal(target), family is Family.IP6
        route = self.network.route(f"portal-{target}")
        connection = TcpConnection(self.network, route, is_ip6=is_ip6, deadline_s=deadline_s)
        values: dict[Metric, float] = {http.RESOLVE: named_s - at_s}
        evidence = {"address": f"{target}.{family.value}"}
        step = connection.open(named_s)
        if not step.is_done:
            reason = Reason.TIMED_OUT if step.effect is None else _web_reason(step.effect)
            return step.at_s - at_s, failed_finding(reason, values, evidence=evidence)
        values[http.CONNECT] = step.at_s - named_s
        begun_s, again = step.at_s, step.again
        for sizes_bytes, is_up, exchange, metric, late in (
            (HELLO, True, "hello", None, Reason.TLS_TIMED_OUT),
            (CERTIFICATE, False, "certificate", None, Reason.TLS_TIMED_OUT),
            ([80], True, "", http.TLS, Reason.TLS_TIMED_OUT),
            ([400], True, "", None, Reason.RESPONSE_TIMED_OUT),
            ([FULL_BYTES], False, "page", http.FIRST_BYTE, Reason.RESPONSE_TIMED_OUT),
            ([FULL_BYTES] * (portal.page_packets - 1), False, "", None, Reason.RESPONSE_TIMED_OUT),
        ):
            step = connection.transfer(sizes_bytes, step.at_s, is_up=is_up, packet_name=exchange)
            again += step.again
            if again:
                evidence["retransmitted_segments"] = str(again)
            if not step.is_done:
                reason = late if step.effect is None else _web_reason(step.effect)
                return step.at_s - at_s, failed_finding(reason, values, evidence=evidence)
            if metric is not None:
                values[metric], begun_s = step.at_s - begun_s, step.at_s
        values |= {
            http.TRANSFER: step.at_s - begun_s,
            http.TOTAL: step.at_s - at_s,
            http.STATUS: 200.0,
            http.CERTIFICATE_EXPIRY: EXPIRES_S,
        }
        return step.at_s - at_s, ok_finding(values, evidence=evidence)

    def host(self, at_s: float) -> Found:
        """The device's own counters, and whether its gateway is present on the link layer."""
        before_s, received, sent = self._bytes
        passed_s = max(0.0, at_s - before_s)
        steps = ceil(passed_s / COUNTED_EVERY_S)
        for step in range(steps):
            # Counters are cumulative: a load that began three seconds ago is in them with three
            # seconds.
            down, up = self.network.load(before_s + (step + 0.5) * passed_s / steps)
            received += (down * CONTRACT_BPS + ORDINARY_BPS) / 8 * passed_s / steps
            sent += (up * CONTRACT_BPS + ORDINARY_BPS / 8) / 8 * passed_s / steps
        self._bytes = at_s, received, sent
        is_there = self._has_neighbour(at_s)
        values = {host.RECEIVED: received, host.SENT: sent, host.GATEWAY_NEIGHBOUR: is_there}
        return 0.001, ok_finding(values)

    def _has_neighbour(self, at_s: float) -> float:
        """Three requests on the link layer, a second apart (ARP; RFC 4861)."""
        if not self.network.is_plugged(at_s):
            return 0.0
        route = self.network.route("gateway")
        for second in range(3):
            question = SimulatedPacket("arp", is_ip6=False, size_bytes=42)
            up = self.network.send(route, question, at_s + second, is_up=True)
            if up is not None and up.effect is None:
                down = self.network.send(route, question, up.at_s, is_up=False)
                if down is not None:
                    return 1.0
        return 0.0


def host_of(target: str, line: AccessLine) -> str:
    """Return the host of the network for a target of the agent."""
    name, _, rest = target.partition("-")
    if name in {"hop", "resolver", "anchor"}:
        return name
    if name == "peer":
        return f"peer-{rest.removeprefix(f'{line.name}-')}"
    return target


def _web_reason(effect: Effect) -> Reason:
    return _WEB_ANSWER.get(effect, Reason.FAILED_OTHERWISE)

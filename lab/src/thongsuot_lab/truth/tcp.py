"""
TCP like in a kernel, packet by packet: handshakes and transfers with their retransmissions.

Source: RFC 9293 for the segments, RFC 6298 for the timer (first 1 s, doubling; at least 0.2 s once
a round trip is known, as in Linux), RFC 8985 for earlier retransmissions, RFC 6928 for ten packets
in the first round.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from thongsuot_lab.truth.fault import Effect
from thongsuot_lab.truth.network import Delivery, SimulatedNetwork, SimulatedPacket, SimulatedRoute

SYN_TIMER_S = 1.0
LEAST_TIMER_S = 0.2
FIRST_WINDOW = 10
ACK_BYTES = 52
FULL_BYTES = 1500
"""A full segment on Ethernet, with its headers."""
HELLO = (FULL_BYTES, 139)
"""The first message of TLS with its post-quantum key (OpenSSL 3.5: 1,535 bytes)."""
CERTIFICATE = (FULL_BYTES, FULL_BYTES, 1200)
"""The server's messages up to its certificate's end."""

Piece = tuple[int, str]
"""The size of a packet, and its content."""


@dataclass(slots=True)
class TcpStep:
    """
    The end of a step of a connection: its time, or the answer in place of the server's.

    ``is_done`` is false after a time-out. ``again`` counts the client's retransmissions.
    """

    at_s: float
    is_done: bool
    effect: Effect | None = None
    again: int = 0


class TcpConnection:
    """One connection over one line, from its first packet on."""

    def __init__(
        self, network: SimulatedNetwork, route: SimulatedRoute, *, is_ip6: bool, deadline_s: float
    ) -> None:
        self._network = network
        self._route = route
        self._is_ip6 = is_ip6
        self._deadline_s = deadline_s
        self._flow = network.new_flow()
        self.rtt_s = 2 * route.total_s

    def open(self, at_s: float) -> TcpStep:
        """Shake hands; the first answer to any of the attempts counts."""
        best: TcpStep | None = None
        sent_s, timer_s, attempts = at_s, SYN_TIMER_S, 0
        while sent_s < self._deadline_s and (best is None or sent_s < best.at_s):
            answered = self._attempt(sent_s)
            if answered is not None and (best is None or answered.at_s < best.at_s):
                best = answered
                self.rtt_s = answered.at_s - sent_s
            sent_s, timer_s, attempts = sent_s + timer_s, timer_s * 2, attempts + 1
        if best is None or best.at_s > self._deadline_s:
            return TcpStep(self._deadline_s, is_done=False, again=attempts - 1)
        best.again = attempts - 1
        return best

    def _attempt(self, sent_s: float) -> TcpStep | None:
        syn = self._packet(60, "syn", is_first=True)
        up = self._network.send(self._route, syn, sent_s, is_up=True)
        if up is None:
            return None
        if up.effect is not None:
            return TcpStep(up.at_s, is_done=False, effect=up.effect)
        down = self._network.send(self._route, self._packet(60, ""), up.at_s, is_up=False)
        return None if down is None else TcpStep(down.at_s, is_done=True)

    def transfer(
        self, sizes_bytes: Sequence[int], at_s: float, *, is_up: bool, packet_name: str = ""
    ) -> TcpStep:
        """Send packets one way until all have arrived; ``what`` is the content of the first."""
        waiting = [
            (size, packet_name if not place else "") for place, size in enumerate(sizes_bytes)
        ]
        window, timer_s, now_s, again = FIRST_WINDOW, self._timer_s(), at_s, 0
        last_s = at_s
        while waiting:
            if now_s > self._deadline_s:
                return TcpStep(self._deadline_s, is_done=False, again=again)
            flight, later = waiting[:window], waiting[window:]
            lost, arrived_s, answer = self._send_flight(flight, now_s, is_up=is_up)
            if answer is not None:
                effect = answer.effect
                return TcpStep(answer.at_s, is_done=False, effect=effect, again=again)
            last_s = max([last_s, *arrived_s])
            waiting = lost + later
            if not waiting:
                break
            again += len(lost) if is_up else 0
            heard = self._heard(arrived_s, is_up=is_up)
            if heard is None:
                now_s, timer_s, window = now_s + timer_s, timer_s * 2, 1
            else:
                now_s, window = heard, max(2, window // 2) if lost else window * 2
        if last_s > self._deadline_s:
            return TcpStep(self._deadline_s, is_done=False, again=again)
        return TcpStep(last_s, is_done=True, again=again)

    def _send_flight(
        self, flight: list[Piece], at_s: float, *, is_up: bool
    ) -> tuple[list[Piece], list[float], Delivery | None]:
        """Send packets at once; return the lost ones, the arrival of the rest, or an answer."""
        network, route = self._network, self._route
        lost: list[Piece] = []
        arrived_s: list[float] = []
        if not route.faults_at(at_s):
            # By far the most packets; their content makes no difference.
            for piece in flight:
                clean_s = network.arrival(route, at_s)
                if clean_s is None:
                    lost.append(piece)
                else:
                    arrived_s.append(clean_s)
            return lost, arrived_s, None
        for size, content in flight:
            passed = network.send(route, self._packet(size, content), at_s, is_up=is_up)
            if passed is None:
                lost.append((size, content))
            elif passed.effect is not None:
                return lost, arrived_s, passed
            else:
                arrived_s.append(passed.at_s)
        return lost, arrived_s, None

    def _heard(self, arrived_s: list[float], *, is_up: bool) -> float | None:
        """
        Return the time at which the sender knows the arrivals; ``None`` without an acknowledgement.
        """
        for at_s in sorted(arrived_s):
            ack = self._packet(ACK_BYTES, "")
            passed = self._network.send(self._route, ack, at_s, is_up=not is_up)
            if passed is not None:
                return passed.at_s
        return None

    def _timer_s(self) -> float:
        return max(LEAST_TIMER_S, self.rtt_s) + self.rtt_s

    def _packet(
        self, size_bytes: int, packet_name: str, *, is_first: bool = False
    ) -> SimulatedPacket:
        return SimulatedPacket("tcp", self._is_ip6, size_bytes, packet_name, self._flow, is_first)

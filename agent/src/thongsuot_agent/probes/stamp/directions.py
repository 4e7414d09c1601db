"""
Computes the metrics of each direction from the packets of one train; pure.

Losses: a reflector that keeps state numbers the packets that reached it. Up to the last answered
packet, packets without such a number were lost on the way up, and missing answers among these
numbers on the way down. Packets sent after the last answered one were lost as well, but the
direction is unknown: they count only in the combined loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from thongsuot_schema.statistics import median, percentile_95

NS_PER_S = 1_000_000_000
_JITTER_GAIN = 16  # RFC 3550, section 6.4.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectedPacket:
    """
    One received answer. Times are Unix time, ``out`` and ``home`` by this device's clock,
    ``far_in`` and ``far_out`` by the reflector's; ``number`` is ours, ``reflector_number`` its own.
    """

    number: int
    reflector_number: int
    sent_ns: int
    reflector_received_ns: int
    reflector_sent_ns: int
    received_ns: int

    @property
    def rtt_ns(self) -> int:
        """Round-trip time without the reflector's processing time."""
        return (
            self.received_ns - self.sent_ns - (self.reflector_sent_ns - self.reflector_received_ns)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionalLoss:
    """Shares of the sent packets; a direction is ``None`` if it cannot be determined."""

    both: float
    up: float | None
    down: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWayDelay:
    """
    Delays of one direction, in seconds: the median, which includes the offset of the clocks, jitter
    (RFC 3550), and the 95th percentile above the minimum (RFC 5481). The last two do not need
    synchronised clocks.
    """

    median_s: float
    jitter_s: float
    variation_s: float


def losses(sent: int, trips: Sequence[ReflectedPacket], *, is_stateful: bool) -> DirectionalLoss:
    """
    Return the losses of this many packets; ``trips`` in the order of arrival, including copies.
    """
    answered = {trip.number for trip in trips}
    both = 1 - len(answered) / sent
    if not trips or not is_stateful:
        return DirectionalLoss(both=both, up=None, down=None)
    reached = max(trip.reflector_number for trip in trips) + 1
    asked = max(answered) + 1
    copies_there = len({trip.reflector_number for trip in trips}) - len(answered)
    arrived = max(len(answered), reached - copies_there)
    answers = len({trip.reflector_number for trip in trips})
    return DirectionalLoss(
        both=both,
        up=max(0.0, 1 - arrived / asked),
        down=max(0.0, 1 - answers / max(reached, answers)),
    )


def first_of_each(trips: Sequence[ReflectedPacket]) -> list[ReflectedPacket]:
    """Return the first answer to each packet, in order of arrival."""
    first: dict[int, ReflectedPacket] = {}
    for trip in trips:
        first.setdefault(trip.number, trip)
    return list(first.values())


def copied_up(trips: Sequence[ReflectedPacket]) -> float:
    """Return the extra packets at the reflector per sent packet (duplicates on the way up)."""
    pairs = {(trip.number, trip.reflector_number) for trip in trips}
    packets = {trip.number for trip in trips}
    return len(pairs) / len(packets) - 1


def copied_down(trips: Sequence[ReflectedPacket]) -> float:
    """Return the duplicate answers per answer."""
    return len(trips) / len({(trip.number, trip.reflector_number) for trip in trips}) - 1


def reordered(numbers: Sequence[int]) -> float:
    """
    Return the share of packets that arrived after one with a larger number (RFC 4737, section 3).
    """
    late, expected = 0, -1
    for number in numbers:
        late += number < expected
        expected = max(expected, number)
    return late / len(numbers)


def delays(one_way_ns: Sequence[int]) -> OneWayDelay:
    """Return the metrics of one direction from the delays of its packets in sending order."""
    jitter_ns = 0.0
    for before, after in pairwise(one_way_ns):
        jitter_ns += (abs(after - before) - jitter_ns) / _JITTER_GAIN
    smallest = min(one_way_ns)
    return OneWayDelay(
        median_s=median(one_way_ns) / NS_PER_S,
        jitter_s=jitter_ns / NS_PER_S,
        variation_s=(percentile_95(one_way_ns) - smallest) / NS_PER_S,
    )

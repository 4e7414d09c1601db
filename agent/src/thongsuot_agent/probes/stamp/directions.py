"""
From the packets of one train to figures of each direction; pure.

Losses: a reflector that keeps state numbers the packets that reached it. Up to the last packet that
was answered, those that it did not number were lost on the way there, and answers that are missing
among its numbers on the way back. What was sent after the last answered packet was lost too, but
nobody knows where: it counts in the loss of both directions together only.
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
    One answer as it came in. Moments are Unix time, ``out`` and ``home`` by this device's clock,
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
        """Round trip without the time inside the reflector."""
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
    Of one direction, in seconds: median with the difference of the clocks in it, jitter (RFC 3550),
    95th percentile above the smallest (RFC 5481). The last two do not need clocks that agree.
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
    """Return the first answer to each packet, in the order in which they came in."""
    first: dict[int, ReflectedPacket] = {}
    for trip in trips:
        first.setdefault(trip.number, trip)
    return list(first.values())


def copied_up(trips: Sequence[ReflectedPacket]) -> float:
    """Return how many more packets than were sent reached the reflector, for each one."""
    pairs = {(trip.number, trip.reflector_number) for trip in trips}
    packets = {trip.number for trip in trips}
    return len(pairs) / len(packets) - 1


def copied_down(trips: Sequence[ReflectedPacket]) -> float:
    """Return how many copies of answers came in, for each answer."""
    return len(trips) / len({(trip.number, trip.reflector_number) for trip in trips}) - 1


def reordered(numbers: Sequence[int]) -> float:
    """Return the share that came after one with a larger number (RFC 4737, section 3)."""
    late, expected = 0, -1
    for number in numbers:
        late += number < expected
        expected = max(expected, number)
    return late / len(numbers)


def delays(one_way_ns: Sequence[int]) -> OneWayDelay:
    """Return the figures of one direction from the delays of its packets in order of sending."""
    jitter_ns = 0.0
    for before, after in pairwise(one_way_ns):
        jitter_ns += (abs(after - before) - jitter_ns) / _JITTER_GAIN
    smallest = min(one_way_ns)
    return OneWayDelay(
        median_s=median(one_way_ns) / NS_PER_S,
        jitter_s=jitter_ns / NS_PER_S,
        variation_s=(percentile_95(one_way_ns) - smallest) / NS_PER_S,
    )

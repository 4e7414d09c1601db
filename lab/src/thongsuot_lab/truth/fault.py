"""Fault: one generated fault in terms of the grammar, and its level over time."""

from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

from thongsuot_lab.truth.places import NetworkPlace


class FaultDirection(StrEnum):
    """Which packets: from the site (up), to it, or both."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


class Touch(StrEnum):
    """The part of the traffic that is affected."""

    ALL = "all"
    ICMP = "icmp"
    UDP = "udp"
    TCP = "tcp"
    NEW_FLOWS = "new-flows"
    """New flows; existing ones pass."""
    LARGE = "large"
    """Packets over ``least_bytes``."""
    IP4 = "ip4"
    IP6 = "ip6"
    DNS = "dns"
    """Every answer of the name server."""
    DNS_AAAA = "dns-aaaa"
    DNS_LARGE = "dns-large"
    """Answers over ``least_bytes``."""
    TLS = "tls"
    """Encrypted connections, from their first message on."""


class Effect(StrEnum):
    """The effect on it."""

    LOST = "lost"
    """``amount`` is the share."""
    POLICED = "policed"
    """``amount`` packets a second pass, the others are dropped."""
    DELAYED = "delayed"
    """By ``amount`` seconds."""
    QUEUED = "queued"
    """Behind other traffic: up to ``amount`` seconds, never the same, with some loss."""
    UNREACHABLE = "unreachable"
    """A router reports at once that it has no route."""
    REFUSED = "refused"
    RESET = "reset"
    REWRITTEN = "rewritten"
    """A false answer: a wrong address, an error page."""
    REDIRECTED = "redirected"
    """To a server whose certificate is for another name."""
    INTERCEPTED = "intercepted"
    """By a party with its own certificate for every name."""
    UNPLUGGED = "unplugged"
    """The interface of the device has no carrier."""
    OWN_LOAD = "own-load"
    """The site's own traffic fills its line: queued as above, at the line."""


class Course(StrEnum):
    """Its course over time."""

    STEADY = "steady"
    DUTY = "duty"
    """On for ``on_share`` of each ``period_s``."""
    BURSTS = "bursts"
    """As DUTY, but at a different time in each period."""
    ONCE = "once"
    """A short fault."""
    DRIFTING = "drifting"
    """Growing from nothing to the full level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFault:
    """One fault. Times are seconds of the scenario."""

    place: NetworkPlace
    touch: Touch
    effect: Effect
    direction: FaultDirection
    course: Course
    start_s: float
    end_s: float
    amount: float = 1.0
    period_s: float = 0.0
    on_share: float = 1.0
    least_bytes: int = 0
    is_counted: bool = False
    """
    For the site's own load: whether it passes through the device, whose counters then show it.
    """
    salt: int = 0

    def level(self, at_s: float) -> float:
        """Return its level at a time, 0 to 1."""
        if not self.start_s <= at_s < self.end_s:
            return 0.0
        since_s = at_s - self.start_s
        if self.course is Course.DRIFTING:
            return since_s / (self.end_s - self.start_s)
        if self.course is Course.DUTY:
            return 1.0 if since_s % self.period_s < self.on_share * self.period_s else 0.0
        if self.course is Course.BURSTS:
            number, inside_s = divmod(since_s, self.period_s)
            length_s = self.on_share * self.period_s
            begin_s = chance(self.salt, int(number)) * (self.period_s - length_s)
            return 1.0 if begin_s <= inside_s < begin_s + length_s else 0.0
        return 1.0

    def __str__(self) -> str:
        parts = [str(self.place), self.direction.value, self.touch.value]
        if self.least_bytes:
            parts[-1] += f">{self.least_bytes}"
        parts.append(f"{self.effect}({self.amount:g})" if self.amount != 1.0 else self.effect)
        course = self.course.value
        if self.course in {Course.DUTY, Course.BURSTS}:
            course += f"({self.on_share * self.period_s:.1f}/{self.period_s:.1f}s)"
        parts += [course, f"{self.start_s:.0f}-{self.end_s:.0f}s"]
        if self.is_counted:
            parts.append("counted")
        return " ".join(parts)


ANSWERS = frozenset(
    {
        Effect.UNREACHABLE,
        Effect.REFUSED,
        Effect.RESET,
        Effect.REWRITTEN,
        Effect.REDIRECTED,
        Effect.INTERCEPTED,
        Effect.UNPLUGGED,
    }
)
"""Effects that are an answer or a fact: they have no direction and no share."""


def chance(*of: int) -> float:
    """Return a pseudo-random number from 0 to 1 derived from others."""
    return crc32(",".join(map(str, of)).encode()) / 2**32

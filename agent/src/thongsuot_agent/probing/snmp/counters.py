"""
Accumulates a device's counters over surveys. Pure: times are parameters.

Counters wrap, return to 0 with a restart of the device, and belong to another interface when
indexes are reassigned. The result only grows: a difference between two totals is never more than
the true count.
"""

from typing import Final

from thongsuot_agent.probing.snmp.protocol import CounterReading, InterfaceReading, Survey, Uptimes

SLACK_S: Final = 60.0
"""Tolerance of a boot time without a reboot: clocks of small devices drift, answers are late."""
TICKS_WRAP_S: Final = 2.0**32 / 100
"""sysUpTime counts hundredths of a second in 32 bits: 497 days."""
_RATE_MARGIN: Final = 1.2
"""A measured rate may exceed the interface's speed by this factor: intervals of visits vary."""


class CounterSum:
    """One counter, added up over wraps and resets."""

    def __init__(self) -> None:
        self._last: CounterReading | None = None
        self.total = 0
        self.resets = 0

    def add_reading(
        self,
        counter: CounterReading,
        *,
        elapsed_s: float,
        limit_per_s: float | None,
        was_reset: bool,
    ) -> int | None:
        """
        Add a reading; return the increase since the previous one.

        ``None`` if it is unknown: the first reading, a 32-bit counter that may have wrapped more
        than once in between (``limit_per_s`` is its maximum rate), or a different object than
        before.
        """
        last, self._last = self._last, counter
        if last is None:
            self.total = counter.value
            return None
        size = 1 << counter.bits
        may_have_lapped = (
            counter.bits == 32 and limit_per_s is not None and elapsed_s * limit_per_s >= size
        )
        if was_reset:
            return self._restart(counter)
        if last.bits != counter.bits:
            # A different object for the same traffic, because the 64-bit one has disappeared or
            # appeared: its count so far does not belong to this interval.
            self.resets += 1
            return None
        grown = counter.value - last.value
        if grown < 0:
            grown += size
            is_a_wrap = counter.bits == 32 and (
                limit_per_s is None or grown <= elapsed_s * limit_per_s * _RATE_MARGIN
            )
            # Without a speed, a decrease from the upper half to the lower counts as a wrap.
            if not is_a_wrap or (limit_per_s is None and last.value < size // 2):
                return self._restart(counter)
        if may_have_lapped:
            return None
        self.total += grown
        return grown

    def _restart(self, counter: CounterReading) -> int:
        self.resets += 1
        self.total += counter.value
        return counter.value


class RebootCounter:
    """Counts the observed reboots of a device."""

    def __init__(self) -> None:
        self._last: Uptimes | None = None
        self._laps_s = 0.0
        self.count = 0
        self.agent_restarts = 0

    def add_uptimes(self, now: Uptimes, elapsed_s: float) -> bool:
        """Add a reading; returns whether the device has booted since the previous one."""
        last, self._last = self._last, now
        if last is None:
            return False
        agent = _has_restarted(last.agent_s, now.agent_s, elapsed_s)
        if agent and self._has_wrapped(last, now, elapsed_s):
            agent = False
        engine = _has_restarted(last.engine_s, now.engine_s, elapsed_s)
        system = _has_restarted(last.system_s, now.system_s, elapsed_s)
        if system is None:
            known = [
                has_restarted for has_restarted in (agent, engine) if has_restarted is not None
            ]
            has_booted = bool(known) and all(known)
        else:
            # The SNMP agent may restart without the device; the device does not restart without its
            # agent.
            has_booted = system
        self.count += has_booted
        self.agent_restarts += bool(agent) and not has_booted
        return has_booted

    @staticmethod
    def _has_wrapped(last: Uptimes, now: Uptimes, elapsed_s: float) -> bool:
        assert last.agent_s is not None, "it fell"
        assert now.agent_s is not None, "it fell"
        return abs(last.agent_s + elapsed_s - TICKS_WRAP_S - now.agent_s) <= SLACK_S


def _has_restarted(last: float | None, now: float | None, elapsed_s: float) -> bool | None:
    """Return whether an uptime was reset; ``None`` if it was not read twice."""
    if last is None or now is None:
        return None
    return now < last + elapsed_s - SLACK_S and now < last


class DeviceCounters:
    """All totals of one device and one of its interfaces."""

    def __init__(self) -> None:
        self.boots = RebootCounter()
        self.sums: dict[str, CounterSum] = {}
        self.grown: dict[str, int] = {}
        self.elapsed_s = 0.0
        self._read_s: float | None = None
        self._discontinuity: int | None = None

    def add_survey(
        self, survey: Survey, read_s: float, limit_bits_per_second: float | None
    ) -> bool:
        """
        Add a survey that was read at a time; returns whether the device has booted since the
        previous one.

        ``grown`` then has the increase of each counter in ``elapsed_s``, if it is known;
        ``limit_bits_per_second`` is the maximum speed of an interface that does not report it.
        """
        self.elapsed_s = 0.0 if self._read_s is None else max(0.0, read_s - self._read_s)
        self._read_s = read_s
        has_booted = self.boots.add_uptimes(survey.uptimes, self.elapsed_s)
        self.grown = {}
        if survey.interface is not None:
            self._count(survey.interface, limit_bits_per_second, has_booted=has_booted)
        return has_booted

    def _count(self, interface: InterfaceReading, limit: float | None, *, has_booted: bool) -> None:
        is_new = self._discontinuity is not None and interface.discontinuity not in {
            None,
            self._discontinuity,
        }
        self._discontinuity = interface.discontinuity
        speeds = [s for s in (interface.speed_bits_per_second, limit) if s]
        bytes_per_s = min(speeds) / 8 if speeds else None
        for name, counter in interface.counters.items():
            is_bytes = name.endswith("_bytes")
            grown = self.sums.setdefault(name, CounterSum()).add_reading(
                counter,
                elapsed_s=self.elapsed_s,
                limit_per_s=bytes_per_s if is_bytes else None,
                was_reset=has_booted or is_new,
            )
            if grown is not None:
                self.grown[name] = grown

    @property
    def resets(self) -> int:
        """The number of counter resets."""
        return max((counter.resets for counter in self.sums.values()), default=0)

"""A seeded schedule of failures for a running stack."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from thongsuot_lab.stack.city import CityStack

RESTART_DELAY_S = 1.2
"""From a kill to the next start: what a service manager waits."""

Disruption = Callable[[], object]


@dataclass(slots=True)
class ChaosSchedule:
    """Collects blows, then carries them out, each at its second."""

    stack: CityStack
    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    _blows: list[tuple[float, int, Disruption]] = field(default_factory=list)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def at(self, at_s: float, blow: Disruption) -> None:
        """Plan a blow."""
        self._blows.append((at_s, len(self._blows), blow))

    def kill_agent(self, site: str, times: int, first_s: float, last_s: float) -> None:
        """Plan kills of an agent at random moments, each with its restart."""

        def kill() -> None:
            process = self.stack.agent(site)
            self.stack.expect_exit(site)
            process.kill()
            self.kills[site] = self.kills.get(site, 0) + 1

        for at_s in self._moments(times, first_s, last_s):
            self.at(at_s, kill)
            self.at(at_s + RESTART_DELAY_S, lambda: self.stack.start_agent(site))

    def kill_collector(self, times: int, first_s: float, last_s: float) -> None:
        """Plan kills of the collector at random moments, each with its restart."""

        def kill() -> None:
            # Looked up then: by that time it is another process.
            self.stack.processes["collector"].kill()

        for at_s in self._moments(times, first_s, last_s):
            self.at(at_s, kill)
            self.at(at_s + RESTART_DELAY_S, self.stack.start_collector)

    def run(self) -> None:
        """Carry all of it out, in order; a slow machine makes it last longer, not come together."""
        started, late_s = time.monotonic(), 0.0
        for at_s, _, blow in sorted(self._blows, key=lambda planned: planned[:2]):
            wait_s = started + at_s + late_s - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            else:
                late_s -= wait_s
            blow()

    def _moments(self, times: int, first_s: float, last_s: float) -> list[float]:
        """Return random moments, one in each equal part of a time, apart enough to come back."""
        part_s = (last_s - first_s) / times
        return [
            first_s
            + number * part_s
            + self._chance.uniform(0.0, max(0.1, part_s - 2 * RESTART_DELAY_S))
            for number in range(times)
        ]

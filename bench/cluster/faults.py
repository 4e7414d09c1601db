"""Random faults of the cluster: processes, cables, whole machines."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from bench.cluster.machines import CLUSTER, Machine, Play, command_of, user_of

_HEALED_S = 120.0
"""A cluster that is not whole again after this time has not recovered by itself."""

_STEADY_S = 3.0
"""How long everything must be whole: a killed server is noticed only after a moment."""

_GAP_S = (1.0, 4.0)
_STOPPED_S = (2.0, 8.0)
_CUT_S = (3.0, 10.0)
_AWAY_S = (12.0, 25.0)


class FaultKind(StrEnum):
    """Targets of faults; the most severe last."""

    NONE = "nothing"
    PROCESS = "a process"
    THIRD_MACHINE = "the third machine"
    CABLE = "a cable"
    MACHINE = "a machine of the pair"


CABLES = tuple(
    (first, second)
    for first, second in combinations((*CLUSTER, "sites"), 2)
    if (first, second) != ("m3", "sites")
)
"""Cables between two machines, and those between the pair and devices and people."""

_ORDER = list(FaultKind)
KINDS = {
    "process": FaultKind.PROCESS,
    "third-machine": FaultKind.THIRD_MACHINE,
    "cable": FaultKind.CABLE,
    "machine": FaultKind.MACHINE,
}
"""Kinds of faults by their names on the command line."""

_WEIGHTS = {
    FaultKind.PROCESS: 5,
    FaultKind.THIRD_MACHINE: 1,
    FaultKind.CABLE: 2,
    FaultKind.MACHINE: 3,
}


@dataclass(frozen=True, kw_only=True)
class PlayedFault:
    """
    One fault: its kind, its beginning and end, and when everything was whole again (Unix time).
    """

    kind: FaultKind
    text: str
    from_s: float
    until_s: float
    whole_s: float


class Faults:
    """
    Injects one fault after the other, each once the previous one is repaired: each kind and each
    cable once, in random order, and then at random.

    ``is_whole`` tells whether both servers are in sync and both collectors accept pushes: a pair
    tolerates one loss at a time.
    """

    def __init__(
        self,
        play: Play,
        chance: random.Random,
        is_whole: Callable[[], bool],
        *,
        began_s: float,
        kinds: Sequence[FaultKind],
    ) -> None:
        self._play = play
        self._chance = chance
        self._weights = {kind: _WEIGHTS[kind] for kind in kinds}
        self._first = chance.sample(kinds, len(kinds))
        self._first_cables = chance.sample(CABLES, len(CABLES))
        self._is_whole = is_whole
        self._began_s = began_s
        self.played: list[PlayedFault] = []
        self.never_whole = 0
        self._whole_since_s = 0.0

    def counts(self) -> Counter[str]:
        """Return the number of each kind."""
        return Counter(str(fault.kind) for fault in self.played)

    def play_until(self, ends_s: float) -> None:
        """Inject faults until a moment of the monotonic clock."""
        while True:
            self._play.wait(self._chance.uniform(*_GAP_S))
            if time.monotonic() >= ends_s:
                return
            self._play_one()

    def kind_between(self, from_s: float, until_s: float) -> FaultKind:
        """Return the most severe fault that overlaps a span of Unix time."""
        touching = [fault.kind for fault in self.during(from_s, until_s)]
        return max(touching, key=_ORDER.index, default=FaultKind.NONE)

    def during(self, from_s: float, until_s: float) -> list[PlayedFault]:
        """Return the faults that overlap a span of Unix time."""
        return [
            fault for fault in self.played if fault.from_s <= until_s and fault.whole_s >= from_s
        ]

    def _play_one(self) -> None:
        kind = (
            self._first.pop()
            if self._first
            else self._chance.choices(list(self._weights), list(self._weights.values()))[0]
        )
        strikes: dict[FaultKind, Callable[[], str]] = {
            FaultKind.PROCESS: self._strike_process,
            FaultKind.CABLE: self._cut_cable,
            FaultKind.THIRD_MACHINE: lambda: self._lose_machine("m3"),
            FaultKind.MACHINE: lambda: self._lose_machine(self._chance.choice(("m1", "m2"))),
        }
        from_s = time.time()
        text = strikes[kind]()
        until_s = time.time()
        self._whole_since_s = 0.0
        is_whole = self._play.wait_until(self._is_steady, within_s=_HEALED_S)
        fault = PlayedFault(
            kind=kind, text=text, from_s=from_s, until_s=until_s, whole_s=time.time()
        )
        self.played.append(fault)
        self.never_whole += not is_whole
        print(
            f"{time.monotonic() - self._began_s:6.1f} s  {text}; whole "
            f"{fault.whole_s - until_s:.1f} s later{'' if is_whole else ': NEVER'}",
            flush=True,
        )

    def _is_steady(self) -> bool:
        """Return whether everything has been whole for a while; polled."""
        now_s = time.monotonic()
        if not self._is_whole():
            self._whole_since_s = 0.0
        elif not self._whole_since_s:
            self._whole_since_s = now_s
        return self._whole_since_s > 0 and now_s - self._whole_since_s >= _STEADY_S

    def _strike_process(self) -> str:
        machine = self._play.machines[self._chance.choice(CLUSTER)]
        is_killed = self._chance.random() < 0.5
        seconds = self._chance.uniform(*_STOPPED_S)
        how = signal.SIGKILL if is_killed else signal.SIGSTOP
        while True:
            pid, text = choose_process(machine, self._chance)
            if machine.strike(pid, how):
                break
        if is_killed:
            return f"{machine.name}: killed: {text}"
        self._play.wait(seconds)
        machine.resume(pid)
        return f"{machine.name}: stopped for {seconds:.1f} s: {text}"

    def _cut_cable(self) -> str:
        first, second = (
            self._first_cables.pop() if self._first_cables else self._chance.choice(CABLES)
        )
        seconds = self._chance.uniform(*_CUT_S)
        self._play.cut(first, second)
        self._play.wait(seconds)
        self._play.join(first, second)
        return f"{first}--{second}: cut for {seconds:.1f} s"

    def _lose_machine(self, name: str) -> str:
        seconds = self._chance.uniform(*_AWAY_S)
        self._play.take_away(name)
        self._play.wait(seconds)
        self._play.bring_back(name)
        return f"{name}: away for {seconds:.1f} s"


def choose_process(machine: Machine, chance: random.Random) -> tuple[int, str]:
    """
    Return a random process of a machine, with its description.

    By user first, because PostgreSQL with its many processes would otherwise be hit nearly every
    time.
    """
    pids_by_user: dict[int, list[int]] = {}
    for pid in sorted(machine.processes()):
        pids_by_user.setdefault(user_of(pid), []).append(pid)
    pid = chance.choice(pids_by_user[chance.choice(sorted(pids_by_user))])
    return pid, command_of(pid)

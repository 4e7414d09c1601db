"""Power of the sites: which was cut, so that its agent has ended, and which has returned."""

import signal
import time
from collections.abc import Mapping, MutableMapping
from collections.abc import Set as AbstractSet

from thongsuot_lab.lab import Lab
from thongsuot_lab.stack.process import Process

FAULT = "power-cut"

_EXPLAINED_WITHIN_S = 20.0
"""
A power cut is recorded after it has killed the processes; on a busy machine seconds later.
"""


class SitePower:
    """The sites of a lab that are without power."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._dark: set[str] = set()
        self._killed_s: dict[str, float] = {}

    def observe(self, processes: MutableMapping[str, Process]) -> list[str]:
        """
        Remove agents that ended with the power from ``processes``.

        Returns the sites whose power is back and whose agent must be started again.
        """
        dark = {
            str(fault.arguments["site"])
            for fault in self._lab.active_faults()
            if fault.name == FAULT
        }
        self._dark |= dark
        back = sorted((self._dark - dark) | self._killed_unseen(processes, dark))
        for site in self._dark:
            agent = processes.get(f"agent-{site}")
            if agent is not None and agent.child.poll() is not None:
                del processes[f"agent-{site}"]
        self._dark = dark
        return [site for site in back if f"agent-{site}" not in processes]

    def _killed_unseen(self, processes: Mapping[str, Process], dark: AbstractSet[str]) -> set[str]:
        """
        Return the sites whose power went and came back between two polls: their agents were killed.
        """
        killed = {
            name.removeprefix("agent-")
            for name, process in processes.items()
            if name.startswith("agent-") and process.child.poll() == -signal.SIGKILL
        }
        waited = {
            site
            for site in killed - dark
            if not self.may_explain(f"agent-{site}", processes[f"agent-{site}"])
        }
        for site in waited:
            self._killed_s.pop(processes[f"agent-{site}"].name, None)
        self._dark |= waited
        return waited

    def may_explain(self, name: str, process: Process) -> bool:
        """
        Return whether a process was killed a moment ago: the power cut may not be recorded yet.
        """
        if process.child.poll() != -signal.SIGKILL or not name.startswith("agent-"):
            return False
        since_s = self._killed_s.setdefault(process.name, time.monotonic())
        return time.monotonic() - since_s < _EXPLAINED_WITHIN_S

"""
The boxes of each site, in nodes of the lab, asked over its wires by the code that asks real ones.

The router is Debian's snmpd on the node that forwards the site's packets: its counters are true.
A lab has no light, no radio and no battery: what the optical module, the 5G router and the UPS say
is in tests/agent/probing/snmp/devices/, recordings in the form of devices of these makes, answered
by snmpsim. A *state* of such a box is its recording with some of its objects changed.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_lab.lab import Lab
from thongsuot_schema.inventory.model import ProbeSchedule, Role, Target
from thongsuot_schema.segment import Segment

DEVICES = Path(__file__).parents[2] / "agent" / "probing" / "snmp" / "devices"
COMMUNITY = "equipment"
UPS_ADDRESS = "192.168.1.20"
"""The client's own address: it stands on the LAN of the optical modem."""

_PROGRAM = "import sys; from snmpsim.commands.responder import main; sys.exit(main())"
_MIKROTIK = "1.3.6.1.4.1.14988.1.1.19.1.1"
_RADIO = "1.3.6.1.4.1.30140.4"
_UPS = "1.3.6.1.2.1.33.1"

SIMULATED_PORT = 1161
"""Of what snmpsim answers for: 161 is the router's snmpd."""

_EVERY_S = 45.0
"""A visit starts a worker, which costs a second of CPU: four sites are a burden to two cores."""

_ROUTER = f"""\
agentAddress udp:161
rocommunity {COMMUNITY}
sysDescr The router of a site in the lab
"""

States = Mapping[str, Mapping[str, str]]

BOXES: Mapping[str, tuple[str, States]] = {
    "ont": (
        "dark-fibre",
        {
            "lit": {
                "1.3.6.1.2.1.2.2.1.8.7": "2|1",
                f"{_MIKROTIK}.3.7": "2|0",
                f"{_MIKROTIK}.10.7": "2|-19310",
            },
            "dark": {},
        },
    ),
    "cpe": (
        "two-legs",
        {
            "good": {
                f"{_RADIO}.38.0": "2|-88",
                f"{_RADIO}.39.0": "2|-11",
                f"{_RADIO}.40.0": "2|14",
            },
            "fading": {
                f"{_RADIO}.32.0": "2|-109",
                f"{_RADIO}.33.0": "2|-16",
                f"{_RADIO}.38.0": "2|-118",
                f"{_RADIO}.39.0": "2|-18",
                f"{_RADIO}.40.0": "2|-4",
                f"{_RADIO}.41.0": "2|1",
            },
        },
    ),
    "client": (
        "ups-on-battery",
        {
            "mains": {
                f"{_UPS}.2.1.0": "2|2",
                f"{_UPS}.2.2.0": "2|0",
                f"{_UPS}.2.4.0": "2|100",
                f"{_UPS}.3.3.1.3.1": "2|228",
                f"{_UPS}.4.1.0": "2|3",
            },
            "battery": {},
        },
    ),
}
"""By the node of a site: whose recording, and its states, the usual one first."""


def targets() -> tuple[Target, ...]:
    """Return the boxes as an agent knows them."""
    return (
        Target(name="router", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("gateway",)),
        Target(name="ont", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("gateway",)),
        Target(name="ups", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=(UPS_ADDRESS,)),
    )


def probe_schedules(community_file: str) -> tuple[ProbeSchedule, ...]:
    """Return how an agent asks them; the file lies in the agent's own folder."""
    router: dict[str, object] = {"community_file": community_file, "interface": "wan"}
    simulated: dict[str, object] = {"community_file": community_file, "port": SIMULATED_PORT}
    fixed, mobile = ("fixed",), ("mobile",)
    return (
        ProbeSchedule(
            kind="snmp", every_s=_EVERY_S, targets=("router",), links=fixed, settings=router
        ),
        ProbeSchedule(
            kind="snmp", every_s=_EVERY_S, targets=("ont",), links=fixed, settings=simulated
        ),
        ProbeSchedule(
            kind="snmp", every_s=_EVERY_S, targets=("ups",), links=fixed, settings=simulated
        ),
        ProbeSchedule(
            kind="radio", every_s=_EVERY_S, links=mobile, settings=simulated | {"source": "snmp"}
        ),
    )


@dataclass(slots=True, kw_only=True)
class SimulatedEquipment:
    """The boxes of all sites of a running lab."""

    lab: Lab
    folder: Path
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self) -> None:
        """Switch on every box, in its usual state."""
        for site in self.lab.topology.sites:
            self.boot(site.name)

    def boot(self, site: str) -> None:
        """Switch on the boxes of a site, each in its usual state."""
        self._route(f"{site}.ont")
        for box, (_, states) in BOXES.items():
            self.turn(site, box, next(iter(states)))

    def turn(self, site: str, box: str, state: str) -> None:
        """Bring a box into a state: it is gone for a second or two, and says something else."""
        node = f"{site}.{box}"
        self._end(node)
        recording, states = BOXES[box]
        folder = self.folder / node
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        changed_recording_text = changed_recording(
            (DEVICES / f"{recording}.snmprec").read_text("utf-8"), states[state]
        )
        (data / f"{COMMUNITY}.snmprec").write_text(changed_recording_text, encoding="utf-8")
        command = [
            sys.executable,
            "-c",
            _PROGRAM,
            f"--data-dir={data}",
            f"--cache-dir={folder / f'cache-{state}-{len(list(folder.iterdir()))}'}",
            f"--agent-udpv4-endpoint=0.0.0.0:{SIMULATED_PORT}",
        ]
        with (folder / "snmpsim.log").open("ab") as log:
            self.running[node] = self.lab.node(node).popen(
                command,
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(folder), "SNMPSIM_ALLOW_ROOT": "true"},
            )

    def stop(self) -> None:
        """Switch all of them off."""
        for node in list(self.running):
            self._end(node)

    def _route(self, node: str) -> None:
        folder = self.folder / f"{node}-router"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "snmpd.conf"
        config.write_text(_ROUTER, encoding="utf-8")
        with (folder / "snmpd.log").open("ab") as log:
            self.running[f"{node}-router"] = self.lab.node(node).popen(
                ["snmpd", "-f", "-Lo", "-C", "-c", str(config), "-p", str(folder / "pid")],
                stdout=log,
                stderr=log,
                env={**os.environ, "SNMP_PERSISTENT_DIR": str(folder)},
            )

    def _end(self, node: str) -> None:
        process = self.running.pop(node, None)
        if process is not None:
            process.terminate()
            process.wait()


def changed_recording(recording: str, objects: Mapping[str, str]) -> str:
    """Return a recording with other values (``type|value``) of some of its objects."""
    lines = []
    for line in recording.splitlines():
        oid = line.partition("|")[0]
        lines.append(f"{oid}|{objects[oid]}" if oid in objects else line)
    return "\n".join(lines) + "\n"

"""
The modules and the memory of the resident agent: observed on a real, working one in a lab.

``python -m tools.footprint`` rewrites ``agent/imports.txt``. Needs root, as every lab does.
"""

import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from thongsuot_agent.cli.run import FIRST_RUNS_S
from thongsuot_agent.config.profile import TARGETS
from thongsuot_agent.probes import loader
from thongsuot_agent.status import AgentStatus
from thongsuot_lab.lab import Lab
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.stack.documents import default_probes
from thongsuot_lab.topology.city import city
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.metric import PREFIX

ROOT = Path(__file__).resolve().parent.parent
IMPORTS = ROOT / "agent" / "imports.txt"

_HEAD = f"""\
# Every top-level module that the resident agent loads from its start to its end, the interpreter's
# private ones left out. Written by `python -m tools.footprint`, compared by a test; what of the
# standard library loads what differs from one Python to the next, so that part is compared on this:
# Python {sys.version_info.major}.{sys.version_info.minor}
"""

_WITHIN_S = 120.0

_OFTEN_S = {"icmp": 1.0, "dns": 2.0, "host": 2.0, "http": 10.0}
"""
Replaces the default profile's intervals, so that it does not take minutes; each is at least as long
as the longest run of its kind.
"""

_OTHERS_EVERY_S = 10.0
_OTHERS: dict[str, dict[str, object]] = {
    "radio": {"every_s": 20.0, "settings": {"source": "snmp", "answer_s": 0.5, "retries": 0}},
    "stamp": {"settings": {"count": 5}},
    "throughput": {"every_s": 900.0},
    "qcvn": {"every_s": 900.0},
    "speedtest": {"every_s": 900.0},
    "snmp": {"every_s": 60.0},
}
"""
Settings for kinds beyond the default profile; all of them run on the fixed link. The modem is
queried over SNMP, which loads everything that the snmp kind needs; that kind itself has no box to
query in a lab.
"""
_NOT_AWAITED = {"snmp", "throughput", "qcvn", "speedtest"}
"""
Loaded when they are scheduled; they work in processes of their own, and not within the minute.
"""

_SETTLED_S = 20.0
"""
After the agent has released the memory of its first runs: everything that is still needed is back
by then.
"""

_RESULTS = 400
"""Results to wait for: everything that grows with the first runs has grown by then."""

# Loaded by the interpreter itself, before anything of the agent: it reports at exit what was
# loaded.
_TELL = """
import atexit
import os
import sys

def tell():
    if "thongsuot_agent" in sys.modules:
        names = {name.partition(".")[0] for name, module in list(sys.modules.items()) if module}
        with open(os.environ["THONGSUOT_FOOTPRINT"], "w") as out:
            out.write("\\n".join(names))

atexit.register(tell)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """
    One agent after every kind of probe has run many times and pushes were acknowledged.

    ``modules`` are the top-level modules that it loaded in its life; ``resident_bytes`` is the
    kernel's resident set size, including pages of shared libraries.
    """

    modules: frozenset[str]
    resident_bytes: int


def observe() -> Footprint:
    """Run one agent with every kind of probe in a small city, and return its footprint."""
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-footprint-") as name,
        _told_to_tell(Path(name)) as report,
        Lab(city(sites=1)) as lab,
    ):
        folder = Path(name) / "stack"
        ca_file = folder / "agent-s1" / "ca.pem"
        often = tuple(
            msgspec.structs.replace(schedule, every_s=shortest_s, metered_every_s=shortest_s)
            for schedule in default_probes(ca_file)
            for shortest_s in (_OFTEN_S.get(schedule.kind, schedule.every_s),)
        )
        usual = {schedule.kind for schedule in often}
        others = tuple(
            msgspec.convert(
                {
                    "kind": kind,
                    "links": ["fixed"],
                    "every_s": _OTHERS_EVERY_S,
                    **_OTHERS.get(kind, {}),
                },
                ProbeSchedule,
            )
            for kind in loader.kinds()
            if kind not in usual
        )
        options = StackOptions(with_prometheus=False, probes=(*often, *others), push_every_s=1.0)
        stack = CityStack(lab, folder, options)
        stack.start()
        try:
            agent = stack.processes["agent-s1"]
            base = stack.addresses["agent-s1"]
            agent.wait_until(lambda: _has_worked(base), within_s=_WITHIN_S)
            settled_s = FIRST_RUNS_S + _SETTLED_S
            agent.wait_until(lambda: _age_s(agent.child.pid) > settled_s, within_s=_WITHIN_S)
            resident_bytes = _resident_bytes(agent.child.pid)
        finally:
            stack.stop()
        return Footprint(
            modules=frozenset(report.read_text("utf-8").split()) - {"sitecustomize", "atexit"},
            resident_bytes=resident_bytes,
        )


def without_docstrings(folder: Path) -> dict[str, str]:
    """
    Return the environment in which Python runs as in the agent's unit (``-OO``), with what the
    agent loads compiled into a folder, as its package does: compiling takes memory of its own.
    """
    environment = {"PYTHONOPTIMIZE": "2", "PYTHONPYCACHEPREFIX": str(folder)}
    subprocess.run(
        [sys.executable, "-m", "thongsuot_agent.cli.bytecode"],
        check=True,
        env=os.environ | environment,
    )
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # the agent is another user
    return environment


@contextmanager
def _told_to_tell(folder: Path) -> Iterator[Path]:
    """
    Let every interpreter that is started from here on run as the agent's unit does, and report what
    it loaded, if it is an agent.
    """
    folder.chmod(0o777)
    (folder / "sitecustomize.py").write_text(_TELL, encoding="utf-8")
    modules = folder / "modules"
    # It comes first, and the existing value is kept: a copy of the tree is found through it.
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    mine = {"PYTHONPATH": path, "THONGSUOT_FOOTPRINT": str(modules)}
    mine |= without_docstrings(folder / "bytecode")
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield modules
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _has_worked(base: str) -> bool:
    """Return whether each kind of probe was run, many were, and their results were acknowledged."""
    status = msgspec.json.decode(_fetch(f"{base}/status.json"), type=AgentStatus)
    run = rf"^{PREFIX}(\w+)_(?:success|unmeasured)\b"
    measured = {*re.findall(run, _fetch(f"{base}/metrics"), re.MULTILINE), *_NOT_AWAITED}
    acknowledged = status.collector.acknowledged_s_ago is not None
    return acknowledged and status.results >= _RESULTS and measured >= _measurable()


def _measurable() -> set[str]:
    """Return the kinds that have something to measure among the default profile's targets."""
    probes = {kind: loader.load(kind) for kind in loader.kinds()}
    return {
        kind
        for kind, probe in probes.items()
        if probe.per_link or any(probe.applies(target) for target in TARGETS)
    }


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body.decode("utf-8")


def _age_s(pid: int) -> float:
    """Return the age of a process (proc_pid_stat(5), field 22)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    uptime_s = float(Path("/proc/uptime").read_text("ascii").split()[0])
    return uptime_s - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    match = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    assert match, f"the kernel has no start time for process {pid}"
    return int(match[1]) * 1024


def imports_text(modules: frozenset[str]) -> str:
    """Return the content of ``agent/imports.txt`` for these modules."""
    return _HEAD + "".join(f"{name}\n" for name in sorted(modules) if not name.startswith("_"))


def main() -> None:
    """Write ``agent/imports.txt``."""
    footprint = observe()
    IMPORTS.write_text(imports_text(footprint.modules), encoding="utf-8")
    print(f"resident: {footprint.resident_bytes / 2**20:.1f} MiB", file=sys.stderr)


if __name__ == "__main__":
    main()

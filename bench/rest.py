"""
Memory and CPU of the agent at rest, beside blackbox_exporter and Prometheus in agent mode.

    python -m bench.rest [--minutes N]

Two service points of one lab, each with a fibre and a 5G uplink: on one runs the agent with its
default profile and every probe, on the other the peers, with the same targets and the same kinds of
probe over both links and both families at the same rate, writing to the same Prometheus. Both are
measured over the same minutes. The peers have no counterpart of `host`: it would take another
exporter. The agent runs without docstrings, as its unit starts it. Goals: at most 40 MB and 0.5 %
of a core, and less of both than the peers.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tools.bench_gate import print_ratio
from tools.footprint import without_docstrings

from thongsuot_agent.config.profile import PROBES
from thongsuot_lab import inventory
from thongsuot_lab.lab import Lab
from thongsuot_lab.stack.city import PROMETHEUS_PORT, CityStack, StackOptions
from thongsuot_lab.stack.process import Process
from thongsuot_lab.topology.city import city
from thongsuot_lab.topology.model import Topology
from thongsuot_schema.inventory.model import Role, Target

GOAL_MB = 40.0
GOAL_CPU = 0.005
SETTLE_S = 30
EVERY_S = {schedule.kind: schedule.every_s for schedule in PROBES}
OURS, PEERS = "s1", "s2"


def blackbox_modules(sources: dict[str, dict[str, str]], lookup: str, ca_file: Path) -> str:
    """Return the configuration: a module for each kind, link and family."""
    lines = ["modules:"]
    for link, addresses in sources.items():
        for family, source in addresses.items():
            leaves = f"source_ip_address: '{source}'"
            common = f"preferred_ip_protocol: {family}, ip_protocol_fallback: false"
            lines += [
                (
                    f"  icmp-{link}-{family}: {{prober: icmp, timeout: 1s, icmp: {{{common}, "
                    f"{leaves}, payload_size: 16}}}}"
                ),
                (
                    f"  dns-{link}-{family}: {{prober: dns, timeout: 2s, dns: {{{common}, {leaves},"
                    f" query_name: {lookup}, query_type: A}}}}"
                ),
                (
                    f"  http-{link}-{family}: {{prober: http, timeout: 10s, http: {{{common},"
                    f" tls_config: {{ca_file: '{ca_file}'}}}}}}"
                ),
            ]
    return "\n".join(lines) + "\n"


def asked(topology: Topology, targets: tuple[Target, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield (module, target, kind) for each series that the agent measures too."""
    for uplink in topology.site(PEERS).uplinks:
        for target in targets:
            if target.links and uplink.name not in target.links:
                continue
            yield from _of_target(topology, uplink.name, uplink.cpe, target)


def _of_target(
    topology: Topology, link: str, box: str, target: Target
) -> Iterator[tuple[str, str, str]]:
    for family in ("ip4", "ip6"):
        module = f"{link}-{family}"
        if target.role is Role.SERVICE:
            yield f"http-{module}", target.url, "http"
            continue
        addresses = (
            topology.addresses_of(box) if "gateway" in target.addresses else target.addresses
        )
        of_family = [
            candidate for candidate in addresses if (":" in candidate) is (family == "ip6")
        ]
        for address in of_family[:1]:
            yield f"icmp-{module}", address, "icmp"
            if target.lookup:
                yield f"dns-{module}", address, "dns"


def prometheus_config(series: list[tuple[str, str, str]]) -> str:
    """Return a scrape job for each kind, and the destination of the samples."""
    jobs = []
    for number, (module, target, kind) in enumerate(series):
        jobs += [
            f"- job_name: '{number}'",
            f"  scrape_interval: {EVERY_S[kind]:g}s",
            f"  scrape_timeout: {min(EVERY_S[kind], 10):g}s",
            "  metrics_path: /probe",
            f"  params: {{module: [{module}], target: ['{target}']}}",
            "  static_configs: [{targets: ['127.0.0.1:9115']}]",
        ]
    where = f"http://collector.lab.test:{PROMETHEUS_PORT}/api/v1/write"
    return "\n".join(["scrape_configs:", *jobs, "remote_write:", f"- url: {where}"]) + "\n"


def start_peers(lab: Lab, folder: Path) -> list[Process]:
    """Start blackbox_exporter and Prometheus in agent mode on the second site's device."""
    topology = lab.topology
    targets = inventory.targets_of(topology, PEERS)
    device = topology.site(PEERS).device
    sources = {
        uplink.name: {
            family: str(address.ip)
            for end in topology.ends_of(device)
            if end.interface == uplink.interface
            for family, addresses in (("ip4", end.v4), ("ip6", end.v6))
            for address in addresses
        }
        for uplink in topology.site(PEERS).uplinks
    }
    lookup = next(iter(topology.names))
    folder.mkdir()
    (folder / "blackbox.yml").write_text(blackbox_modules(sources, lookup, lab.ca_file))
    series = list(asked(topology, targets))
    (folder / "prometheus.yml").write_text(prometheus_config(series))
    print(f"peers probe {len(series)} series", file=sys.stderr)
    spawn = lab.node(device).popen
    commands = {
        "blackbox_exporter": [
            "prometheus-blackbox-exporter",
            f"--config.file={folder / 'blackbox.yml'}",
            "--web.listen-address=127.0.0.1:9115",
            "--log.level=error",
        ],
        "prometheus-agent": [
            "prometheus",
            "--enable-feature=agent",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.agent.path={folder / 'data'}",
            "--web.listen-address=127.0.0.1:9091",
            "--log.level=error",
        ],
    }
    return [Process.start(name, command, folder, spawn) for name, command in commands.items()]


def pid_of(process: Process, program: str) -> int:
    """Return the process that runs the program: the child itself, or what it executed."""
    text = Path(f"/proc/{process.child.pid}/cmdline").read_bytes().decode()
    if program not in text:
        raise SystemExit(f"{process.name} is not {program}: {text!r}; see {process.log}")
    return process.child.pid


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process so far, user and system, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory in MiB."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match.group(1)) / 1024 if match else 0.0


def measure(pids: dict[str, int], minutes: float) -> dict[str, tuple[float, float]]:
    """Return, by name, the largest resident memory observed and the share of a core used."""
    start, before = time.monotonic(), {name: cpu_s(pid) for name, pid in pids.items()}
    peak = dict.fromkeys(pids, 0.0)
    while (passed := time.monotonic() - start) < minutes * 60:
        for name, pid in pids.items():
            peak[name] = max(peak[name], resident_mb(pid))
        if sys.stderr.isatty():
            print(f"\r{passed:4.0f} of {minutes * 60:.0f} s", end="", file=sys.stderr, flush=True)
        time.sleep(1)
    passed = time.monotonic() - start
    return {name: (peak[name], (cpu_s(pid) - before[name]) / passed) for name, pid in pids.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    peers: list[Process] = []
    with tempfile.TemporaryDirectory(prefix="thongsuot-bench-") as folder, Lab(city(2)) as lab:
        os.environ.update(without_docstrings(Path(folder) / "bytecode"))
        stack = CityStack(lab, Path(folder), StackOptions())
        try:
            stack.start()
            stack.processes.pop(f"agent-{PEERS}").stop()
            peers = start_peers(lab, Path(folder) / "peers")
            time.sleep(SETTLE_S)
            pids = {
                "agent": pid_of(stack.processes[f"agent-{OURS}"], "thongsuot-agent"),
                "blackbox_exporter": pid_of(peers[0], "blackbox"),
                "prometheus agent": pid_of(peers[1], "prometheus"),
            }
            usage = measure(pids, minutes)
        finally:
            for peer in peers:
                peer.stop()
            stack.stop()
    return report(usage, minutes)


def report(usage: dict[str, tuple[float, float]], minutes: float) -> int:
    """Print the table, the ratios and the goals; return 0 if they are met."""
    print(f"\nat rest over {minutes:g} minutes      RSS MiB   % of a core")
    for name, (memory, cpu) in usage.items():
        print(f"{name:<28} {memory:8.1f} {cpu * 100:13.2f}")
    agent = usage.pop("agent")
    memory = sum(cpu_share for cpu_share, _ in usage.values())
    cpu = sum(cpu_share for _, cpu_share in usage.values())
    print(f"{'peers together':<28} {memory:8.1f} {cpu * 100:13.2f}")
    print(f"{'peers / agent':<28} {memory / agent[0]:8.1f} {cpu / agent[1]:13.1f}")
    print_ratio("rest.memory_of_peers", agent[0] / memory)
    print_ratio("rest.cpu_of_peers", agent[1] / cpu)
    goals = {
        f"at most {GOAL_MB:g} MB": agent[0] * 1.048576 <= GOAL_MB,
        f"at most {GOAL_CPU:.1%} of a core": agent[1] <= GOAL_CPU,
        "less memory than the peers": agent[0] < memory,
        "less CPU than the peers": agent[1] < cpu,
    }
    for goal, met in goals.items():
        print(f"goal: {goal}: {'met' if met else 'MISSED'}")
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

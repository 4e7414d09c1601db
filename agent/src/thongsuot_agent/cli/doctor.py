"""``thongsuot-agent doctor``: look for what on this device makes measurements lie."""

import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import print_json, refuse
from thongsuot_agent.config.model import PushConfig
from thongsuot_agent.config.read import read
from thongsuot_agent.doctor.checks import (
    examine,
    has_fault,
    links_without_findings,
)
from thongsuot_agent.doctor.finding import FindingSeverity, HostFinding
from thongsuot_agent.doctor.host import Host, read_host
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.catalogue import radio
from thongsuot_schema.inventory.model import Link, ProbeSchedule
from thongsuot_schema.words.language import Text

FAULTY = 1
HostFindings = list[HostFinding]
"""What ``--json`` prints."""
_WIDTH = 100
_SEVERITIES = {
    FindingSeverity.FAULT: Text("agent.cli.doctor.fault"),
    FindingSeverity.WARNING: Text("agent.cli.doctor.warning"),
    FindingSeverity.NOTE: Text("agent.cli.doctor.note"),
}


def examine_host(path: str, *, is_json: bool) -> int:
    """
    Examine this host and print the findings; return the exit code.

    Without a configuration file the links are the interfaces with a default route, and no collector
    is queried for the source address of their packets.
    """
    specs: tuple[Link, ...] = ()
    collector: PushConfig | None = None
    modem_bus = ""
    if Path(path).exists():
        try:
            config = read(Path(path))
            specs, collector = config.links, config.collector
            modem_bus = modem_bus_of(config.probes)
        except ConfigInvalid as error:
            return refuse(error, WRONG, is_json=is_json)
    host = read_host(specs, collector=collector, modem_bus=modem_bus)
    findings = examine(host)
    if is_json:
        print_json(findings)
    else:
        sys.stdout.write(report(host, findings))
    return FAULTY if has_fault(findings) else 0


def modem_bus_of(probes: Iterable[ProbeSchedule]) -> str:
    """Return the bus that ModemManager is on; empty: the system's."""
    buses = (
        str(schedule.settings.get("bus", ""))
        for schedule in probes
        if schedule.kind == radio.KIND.name
    )
    return next((bus for bus in buses if bus), "")


def report(host: Host, findings: tuple[HostFinding, ...]) -> str:
    """Return the findings as text for a person, in the language of the terminal."""
    words = {severity: localized(word) for severity, word in _SEVERITIES.items()}
    good, device = (
        localized(Text("agent.cli.doctor.ok")),
        localized(Text("agent.cli.doctor.device")),
    )
    width = 1 + max(len(word) for word in (*words.values(), good))
    indent = " " * width
    lines: list[str] = []
    for finding in findings:
        word, subject = words[finding.severity], finding.link or device
        text = localized_sentence(finding.text)
        lines += _wrapped(f"{word:<{width}}{subject}: {text}", indent)
        if finding.remedy:
            remedy = Text("agent.cli.doctor.remedy", remedy=localized_sentence(finding.remedy))
            lines += _wrapped(f"{indent}{localized(remedy)}", f"{indent}    ")
    lines += [f"{good:<{width}}{link.name}" for link in links_without_findings(host, findings)]
    return "\n".join((*lines, ""))


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )

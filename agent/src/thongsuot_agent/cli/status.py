"""``thongsuot-agent status``: prints the status of the running agent."""

import socket
import sys
from pathlib import Path

import msgspec

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import refuse
from thongsuot_agent.config.read import read
from thongsuot_agent.status import (
    AgentStatus,
    CollectorStatus,
    LinkStatus,
    SamplingStatus,
    SiteConfigStatus,
    VerdictStatus,
)
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.inventory.model import Via
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

_TIMEOUT_S = 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, not where to listen


def show_status(path: str, address: str, *, is_json: bool) -> int:
    """Ask the agent and print its answer; returns the exit code."""
    if not address:
        try:
            address = read(Path(path)).page.listen
        except ConfigInvalid as error:
            return refuse(error, WRONG, is_json=is_json)
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not port.isdecimal():
        no_address = Text("agent.cli.error.no_status_address", address=address)
        return refuse(no_address, WRONG, is_json=is_json)
    try:
        body = _get(_EVERYWHERE.get(host, host), int(port))
        status = msgspec.json.decode(body, type=AgentStatus)
    except (OSError, msgspec.DecodeError) as error:
        no_answer = Text("agent.cli.error.no_answer", address=address, why=describe(error))
        return refuse(no_answer, 1, is_json=is_json)
    sys.stdout.write(body.decode() + "\n" if is_json else text_of(status))
    return 0


def text_of(status: AgentStatus) -> str:
    """Return a status as lines for a person."""
    record, collector = status.record, status.collector
    up_s = status.now_s - status.started_s
    lines = [f"{status.site}: thongsuot-agent {status.version}, up {_duration_text(up_s)}"]
    if not status.clock_trusted:
        lines.append("clock: WRONG; times are corrected where the collector has told the hour")
    verdicts = {(verdict.link, verdict.service): verdict for verdict in status.verdicts}
    lines.append("links:")
    lines.extend(_link_line(link, verdicts.get((link.name, "")), status) for link in status.links)
    services = sorted({verdict.service for verdict in status.verdicts if verdict.service})
    if services:
        lines.append("services:")
    for service in services:
        verdicts_of_service = [verdict for verdict in status.verdicts if verdict.service == service]
        words = [
            f"{verdict.link or 'site'} {_state_text(verdict, status)}"
            for verdict in verdicts_of_service
        ]
        lines.append(f"  {service}: {', '.join(words)}")
    lines.extend(_sampling_line(sampling) for sampling in status.sampling)
    if collector.reachable:
        ago = _duration_text(collector.acknowledged_s_ago or 0.0)
        way = f" over {collector.link}" if collector.link else ""
        url = collector.answering_url or collector.url
        place = f" in place of {collector.url}" if url != collector.url.rstrip("/") else ""
        lines.append(f"collector: {url} took the record {ago} ago{way}{place}")
    else:
        why = collector.problem or "nothing pushed yet"
        lines.append(f"collector: {collector.url} NOT reached: {why}")
    certified = certificate_line(collector, status.now_s)
    if certified:
        lines.append(certified)
    if status.site_config is not None:
        lines.append(site_config_line(status.site_config))
    lines.append(
        f"record: {record.waiting_batches} batches wait ({record.waiting_results} results),"
        f" {record.disk_bytes / 1024:.0f} KiB on disk, {record.dropped_results} results dropped,"
        f" {record.rejected_batches} batches refused"
    )
    if record.in_memory_only or record.disk_refuses:
        place = "runtime directory" if record.in_memory_only else "disk"
        lines.append(f"record: the {place} REFUSES writes; a crash or power cut may lose results")
    lines.extend(
        f"task {task.name}: restarted {task.restarts} times, last: {task.error}"
        for task in status.tasks
    )
    return "\n".join((*lines, ""))


def certificate_line(collector: CollectorStatus, now_s: float) -> str:
    """Return the state of the device's certificate, empty if it has none and needs none."""
    problem = f"PROBLEM: {collector.certificate_problem}" if collector.certificate_problem else ""
    if collector.certificate_expiry_s is None:
        return problem and f"certificate: {problem}"
    left_s = collector.certificate_expiry_s - now_s
    how = f"good for {left_s / 86_400:.0f} days" if left_s > 0 else "has RUN OUT"
    return f"certificate: {how}{problem and '; '}{problem}"


def site_config_line(site_config: SiteConfigStatus) -> str:
    """Return in one line which site configuration is run, and which is refused."""
    words = {
        "off": "not taken from the collector ([site_config] accept = false)",
        "none": "none; the settings file alone holds",
        "trial": f"{site_config.version}, on probation until a push is acknowledged",
        "good": f"{site_config.version}, good",
    }
    refused = (
        f"; {site_config.refused} REFUSED: {site_config.reason}" if site_config.refused else ""
    )
    return f"site configuration: {words.get(site_config.state, site_config.state)}{refused}"


def _link_line(link: LinkStatus, verdict: VerdictStatus | None, status: AgentStatus) -> str:
    word = "not judged yet" if verdict is None else _state_text(verdict, status)
    facts = [f"{link.medium} on {link.interface}"]
    if link.via == Via.WATCHED:
        facts.append("of the router, which tells how it is; nothing is sent over it")
    elif not link.present:
        facts.append("no such interface")
    elif not link.carrier:
        facts.append("no carrier")
    facts.extend(link.addresses)
    if link.gateways:
        facts.append(f"via {' '.join(link.gateways)}")
    if link.allowance_bytes is not None:
        spent = link.spent_bytes or 0
        facts.append(f"used {spent / 1e6:.1f} of {link.allowance_bytes / 1e6:.1f} MB this month")
    return f"  {link.name}: {word} ({', '.join(facts)})"


def _sampling_line(sampling: SamplingStatus) -> str:
    def way(word: str, count: int, mean: float | None) -> str:
        progress = f"{count} of {sampling.wanted} {word}"
        return progress if mean is None else f"{progress} (mean {mean / 1e6:.1f} Mbit/s)"

    down = way("down", sampling.down_samples, sampling.down_mean_bits_per_second)
    up = way("up", sampling.up_samples, sampling.up_mean_bits_per_second)
    subject = f"rate samples {sampling.link} {sampling.month}"
    return f"{subject}: {down}, {up}, at {sampling.hours} of 24 hours"


def _state_text(verdict: VerdictStatus, status: AgentStatus) -> str:
    word = verdict.state.value if verdict.state is State.UP else verdict.state.value.upper()
    if verdict.segment is not None:
        word += f" in {verdict.segment} ({verdict.symptom})"
    if verdict.since_s is not None:
        word += f" for {_duration_text(status.now_s - verdict.since_s)}"
    return word


def _duration_text(seconds: float) -> str:
    seconds = max(0.0, seconds)
    for size_s, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size_s:
            return f"{seconds / size_s:.0f} {name}"
    return f"{seconds:.0f} s"


def _get(host: str, port: int) -> bytes:
    """Return the body of ``/status.json``. Raises ``OSError`` for anything but a 200."""
    with socket.create_connection((host, port), timeout=_TIMEOUT_S) as connection:
        connection.sendall(b"GET /status.json HTTP/1.1\r\nHost: agent\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise OSError(head.partition(b"\r\n")[0].decode("latin-1") or "empty answer")
    return body

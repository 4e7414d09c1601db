"""``thongsuot-agent status``: prints the status of the running agent."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import cause_of, refuse
from thongsuot_agent.config.read import read
from thongsuot_agent.status import (
    AgentStatus,
    CollectorStatus,
    LinkStatus,
    RecordStatus,
    SamplingStatus,
    SiteConfigStatus,
    VerdictStatus,
)
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized
from thongsuot_schema.inventory.model import Via
from thongsuot_schema.state import State
from thongsuot_schema.words.codes import medium_code, segment_code, symptom_code
from thongsuot_schema.words.language import Text

_TIMEOUT_S = 5.0

STATES = {
    State.UP: Text("agent.cli.status.up"),
    State.DEGRADED: Text("agent.cli.status.degraded"),
    State.DOWN: Text("agent.cli.status.down"),
    State.UNKNOWN: Text("agent.cli.status.unknown"),
}
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
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        no_answer = Text("agent.cli.error.no_answer", address=address, why=cause_of(error))
        return refuse(no_answer, 1, is_json=is_json)
    sys.stdout.write(body.decode() + "\n" if is_json else text_of(status))
    return 0


def text_of(status: AgentStatus) -> str:
    """Return a status as lines for a person, in the language of the terminal."""
    up = duration_text(status.now_s - status.started_s)
    head = Text("agent.cli.status.head", site=status.site, version=status.version, up=up)
    lines = [localized(head)]
    if not status.clock_trusted:
        lines.append(localized(Text("agent.cli.status.clock")))
    verdicts = {(verdict.link, verdict.service): verdict for verdict in status.verdicts}
    lines.append(localized(Text("agent.cli.status.links")))
    lines.extend(_link_line(link, verdicts.get((link.name, "")), status) for link in status.links)
    services = sorted({verdict.service for verdict in status.verdicts if verdict.service})
    if services:
        lines.append(localized(Text("agent.cli.status.services")))
    site = localized(Text("agent.cli.status.site"))
    for service in services:
        verdicts_of_service = [verdict for verdict in status.verdicts if verdict.service == service]
        words = [
            f"{verdict.link or site} {_state_text(verdict, status)}"
            for verdict in verdicts_of_service
        ]
        lines.append(f"  {service}: {', '.join(words)}")
    lines.extend(_sampling_line(sampling) for sampling in status.sampling)
    lines.append(_collector_line(status.collector))
    certified = certificate_line(status.collector, status.now_s)
    if certified:
        lines.append(certified)
    if status.site_config is not None:
        lines.append(site_config_line(status.site_config))
    lines.extend(_record_lines(status.record))
    lines.extend(
        localized(
            Text("agent.cli.status.task", name=task.name, times=task.restarts, error=task.error)
        )
        for task in status.tasks
    )
    return "\n".join((*lines, ""))


def _collector_line(collector: CollectorStatus) -> str:
    if not collector.reachable:
        why = collector.problem or localized(Text("agent.cli.status.nothing_pushed"))
        return localized(Text("agent.cli.status.unreached", url=collector.url, why=why))
    url = collector.answering_url or collector.url
    way = Text("agent.cli.status.way", link=collector.link)
    place = Text("agent.cli.status.place", url=collector.url)
    taken = Text(
        "agent.cli.status.taken",
        url=url,
        ago=duration_text(collector.acknowledged_s_ago or 0.0),
        way=localized(way) if collector.link else "",
        place=localized(place) if url != collector.url.rstrip("/") else "",
    )
    return localized(taken)


def _record_lines(record: RecordStatus) -> Iterator[str]:
    held = Text(
        "agent.cli.status.record",
        batches=record.waiting_batches,
        results=record.waiting_results,
        size=f"{record.disk_bytes / 1024:.0f}",
        dropped=record.dropped_results,
        rejected=record.rejected_batches,
    )
    yield localized(held)
    if record.in_memory_only:
        yield localized(Text("agent.cli.status.memory_refuses"))
    elif record.disk_refuses:
        yield localized(Text("agent.cli.status.disk_refuses"))


def certificate_line(collector: CollectorStatus, now_s: float) -> str:
    """Return the state of the device's certificate, empty if it has none and needs none."""
    facts = []
    if collector.certificate_expiry_s is not None:
        left_s = collector.certificate_expiry_s - now_s
        good = Text("agent.cli.status.certificate_good", days=f"{left_s / 86_400:.0f}")
        facts.append(good if left_s > 0 else Text("agent.cli.status.certificate_over"))
    if collector.certificate_problem:
        facts.append(Text("agent.cli.status.problem", why=collector.certificate_problem))
    if not facts:
        return ""
    return localized(
        Text("agent.cli.status.certificate", facts="; ".join(localized(fact) for fact in facts))
    )


def site_config_line(site_config: SiteConfigStatus) -> str:
    """Return in one line which site configuration is run, and which is refused."""
    version = site_config.version
    words = {
        "off": Text("agent.cli.status.config_off"),
        "none": Text("agent.cli.status.config_none"),
        "trial": Text("agent.cli.status.config_trial", version=version),
        "good": Text("agent.cli.status.config_good", version=version),
    }
    word = words.get(site_config.state)
    state = site_config.state if word is None else localized(word)
    line = localized(Text("agent.cli.status.config", state=state))
    if not site_config.refused:
        return line
    refused = Text(
        "agent.cli.status.config_refused", version=site_config.refused, why=site_config.reason
    )
    return f"{line}; {localized(refused)}"


def _link_line(link: LinkStatus, verdict: VerdictStatus | None, status: AgentStatus) -> str:
    unjudged = Text("agent.cli.status.not_judged")
    word = localized(unjudged) if verdict is None else _state_text(verdict, status)
    on = Text("agent.cli.status.on", medium=medium_code(link.medium), interface=link.interface)
    facts = [localized(on)]
    if link.via == Via.WATCHED:
        facts.append(localized(Text("agent.cli.status.watched")))
    elif not link.present:
        facts.append(localized(Text("agent.cli.status.no_interface")))
    elif not link.carrier:
        facts.append(localized(Text("agent.cli.status.no_carrier")))
    facts.extend(link.addresses)
    if link.gateways:
        facts.append(localized(Text("agent.cli.status.via", gateways=" ".join(link.gateways))))
    if link.allowance_bytes is not None:
        used = Text(
            "agent.cli.status.used",
            spent=f"{(link.spent_bytes or 0) / 1e6:.1f}",
            whole=f"{link.allowance_bytes / 1e6:.1f}",
        )
        facts.append(localized(used))
    return f"  {link.name}: {word} ({', '.join(facts)})"


def _sampling_line(sampling: SamplingStatus) -> str:
    def progress(count: int, mean: float | None) -> str:
        if mean is None:
            return f"{count}"
        shown = Text("agent.cli.status.mean", count=count, rate=f"{mean / 1e6:.1f}")
        return localized(shown)

    samples = Text(
        "agent.cli.status.samples",
        link=sampling.link,
        month=sampling.month,
        wanted=sampling.wanted,
        down=progress(sampling.down_samples, sampling.down_mean_bits_per_second),
        up=progress(sampling.up_samples, sampling.up_mean_bits_per_second),
        hours=sampling.hours,
    )
    return localized(samples)


def _state_text(verdict: VerdictStatus, status: AgentStatus) -> str:
    word = localized(STATES[verdict.state])
    if verdict.segment is not None:
        at = Text(
            "agent.cli.status.at",
            state=word,
            segment=segment_code(verdict.segment),
            symptom=symptom_code(verdict.symptom, verdict.service),
        )
        word = localized(at)
    if verdict.since_s is not None:
        lasts = duration_text(status.now_s - verdict.since_s)
        word = localized(Text("agent.cli.status.since", state=word, lasts=lasts))
    return word


def duration_text(seconds: float) -> str:
    """Return a duration in the largest unit that it has at least two of."""
    seconds = max(0.0, seconds)
    if seconds >= 2 * 86_400:
        return localized(Text("agent.cli.status.days", count=f"{seconds / 86_400:.0f}"))
    if seconds >= 2 * 3_600:
        return localized(Text("agent.cli.status.hours", count=f"{seconds / 3_600:.0f}"))
    if seconds >= 2 * 60:
        return localized(Text("agent.cli.status.minutes", count=f"{seconds / 60:.0f}"))
    return localized(Text("agent.cli.status.seconds", count=f"{seconds:.0f}"))


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

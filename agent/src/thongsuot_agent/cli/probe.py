"""``thongsuot-agent probe``: one run of one probe over one link, shown to a person at a shell."""

import argparse
import asyncio
import sys
import tomllib
from typing import TypeVar

import msgspec
from msgspec import structs

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import print_json, refuse
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes import loader
from thongsuot_agent.probes.loader import UnknownProbe
from thongsuot_agent.probing.contract import LINK_TARGET, ProbeServices
from thongsuot_agent.scheduler.job import GATEWAY, RESOLVER
from thongsuot_runtime.terminal import localized, terminal_language
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.document import find_mistake
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.inventory.way_out import proxy_address
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Finding, QualityFlag, failed_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.words.codes import family_code, outcome_code, reason_code
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.translations import ENGLISH

_Settings = TypeVar("_Settings")

_CODES = {Outcome.OK: 0, Outcome.FAILED: 3, Outcome.UNMEASURED: 4}
_DOUBTS = {
    QualityFlag.TIMER_LATE: Text("agent.cli.probe.doubt.timer_late"),
    QualityFlag.CLOCK_STEPPED: Text("agent.cli.probe.doubt.clock_stepped"),
    QualityFlag.SOFTWARE_STAMP: Text("agent.cli.probe.doubt.software_stamp"),
    QualityFlag.OTHER: Text("agent.cli.probe.doubt.other"),
}
_DEFAULT_LOOKUP = "dichvucong.gov.vn"


class ProbeRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run: its interface and family (empty: neither), and its finding."""

    interface: str
    family: str
    finding: Finding


ProbeRuns = list[ProbeRun]
"""What ``--json`` prints."""


def probe_once(options: argparse.Namespace) -> int:
    """Make one run; returns the exit code."""
    try:
        if options.proxy:
            proxy_address(options.proxy)
        probe = loader.load(options.kind)
        settings = settings_from(options.set, probe.settings)
    except (UnknownProbe, ValueError) as error:
        return refuse(error, WRONG, is_json=options.json)
    target = LINK_TARGET if probe.per_link else target_from(options.target, options.lookup)
    if target is not None and not probe.applies(target):
        # A target that is not an anchor may be equipment.
        box = structs.replace(target, role=Role.EQUIPMENT, segment=Segment.LAN)
        target = box if probe.applies(box) else target
    if target is None or (not probe.per_link and not probe.applies(target)):
        unfit = Text("agent.cli.error.cannot_measure", kind=options.kind, target=options.target)
        return refuse(unfit, WRONG, is_json=options.json)
    try:
        return asyncio.run(_run_and_print(options, target, settings))
    except NoUplink:
        no_uplink = Text("agent.cli.error.no_uplink")
        return refuse(no_uplink, _CODES[Outcome.UNMEASURED], is_json=options.json)


class NoUplink(Exception):
    """No interface has a default route, and none was named."""


def target_from(text: str, lookup: str) -> Target | None:
    """Return the target that a person means by a word: a URL, an address, gateway or resolver."""
    if not text:
        return None
    if "://" in text:
        return Target(name="target", role=Role.SERVICE, segment=Segment.SERVICE, url=text)
    return Target(
        name="target",
        role=Role.ANCHOR,
        segment=Segment.LAN if text == GATEWAY else Segment.CARRIER,
        addresses=(text,),
        lookup=lookup or _DEFAULT_LOOKUP,
    )


def families_to_probe(
    target: Target, asked: str, link: LiveLink, *, is_per_site: bool = False
) -> tuple[Family, ...]:
    """Return the address families of the run: the requested one, else the sensible ones."""
    if target is LINK_TARGET or is_per_site:
        return (Family.NONE,)
    if asked:
        return (Family(asked),)
    address = target.addresses[0] if target.addresses else ""
    if address and address not in {GATEWAY, RESOLVER}:
        return (Family.IP6 if ":" in address else Family.IP4,)
    both = (Family.IP4, Family.IP6)
    return tuple(f for f in both if link.state.addresses(f) and link.state.has_route(f)) or (
        Family.IP4,
    )


def text_of(kind: str, link: LiveLink, family: Family, finding: Finding) -> str:
    """Return a finding as lines for a person, in the language of the terminal."""
    used = Text("agent.cli.probe.in_family", family=family_code(family))
    reason = finding.reason and Text("agent.cli.probe.reason", reason=reason_code(finding.reason))
    head = Text(
        "agent.cli.probe.head",
        kind=kind,
        interface=link.spec.interface,
        family="" if family is Family.NONE else used,
        outcome=outcome_code(finding.outcome),
        reason=reason or "",
    )
    lines = [localized(head)]
    if finding.detail:
        lines.append(localized(Text("agent.cli.probe.detail", detail=finding.detail)))
    is_english = terminal_language() == ENGLISH
    for metric in catalogue.load(kind).metrics:
        if metric.name in finding.values:
            shown = metric.help_en if is_english else metric.help_vi
            lines.append(f"  {metric.name} {finding.values[metric.name]:.9g}    {shown}")
    lines.extend(f"  {key}: {value}" for key, value in finding.evidence.items())
    if finding.doubts:
        doubts = ", ".join(localized(_DOUBTS[doubt]) for doubt in finding.doubts)
        lines.append(localized(Text("agent.cli.probe.doubts", doubts=doubts)))
    if finding.cost_bytes:
        lines.append(localized(Text("agent.cli.probe.cost", count=finding.cost_bytes)))
    return "\n".join((*lines, ""))


async def _run_and_print(options: argparse.Namespace, target: Target, settings: object) -> int:
    probe = loader.load(options.kind)
    specs = (Spec(name="link", interface=options.interface),) if options.interface else None
    code, runs = 0, []
    with LinkMonitor(specs) as monitor:
        if options.proxy:
            monitor.update_specs(lambda spec: structs.replace(spec, proxy=options.proxy))
        run = probe.begin(ProbeServices(links=lambda: monitor.links))
        link = next(iter(monitor.links.values()), None)
        if link is None:
            raise NoUplink
        for family in families_to_probe(target, options.family, link, is_per_site=probe.per_site):
            try:
                finding = await run(link, target, family, settings)
            except LinkUnusable as unusable:
                finding = failed_finding(unusable.reason, detail=unusable.detail)
            if not options.json:
                sys.stdout.write(text_of(options.kind, link, family, finding))
            runs.append(
                ProbeRun(interface=link.spec.interface, family=family.value, finding=finding)
            )
            code = max(code, _CODES[finding.outcome])
    if options.json:
        print_json(runs)
    return code


def settings_from(assignments: list[str], kind: type[_Settings]) -> _Settings:
    """
    Return settings given as ``key=value``; a value that is not TOML is read as text.

    Raises:
        ValueError: an unknown key or a wrong value; the text says which.
    """
    settings: dict[str, object] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise ValueError(
                Localizable("{assignment} is not KEY=VALUE", assignment=repr(assignment))
            )
        try:
            settings[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            settings[key] = value
    mistake = find_mistake(settings, kind, ("--set",))
    if mistake is not None:
        raise ValueError(mistake[1])
    return msgspec.convert(settings, kind)

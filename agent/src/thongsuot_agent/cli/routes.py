"""
``thongsuot-agent routes``: make the VLANs, rules and tables that links need, or remove them.

The only command that needs root (CAP_NET_ADMIN); ``thongsuot-agent-routes.service`` runs it. It
makes what is missing and removes what the settings no longer have, in an order that leaves no
moment in which packets of one link could leave by another's gateway: VLANs, then routes, then
rules.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import print_json, refuse
from thongsuot_agent.config.read import read
from thongsuot_agent.links.route_plan import (
    PROTOCOL,
    VLAN_ALIAS,
    PlannedRoute,
    PlannedRule,
    PlannedVlan,
    RoutePlan,
    route_plan,
)
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized_sentence
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import Text

UNDONE = 1
_VERSIONS = (4, 6)


class _RoutingRefused(Exception):
    """``ip`` refused a command; the text is its own."""


class RoutesReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The kernel configuration that links need: as commands of ``ip`` (``show``), or the created,
    removed and waiting parts.
    """

    commands: list[str] = []
    done: list[str] = []
    waiting: list[str] = []


def manage_routes(path: str, action: str, *, is_json: bool = False) -> int:
    """Carry out ``apply``, ``show`` or ``remove``; returns the exit code."""
    plan = RoutePlan()
    if action != "remove":
        try:
            plan = route_plan(read(Path(path)).links)
        except ConfigInvalid as error:
            return refuse(error, WRONG, is_json=is_json)
    if action == "show":
        report = RoutesReport(commands=list(_plan_lines(plan)))
    else:
        try:
            done, waiting = _apply(plan)
        except (OSError, _RoutingRefused) as error:
            refused = Text("agent.cli.error.routes", why=str(error))
            return refuse(refused, UNDONE, is_json=is_json)
        report = RoutesReport(done=done, waiting=waiting)
    if is_json:
        print_json(report)
    else:
        for line in (*report.commands, *report.done, *report.waiting):
            sys.stdout.write(f"{localized_sentence(line)}\n")
    return 0


def _plan_lines(plan: RoutePlan) -> Iterable[str]:
    for vlan in plan.vlans:
        yield from (" ".join(("ip", *words)) for words in vlan.lines())
    for route in plan.routes:
        yield " ".join(("ip", f"-{route.version}", "route", "replace", *route.words()))
    for rule in plan.rules:
        yield " ".join(("ip", f"-{rule.version}", "rule", "add", *rule.words()))


def _apply(plan: RoutePlan) -> tuple[list[str], list[str]]:
    """
    Bring the kernel to a plan; return the changes, and the links that wait for their interface.

    Raises:
        _RoutingRefused: the kernel refuses, above all without CAP_NET_ADMIN.
    """
    done, waiting = _make_vlans(plan.vlans)
    present_rules = _present_rules()
    _make_routes(plan, done, waiting)
    for rule in plan.rules:
        if rule not in present_rules:
            _ip(rule.version, "rule", "add", *rule.words())
            done.append(Localizable("made      rule {words}", words=" ".join(rule.words())))
    for rule in present_rules - set(plan.rules):
        _ip(rule.version, "rule", "del", *rule.words())
        done.append(Localizable("removed   rule {words}", words=" ".join(rule.words())))
    # Read again: another gateway has replaced the one in the same table.
    for route in _present_routes() - set(plan.routes):
        _ip(route.version, "route", "del", *route.words())
        done.append(Localizable("removed   route {words}", words=" ".join(route.words())))
    for name in sorted(_own_vlans() - {vlan.name for vlan in plan.vlans}):
        _run("link", "del", "dev", name)
        done.append(Localizable("removed   VLAN {name}", name=name))
    return done, waiting


def _make_routes(plan: RoutePlan, done: list[str], waiting: list[str]) -> None:
    present_routes = _present_routes()
    for route in plan.routes:
        if route in present_routes:
            continue
        if route.interface and not Path("/sys/class/net", route.interface).exists():
            waiting.append(
                Localizable(
                    "waits     {words}: no interface {interface}",
                    words=" ".join(route.words()),
                    interface=route.interface,
                )
            )
            continue
        try:
            _ip(route.version, "route", "replace", *route.words())
        except _RoutingRefused as refused:
            if not _is_down(str(refused)):
                raise
            waiting.append(
                Localizable(
                    "waits     {words}: {why}", words=" ".join(route.words()), why=str(refused)
                )
            )
            continue
        done.append(Localizable("made      route {words}", words=" ".join(route.words())))


def _make_vlans(vlans: Iterable[PlannedVlan]) -> tuple[list[str], list[str]]:
    """Make missing ones; one made by something else is left unchanged, including addresses."""
    done: list[str] = []
    waiting: list[str] = []
    for vlan in vlans:
        if Path("/sys/class/net", vlan.name).exists():
            continue
        if not Path("/sys/class/net", vlan.port).exists():
            waiting.append(
                Localizable("waits     VLAN {name}: no port {port}", name=vlan.name, port=vlan.port)
            )
            continue
        for words in vlan.lines():
            _run(*words)
        done.append(
            Localizable(
                "made      VLAN {name}: number {number} on {port}",
                name=vlan.name,
                number=vlan.number,
                port=vlan.port,
            )
        )
    return done, waiting


def _own_vlans() -> set[str]:
    text = _run("link", "show", options=("-json", "-details"))
    links = msgspec.json.decode(text or "[]", type=list[dict[str, Any]])
    return {str(link["ifname"]) for link in links if link.get("ifalias") == VLAN_ALIAS}


def _is_down(refusal: str) -> bool:
    """Return whether an interface is just not up yet, in which case the agent asks again."""
    return "Network is down" in refusal or "Network is unreachable" in refusal


def _present_rules() -> set[PlannedRule]:
    return {
        PlannedRule(
            version=version,
            priority=int(rule["priority"]),
            table=int(rule["table"]),
            mark=int(str(rule.get("fwmark", "0")), 0),
            tos=int(str(rule.get("tos", "0")), 0),
            source="" if rule["src"] == "all" else rule["src"],
        )
        for version in _VERSIONS
        for rule in _read(version, "rule", "show")
        if str(rule.get("protocol", "")) == str(PROTOCOL)
    }


def _present_routes() -> set[PlannedRoute]:
    return {
        PlannedRoute(
            version=version,
            table=int(route["table"]),
            gateway=route.get("gateway", ""),
            interface=route.get("dev", "") if route.get("gateway") else "",
        )
        for version in _VERSIONS
        for route in _read(version, "route", "show", "table", "all", "proto", str(PROTOCOL))
    }


def _read(version: int, *words: str) -> list[dict[str, Any]]:
    text = _ip(version, *words, options=("-json", "-N", "-details"))
    return msgspec.json.decode(text or "[]", type=list[dict[str, Any]])


def _ip(version: int, *words: str, options: tuple[str, ...] = ()) -> str:
    return _run(*words, options=(*options, f"-{version}"))


def _run(*words: str, options: tuple[str, ...] = ()) -> str:
    result = subprocess.run(
        ["ip", *options, *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=10,
    )
    if result.returncode:
        raise _RoutingRefused(result.stderr.strip() or f"ip ended with {result.returncode}")
    return result.stdout

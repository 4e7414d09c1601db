"""Configuration files of blackbox_exporter, Prometheus and Alertmanager for one device of a lab."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from thongsuot_lab import inventory
from thongsuot_lab.lab import Lab
from thongsuot_schema.inventory.model import Role, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePace:
    """
    How aggressive the reference is.

    ``every`` is the interval of scrapes and of rules, ``hold`` how long an expression must be true
    before it fires (``for``), ``group_wait`` how long Alertmanager gathers alerts before it
    notifies.
    """

    name: str
    every: str
    hold: str
    group_wait: str


RECOMMENDED = ReferencePace(name="recommended", every="15s", hold="1m", group_wait="30s")
"""
15 s is the scrape interval of the manual's first configuration, 30 s Alertmanager's default. The
manual's example of a target that is down waits 5 minutes; one minute is the most favourable choice.
"""

AGGRESSIVE = ReferencePace(name="aggressive", every="1s", hold="2s", group_wait="0s")
"""
The shortest reasonable settings: with one packet per second, a single lost one must not page
anybody, so three must be lost in a row.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceCheck:
    """One check: the module of the exporter, and its target."""

    kind: str
    link: str
    family: str
    target: str
    at: str

    @property
    def module(self) -> str:
        """Name of the module."""
        suffix = f"_{self.target}" if self.kind == "dns" else ""
        return f"{self.kind}_{self.link}_{self.family}{suffix}"


def checks_of(lab: Lab, site: str) -> list[ReferenceCheck]:
    """
    Return the echoes, lookups and requests of a site's agent, one check each.

    The exporter cannot bind page requests to a link: those leave over the preferred one only.
    """
    targets = inventory.targets_of(lab.topology, site)
    checks: list[ReferenceCheck] = []
    uplinks = lab.topology.site(site).uplinks
    for uplink in uplinks:
        gateways = lab.topology.addresses_of(uplink.cpe)
        for target in targets:
            is_measured = target.role is not Role.SERVICE or uplink is uplinks[0]
            if is_measured and (not target.links or uplink.name in target.links):
                checks += _checks(uplink.name, target, gateways)
    return checks


def _checks(link: str, target: Target, gateways: tuple[str, ...]) -> Iterator[ReferenceCheck]:
    if target.role is Role.SERVICE:
        for family in ("ip4", "ip6"):
            yield ReferenceCheck(
                kind="http", link=link, family=family, target=target.name, at=target.url
            )
        return
    addresses = _near(gateways) if target.addresses == ("gateway",) else target.addresses
    for address in addresses:
        family = f"ip{ip_address(address).version}"
        yield ReferenceCheck(kind="icmp", link=link, family=family, target=target.name, at=address)
        if target.lookup:
            yield ReferenceCheck(
                kind="dns", link=link, family=family, target=target.name, at=address
            )


def _near(gateways: tuple[str, ...]) -> tuple[str, ...]:
    """Return the box's addresses on the LAN: the private one, and the one of that network."""
    v4 = next(address for address in gateways if address.startswith("192.168."))
    v6 = [address for address in gateways if ":" in address][-1]
    return v4, v6


def exporter(
    checks: list[ReferenceCheck], sources: dict[tuple[str, str], str], ca_file: Path
) -> str:
    """Return the exporter's modules. ``sources``: this device's address by link and family."""
    modules: dict[str, object] = {}
    for check in checks:
        plain = {"preferred_ip_protocol": check.family, "ip_protocol_fallback": False}
        common = {**plain, "source_ip_address": sources[check.link, check.family]}
        if check.kind == "icmp":
            modules[check.module] = {"prober": "icmp", "icmp": common}
        elif check.kind == "dns":
            asked = {"query_name": "dichvucong.lab.test", "query_type": "A"}
            modules[check.module] = {"prober": "dns", "dns": {**common, **asked}}
        else:
            tls = {"ca_file": str(ca_file)}
            modules[check.module] = {"prober": "http", "http": {**plain, "tls_config": tls}}
    # JSON is YAML, and needs no library.
    return json.dumps({"modules": modules}, indent=1)


def prometheus(
    checks: list[ReferenceCheck],
    pace: ReferencePace,
    *,
    rules: Path,
    exporter_at: str,
    alertmanager_at: str,
) -> str:
    """
    Return Prometheus' configuration: one job per module, with targets labelled by link and target.
    """
    jobs = []
    for module in dict.fromkeys(check.module for check in checks):
        those = [check for check in checks if check.module == module]
        jobs.append(
            {
                "job_name": module,
                "metrics_path": "/probe",
                "params": {"module": [module]},
                "static_configs": [
                    {
                        "targets": [check.at],
                        "labels": {"link": check.link, "target": check.target},
                    }
                    for check in those
                ],
                "relabel_configs": [
                    {"source_labels": ["__address__"], "target_label": "__param_target"},
                    {"source_labels": ["__param_target"], "target_label": "instance"},
                    {"target_label": "__address__", "replacement": exporter_at},
                ],
            }
        )
    return json.dumps(
        {
            "global": {"scrape_interval": pace.every, "evaluation_interval": pace.every}
            | ({"scrape_timeout": "1s"} if pace.every == "1s" else {}),
            "rule_files": [str(rules)],
            "scrape_configs": jobs,
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager_at]}]}]},
        },
        indent=1,
    )


def rules(pace: ReferencePace) -> str:
    """Return the one alert: a check that does not succeed."""
    alert = {"alert": "ProbeFailed", "expr": "probe_success == 0", "for": pace.hold}
    return json.dumps({"groups": [{"name": "probes", "rules": [alert]}]}, indent=1)


def alertmanager(pace: ReferencePace, webhook: str) -> str:
    """Return Alertmanager's configuration; each alert is a group, so that none waits for others."""
    route = {
        "receiver": "bench",
        "group_by": ["..."],
        "group_wait": pace.group_wait,
        # An alert that has fired before is notified no later than a new one: by default
        # Alertmanager waits five minutes, and the results of our rounds would depend on their
        # order.
        "group_interval": "1s",
    }
    receiver = {"name": "bench", "webhook_configs": [{"url": webhook, "send_resolved": False}]}
    return json.dumps({"route": route, "receivers": [receiver]}, indent=1)

#!/usr/bin/env python3
"""
The collector's inventory as an Ansible inventory: one host per site, with all settings of its
agent.

    ansible-playbook -i inventory/from_collector.py -i inventory/example playbooks/agents.yml

Reads the folder in THONGSUOT_INVENTORY (default /etc/thongsuot/inventory). A site is reached at
``SITE.DOMAIN``, with the domain of THONGSUOT_DOMAIN, unless ``host_vars`` say otherwise. Groups:
``agents``; ``commune_CODE`` and ``carrier_NAME`` for partial roll-outs.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import Inventory, Site
from thongsuot_schema.inventory.read import read_inventory


def hosts_of(inventory: Inventory, domain: str) -> dict[str, Any]:
    """Return what ``ansible-inventory`` expects from ``--list``."""
    groups: dict[str, Any] = {"agents": {"hosts": []}}
    variables: dict[str, Any] = {}
    for site in inventory.sites:
        groups["agents"]["hosts"].append(site.name)
        carriers = {link.carrier for link in site.links if link.carrier}
        names = [
            f"commune_{site.commune}",
            *(f"carrier_{_word(carrier)}" for carrier in sorted(carriers)),
        ]
        for name in names:
            groups.setdefault(name, {"hosts": []})["hosts"].append(site.name)
        variables[site.name] = {
            "ansible_host": f"{site.name}.{domain}" if domain else site.name,
            "agent_settings": settings_of(inventory, site, carriers),
        }
    return {**groups, "_meta": {"hostvars": variables}}


def settings_of(inventory: Inventory, site: Site, carriers: set[str]) -> dict[str, Any]:
    """Return the settings of a site's agent, as in its configuration file."""
    communes = {commune.code: commune.name for commune in inventory.communes}
    chosen = [
        target for target in inventory.targets if "*" in site.targets or target.name in site.targets
    ]
    about: dict[str, Any] = {"name": site.name, "title": site.title, "commune": site.commune}
    if site.commune in communes:
        about["commune_title"] = communes[site.commune]
    tables = {
        "links": site.links,
        "targets": chosen,
        "probes": inventory.probes,
        # Contacts of carriers do not belong on devices that may be stolen.
        "carriers": [
            {"name": carrier.name, "title": carrier.title, "hotline": carrier.hotline}
            for carrier in inventory.carriers
            if carrier.name in carriers
        ],
    }
    plain = {name: msgspec.to_builtins(table) for name, table in tables.items() if table}
    return {"site": about, **plain}


def _word(name: str) -> str:
    """Group names are Ansible identifiers."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def main() -> int:
    """Answer ``--list`` (all) or ``--host`` (nothing more); return the exit code."""
    if "--host" in sys.argv:
        print("{}")
        return 0
    folder = Path(os.environ.get("THONGSUOT_INVENTORY", "/etc/thongsuot/inventory"))
    files = {
        str(path): path.read_text(encoding="utf-8") for path in sorted(folder.glob("**/*.toml"))
    }
    try:
        inventory = read_inventory(files)
    except DocumentError as error:
        print(f"{folder}: {error}", file=sys.stderr)
        return 1
    json.dump(hosts_of(inventory, os.environ.get("THONGSUOT_DOMAIN", "")), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

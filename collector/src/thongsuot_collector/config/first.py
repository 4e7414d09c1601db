"""
The first configuration of a collector: the text of its files, with the usual settings of cities.
"""

import json
from dataclasses import dataclass
from pathlib import Path

COLLECTOR_FILE = "collector.toml"
INVENTORY_FOLDER = "inventory"
SECRETS_FOLDER = "collector"
CERTIFICATE_FILE, KEY_FILE = "certificate.pem", "key.pem"
PASSWORD_FILE = "page.password"  # noqa: S105  (the name of a file)

_COLLECTOR = """\
# All keys, with what each means: `docs/reference/collector-settings.md`.
# After a change: `thongsuot-collector check-config`, then restart the collector.
state_dir = {state_dir}
inventory_dir = "inventory"

[listen]
address = {address}
certificate_file = {certificate_file}
key_file = {key_file}

[page]
password_file = "collector/page.password"

# Where samples go. Prometheus needs --web.enable-remote-write-receiver, and takes what a site
# measured while it was cut off only with storage.tsdb.out_of_order_time_window: 30d.
# [[sinks]]
# kind = "remote_write"
# name = "prometheus"
# url = "http://127.0.0.1:9090/api/v1/write"
# window_s = 2_592_000

# How parties are told; without a channel nobody hears of an incident but who looks at the pages.
# [[channels]]
# kind = "email"
# name = "mail"
# host = "mail.example"
# sender = "thongsuot@city.example"
"""

_INVENTORY = """\
# Which carriers and sites there are; in one file or in many. The 126 communes and wards of Hanoi
# are known: `commune` is the code of one.
[[carriers]]
name = "carrier-1"
title = "Carrier 1"
# hotline = "1800 0000"

[[sites]]
name = {site}
title = {title}
{commune}
[[sites.links]]
name = "fixed"
interface = "eth0"
medium = "fiber"
carrier = "carrier-1"
# circuit = "HNI-000123"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSite:
    """The first site of the inventory; ``commune`` is a code, or empty."""

    name: str
    title: str
    commune: str


def collector_text(*, state_dir: Path, address: str, certificate_file: str, key_file: str) -> str:
    """Return the text of the collector's configuration file."""
    return _COLLECTOR.format(
        state_dir=_toml(str(state_dir)),
        address=_toml(address),
        certificate_file=_toml(certificate_file),
        key_file=_toml(key_file),
    )


def inventory_text(site: FirstSite) -> str:
    """Return the text of an inventory with one carrier and one site."""
    commune = f"commune = {_toml(site.commune)}\n" if site.commune else ""
    return _INVENTORY.format(site=_toml(site.name), title=_toml(site.title), commune=commune)


def _toml(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are among TOML's (TOML 1.0, "String")."""
    return json.dumps(text, ensure_ascii=False)

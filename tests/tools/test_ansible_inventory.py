"""Ansible's view of the collector's inventory: groups, and settings that an agent takes."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

from thongsuot_agent.config.read import parse

ROOT = Path(__file__).parents[2]
INVENTORY = """
[[carriers]]
name = "song-hong"
title = "Sông Hồng"

[[carriers.contacts]]
name = "NOC"
email = "noc@song-hong.example"

[[sites]]
name = "hoan-kiem-1"
title = "Điểm phục vụ hành chính công phường Hoàn Kiếm"
commune = "00070"

[[sites.links]]
name = "fixed"
interface = "fix0"
carrier = "song-hong"
gateways = ["192.168.1.1"]
"""


def listed(folder: Path) -> subprocess.CompletedProcess[str]:
    """Ask the inventory script as Ansible does."""
    script = str(ROOT / "ansible" / "inventory" / "from_collector.py")
    environment = {**os.environ, "THONGSUOT_INVENTORY": str(folder)}
    command = [sys.executable, script, "--list"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_settings_of_a_site_are_a_configuration_that_the_agent_takes(tmp_path: Path) -> None:
    (tmp_path / "sites.toml").write_text(INVENTORY, encoding="utf-8")
    done = listed(tmp_path)
    assert done.returncode == 0, done.stderr
    groups = json.loads(done.stdout)
    assert groups["commune_00070"] == groups["carrier_song_hong"] == {"hosts": ["hoan-kiem-1"]}
    settings = groups["_meta"]["hostvars"]["hoan-kiem-1"]["agent_settings"]
    assert "noc@" not in done.stdout, "contacts are not for devices that may be stolen"
    # As the role's template does it.
    to_toml = runpy.run_path(str(ROOT / "ansible" / "filter_plugins" / "toml.py"))["to_toml"]
    collector = {"url": "https://centre.example", "token_file": "token"}
    config = parse(to_toml({**settings, "collector": collector}), file="agent.toml")
    assert config.site.commune_title == "Phường Hoàn Kiếm"
    (link,) = config.links
    assert (link.name, link.carrier, link.gateways) == ("fixed", "song-hong", ("192.168.1.1",))


def test_a_mistake_in_the_inventory_is_named_and_nothing_is_listed(tmp_path: Path) -> None:
    (tmp_path / "sites.toml").write_text("[[sites]]\nnam = 1\n", encoding="utf-8")
    done = listed(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "sites.toml" in done.stderr

"""The two-machine how-to, word by word: what its variables make of the roles' templates."""

import re
import runpy
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
import yaml  # type: ignore[import-untyped]
from bench.cluster.database_role import DatabaseRole
from jinja2 import Environment, StrictUndefined

from tests.collector.app.process import PROGRAM

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "ansible" / "roles"
HOW_TO = ROOT / "docs" / "how-to" / "from-one-machine-to-two.md"


def documented(key: str) -> dict[str, object]:
    """Return the YAML block of the how-to that begins with a key."""
    text = HOW_TO.read_text("utf-8")
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if block.strip().startswith(f"{key}:"))
    variables: dict[str, object] = yaml.safe_load(block)
    return variables


def rendered(role: str, template: str, variables: Mapping[str, object]) -> str:
    """Return what Ansible makes of a template of a role."""
    own = yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text("utf-8"))
    engine = Environment(undefined=StrictUndefined, autoescape=False)  # TOML has no tags
    filters = runpy.run_path(str(ROOT / "ansible" / "filter_plugins" / "toml.py"))
    engine.filters["to_toml"] = filters["to_toml"]
    engine.filters["combine"] = combined
    text = (ROLES / role / "templates" / template).read_text("utf-8")
    return engine.from_string(text).render({**own, **variables})


def checked_by_collector(folder: Path, text: str) -> str:
    """
    Return what ``check-config`` says of a rendered configuration, which it must accept. The files
    that it names are made in a folder.
    """
    certificate = trustme.CA().issue_cert("collector-1.example")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for secret in ("page.password", "database-password"):
        (folder / secret).write_text("mat-khau-dai\n", "utf-8")
    for file in folder.iterdir():
        file.chmod(0o600)
        text = text.replace(f"/etc/thongsuot/collector/{file.name}", str(file))
    text = text.replace("/etc/thongsuot/inventory", str(folder / "inventory"))
    text = text.replace("/var/lib/thongsuot-collector", str(folder / "state"))
    (folder / "inventory").mkdir()
    config = folder / "collector.toml"
    config.write_text(text, "utf-8")
    checked = subprocess.run(
        [PROGRAM, "check-config", "--config", config], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return checked.stdout


def combined(
    first: Mapping[str, object], second: Mapping[str, object], *, recursive: bool
) -> dict[str, object]:
    """Lay one table over another as Ansible does where no table is in both."""
    assert recursive
    return {**first, **second}


def node_role(**more: object) -> DatabaseRole:
    """Return the role of a machine of the pair, by the how-to's variables."""
    variables = documented("database_address")
    secrets = {f"vault_{name}": name for name in variables if name.endswith("_password")}
    return DatabaseRole(
        {
            **variables,
            **secrets,
            "database_kind": "node",
            "inventory_hostname": "collector-2.example",
            "inventory_hostname_short": "collector-2",
            "ansible_facts": {"distribution_major_version": "13"},
            "common_systemd": {"stat": {"exists": True}},
            **more,
        }
    )


def test_the_settings_of_both_collectors_are_taken_by_check_config(tmp_path: Path) -> None:
    variables = documented("collector_shared_keys_dir")
    database = variables["collector_database"]
    settings = {"collector_settings": {"journal": database, "store": database}}
    text = rendered("collector", "collector.toml.j2", settings)
    assert (
        "?sslmode=verify-full&sslrootcert=/etc/thongsuot/collector/database-authority.pem" in text
    )
    said = checked_by_collector(tmp_path, text)
    assert "collector-1.example,collector-2.example/thongsuot" in said


def test_the_watcher_of_the_how_to_is_taken_by_its_own_check(tmp_path: Path) -> None:
    text = rendered("watcher", "watch.toml.j2", documented("watcher_settings"))
    file = tmp_path / "watch.toml"
    file.write_text(text, "utf-8")
    checked = subprocess.run(
        [PROGRAM, "watch", "--check", "--config", file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "collectors: trung-tam; channels: mail" in checked.stdout


def test_no_wait_of_the_servers_own_keeps_a_standby_from_leading() -> None:
    settings = node_role().table("database_settings")
    assert settings["wal_retrieve_retry_interval"] == "500ms", "five seconds by default"
    assert settings["wal_receiver_timeout"] == "3s", "sixty by default"


def test_the_pair_is_made_as_the_how_to_says() -> None:
    role = node_role()
    command = role.words("database_command")
    assert "--auth=scram-sha-256" in command
    assert "--ssl-mode=verify-full" in command
    assert "--hostname=collector-2.example" in command
    (monitor,) = (word for word in command if word.startswith("--monitor="))
    assert monitor.startswith("--monitor=postgres://autoctl_node@watch.example:5432/")
    passwords = role.file("pgpass.j2").splitlines()
    assert passwords[1] == "*:*:pg_auto_failover:autoctl_node:database_monitor_password"
    assert "password" not in " ".join(command), "a list of processes shows none"
    assert role.table("database_admitted")["node"].split()[3] == "192.0.2.0/24"
    assert role.words("database_checksums_command")[4:6] == [
        "/usr/lib/postgresql/17/bin/pg_checksums",
        "--enable",
    ]
    assert "LOCALE 'C.UTF-8'" in role.statements("Make the collectors' user and database")[1]


@pytest.mark.parametrize(("release", "version"), [("12", "15"), ("13", "17")])
def test_each_debian_gets_its_own_postgresql(release: str, version: str) -> None:
    role = node_role(ansible_facts={"distribution_major_version": release})
    assert f"--pgctl=/usr/lib/postgresql/{version}/bin/pg_ctl" in role.words("database_command")

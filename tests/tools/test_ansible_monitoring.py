"""
The role ``monitoring`` on one machine and on two, as the how-to describes them: what Ansible itself
makes of its templates, and what the programs' own checks say of that.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from tests.servers import need
from tests.tools.test_ansible_database import checked_by_collector, documented, rendered

ROLE = Path(__file__).parents[2] / "ansible" / "roles" / "monitoring"
FILES = ("prometheus", "prometheus-alertmanager", "victoria-metrics", "prometheus.yml")
ONE = {"monitors": {"hosts": {"collector-1.example": None}}}

Groups = Mapping[str, object]
Made = Mapping[str, Mapping[str, str]]


def ansible(folder: Path, groups: Groups, tasks: list[dict[str, object]]) -> str:
    """
    Run tasks with the variables and templates of the role; return what Ansible printed.

    The role is one of its own name in another folder, which shares everything but the tasks.
    """
    role = folder / "roles" / "monitoring"
    (role / "tasks").mkdir(parents=True)
    for part in ("defaults", "vars", "templates"):
        (role / part).symlink_to(ROLE / part)
    (role / "tasks" / "main.yml").write_text(yaml.safe_dump(tasks), "utf-8")
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = {"all": {"vars": here, "children": groups}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory), "utf-8")
    play = {"hosts": "monitors", "gather_facts": False, "roles": ["monitoring"]}
    (folder / "play.yml").write_text(yaml.safe_dump([play]), "utf-8")
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    done = subprocess.run(
        [program, "-i", str(folder / "hosts.yml"), str(folder / "play.yml")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "ANSIBLE_NOCOLOR": "1"},
    )
    return f"{done.stdout}{done.stderr}\nended with {done.returncode}"


def made(folder: Path, groups: Groups) -> Made:
    """Return the files of each machine."""
    place = f"{folder}/{{{{ inventory_hostname }}}}-"
    tasks: list[dict[str, object]] = [
        {"template": {"src": f"{name}.j2", "dest": place + name}} for name in FILES
    ]
    printed = ansible(folder, groups, tasks)
    assert "ended with 0" in printed, printed
    files: dict[str, dict[str, str]] = {}
    for file in folder.glob("*.example-*"):
        host, name = file.name.split(".example-")
        files.setdefault(host, {})[name] = file.read_text("utf-8")
    return files


def options(file: str) -> list[str]:
    """Return the options in one of Debian's files of a service."""
    (line,) = (line for line in file.splitlines() if line.startswith("ARGS="))
    return line.removeprefix('ARGS="').removesuffix('"').split()


def targets(file: str) -> list[str]:
    """Return the Alertmanagers of a Prometheus."""
    (managers,) = yaml.safe_load(file)["alerting"]["alertmanagers"]
    names: list[str] = managers["static_configs"][0]["targets"]
    return names


def test_one_machine_listens_on_itself_and_gossips_with_nobody(tmp_path: Path) -> None:
    files = made(tmp_path, ONE)["collector-1"]
    assert options(files["prometheus-alertmanager"]) == [
        "--web.listen-address=127.0.0.1:9093",
        "--cluster.listen-address=",
    ]
    assert options(files["prometheus"])[0] == "--web.listen-address=127.0.0.1:9090"
    assert "-httpListenAddr=127.0.0.1:8428" in options(files["victoria-metrics"])
    assert targets(files["prometheus.yml"]) == ["127.0.0.1:9093"]


def test_two_machines_gossip_and_each_prometheus_alerts_both(tmp_path: Path) -> None:
    files = made(tmp_path, documented("monitors"))
    assert options(files["collector-1"]["prometheus-alertmanager"]) == [
        "--web.listen-address=127.0.0.1:9093",
        "--web.listen-address=192.0.2.11:9093",
        "--cluster.listen-address=192.0.2.11:9094",
        "--cluster.advertise-address=192.0.2.11:9094",
        "--cluster.peer-timeout=5s",
        "--cluster.peer=192.0.2.12:9094",
    ]
    assert options(files["collector-2"]["prometheus-alertmanager"])[2:] == [
        "--cluster.listen-address=192.0.2.12:9094",
        "--cluster.advertise-address=192.0.2.12:9094",
        "--cluster.peer-timeout=5s",
        "--cluster.peer=192.0.2.11:9094",
    ]
    assert targets(files["collector-2"]["prometheus.yml"]) == ["127.0.0.1:9093", "192.0.2.11:9093"]
    assert "-httpListenAddr=192.0.2.12:8428" in options(files["collector-2"]["victoria-metrics"])
    # Deliveries that are repeated after a kill must not be kept twice.
    assert "-dedup.minScrapeInterval=1ms" in options(files["collector-1"]["victoria-metrics"])


def test_addresses_of_ipv6_stand_in_brackets(tmp_path: Path) -> None:
    hosts = {f"collector-{n}.example": {"monitoring_address": f"2001:db8::{n}"} for n in (1, 2)}
    files = made(tmp_path, {"monitors": {"hosts": hosts}})["collector-1"]
    assert options(files["prometheus-alertmanager"])[1:] == [
        "--web.listen-address=[2001:db8::1]:9093",
        "--cluster.listen-address=[2001:db8::1]:9094",
        "--cluster.advertise-address=[2001:db8::1]:9094",
        "--cluster.peer-timeout=5s",
        "--cluster.peer=[2001:db8::2]:9094",
    ]
    assert options(files["prometheus"])[0] == "--web.listen-address=[2001:db8::1]:9090"
    assert targets(files["prometheus.yml"]) == ["127.0.0.1:9093", "[2001:db8::2]:9093"]


@pytest.mark.parametrize("address", [{}, {"monitoring_address": "collector-2.example"}])
def test_a_pair_without_the_address_of_each_is_refused_before_anything_changes(
    tmp_path: Path, address: Mapping[str, str]
) -> None:
    first, *_ = yaml.safe_load((ROLE / "tasks" / "main.yml").read_text("utf-8"))
    hosts = {"collector-1.example": {"monitoring_address": "192.0.2.11"}}
    printed = ansible(
        tmp_path, {"monitors": {"hosts": {**hosts, "collector-2.example": address}}}, [first]
    )
    assert "need monitoring_address, an IP address of each" in printed
    assert "ended with 2" in printed


def test_prometheus_takes_its_configuration_of_a_pair(tmp_path: Path) -> None:
    need("promtool")
    made(tmp_path, documented("monitors"))
    file = tmp_path / "collector-1.example-prometheus.yml"
    checked = subprocess.run(
        ["promtool", "check", "config", "--syntax-only", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_alertmanager_takes_the_configuration_of_the_how_to(tmp_path: Path) -> None:
    need("amtool")
    variables = documented("monitoring_victoria_metrics")["monitoring_alertmanager"]
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump(variables), "utf-8")
    checked = subprocess.run(
        ["amtool", "check-config", file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_collectors_of_the_how_to_send_to_all_of_them(tmp_path: Path) -> None:
    receivers = documented("collector_receivers")["collector_receivers"]
    text = rendered("collector", "collector.toml.j2", {"collector_settings": receivers})
    said = checked_by_collector(tmp_path, text)
    for name in ("victoria-1", "victoria-2", "prometheus-1", "prometheus-2", "alerts"):
        assert name in said, said

"""A lab in a user namespace: no power over the machine, all of it over the lab."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from thongsuot_lab.errors import CapabilityError
from thongsuot_lab.spaces import privilege
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]

INSIDE = """
import sys, urllib.request
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.city import city
from thongsuot_lab.spaces.privilege import is_mapped
assert not is_mapped(65534)
with Lab(city(1)) as lab:
    lab.fault("delay", site="s1", added_s=0.05)
    address = lab.topology.addresses_of("portal.motcua")[0]
    port = lab.expose("portal.motcua", 80, address=address)
    print(urllib.request.urlopen(f"http://127.0.0.1:{port}/").status)
    status = lab.node("s1.device").run(
        ["cat", "/proc/self/status"], user=65534, capabilities=["net_raw"]
    ).stdout
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")))
    print(lab.node("s1.device").run(["getent", "ahostsv4", "motcua.lab.test"]).stdout[:11])
    print(lab.heal()[0])
"""


def has_user_namespaces() -> bool:
    return (
        subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=False).returncode
        == 0
    )


@pytest.mark.skipif(not has_user_namespaces(), reason="needs user namespaces")
def test_a_lab_runs_whole_in_a_user_namespace() -> None:
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", INSIDE],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "200",
        f"{1 << 13:016x}",
        "198.51.100.",
        "delay site=s1 link=fixed added_s=0.05 direction=down",
    ], done.stderr


@pytest.mark.skipif(not has_user_namespaces(), reason="needs user namespaces")
def test_root_of_a_user_namespace_maps_to_the_user_who_made_it_and_no_other_user_exists() -> None:
    program = (
        "from thongsuot_lab.spaces.privilege import outer_user; print(outer_user(0), outer_user(1))"
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", program],
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout == f"{privilege.outer_user(os.getuid())} None\n"


def test_a_process_already_in_the_namespace_does_not_enter_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(privilege.INSIDE, "1")
    with pytest.raises(CapabilityError, match="run as root"):
        privilege.become_root("thongsuot_lab.cli", [])


def test_a_missing_tool_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    privilege.require()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CapabilityError, match=r"needs the command ip \(Debian: iproute2\)"):
        privilege.require()


@pytest.mark.skipif(not has_user_namespaces(), reason="needs user namespaces")
def test_a_program_starts_itself_again_as_root_of_a_namespace_of_its_own() -> None:
    program = (
        "from thongsuot_lab.spaces.privilege import become_root;"
        "become_root('thongsuot_lab.spaces.privilege', [])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not has_user_namespaces(), reason="needs user namespaces")
@pytest.mark.parametrize("user", [0, 65534])
def test_root_of_a_user_namespace_drops_its_capabilities_even_if_it_cannot_change_its_user(
    user: int,
) -> None:
    program = (
        "import subprocess, sys; from thongsuot_lab.node import as_user;"
        f"words = as_user({user}, ('net_raw',));"
        "sys.exit(subprocess.run([*words, 'grep', 'CapEff', '/proc/self/status']).returncode)"
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", program],
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["CapEff:", "0000000000002000"]

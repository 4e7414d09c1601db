"""
The image for devices: booted by systemd, NetworkManager in charge, it enrols itself and measures.

Chosen by ``./run fleet``. Of this machine's own architecture, without kernel and firmware: what
starts before systemd is not tried here.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from tools.build import build
from tools.images.device_image import (
    BOOT_LABEL,
    ROOT_LABEL,
    DeviceRecipe,
    write_card,
    write_device_root,
)
from tools.images.root_file_system import mirror_of_this_machine

from tests.fleet.city import INVENTORY, SITE
from tests.fleet.machine import booted, inside
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.small import INTERNET_V4, two_uplinks

pytestmark = [pytest.mark.fleet, pytest.mark.lab]

ROOT = Path(__file__).parents[2]
EPOCH = 1_790_000_000
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
URL = f"https://{INTERNET_V4[0]}:8480"
PATIENCE_S = 180.0
CONNECTION = """
[connection]
id=fixed
type=ethernet
interface-name=fix0

[ipv4]
method=manual
address1=192.168.1.10/24,192.168.1.1

[ipv6]
method=disabled
"""


@dataclass(frozen=True, kw_only=True)
class CollectorOfTheCity:
    """A collector on the far side of the line, and what its own command line is given."""

    config: Path
    authority: Path

    def run(self, *words: str) -> str:
        """Run a command of the collector; it must not fail. Returns what it printed."""
        command = [str(Path(sys.executable).with_name("thongsuot-collector")), *words]
        done = subprocess.run(
            [*command, "--config", str(self.config)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a device as a tar, made from this checkout's package or that of a folder."""
    if shutil.which("mmdebstrap") is None or os.geteuid() != 0:
        pytest.skip("mmdebstrap and root make an image")
    folder = tmp_path_factory.mktemp("device")
    architecture = ARCHITECTURE[platform.machine()]
    if packages := os.environ.get("THONGSUOT_PACKAGES"):
        package = next(Path(packages).glob(f"thongsuot-agent_*_{architecture}.deb"))
    else:
        made = build(ROOT, folder, ["agent"], [architecture])
        package = next(file for file in made if file.suffix == ".deb")
    file = folder / "root.tar"
    recipe = DeviceRecipe(
        package=package,
        architecture=architecture,
        hardware=False,
        mirror=mirror_of_this_machine(),
    )
    write_device_root(recipe, file, EPOCH)
    return file


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(two_uplinks()) as lab:
        # Whoever configures the network here is NetworkManager, and nobody before it.
        device = lab.node("device")
        for words in (("addr", "flush", "dev", "fix0"), ("link", "set", "wwan0", "down")):
            device.run(["ip", *words])
        yield lab


@pytest.fixture
def collector(lab: Lab, tmp_path: Path) -> Iterator[CollectorOfTheCity]:
    authority = trustme.CA()
    certificate = authority.issue_cert(INTERNET_V4[0])
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(tmp_path / "certificate.pem", append=number > 0)
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "sites.toml").write_text(INVENTORY, encoding="utf-8")
    config = tmp_path / "collector.toml"
    config.write_text(
        'state_dir = "state"\ninventory_dir = "inventory"\n'
        f'[listen]\naddress = "{INTERNET_V4[0]}:8480"\n'
        'certificate_file = "certificate.pem"\nkey_file = "key.pem"\n'
        'client_certificates = "optional"\n',
        encoding="utf-8",
    )
    city = CollectorOfTheCity(config=config, authority=tmp_path / "ca.pem")
    city.run("ca", "init")
    program = str(Path(sys.executable).with_name("thongsuot-collector"))
    with (tmp_path / "collector.log").open("wb") as log:
        process = lab.node("anchor").popen(
            [program, "run", "--config", str(config)], stdout=log, stderr=subprocess.STDOUT
        )
        yield city
        process.terminate()
        process.wait()


def unpacked(image: Path, folder: Path) -> Path:
    root = folder / "root-device"
    root.mkdir()
    subprocess.run(["tar", "-C", str(root), "-xf", str(image)], check=True)
    root.chmod(0o755)
    (root / "etc" / "machine-id").write_text("", encoding="utf-8")
    return root


def wait_for(first: int, awaited: str, *words: str) -> str:
    """Wait until a command on the device prints what is awaited; return what it printed."""
    deadline = time.monotonic() + PATIENCE_S
    while awaited not in (done := inside(first, *words)).stdout:
        if time.monotonic() > deadline:
            journal = inside(first, "journalctl", "--no-pager", "--lines=60").stdout
            pytest.fail(f"{words}: no {awaited!r} in {done.stdout}{done.stderr}\n{journal}")
        time.sleep(0.5)
    return done.stdout


def test_a_card_with_the_collectors_files_is_a_service_point_after_its_first_boot(
    image: Path, lab: Lab, collector: CollectorOfTheCity, tmp_path: Path
) -> None:
    root = unpacked(image, tmp_path)
    card = root / "boot" / "firmware" / "thongsuot"
    collector.run("enrol", SITE, "--url", URL, "--device-files", str(card))
    # Another authority than the collector's own has issued what it shows.
    shutil.copyfile(collector.authority, card / "collector-ca.pem")
    (card / "fixed.nmconnection").write_text(CONNECTION, encoding="utf-8")
    network, log = lab.node("device").network, tmp_path / "console.log"
    with booted(root, network, log, "--capability=CAP_NET_ADMIN") as first:
        wait_for(first, "connected", "nmcli", "-g", "GENERAL.STATE", "device", "show", "fix0")
        wait_for(first, "active", "systemctl", "is-active", "thongsuot-agent")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            shown = inside(first, "thongsuot-agent", "status", "--json")
            status = json.loads(shown.stdout) if shown.returncode == 0 else {"collector": {}}
            if status["collector"].get("acknowledged_s_ago") is not None:
                break
            assert time.monotonic() < deadline, (shown.stdout, shown.stderr)
            time.sleep(0.5)
        assert status["site"] == SITE
        assert {link["name"] for link in status["links"]} == {"fixed"}
        # The address is NetworkManager's: it was taken from the interface before.
        address = inside(first, "nmcli", "-g", "IP4.ADDRESS", "device", "show", "fix0").stdout
        assert address.strip() == "192.168.1.10/24"
        screen = inside(first, "cat", "/run/issue.d/50-thongsuot.issue").stdout
        assert "http://\\4:8080/commissioning, with today's code " in screen
        assert screen.split()[-1] == collector.run("commissioning", SITE, "--code").strip()
        assert not (card / "code").exists(), "a code that was used helps nobody"
    assert SITE in collector.run("sites")
    # The second boot enrols nothing and measures.
    with booted(root, network, log, "--capability=CAP_NET_ADMIN") as first:
        wait_for(first, "active", "systemctl", "is-active", "thongsuot-agent")
        skipped = inside(
            first, "systemctl", "show", "thongsuot-first-boot", "-P", "ConditionResult"
        )
        assert skipped.stdout.strip() == "no"


def test_without_files_the_device_shows_on_its_screen_which_ones_it_needs(
    image: Path, lab: Lab, tmp_path: Path
) -> None:
    root = unpacked(image, tmp_path)
    with booted(root, lab.node("device").network, tmp_path / "console.log") as first:
        wait_for(first, "--device-files FOLDER", "cat", "/run/issue.d/50-thongsuot.issue")
        assert inside(first, "systemctl", "is-active", "thongsuot-agent").stdout.strip() != "active"


def test_the_disk_has_a_partition_that_every_computer_reads_and_one_with_the_root(
    image: Path, tmp_path: Path
) -> None:
    lacking = [tool for tool in ("mkfs.vfat", "mcopy", "sfdisk") if shutil.which(tool) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} make a disk")
    card = tmp_path / "card.img"
    write_card(image, card)
    shown = subprocess.run(
        ["sfdisk", "--json", str(card)], capture_output=True, text=True, check=True
    )
    boot, root = json.loads(shown.stdout)["partitiontable"]["partitions"]
    assert (boot["type"], root["type"]) == ("c", "83")
    offset = boot["start"] * 512
    listed = subprocess.run(
        ["mdir", "-b", "-i", f"{card}@@{offset}", "::/"], capture_output=True, text=True, check=True
    )
    assert "::/thongsuot" in listed.stdout
    for start, label in ((boot["start"], BOOT_LABEL), (root["start"], ROOT_LABEL)):
        probed = subprocess.run(
            ["blkid", "-p", "-O", str(start * 512), "-s", "LABEL", "-o", "value", str(card)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert probed.stdout.strip() == label

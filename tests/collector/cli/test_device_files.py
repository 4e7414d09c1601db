"""The files of a device's first boot: what the agent reads, and nothing that others should not."""

import stat
from pathlib import Path

import pytest

from thongsuot_agent.config.read import read
from thongsuot_collector.cli.device_files import settings_text, write_device_files
from thongsuot_collector.cli.main import main
from thongsuot_collector.pki.authority import CERTIFICATE_FILE, FOLDER
from thongsuot_collector.store import enrolments
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.enrolments import digest_of_code
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, Site

URL = "https://collector.example:8480"
SITE = Site(
    name="hoan-kiem-1",
    title="Điểm phục vụ",
    links=(
        Link(name="fixed", interface="end0", medium=Medium.FIBER, gateways=("192.168.1.1",)),
        Link(name="mobile", interface='usb"0', medium=Medium.RADIO_5G, allowance_bytes=2 * 10**9),
    ),
)
INVENTORY = """
[[sites]]
name = "hoan-kiem-1"
commune = "00070"

[[sites.links]]
name = "fixed"
interface = "end0"
medium = "fiber"
"""


def test_the_agent_reads_the_settings_and_has_the_links_of_the_inventory(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(settings_text(SITE, URL, has_authority=True), encoding="utf-8")
    config = read(file)
    assert config.links == SITE.links
    assert config.site.name == SITE.name
    assert (config.collector.url, config.collector.token_file) == (URL, "token")
    assert config.collector.ca_file == "/etc/thongsuot/collector-ca.pem"


def test_a_site_without_known_links_gets_files_without_links(tmp_path: Path) -> None:
    files = write_device_files(
        tmp_path / "card", site=Site(name="new"), code="TSE-1", url=URL, authority=tmp_path / "none"
    )
    assert [file.name for file in files] == ["agent.toml", "code"]
    config = read(files[0])
    assert (config.links, config.collector.ca_file) == ((), "")
    assert stat.S_IMODE(files[1].stat().st_mode) == 0o600


def test_the_command_writes_them_with_a_code_that_is_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, card = tmp_path / "collector.toml", tmp_path / "card"
    config.write_text('state_dir = "state"\ninventory_dir = "inventory"\n', encoding="utf-8")
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "sites.toml").write_text(INVENTORY, encoding="utf-8")
    authority = tmp_path / "state" / FOLDER / CERTIFICATE_FILE
    authority.parent.mkdir(parents=True)
    authority.write_text("certificate\n", encoding="ascii")
    words = ("enrol", SITE.name, "--config", str(config), "--device-files", str(card))
    assert main((*words, "--url", URL)) == 0
    code, *files = capsys.readouterr().out.split()
    assert files == [str(card / name) for name in ("agent.toml", "code", "collector-ca.pem")]
    assert (card / "code").read_text("ascii") == f"{code}\n"
    assert (card / "collector-ca.pem").read_text("ascii") == "certificate\n"
    assert [link.interface for link in read(card / "agent.toml").links] == ["end0"]
    store = open_store(tmp_path / "state" / "store.sqlite")
    used = enrolments.use(store, digest_of_code(code), b"t" * 32, site=SITE.name, by="device:x")
    store.dispose()
    assert used.site == SITE.name


@pytest.mark.parametrize("address", [(), ("--url", "http://collector.example:8480")])
def test_files_without_an_address_that_is_safe_are_refused_and_no_code_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: tuple[str, ...]
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n', encoding="utf-8")
    words = ("enrol", "ba-dinh", "--config", str(config), "--device-files", str(tmp_path / "card"))
    assert main((*words, *address)) == 2
    assert "--device-files needs --url https://" in capsys.readouterr().err
    assert not (tmp_path / "card").exists()

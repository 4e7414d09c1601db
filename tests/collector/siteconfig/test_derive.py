"""
From the inventory to a site's configuration, and from the site configuration to what a real agent
would run.
"""

from tests.agent.siteconfig.making import offer
from thongsuot_agent.config.read import parse
from thongsuot_agent.siteconfig.validate import validate_offer
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.siteconfig.derive import derive_config
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.inventory.read import read_inventory
from thongsuot_schema.siteconfig.codec import LARGEST_BYTES, encode
from thongsuot_schema.siteconfig.model import SiteConfiguration

CITY = """
[[carriers]]
name = "vnpt"
title = "VNPT"
hotline = "18001166"
plmn = ["45202"]
[[carriers.contacts]]
name = "Nguyễn Văn A"
phone = "0912345678"
[[carriers]]
name = "viettel"
[[sites]]
name = "ba-dinh"
title = "Điểm Ba Đình"
commune = "00004"
[[sites.contacts]]
name = "Trần Thị B"
phone = "0912345679"
[[sites.links]]
name = "fiber"
interface = "eth0"
medium = "fiber"
carrier = "vnpt"
circuit = "HNI-1"
contract_down_bits_per_second = 200_000_000
shares = ["duct-7"]
[[sites.links]]
name = "mobile"
interface = "wwan0"
allowance_bytes = 400_000_000
[[sites]]
name = "tay-ho"
targets = ["dvc"]
[[sites.links]]
name = "fiber"
interface = "eth0"
[[targets]]
name = "dvc"
role = "service"
segment = "service"
url = "https://dvc.example/"
[[targets]]
name = "far"
role = "anchor"
segment = "transit"
addresses = ["192.0.2.9"]
links = ["mobile"]
[[targets]]
name = "box"
role = "equipment"
segment = "lan"
addresses = ["192.168.1.1"]
[[probes]]
kind = "http"
every_s = 120
metered_every_s = 3600
targets = ["dvc"]
links = ["fiber", "mobile"]
[[probes]]
kind = "icmp"
every_s = 5
metered_every_s = 60
targets = ["far"]
links = ["mobile"]
"""
AGENT = """
[site]
name = "ba-dinh"
[collector]
url = "https://collector.example"
token_file = "token"
[[links]]
name = "fiber"
interface = "enp1s0"
[[links]]
name = "mobile"
interface = "wwan7"
"""


def city(text: str = CITY) -> Inventory:
    return read_inventory({"city.toml": text})


def site_config(site: str, text: str = CITY) -> SiteConfiguration:
    directory = InventoryDirectory(city(text))
    return derive_config(directory.site(site), directory)


def test_a_site_gets_its_part_and_nothing_that_is_the_devices_or_anybodys_own() -> None:
    part = site_config("ba-dinh")
    assert [target.name for target in part.targets] == ["dvc", "far"]
    assert [(link.name, link.medium) for link in part.links] == [
        ("fiber", Medium.FIBER),
        ("mobile", None),
    ]
    assert [carrier.name for carrier in part.carriers] == ["vnpt"]
    assert (part.title, part.commune, bool(part.commune_title)) == (
        "Điểm Ba Đình",
        "00004",
        True,
    )
    content = encode(part).decode()
    for secret in ("eth0", "wwan0", "0912345678", "Nguyễn Văn A", "Trần Thị B", "192.168.1.1"):
        assert secret not in content


def test_nothing_is_reported_of_links_that_a_site_does_not_have() -> None:
    part = site_config("tay-ho")
    assert [target.name for target in part.targets] == ["dvc"]
    (http,) = part.probes
    assert (http.kind, http.targets, http.links) == ("http", ("dvc",), ("fiber",))


def test_a_real_agent_accepts_what_the_collector_makes() -> None:
    directory = InventoryDirectory(city())
    content = encode(derive_config(directory.site("ba-dinh"), directory))
    _, together = validate_offer(offer(1, content), parse(AGENT, file="agent.toml"))
    fiber, mobile = together.links
    assert (fiber.interface, fiber.carrier, fiber.circuit) == ("enp1s0", "vnpt", "HNI-1")
    assert fiber.contract_down_bits_per_second == 200_000_000
    assert fiber.shares == ("duct-7",), "its judge tells witnesses apart by them"
    assert (mobile.interface, mobile.allowance_bytes) == ("wwan7", 400_000_000)
    kinds = {probe.kind: probe for probe in together.probes}
    assert kinds["http"].every_s == 120
    assert "path" in kinds, "kinds that the inventory does not speak of stay"


def test_order_of_files_and_of_keys_makes_no_other_site_config() -> None:
    whole = city()
    first, second = CITY.split("[[targets]]", 1)
    parts = read_inventory({"a.toml": first, "b.toml": f"[[targets]]{second}"})
    content = {
        encode(derive_config(directory.site("ba-dinh"), directory))
        for directory in (InventoryDirectory(whole), InventoryDirectory(parts))
    }
    assert len(content) == 1


def test_a_citys_site_config_is_far_from_the_limit() -> None:
    anchors = "".join(
        f'[[targets]]\nname = "anchor-{n}"\nrole = "anchor"\nsegment = "transit"\n'
        f'title_vi = "Điểm mốc số {n} của nhà mạng"\ntitle_en = "Anchor {n} of the carrier"\n'
        f'addresses = ["192.0.2.{n}", "2001:db8::{n}"]\n'
        for n in range(1, 31)
    )
    portals = "".join(
        f'[[targets]]\nname = "portal-{n}"\nrole = "service"\nsegment = "service"\n'
        f'title_vi = "Cổng dịch vụ công số {n}"\ntitle_en = "Portal {n}"\n'
        f'url = "https://portal-{n}.example/"\nexpect_body = "Cổng dịch vụ công"\n'
        for n in range(14)
    )
    assert len(encode(site_config("ba-dinh", CITY + anchors + portals))) < LARGEST_BYTES / 3

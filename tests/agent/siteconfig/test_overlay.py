"""A settings file merged with a site configuration."""

from tests.agent.siteconfig.making import anchor, own, portal, site_config
from thongsuot_agent.config.profile import DEFAULT_PROBES, PROBES, TARGETS, probes_of, targets_of
from thongsuot_agent.config.read import parse
from thongsuot_agent.siteconfig.overlay import overlay, spec_updater
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.siteconfig.model import (
    ConfiguredCarrier,
    ConfiguredLink,
    ConfiguredProbe,
    ConfiguredTarget,
)

LEAST = """
[site]
name = "ba-dinh"
title = "Mine"
[collector]
url = "https://collector.example"
token_file = "token"
"""


def test_an_empty_site_config_changes_nothing() -> None:
    assert overlay(own(), site_config()) == own()


def test_targets_are_added_or_take_the_place_of_those_of_the_same_name() -> None:
    together = overlay(
        own(), site_config(targets=(portal("city", "https://new.example/"), portal()))
    )
    assert [target.name for target in together.targets] == ["gateway", "city", "dvc"]
    assert [target.url for target in together.targets] == [
        "",
        "https://new.example/",
        "https://dvc.example/",
    ]


def test_the_own_witnesses_of_a_device_without_targets_stay() -> None:
    config = parse(LEAST, file="agent.toml")
    together = overlay(config, site_config(targets=(anchor("192.0.2.9"),)))
    assert [target.name for target in targets_of(together)] == [
        *(target.name for target in TARGETS),
        "far",
        "collector",
    ]
    assert probes_of(together) == PROBES


def test_probes_merge_by_kind_and_keep_the_devices_own_settings() -> None:
    from_collector = ConfiguredProbe(kind="http", every_s=30.0, settings={"timeout_s": 5.0})
    together = overlay(own(), site_config(probes=(from_collector,)))
    kinds = {probe.kind: probe for probe in together.probes}
    assert kinds["http"].settings == {"ca_file": "/etc/ssl/own.pem", "timeout_s": 5.0}
    assert kinds["http"].every_s == 30
    assert kinds["icmp"] == own().probes[0]
    least = parse(LEAST, file="agent.toml")
    kinds = {
        probe.kind: probe for probe in overlay(least, site_config(probes=(from_collector,))).probes
    }
    assert kinds.keys() == {probe.kind for probe in DEFAULT_PROBES}
    assert kinds["http"].every_s == 30


def test_links_merge_by_name_and_keep_the_devices_interface_and_unset_fields() -> None:
    facts = ConfiguredLink(
        name="fiber", medium=Medium.FIBER, carrier="vnpt", resolvers=("192.0.2.1",)
    )
    together = overlay(
        own(), site_config(links=(facts, ConfiguredLink(name="mobile", carrier="viettel")))
    )
    fiber, mobile = together.links
    assert (fiber.interface, fiber.medium, fiber.carrier) == ("eth0", Medium.FIBER, "vnpt")
    assert fiber.resolvers == ("192.0.2.1",)
    assert (mobile.carrier, mobile.allowance_bytes) == ("viettel", 400_000_000)


def test_links_that_are_found_get_what_the_site_config_knows_and_lose_it_again() -> None:
    link = Link(name="eth0", interface="eth0")
    facts = ConfiguredLink(name="eth0", carrier="vnpt", allowance_bytes=5_000_000)
    known = spec_updater(site_config(links=(facts,)))(link)
    assert (known.carrier, known.allowance_bytes, known.interface) == ("vnpt", 5_000_000, "eth0")
    assert spec_updater(None)(link) == link


def test_names_of_the_site_and_of_carriers_come_from_the_site_config() -> None:
    config = parse(LEAST, file="agent.toml")
    from_collector = ConfiguredCarrier(
        name="vnpt", title="VNPT", hotline="18001166", plmn=("45202",)
    )
    together = overlay(config, site_config(commune="00004", carriers=(from_collector,)))
    assert (together.site.title, together.site.commune) == ("Mine", "00004")
    assert (together.carriers[0].hotline, together.carriers[0].plmn) == ("18001166", ("45202",))
    assert overlay(config, site_config(title="Theirs")).site.title == "Theirs"


def test_a_site_config_cannot_set_anything_of_the_devices_own() -> None:
    """Interfaces, files, keys and the collector's address: a site config has no field for them."""
    names = {
        field
        for kind in (ConfiguredLink, ConfiguredTarget, ConfiguredProbe, ConfiguredCarrier)
        for field in kind.__struct_fields__
    }
    assert not names & {"interface", "token_file", "ca_file", "state_dir", "listen", "collector"}

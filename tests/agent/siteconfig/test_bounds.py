"""
What a collector may not have a device do, whatever it offers.

A collector in other hands is the attacker here: no file of the device, no box in its network, no
other collector, no command, no flood comes out of a site configuration.
"""

from collections.abc import Mapping

import pytest

from tests.agent.siteconfig.making import anchor, is_taken, own, portal, refusal, site_config
from thongsuot_agent.probes import loader
from thongsuot_agent.siteconfig import bounds
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import Segment
from thongsuot_schema.siteconfig.model import ConfiguredLink, ConfiguredProbe, ConfiguredTarget


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/",
        "http://localhost/reboot",
        "http://LOCALHOST./",
        "http://router.local/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://192.168.1.1/reboot",
        "http://10.0.0.1/",
        "http://172.16.3.4/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://127.0x1/",
        "http://router.lan/reboot",
        "http://fritz.home.arpa/",
        "http://[64:ff9b::c0a8:101]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[2002:c0a8:101::1]/",
        "http://[::127.0.0.1]/",
        "file:///etc/passwd",
        "https://user:secret@dvc.example/",
    ],
)
def test_no_page_of_the_device_or_of_a_box_beside_it_is_fetched(url: str) -> None:
    assert not is_taken(site_config(targets=(portal("dvc", url),)))


def test_entries_of_the_devices_own_file_may_stay_unchanged() -> None:
    box = '[[targets]]\nname = "box"\nrole = "service"\nsegment = "service"\nurl = "http://10.1.1.1/"\n'
    assert is_taken(site_config(targets=(portal("box", "http://10.1.1.1/"),)), own(box))
    assert not is_taken(site_config(targets=(portal("box", "http://10.1.1.2/"),)), own(box))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "::",
        "224.0.0.251",
        "ff02::1",
        "169.254.1.1",
        "fe80::1",
        "255.255.255.255",
        "240.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
    ],
)
def test_no_echo_goes_to_the_device_itself_or_to_many(address: str) -> None:
    assert not is_taken(site_config(targets=(anchor(address),)))
    assert not is_taken(site_config(links=(ConfiguredLink(name="fiber", resolvers=(address,)),)))


def test_words_and_addresses_of_carriers_networks_are_anchors() -> None:
    for address in ("gateway", "resolver", "first-hop", "10.20.30.40", "100.64.0.1", "2001:db8::1"):
        assert is_taken(site_config(targets=(anchor(address),))), address


def test_no_credentials_are_sent_where_a_collector_says() -> None:
    box = ConfiguredTarget(
        name="box", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("192.168.1.1",)
    )
    (problem,) = refusal(site_config(targets=(box,)))
    assert "credentials" in problem


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("http", {"ca_file": "/etc/shadow"}),
        ("http", {"max_redirects": 10}),
        ("http", {"contact": "x"}),
        ("stamp", {"key_file": "/etc/shadow"}),
        ("stamp", {"port": 53}),
        ("path", {"port": 22}),
        ("dns", {"port": 5353}),
        ("icmp", {"unheard_of": 1}),
    ],
)
def test_no_file_no_port_and_no_redirect_comes_out_of_a_site_config(
    kind: str, fields: Mapping[str, object]
) -> None:
    probe = ConfiguredProbe(kind=kind, every_s=600.0, settings=dict(fields))
    (problem,) = refusal(site_config(probes=(probe,)))
    assert problem.startswith(f'[[probes]] "{kind}" settings.{next(iter(fields))}: setting')


def test_settings_that_may_come_are_those_of_the_probes_and_none_names_a_place() -> None:
    for kind, allowed in bounds.ALLOWED_SETTINGS.items():
        known = set(loader.load(kind).settings.__dataclass_fields__)
        assert allowed <= known, kind
        assert not {name for name in allowed if "file" in name or "url" in name or "port" in name}
    assert set(bounds.MIN_INTERVAL_S) <= set(loader.kinds())


@pytest.mark.parametrize("kind", ["throughput", "qcvn", "speedtest", "snmp", "radio"])
def test_probes_that_fill_a_link_or_query_equipment_need_the_devices_own_settings(
    kind: str,
) -> None:
    (problem,) = refusal(site_config(probes=(ConfiguredProbe(kind=kind, every_s=86400.0),)))
    assert "cannot come from the collector unless" in problem


def test_a_speed_test_that_the_device_has_comes_no_oftener_than_there() -> None:
    config = own('[[probes]]\nkind = "throughput"\nevery_s = 86400\nlinks = ["fiber"]\n')
    slower = ConfiguredProbe(kind="throughput", every_s=172800.0, links=("fiber",))
    faster = ConfiguredProbe(kind="throughput", every_s=3600.0, links=("fiber",))
    larger = ConfiguredProbe(
        kind="throughput", every_s=172800.0, settings={"max_bytes": 4_000_000_000}
    )
    assert is_taken(site_config(probes=(slower,)), config)
    assert not is_taken(site_config(probes=(faster,)), config)
    assert not is_taken(site_config(probes=(larger,)), config)


@pytest.mark.parametrize(("kind", "fastest_s"), sorted(bounds.MIN_INTERVAL_S.items()))
def test_probes_keep_a_pace(kind: str, fastest_s: float) -> None:
    probe = ConfiguredProbe(kind=kind, every_s=fastest_s / 2)
    assert any("at least" in line for line in refusal(site_config(probes=(probe,))))
    wild = ConfiguredProbe(kind=kind, every_s=600.0, metered_every_s=fastest_s / 2)
    assert any("at least" in line for line in refusal(site_config(probes=(wild,))))


@pytest.mark.parametrize("table", sorted(bounds.MAX_ENTRIES))
def test_no_site_config_is_endless(table: str) -> None:
    most = bounds.MAX_ENTRIES[table]
    rows: dict[str, object] = {
        "links": {"name": "fiber"},
        "targets": {"name": "a", "role": "anchor", "segment": "transit"},
        "probes": {"kind": "icmp", "every_s": 60},
        "carriers": {"name": "a"},
    }
    problem = refusal(site_config(**{table: [rows[table]] * (most + 1)}))
    assert f"{table}: {most + 1} entries, at most {most} are taken" in problem

"""A NetBox becomes one file of the inventory, or the file stays as it was."""

import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.collector.inventory.netbox import fake
from tests.collector.inventory.netbox.fake import FakeNetbox
from thongsuot_collector.cli.main import main
from thongsuot_collector.inventory.read import read_directory
from thongsuot_schema.inventory.fields import Medium

PROBES = '[[probes]]\nkind = "icmp"\nevery_s = 5\nlinks = ["fiber"]\n'


@pytest.fixture
def netbox() -> Iterator[FakeNetbox]:
    with fake.running() as netbox:
        fake.fill(netbox)
        yield netbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inventory"
    made.mkdir()
    (made / "probes.toml").write_text(PROBES)
    (tmp_path / "token").write_text(fake.TOKEN + "\n")
    (tmp_path / "collector.toml").write_text('inventory_dir = "inventory"\n')
    return made


class NetboxCommand:
    """The command, before one NetBox and one folder."""

    def __init__(
        self, netbox: FakeNetbox, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._netbox = netbox
        self._folder = folder
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        above = self._folder.parent
        status = main([
            *("inventory", "netbox", "--url", self._netbox.url, "--log-level", "debug"),
            *("--token-file", str(above / "token"), "--config", str(above / "collector.toml")),
            *map(str, words),
        ])  # fmt: skip
        captured = self._capsys.readouterr()
        assert "nbt_" not in captured.out + captured.err
        assert fake.TOKEN.split(".")[1] not in captured.out + captured.err
        assert list(self._folder.glob("*.part")) == []
        return status, captured.out, captured.err


@pytest.fixture
def ask(netbox: FakeNetbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> NetboxCommand:
    return NetboxCommand(netbox, folder, capsys)


def test_a_netbox_becomes_a_file_that_the_collector_reads(ask: NetboxCommand, folder: Path) -> None:
    status, out, err = ask()
    assert status == 0, err
    assert out.endswith(f"{folder / 'netbox.toml'}: 8 changes, written\n")
    assert "left out: site later: its status is planned" in err
    assert "left out: circuit OLD-4: its status is decommissioned" in err
    assert "left out: contact 3: it has neither e-mail nor phone" in err
    directory = read_directory(str(folder))
    assert sorted(directory.sites) == ["ba-dinh-1", "hoan-kiem-1"]
    first, other = directory.sites["ba-dinh-1"], directory.sites["hoan-kiem-1"]
    assert (first.title, first.commune, first.owner) == (
        'Điểm "số 1" Ba Đình',
        "00004",
        "service-centre",
    )
    assert [(person.name, person.role) for person in first.contacts] == [
        ("NOC", "duty"),
        ("Trực ban", "duty"),
    ]
    backup, fiber = first.links
    assert (backup.name, backup.medium, backup.carrier) == ("backup", Medium.RADIO_5G, "viettel")
    assert (backup.allowance_bytes, backup.contract_down_bits_per_second) == (2_000_000_000, None)
    assert (fiber.name, fiber.interface, fiber.circuit) == ("fiber", "eth0", "HNI-1")
    assert fiber.contract_down_bits_per_second == fiber.contract_up_bits_per_second == 300_000_000
    assert (other.kind, other.commune, other.channels) == ("branch", "00070", ("zalo:7",))
    (link,) = other.links
    assert (link.contract_down_bits_per_second, link.contract_up_bits_per_second) == (
        500_000_000,
        200_000_000,
    )
    text = (folder / "netbox.toml").read_text()
    assert "asn = [7643, 45899]" in text
    assert 'plmn = ["45204", "45206"]' in text
    assert "noc@vnpt.example" in text
    assert "nobody" not in text, "a carrier of no link"
    assert "Phố Một" not in text, "an address is not needed to tell somebody"


def test_the_output_contains_no_personal_data(ask: NetboxCommand) -> None:
    _, out, err = ask()
    for word in ("NOC", "Trực", "noc@vnpt.example", "024 1022"):
        assert word not in out + err


def test_the_second_time_nothing_changes(ask: NetboxCommand, folder: Path) -> None:
    ask()
    before = (folder / "netbox.toml").stat()
    status, out, _ = ask()
    assert (status, out) == (0, f"{folder / 'netbox.toml'}: nothing has changed\n")
    assert (folder / "netbox.toml").stat().st_ino == before.st_ino


def test_a_dry_run_says_a_line_for_each_difference_and_writes_nothing(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    status, out, _ = ask("--dry-run")
    assert status == 0
    assert "added site ba-dinh-1: " in out
    assert not (folder / "netbox.toml").exists()
    ask()
    text = (folder / "netbox.toml").read_text()
    circuits = netbox.rows["circuits/circuits"]
    circuits[1]["commit_rate"] = 500_000
    del circuits[3]
    netbox.put("circuits/providers", 2, name="Viettel mới", slug="viettel")
    del netbox.rows["tenancy/contact-assignments"][2]
    status, out, _ = ask("--dry-run")
    assert status == 0
    assert out.splitlines() == [
        (
            "changed carrier viettel: title Viettel -> Viettel mới; hotline 1800 8119 -> nothing; "
            "plmn [45204, 45206] -> nothing"
        ),
        "removed link ba-dinh-1/backup",
        (
            "changed link ba-dinh-1/fiber: contract_down_bits_per_second 300000000 -> 500000000; "
            "contract_up_bits_per_second 300000000 -> 500000000"
        ),
        "changed site ba-dinh-1: contacts changed (2 before, 1 now)",
        f"{folder / 'netbox.toml'}: 4 changes, not written",
    ]
    assert (folder / "netbox.toml").read_text() == text


def test_all_pages_are_read_whatever_their_size(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    for number in range(100, 226):
        fields: fake.Row = {"status": fake.choice("active"), "name": f"Site {number}"}
        netbox.put("dcim/sites", number, slug=f"site-{number}", **fields)
    netbox.max_page = 7
    assert ask()[0] == 0
    assert len(read_directory(str(folder)).sites) == 128
    assert sum("/dcim/sites/" in asked for asked in netbox.asked) == 19


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ("refused", "refused (403): the token is wrong, has expired, or may not read this"),
        ("cut", "bytes read, 1000 more expected"),
        ("silent", "no answer in time"),
        ("html", "the answer is not JSON"),
        ("away", "the token goes nowhere else"),
        ("fewer", "rows came over its pages"),
        ("twice", "rows came over its pages"),
    ],
)
@pytest.mark.parametrize("at", ["dcim/sites/", "circuits/circuits/?limit=500&offset=2"])
def test_an_interrupted_write_leaves_the_file_unchanged(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox, failure: str, sentence: str, at: str
) -> None:
    ask()
    before = (folder / "netbox.toml").read_bytes()
    netbox.max_page = 2
    netbox.rows["dcim/sites"][1]["name"] = "Changed"
    for number in (5, 6):
        row = dict(netbox.rows["circuits/circuits"][4], id=number)
        netbox.rows["circuits/circuits"][number] = row
        netbox.rows["dcim/sites"][number] = dict(netbox.rows["dcim/sites"][3], id=number)
    netbox.failure, netbox.fail_at = failure, at
    status, _, err = ask("--timeout-s", "0.5" if failure == "silent" else "60")
    assert status == 1
    assert sentence in err
    assert f"cannot read {netbox.url}/api/{at.partition('?')[0]}" in err
    assert (folder / "netbox.toml").read_bytes() == before


def test_objects_that_cannot_be_in_an_inventory_are_named_by_their_place_in_netbox(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    circuits = netbox.rows["circuits/circuits"]
    circuits[1]["custom_fields"] = {"interface": None}
    circuits[2]["custom_fields"] = {"interface": "eth0", "medium": "fibre"}
    netbox.rows["dcim/sites"][2]["custom_fields"] = {"commune": "Hoan Kiem 2"}
    status, _, err = ask()
    assert status == 1
    url = netbox.url
    assert f'circuit HNI-1 ({url}/circuits/circuits/1/): custom field "interface" is empty' in err
    assert f'circuit HNI-2 ({url}/circuits/circuits/2/): custom field "medium" is "fibre"' in err
    assert f'hoan-kiem-1 ({url}/dcim/sites/2/): custom field "commune": there is no' in err
    assert not (folder / "netbox.toml").exists()


def test_mistakes_are_reported_in_the_language_of_the_terminal(
    ask: NetboxCommand, netbox: FakeNetbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    for number in (1, 2):
        netbox.rows["circuits/circuits"][number]["custom_fields"] = {"interface": None}
    status, _, err = ask()
    lines = err.splitlines()
    assert status == 1
    assert any(line.startswith("bỏ qua: điểm later: trạng thái là planned") for line in lines)
    refused = [line for line in lines if 'trường "interface" còn trống' in line]
    assert [line.count("kênh truyền ") for line in refused] == [1, 1]


def test_refusals_of_the_inventory_itself_are_named_by_their_place_too(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    netbox.rows["dcim/sites"][1]["slug"] = "Ba-Dinh"
    status, _, err = ask()
    assert status == 1
    assert f"{netbox.url}/dcim/sites/1/: " in err
    assert not (folder / "netbox.toml").exists()


def test_two_circuits_of_one_name_at_a_site_are_told_apart_by_a_person(
    ask: NetboxCommand, netbox: FakeNetbox
) -> None:
    del netbox.rows["circuits/circuits"][4]
    netbox.rows["circuits/circuits"][3]["custom_fields"] = {"interface": "eth1", "link": "fiber"}
    status, _, err = ask()
    assert status == 1
    assert 'circuit HNI-1 of the same site is link "fiber" already' in err


def test_a_carrier_that_is_in_another_file_stays_there(ask: NetboxCommand, folder: Path) -> None:
    (folder / "carriers.toml").write_text('[[carriers]]\nname = "vnpt"\ntitle = "By hand"\n')
    status, _, err = ask()
    assert status == 0, err
    assert "left out: carriers: vnpt is in another file" in err
    assert "By hand" not in (folder / "netbox.toml").read_text()


def test_a_tag_limits_the_import_to_its_sites(ask: NetboxCommand, folder: Path) -> None:
    assert ask("--tag", "branch", "--out", folder / "some.toml")[0] == 0
    assert list(read_directory(str(folder)).sites) == ["hoan-kiem-1"]


def test_a_token_that_sees_less_does_not_empty_the_inventory(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    ask()
    (folder / "probes.toml").unlink()
    before = (folder / "netbox.toml").read_bytes()
    sites = netbox.rows["dcim/sites"]
    netbox.rows["dcim/sites"] = {}
    status, _, err = ask()
    assert status == 1
    assert "NetBox has no site for us" in err
    assert (folder / "netbox.toml").read_bytes() == before
    netbox.rows["dcim/sites"] = {1: sites[1]}
    assert ask()[0] == 0, "one of two is not most of them"
    netbox.rows["dcim/sites"] = {2: sites[2]}
    status, _, err = ask()
    assert (status, "1 of 1 sites are gone" in err) == (1, True)
    assert ask("--allow-removal")[0] == 0


def test_the_file_keeps_its_rights_and_a_new_one_is_not_for_everybody(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    ask()
    path = folder / "netbox.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    netbox.rows["dcim/sites"][1]["name"] = "Changed"
    ask()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Changed" in path.read_text()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://netbox.example/", "the token would travel in the clear"),
        ("https://a:b@netbox.example/", "no user name or password in a url"),
        ("netbox.example", "is not an address of the web"),
        ("https://netbox.example/?a=b", "has more than host and path"),
    ],
)
def test_a_token_is_not_sent_to_an_unsafe_address(
    folder: Path, capsys: pytest.CaptureFixture[str], url: str, sentence: str
) -> None:
    token = folder.parent / "token"
    out = folder / "netbox.toml"
    status = main([
        *("inventory", "netbox", "--url", url, "--token-file", str(token), "--out", str(out))
    ])  # fmt: skip
    assert status == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_a_token_file_that_holds_something_else_is_not_repeated(
    ask: NetboxCommand, folder: Path
) -> None:
    (folder.parent / "token").write_text("two words\n")
    status, _, err = ask()
    assert status == 1
    assert "does not hold one token" in err
    assert "two words" not in err


@pytest.mark.parametrize("is_known", [True, False])
def test_the_certificate_of_netbox_is_verified(
    folder: Path, capsys: pytest.CaptureFixture[str], is_known: bool
) -> None:
    ours, other = trustme.CA(), trustme.CA()
    file = folder.parent / "ca.pem"
    (ours if is_known else other).cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("127.0.0.1").configure_cert(context)
    with fake.running(context) as netbox:
        fake.fill(netbox)
        ask = NetboxCommand(netbox, folder, capsys)
        status, _, err = ask("--ca-file", file)
    assert (status == 0) is is_known, err
    assert bool(netbox.asked) is is_known
    assert ("certificate verify failed" in err) is not is_known


def test_answers_of_older_versions_of_netbox_are_read_too(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    """Before 4.2 a termination had its site, before 4.0 an assignment its ``content_type``."""
    end = {"id": 1, "site": netbox.brief("dcim/sites", 1, "name", "slug"), "port_speed": 100_000}
    netbox.rows["circuits/circuits"][1] |= {"termination_a": end, "commit_rate": None}
    for row in netbox.rows["tenancy/contact-assignments"].values():
        row["content_type"] = row.pop("object_type")
    status, _, err = ask()
    assert status == 0, err
    site = read_directory(str(folder)).sites["ba-dinh-1"]
    assert len(site.contacts) == 2
    assert site.links[1].contract_down_bits_per_second == 100_000_000


def test_a_circuit_that_ends_somewhere_else_makes_no_link(
    ask: NetboxCommand, folder: Path, netbox: FakeNetbox
) -> None:
    for kind, number in (("dcim.location", 2), ("circuits.providernetwork", 3)):
        place = {"id": 1, "name": "Tầng 2", "slug": "tang-2"}
        end = {"id": 1, "termination_type": kind, "termination_id": 1, "termination": place}
        netbox.rows["circuits/circuits"][number]["termination_a"] = end
    status, _, err = ask()
    assert status == 0, err
    assert "left out: circuit HNI-2: it ends at location Tầng 2; end it at the site" in err
    sites = read_directory(str(folder)).sites
    assert [link.circuit for site in sites.values() for link in site.links] == ["HNI-1"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("allowance_bytes", "much", "is 'much', not a whole number above 0"),
        ("allowance_bytes", True, "is True, not text"),
        ("interface", ["eth0"], "is ['eth0'], not text"),
    ],
)
def test_a_custom_field_that_holds_something_else_is_named(
    ask: NetboxCommand, netbox: FakeNetbox, name: str, value: object, sentence: str
) -> None:
    fields = {"interface": "eth0", name: value}
    netbox.rows["circuits/circuits"][1]["custom_fields"] = fields
    status, _, err = ask()
    assert status == 1
    assert f'circuit HNI-1 ({netbox.url}/circuits/circuits/1/): custom field "{name}" ' in err
    assert sentence in err


def test_a_row_that_is_not_as_netbox_has_it_is_named(
    ask: NetboxCommand, netbox: FakeNetbox
) -> None:
    netbox.rows["dcim/sites"][2]["status"] = "active"
    status, _, err = ask()
    assert status == 1
    assert f"cannot read {netbox.url}/api/dcim/sites/2/: Expected `object`, got `str`" in err

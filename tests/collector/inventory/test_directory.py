"""The inventory, asked by name."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.collector.state.test_site import SITE
from tests.collector.state.test_view import INVENTORY
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.read import read_directory
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.inventory.communes import bundled_communes
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.line import is_of_line
from thongsuot_schema.segment import Segment


def test_labels_are_what_the_inventory_knows_and_nothing_else() -> None:
    directory = InventoryDirectory(INVENTORY)
    assert directory.labels_of(SITE, "fiber") == {"carrier": "vnpt", "medium": "fiber"}
    assert directory.labels_of(SITE, "5g") == {"carrier": "", "medium": "5g"}
    assert directory.labels_of(SITE, "new-link") == {}
    assert directory.labels_of("unknown-site", "fiber") == {}


def test_targets_of_the_line_are_told_anew_when_the_inventory_changes() -> None:
    directory = InventoryDirectory(INVENTORY)
    own = {target.name for target in INVENTORY.targets if is_of_line(target)}
    assert directory.targets_of_line == own
    target = next(target for target in INVENTORY.targets if target.name not in own)
    anchor = replace(target, role=Role.ANCHOR, segment=Segment.ACCESS)
    directory.replace(InventoryDirectory(replace(INVENTORY, targets=(anchor,))))
    assert directory.targets_of_line == {anchor.name}


def test_a_folder_of_files_is_one_inventory(tmp_path: Path) -> None:
    commune = bundled_communes()[0]
    (tmp_path / "carriers.toml").write_text('[[carriers]]\nname = "vnpt"\ntitle = "VNPT"\n')
    (tmp_path / "sites.toml").write_text(
        f'[[sites]]\nname = "a"\ncommune = "{commune.code}"\n[[sites.links]]\nname = "fiber"\n'
        'interface = "eth0"\ncarrier = "vnpt"\nmedium = "fiber"\n'
    )
    directory = read_directory(str(tmp_path))
    assert directory.labels_of("a", "fiber") == {
        "commune": commune.code,
        "carrier": "vnpt",
        "medium": "fiber",
    }
    assert directory.commune_name(commune.code) == commune.name
    assert directory.commune_name("00000") == ""
    assert directory.commune_name("99999") == "99999"


def test_every_mistake_of_every_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[sites]]\nnam = "a"\n')
    (tmp_path / "b.toml").write_text("[[carriers\n")
    with pytest.raises(ConfigInvalid) as caught:
        read_directory(str(tmp_path))
    assert [Path(mistake.file).name for mistake in caught.value.mistakes] == ["a.toml", "b.toml"]


def test_no_folder_is_an_inventory_that_knows_nothing() -> None:
    assert read_directory("").sites == {}

"""An inventory that is edited holds without a restart; a wrong one does not, and is told of."""

import logging
import os
import pwd
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.collector.siteconfig.test_derive import CITY, city
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.read import read_directory
from thongsuot_collector.inventory.watch import InventoryWatch, describe_difference, owner_of
from thongsuot_collector.metrics import Metrics

SITE = '[[sites]]\nname = "{}"\n'


@dataclass
class WatchedFolder:
    """A folder, the knowledge of it, and the notified changes."""

    folder: Path
    directory: InventoryDirectory
    metrics: Metrics = field(default_factory=Metrics)
    changes_told: list[tuple[str, str]] = field(default_factory=list)
    is_failing: bool = False
    readings: int = 0

    def __post_init__(self) -> None:
        self.watch = InventoryWatch(
            self.folder,
            self.directory,
            read=self._read,
            changed=self._changed,
            metrics=self.metrics,
        )

    def _read(self) -> InventoryDirectory:
        self.readings += 1
        return read_directory(str(self.folder))

    async def _changed(self, by: str, change: str) -> None:
        if self.is_failing:
            raise OSError("the store is away")
        self.changes_told.append((by, change))

    async def looks(self, times: int = 2) -> None:
        """Look so often."""
        for _ in range(times):
            await self.watch.poll()

    def value(self, name: str, **labels: str) -> float:
        """Return a figure of the collector."""
        return self.metrics.registry.get_sample_value(f"thongsuot_collector_{name}", labels) or 0.0


@pytest.fixture
def watching(tmp_path: Path) -> WatchedFolder:
    """A folder with one site, read as at the start."""
    (tmp_path / "city.toml").write_text(SITE.format("ba-dinh"))
    return WatchedFolder(tmp_path, read_directory(str(tmp_path)))


async def test_files_read_at_the_start_are_not_reported_as_changes(watching: WatchedFolder) -> None:
    await watching.looks(5)
    assert (watching.changes_told, watching.readings) == ([], 1)


async def test_an_edit_holds_once_the_file_has_come_to_rest(watching: WatchedFolder) -> None:
    await watching.looks()
    held = watching.directory
    (watching.folder / "more.toml").write_text(SITE.format("tay-ho"))
    await watching.looks(1)
    assert set(held.sites) == {"ba-dinh"}
    await watching.looks(1)
    assert set(held.sites) == {"ba-dinh", "tay-ho"}
    me = pwd.getpwuid(os.getuid()).pw_name
    assert watching.changes_told == [(f"file:{me}", "more.toml: sites +1 -0 ~0")]
    assert watching.value("inventory_readings_total", outcome="taken") == 1
    await watching.looks(3)
    assert len(watching.changes_told) == 1


async def test_a_wrong_file_is_refused_with_what_and_where_and_the_old_one_holds(
    watching: WatchedFolder, caplog: pytest.LogCaptureFixture
) -> None:
    await watching.looks()
    file = watching.folder / "city.toml"
    file.write_text(SITE.format("ba-dinh") + 'carier = "x"\n')
    with caplog.at_level(logging.ERROR):
        await watching.looks(4)
    assert set(watching.directory.sites) == {"ba-dinh"}
    (message,) = caplog.messages
    assert f"{file}:3: unknown key" in message
    assert "the previous one stays in force" in message
    assert watching.changes_told == []
    assert watching.value("inventory_refused") == 1
    assert watching.value("inventory_readings_total", outcome="refused") == 1
    file.write_text(SITE.format("dong-da"))
    await watching.looks()
    assert set(watching.directory.sites) == {"dong-da"}
    assert watching.value("inventory_refused") == 0


async def test_an_edit_that_could_not_be_told_comes_again(watching: WatchedFolder) -> None:
    await watching.looks()
    (watching.folder / "city.toml").write_text(SITE.format("tay-ho"))
    watching.is_failing = True
    with pytest.raises(OSError, match="away"):
        await watching.looks()
    watching.is_failing = False
    await watching.looks()
    assert [change for _, change in watching.changes_told] == ["city.toml: sites +1 -1 ~0"]


async def test_a_folder_that_is_gone_for_a_moment_takes_nothing_away(
    watching: WatchedFolder,
) -> None:
    await watching.looks()
    moved = watching.folder.with_name("moved")
    watching.folder.rename(moved)
    await watching.looks(3)
    assert set(watching.directory.sites) == {"ba-dinh"}
    moved.rename(watching.folder)
    await watching.looks(3)
    assert (set(watching.directory.sites), watching.changes_told) == ({"ba-dinh"}, [])


async def test_an_empty_folder_ends_no_site(watching: WatchedFolder) -> None:
    await watching.looks()
    (watching.folder / "city.toml").unlink()
    await watching.looks(3)
    assert set(watching.directory.sites) == {"ba-dinh"}
    assert watching.value("inventory_refused") == 1


def test_a_difference_is_reported_by_table() -> None:
    after = city(
        CITY.replace('url = "https://dvc.example/"', 'url = "https://new.example/"').replace(
            'name = "tay-ho"', 'name = "dong-da"'
        )
    )
    assert describe_difference(city(), after) == "sites +1 -1 ~0, targets +0 -0 ~1"
    assert describe_difference(city(), city()) == "order only"


def test_the_owner_of_a_file_is_reported_by_name_or_number() -> None:
    now = {"a": (1, 1, 10, os.getuid()), "b": (2, 1, 20, 4_000_000)}
    assert owner_of(now, ["a"]) == pwd.getpwuid(os.getuid()).pw_name
    assert owner_of(now, ["a", "b"]) == "4000000"
    assert owner_of(now, ["gone"]) == "unknown"

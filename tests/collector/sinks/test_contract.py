"""The contract holds for a sink that speaks no HTTP, added by its own files alone."""

from pathlib import Path

import pytest

from tests.collector.sinks import file_kind
from tests.collector.sinks.sink_contract import *  # noqa: F403 - the contract's tests
from thongsuot_collector import sinks
from thongsuot_collector.sinks.loader import kinds, load


class FolderFarSide:
    """A file in a folder that is there, or is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._away = folder.with_name("away")
        folder.mkdir()

    def table(self) -> str:
        """See ``FarSide``."""
        path = self._folder / "lines.txt"
        return f'[[sinks]]\nkind = "lines_file"\nname = "database"\npath = "{path}"\n'

    def samples(self) -> int:
        """See ``FarSide``."""
        for folder in (self._folder, self._away):
            file = folder / "lines.txt"
            if file.exists():
                return file.read_bytes().count(b"\n")
        return 0

    def stop_taking(self) -> None:
        """See ``FarSide``."""
        self._folder.rename(self._away)

    def take_again(self) -> None:
        """See ``FarSide``."""
        self._away.rename(self._folder)


@pytest.fixture(autouse=True)
def _with_the_new_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if its folder lay beside those of the product."""
    monkeypatch.setattr(sinks, "__path__", [*sinks.__path__, *file_kind.__path__])


@pytest.fixture
def far_side(tmp_path: Path) -> FolderFarSide:
    return FolderFarSide(tmp_path / "far")


def test_a_folder_with_a_sink_in_it_is_a_kind_and_what_sinks_share_is_none() -> None:
    assert {"influxdb", "lines_file", "remote_write"} <= set(kinds())
    assert "delivery" not in kinds()
    assert load("lines_file").settings.__name__ == "Settings"
    with pytest.raises(KeyError, match="lines_file"):
        load("delivery")

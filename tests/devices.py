"""
Recorded devices with the values expected of them.

They are not part of the repository (their licence is not ours): they are looked for in the folder
``devices`` of the one that ``THONGSUOT_DATA`` names, and a test that needs them skips without.
"""

import json
from typing import Any

from tests.outside_data import need_file, outside_folder

FOLDER = outside_folder("devices")


def need() -> None:
    """Skip the test where the recordings are not there."""
    need_file(FOLDER / "manifest.csv")


def named(folder: str, ending: str) -> list[str]:
    """Return the names of recordings in a folder that have a file of an ending, sorted."""
    paths = (FOLDER / folder).glob(f"*{ending}") if FOLDER.exists() else ()
    return sorted(path.name.removesuffix(ending) for path in paths) or ["(no recordings)"]


def document(folder: str, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON file of a recording."""
    return json.loads((FOLDER / folder / name).read_text("utf-8"))

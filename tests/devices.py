"""
Recorded devices with the values expected of them.

They are not part of the repository (their licence is not ours): a test that needs them skips,
naming them, where they are not there. They are beside the repository, or where
``THONGSUOT_DEVICE_FILES`` says.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "devices"
FOLDER = Path(os.environ.get("THONGSUOT_DEVICE_FILES", BESIDE))


def need() -> None:
    """Skip the test where the recordings are not there."""
    if not (FOLDER / "manifest.csv").exists():
        pytest.skip(f"{FOLDER / 'manifest.csv'} is not there")


def named(folder: str, ending: str) -> list[str]:
    """Return the names of recordings in a folder that have a file of an ending, sorted."""
    paths = (FOLDER / folder).glob(f"*{ending}") if FOLDER.exists() else ()
    return sorted(path.name.removesuffix(ending) for path in paths) or ["(no recordings)"]


def document(folder: str, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON file of a recording."""
    return json.loads((FOLDER / folder / name).read_text("utf-8"))

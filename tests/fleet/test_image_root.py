"""The image of a container as `./run image` makes it: its root file system runs the program."""

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from tools.build import build
from tools.image import write_image

ROOT = Path(__file__).parents[2]
EPOCH = 1_790_000_000
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}

pytestmark = pytest.mark.fleet


def package(folder: Path, room: str) -> Path:
    """Return the package of a room: that of a folder, or built from this checkout."""
    if packages := os.environ.get("THONGSUOT_PACKAGES"):
        return next(Path(packages).glob(f"thongsuot-{room}_*.deb"))
    architecture = ARCHITECTURE[platform.machine()]
    return next(
        file for file in build(ROOT, folder, [room], [architecture]) if file.suffix == ".deb"
    )


@pytest.mark.parametrize("room", ["agent", "collector"])
def test_the_program_of_an_image_starts_in_its_root(room: str, tmp_path: Path) -> None:
    if shutil.which("mmdebstrap") is None or os.geteuid() != 0:
        pytest.skip("mmdebstrap and root make an image")
    image = write_image(package(tmp_path, room), tmp_path / "images", EPOCH)
    (described,) = json.loads((image / "index.json").read_text("utf-8"))["manifests"]
    blobs = image / "blobs" / "sha256"
    manifest = json.loads((blobs / described["digest"].partition(":")[2]).read_text("utf-8"))
    config = json.loads((blobs / manifest["config"]["digest"].partition(":")[2]).read_text("utf-8"))
    layer = blobs / manifest["layers"][0]["digest"].partition(":")[2]
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["tar", "-xzf", str(layer), "-C", str(root), "--exclude=./dev/*"], check=True)
    program = config["config"]["Entrypoint"][0]
    inside = ["chroot", str(root), program, "--version"]
    done = subprocess.run(inside, check=True, capture_output=True, text=True).stdout
    assert done.split() == [f"thongsuot-{room}", *done.split()[1:]]
    assert "0.1.0" in done
    users = (root / "etc" / "passwd").read_text("utf-8")
    assert f"\n{config['config']['User']}:" in users

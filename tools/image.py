"""
Container images, made without a daemon from Debian's packages and ours.

    ./run image [--room collector --room agent] [--arch amd64] [--out FOLDER] [--package FILE]

    ./run image --device [--arch arm64] [--arch amd64] [--out FOLDER] [--package FILE]

One folder a room (OCI image layout) in ``dist/``, which `skopeo copy oci:dist/thongsuot-collector…
docker-daemon:thongsuot-collector:VERSION`, `podman pull oci:…` or a registry takes. Needs root and
mmdebstrap; another architecture than this machine's needs its emulation as well (qemu-user-static).
``--device`` writes one disk for the card of a Raspberry Pi class device (arm64) or for another
machine (amd64): with the agent, and enrolled by the files on its first partition.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.build import ROOMS, build, commit_epoch, say
from tools.images.device_image import DeviceRecipe, write_card, write_device_root
from tools.images.oci import ImageSpec, write_layout
from tools.images.root_file_system import RootRecipe, mirror_of_this_machine, write_root

ROOT = Path(__file__).resolve().parent.parent
PORTS = {"agent": (8080,), "collector": (8480,)}


def spec_of(room: str, version: str, architecture: str) -> ImageSpec:
    """Return what a container of a room runs: the program with its configuration, as its user."""
    program = f"/usr/bin/thongsuot-{room}"
    return ImageSpec(
        name=f"thongsuot-{room}",
        version=version,
        architecture=architecture,
        entrypoint=(program,),
        command=("run", "--config", f"/etc/thongsuot/{room}.toml"),
        # The agent gets its one capability and its network from whatever starts the container.
        user="thongsuot-collector" if room == "collector" else "nobody",
        volumes=(f"/var/lib/thongsuot-{room}",),
        ports=PORTS[room],
    )


def write_image(package: Path, out: Path, epoch: int) -> Path:
    """Write the image of one of our packages; return its folder. An existing one is replaced."""
    name, version, architecture = package.stem.split("_")
    folder = out / f"{name}_{version}_{architecture}.oci"
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="thongsuot-image-", dir="/var/tmp") as made:
        root = Path(made) / "root.tar"
        recipe = RootRecipe(
            package=package.resolve(), architecture=architecture, mirror=mirror_of_this_machine()
        )
        write_root(recipe, root, epoch)
        spec = spec_of(name.removeprefix("thongsuot-"), version, architecture)
        return write_layout(root, spec, folder, epoch)


def write_device(package: Path, out: Path, epoch: int) -> Path:
    """Write the disk of a device with our agent; return the file. An existing one is replaced."""
    name, version, architecture = package.stem.split("_")
    card = out / f"{name.replace('agent', 'device')}_{version}_{architecture}.img"
    recipe = DeviceRecipe(
        package=package, architecture=architecture, mirror=mirror_of_this_machine()
    )
    with tempfile.TemporaryDirectory(prefix="thongsuot-image-", dir="/var/tmp") as made:
        root = Path(made) / "root.tar"
        write_device_root(recipe, root, epoch)
        write_card(root, card)
    return card


def main() -> int:
    """Build packages if none is given, then an image of each."""
    parser = argparse.ArgumentParser(
        prog="image", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--room", action="append", choices=ROOMS, help="default: all")
    parser.add_argument("--device", action="store_true", help="a disk for devices, not containers")
    parser.add_argument(
        "--arch", action="append", default=[], help="default: amd64; of a device: arm64"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--package", type=Path, action="append", help="instead of building one")
    options = parser.parse_args()
    rooms = ["agent"] if options.device else options.room or list(ROOMS)
    architectures = options.arch or (["arm64"] if options.device else ["amd64"])
    packages: list[Path] = options.package or [
        file for file in build(ROOT, options.out, rooms, architectures) if file.suffix == ".deb"
    ]
    write = write_device if options.device else write_image
    for package in packages:
        try:
            made = write(package, options.out, commit_epoch(ROOT))
        except subprocess.CalledProcessError as error:
            say(f"cannot make an image of {package.name}: {error}")
            return 1
        files = [made] if made.is_file() else [file for file in made.rglob("*") if file.is_file()]
        # Blocks in use: free space of a disk takes none.
        say(f"{made} {sum(file.stat().st_blocks for file in files) / 2**11:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

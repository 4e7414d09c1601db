"""
The image for a device of the Raspberry Pi class: a service point after its first boot.

Debian with NetworkManager, the agent's package and a unit that enrols the device from the files on
its first partition. ``write_device_root`` makes the root file system as a tar, ``write_card`` a
disk of two partitions from it, without a loop device: FAT for the firmware and those files, ext4
for everything else.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.images.root_file_system import RootRecipe, write_root

FILES = Path(__file__).with_name("device")
UNIT = "thongsuot-first-boot.service"
PACKAGES = (
    *("systemd", "systemd-sysv", "systemd-timesyncd", "dbus", "udev", "kmod"),
    *("network-manager", "iproute2", "iputils-ping", "procps"),
)
"""Packages of every such device: systemd, a network manager, and time synchronization."""

HARDWARE = {
    "arm64": ("linux-image-arm64", "raspi-firmware"),
    "amd64": ("linux-image-amd64",),
}
"""The kernel, and what a Raspberry Pi boots from (non-free-firmware)."""

BOOT_LABEL, ROOT_LABEL = "THONGSUOT", "thongsuot-root"
BOOT_MIB, SPARE_MIB = 256, 1024
"""Size of the first partition; and free space on the second: record, journal, upgrades."""

_FIRMWARE = (
    # Where the firmware tells the kernel where its root is; the initial one was made without.
    f"sed -i 's/^#*ROOTPART=.*/ROOTPART=LABEL={ROOT_LABEL}/' $1/etc/default/raspi-firmware",
    "chroot $1 update-initramfs -u -k all",
)

_FSTAB = f"""\
LABEL={ROOT_LABEL} / ext4 defaults,noatime,errors=remount-ro 0 1
LABEL={BOOT_LABEL} /boot/firmware vfat defaults,noatime,umask=0077 0 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRecipe:
    """``hardware`` is left out where the root is only booted in namespaces of another machine."""

    package: Path
    architecture: str
    hardware: bool = True
    mirror: str = ""


def write_device_root(recipe: DeviceRecipe, file: Path, epoch: int) -> None:
    """
    Write the root file system into a tar.

    Raises:
        subprocess.CalledProcessError: mmdebstrap failed; its output is on the terminal.
    """
    with tempfile.TemporaryDirectory(prefix="thongsuot-device-") as made:
        fstab = Path(made) / "fstab"
        fstab.write_text(_FSTAB if recipe.hardware else "", encoding="ascii")
        hooks = (
            "mkdir -p $1/usr/lib/thongsuot-device $1/boot/firmware/thongsuot",
            f"copy-in {FILES / 'first-boot'} /usr/lib/thongsuot-device",
            f"copy-in {FILES / UNIT} /usr/lib/systemd/system",
            f"copy-in {fstab} /etc",
            f"chroot $1 systemctl enable {UNIT} systemd-timesyncd.service NetworkManager.service",
            'echo thongsuot > "$1/etc/hostname"',
            *(_FIRMWARE if recipe.hardware and recipe.architecture == "arm64" else ()),
            # Nobody logs in: everything that must be configured is on the first partition.
            "chroot $1 passwd --quiet --lock root",
        )
        write_root(
            RootRecipe(
                package=recipe.package.resolve(),
                architecture=recipe.architecture,
                include=PACKAGES + (HARDWARE[recipe.architecture] if recipe.hardware else ()),
                components="main non-free-firmware" if recipe.hardware else "main",
                mirror=recipe.mirror,
                hooks=hooks,
            ),
            file,
            epoch,
        )


def write_card(root: Path, card: Path) -> None:
    """
    Write a disk for a card from a root's tar.

    Raises:
        subprocess.CalledProcessError: a tool failed; its output is on the terminal.
    """
    with tempfile.TemporaryDirectory(prefix="thongsuot-card-", dir="/var/tmp") as made:
        folder = Path(made)
        tree, boot_tree = folder / "root", folder / "boot"
        tree.mkdir()
        _run("tar", "-C", str(tree), "-xf", str(root))
        shutil.move(tree / "boot" / "firmware", boot_tree)
        (tree / "boot" / "firmware").mkdir()
        boot, main = folder / "boot.vfat", folder / "root.ext4"
        _run("mkfs.vfat", "-n", BOOT_LABEL, "-C", str(boot), str(BOOT_MIB * 1024))
        entries = [str(entry) for entry in sorted(boot_tree.iterdir())]
        _run("mcopy", "-s", "-i", str(boot), *entries, "::/")
        used = sum(file.lstat().st_blocks for file in tree.rglob("*")) * 512
        size_mib = used * 11 // 10 // 2**20 + SPARE_MIB
        _run(
            *("mke2fs", "-q", "-t", "ext4", "-L", ROOT_LABEL, "-d", str(tree)),
            *(str(main), f"{size_mib}M"),
        )
        _join(boot, main, size_mib, card)


def _join(boot: Path, main: Path, size_mib: int, card: Path) -> None:
    """Write both partitions behind a partition table."""
    first, second = 4, 4 + BOOT_MIB
    with card.open("wb") as disk:
        disk.truncate((second + size_mib + 1) * 2**20)
    table = (
        "label: dos\n"
        f"start={first}MiB, size={BOOT_MIB}MiB, type=c, bootable\n"
        f"start={second}MiB, size={size_mib}MiB, type=83\n"
    )
    subprocess.run(
        ["sfdisk", "--quiet", str(card)],
        input=table,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for partition, start in ((boot, first), (main, second)):
        _run(
            *("dd", f"if={partition}", f"of={card}", "bs=1M", f"seek={start}"),
            *("conv=notrunc,sparse", "status=none"),
        )


def _run(*command: str) -> None:
    subprocess.run(command, check=True)

"""
Builds one Debian package from a tree of files: the control files, then ``dpkg-deb`` (deb(5)).

The scripts of a package are run by the machine's root. They only control systemd: the service is
started if its configuration exists and the machine is running, restarted by an upgrade, and left
alone while the machine is being set up (a chroot).
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.packages.contents import PYTHONS

_SUMMARY = {
    "agent": "measures the uplinks of a service point, judges them, keeps the record",
    "collector": "receives the records of service points, feeds databases, notifies people",
}

_CONTROL = """\
Package: thongsuot-{room}
Version: {version}
Architecture: {architecture}
Maintainer: Thông Suốt <thongsuot@localhost>
Section: net
Priority: optional
Installed-Size: {kibibytes}
Depends: python3 (>= {oldest}), python3 (<< {beyond}), {libc}, {tools}
Description: {summary}
 Everything that it needs is in it, for the Pythons of Debian 12 and 13. The
 service starts once /etc/thongsuot/{room}.toml is there.
"""

_POSTINST = """\
#!/bin/sh
set -e
unit=thongsuot-{room}.service
if [ -e /usr/lib/sysusers.d/thongsuot-{room}.conf ]; then
    systemd-sysusers thongsuot-{room}.conf
fi
if [ -e /usr/lib/tmpfiles.d/thongsuot-{room}.conf ]; then
    systemd-tmpfiles --create thongsuot-{room}.conf
fi
# Compiled once here: the service itself may not write below /usr.
py3compile -p thongsuot-{room} /usr/lib/thongsuot-{room} || true
{compiled}if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    if [ -n "$2" ] && systemctl --quiet is-active "$unit"; then
        systemctl restart "$unit"
    elif [ -z "$2" ] && [ -e /etc/thongsuot/{room}.toml ]; then
        systemctl enable --now "$unit"
    fi
    if systemctl --quiet is-active thongsuot-{room}-watch.service; then
        systemctl restart thongsuot-{room}-watch.service
    fi
    if [ -z "$2" ] && [ -e /usr/lib/systemd/system/thongsuot-{room}-backup.timer ]; then
        systemctl enable --now thongsuot-{room}-backup.timer
    fi
fi
"""

# The agent's unit runs without docstrings, and finds what was compiled so in this folder, also of
# the standard library; a trigger does it again after an update of Python.
_BYTECODE = "/usr/lib/thongsuot-agent/bytecode"
COMPILED = f"""\
rm -rf {_BYTECODE}
/usr/lib/thongsuot-agent/bin/python3 -IOO -X pycache_prefix={_BYTECODE} \\
    -m thongsuot_agent.cli.bytecode || true
"""
_TRIGGERS = "".join(f"interest-noawait /usr/lib/python{version}\n" for version in PYTHONS)

_PRERM = """\
#!/bin/sh
set -e
unit=thongsuot-{room}.service
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now "$unit" || true
    if [ -e /usr/lib/systemd/system/thongsuot-{room}-routes.path ]; then
        systemctl stop thongsuot-{room}-routes.path || true
        thongsuot-{room} routes remove || true
    fi
    if [ -e /usr/lib/systemd/system/thongsuot-{room}-watch.service ]; then
        systemctl disable --now thongsuot-{room}-watch.service || true
    fi
    if [ -e /usr/lib/systemd/system/thongsuot-{room}-backup.timer ]; then
        systemctl disable --now thongsuot-{room}-backup.timer || true
    fi
fi
py3clean -p thongsuot-{room} /usr/lib/thongsuot-{room} || true
rm -rf /usr/lib/thongsuot-{room}/bytecode
"""

# What the collector does not have yet outlives the removal of the program, and so does the
# configuration; a purge takes both. Backups stay.
_POSTRM = """\
#!/bin/sh
set -e
room={room}
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
if [ "$1" = purge ]; then
    rm -rf /var/lib/private/thongsuot-{room} /var/lib/thongsuot-{room} \\
        /run/private/thongsuot-{room} /run/thongsuot-{room} \\
        /etc/thongsuot/{room}.toml /etc/thongsuot/{room}.token /etc/thongsuot/{room} \\
        /etc/systemd/system/thongsuot-{room}.service.d \\
        /var/lib/systemd/timers/stamp-thongsuot-{room}-*.timer
    if [ "$room" = collector ]; then
        rm -rf /etc/thongsuot/inventory
    fi
    rmdir --ignore-fail-on-non-empty /etc/thongsuot || true
fi
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Name, version and architecture of a package."""

    room: str
    version: str
    architecture: str

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"thongsuot-{self.room}_{self.version}_{self.architecture}.deb"


def write_package(package: Package, tree: Path, out: Path, epoch: int) -> Path:
    """Write the package of a tree; return the file. Raises CalledProcessError."""
    kibibytes = sum(f.lstat().st_size for f in tree.rglob("*") if f.is_file()) // 1024
    fields = {
        "room": package.room,
        "version": package.version,
        "architecture": package.architecture,
        "kibibytes": kibibytes,
        "oldest": PYTHONS[0],
        "beyond": _after(PYTHONS[-1]),
        "libc": "libc6 (>= 2.28)",
        # The agent runs `ip` to set its routes.
        "tools": "ca-certificates, systemd (>= 250)"
        + (", iproute2" if package.room == "agent" else ""),
        "summary": _SUMMARY[package.room],
        "compiled": COMPILED if package.room == "agent" else "",
    }
    control = tree / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(_CONTROL.format(**fields), encoding="utf-8")
    for name, text in (("postinst", _POSTINST), ("prerm", _PRERM), ("postrm", _POSTRM)):
        script = control / name
        script.write_text(text.format(**fields), encoding="utf-8")
        script.chmod(0o755)
    if package.room == "agent":
        (control / "triggers").write_text(_TRIGGERS, encoding="utf-8")
    _settle(tree, epoch)
    file = out / package.file_name
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", str(tree), str(file)],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
    )
    return file


def _settle(tree: Path, epoch: int) -> None:
    """Give every file a mode and a time that depend only on the commit."""
    for file in sorted(tree.rglob("*"), reverse=True):
        if not file.is_symlink():
            is_executable = file.is_dir() or bool(file.stat().st_mode & 0o100)
            file.chmod(0o755 if is_executable else 0o644)
        os.utime(file, (epoch, epoch), follow_symlinks=False)
    tree.chmod(0o755)
    os.utime(tree, (epoch, epoch))


def _after(version: str) -> str:
    major, minor = version.split(".")
    return f"{major}.{int(minor) + 1}"

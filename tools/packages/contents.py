"""
The files of a package: a virtual environment for whichever Python the machine has.

``/usr/lib/thongsuot-ROOM/bin/python3`` is the machine's own Python; because of ``pyvenv.cfg`` it
looks for packages only in ``lib/pythonX.Y/site-packages`` of its own version. Packages that differ
between versions are there; the others are stored once in ``lib/common``, which a ``.pth`` file
names.
"""

import filecmp
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

ARCHITECTURES = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""Debian's name of an architecture to uv's name of the platform; glibc of Debian 12 is 2.36."""

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's name of an architecture to the kernel's."""

PYTHONS = ("3.11", "3.13")
"""The versions of Python in Debian 12 and 13."""

COMMANDS = {
    "agent": {"thongsuot-agent": "thongsuot_agent.cli.main"},
    "collector": {"thongsuot-collector": "thongsuot_collector.cli.main"},
}
_AGENT_DATA = "agent/src/thongsuot_agent/data"
_COLLECTOR_DATA = "collector/src/thongsuot_collector/data"
SYSTEM_FILES = {
    "agent": {
        f"{_AGENT_DATA}/{unit}": f"systemd/system/{unit}"
        for unit in (
            "thongsuot-agent.service",
            "thongsuot-agent-routes.service",
            "thongsuot-agent-routes.path",
        )
    },
    "collector": {
        **{
            f"{_COLLECTOR_DATA}/{unit}": f"systemd/system/{unit}"
            for unit in (
                "thongsuot-collector.service",
                "thongsuot-collector-backup.service",
                "thongsuot-collector-backup.timer",
                "thongsuot-collector-watch.service",
            )
        },
        f"{_COLLECTOR_DATA}/thongsuot-collector-time-wait.conf": (
            "systemd/system/systemd-time-wait-sync.service.d/thongsuot-collector.conf"
        ),
        f"{_COLLECTOR_DATA}/thongsuot-collector.conf": "sysusers.d/thongsuot-collector.conf",
        f"{_COLLECTOR_DATA}/thongsuot-collector-tmpfiles.conf": (
            "tmpfiles.d/thongsuot-collector.conf"
        ),
    },
}
"""The extra files of a room, and their places below ``/usr/lib``."""

_LAUNCHER = """\
#!/usr/lib/thongsuot-{room}/bin/python3 -I
import sys

from {module} import main

sys.exit(main())
"""


def gather(root: Path, room: str, architecture: str, tree: Path, day: str) -> None:
    """
    Write everything that a package installs below ``tree``; ``day`` dates its man page.

    Raises:
        CalledProcessError: a wheel is not available, or its hash differs from the pinned one.
    """
    home = tree / "usr" / "lib" / f"thongsuot-{room}"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python3").symlink_to("/usr/bin/python3")
    (home / "pyvenv.cfg").write_text(
        "home = /usr/bin\ninclude-system-site-packages = false\n", encoding="utf-8"
    )
    folders = {version: home / "lib" / f"python{version}" / "site-packages" for version in PYTHONS}
    with tempfile.TemporaryDirectory(prefix="thongsuot-wheels-") as made:
        wheels = own_wheels(root, room, Path(made), architecture)
        for version, folder in folders.items():
            pins = root / "requirements" / f"{room}.txt"
            _install(pins, wheels, ARCHITECTURES[architecture], version, folder)
    share(list(folders.values()), home / "lib" / "common")
    for name, module in COMMANDS[room].items():
        launcher = tree / "usr" / "bin" / name
        launcher.parent.mkdir(parents=True, exist_ok=True)
        launcher.write_text(_LAUNCHER.format(room=room, module=module), encoding="utf-8")
        launcher.chmod(0o755)
    for file, below in SYSTEM_FILES[room].items():
        place = tree / "usr" / "lib" / below
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, place)
    _document(root, room, tree, day)


def share(folders: list[Path], common: Path) -> None:
    """
    Move packages that are the same in every folder to a common one, and name it in each.

    A package is moved as a whole or not at all: one with compiled parts for each Python stays where
    it is.
    """
    first, *others = folders
    common.mkdir(parents=True)
    for path in sorted(first.iterdir()):
        if all(_is_same(path, other / path.name) for other in others):
            shutil.move(path, common / path.name)
            for other in others:
                twin = other / path.name
                shutil.rmtree(twin) if twin.is_dir() else twin.unlink()
            if path.suffix == ".libs":
                # Libraries that neighbouring compiled modules look for beside themselves ($ORIGIN).
                for folder in folders:
                    (folder / path.name).symlink_to(Path("../../common") / path.name)
    for folder in folders:
        (folder / "thongsuot.pth").write_text("../../common\n", encoding="utf-8")


def _is_same(left: Path, right: Path) -> bool:
    if left.is_file() and right.is_file():
        return filecmp.cmp(left, right, shallow=False)
    if not (left.is_dir() and right.is_dir()):
        return False
    names = {file.relative_to(left) for file in left.rglob("*")}
    if names != {file.relative_to(right) for file in right.rglob("*")}:
        return False
    return all(_is_same(left / name, right / name) for name in names if (left / name).is_file())


def own_wheels(root: Path, room: str, folder: Path, architecture: str) -> list[Path]:
    """
    Build the wheels of a room and of the schema into a folder; return them.

    The collector's wheels include the compiled kernel if this machine has a compiler for the
    architecture; otherwise the build prints a message, and the package runs the same code in
    Python.
    """
    for name in ("schema", room):
        _build_wheel(root / name, folder, os.environ)
    if room == "collector":
        compiler = compiler_for(architecture)
        if compiler:
            with tempfile.TemporaryDirectory(prefix="thongsuot-kernel-") as place:
                # What this checkout has compiled for its own tests is setuptools' to take up again:
                # made with other flags, and with the paths of this machine's Python.
                clean = Path(place, "kernel")
                shutil.copytree(root / "kernel", clean, ignore=shutil.ignore_patterns("build"))
                # A wheel has the modes of its sources, which depend on the checkout.
                for path in clean.rglob("*"):
                    path.chmod(0o755 if path.is_dir() else 0o644)
                headers = Path(place, "headers")
                _write_headers(headers, architecture)
                _build_wheel(clean, folder, _cross_environment(architecture, compiler, headers))
        else:
            packages = _compiler_packages(architecture)
            sys.stderr.write(
                f"build: no compiler for {architecture} (Debian's {packages}) or no Python.h here: "
                "the collector's inner loops are packed in Python alone\n"
            )
    return sorted(folder.glob("*.whl"))


def compiler_for(architecture: str) -> str:
    """
    Return the C compiler for an architecture, empty if this machine has none, or one without the
    headers of that architecture's C library: Debian's cross compilers only recommend these.

    Python's own headers work for every 64-bit architecture: the kernel uses only the limited API.
    """
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return ""
    machine = MACHINES[architecture]
    is_native = platform.machine() == machine
    compiler = shutil.which("gcc" if is_native else f"{machine}-linux-gnu-gcc") or ""
    return compiler if compiler and _has_c_library(compiler) else ""


def _compiler_packages(architecture: str) -> str:
    machine = MACHINES[architecture]
    if platform.machine() == machine:
        return "gcc and libc6-dev"
    return f"gcc-{machine.replace('_', '-')}-linux-gnu and libc6-dev-{architecture}-cross"


def _has_c_library(compiler: str) -> bool:
    # Without them a cross compiler finds this machine's <stdio.h>, but not what that includes.
    done = subprocess.run(
        [compiler, "-E", "-x", "c", "-"],
        input="#include <stdio.h>\n",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0


def _write_headers(folder: Path, architecture: str) -> None:
    """
    Write what Debian's ``pyconfig.h`` includes for an architecture, if it is not this machine's.

    Its own file for each architecture is in the folder of that architecture, and only those of
    installed packages exist. What the limited API takes from it (sizes of types) is equal on all
    64-bit Linux.
    """
    include = Path(sysconfig.get_path("include"))
    own = include.parent / f"{platform.machine()}-linux-gnu" / include.name / "pyconfig.h"
    if own.exists():
        place = folder / f"{MACHINES[architecture]}-linux-gnu" / include.name
        place.mkdir(parents=True)
        shutil.copyfile(own, place / "pyconfig.h")


def _cross_environment(architecture: str, compiler: str, headers: Path) -> dict[str, str]:
    machine = MACHINES[architecture]
    return {
        **os.environ,
        "CC": compiler,
        "LDSHARED": f"{compiler} -shared",
        # The interpreter's own build flags are for its own machine.
        "CFLAGS": f"-fPIC -O3 -g0 -idirafter {headers}",
        "_PYTHON_HOST_PLATFORM": f"linux-{machine}",
    }


def _build_wheel(source: Path, folder: Path, environment: Mapping[str, str]) -> None:
    _run(
        sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--no-build-isolation",
        "--out-dir", str(folder), str(source), environment=environment,
    )  # fmt: skip


def _install(pins: Path, wheels: list[Path], platform: str, version: str, folder: Path) -> None:
    common = (
        sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--target",
        str(folder), "--python-platform", platform, "--python-version", version,
    )  # fmt: skip
    _run(*common, "--only-binary", ":all:", "--require-hashes", "--requirements", str(pins))
    _run(*common, *(str(wheel) for wheel in wheels))
    # Scripts name the Python of this machine; the records of them would reveal the build machine.
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for useless in (
        *folder.rglob("__pycache__"),
        *folder.glob("*.dist-info/direct_url.json"),
        *folder.glob("*.dist-info/uv_cache.json"),
        *folder.glob("*.dist-info/RECORD"),
        *folder.glob("*.dist-info/REQUESTED"),
        folder / ".lock",
    ):
        shutil.rmtree(useless) if useless.is_dir() else useless.unlink(missing_ok=True)


def _document(root: Path, room: str, tree: Path, day: str) -> None:
    folder = tree / "usr" / "share" / "doc" / f"thongsuot-{room}"
    folder.mkdir(parents=True)
    shutil.copyfile(root / "LICENSE", folder / "copyright")
    shutil.copyfile(root / "NOTICE", folder / "NOTICE")
    share_folder = str(tree / "usr" / "share")
    _run(sys.executable, "-m", "tools.packages.command_help", room, share_folder, day)
    if room == "collector":
        # Shown at /docs to those who may look at the pages.
        _run(sys.executable, "-m", "tools.docs_site", str(folder / "html"))


def _run(*command: str, environment: Mapping[str, str] | None = None) -> None:
    # Modes of what is written are the same for every builder.
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, umask=0o022
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)

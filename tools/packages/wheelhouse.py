"""
A room as wheels, for machines that have no registry and do not use ``apt``: one tar with every
wheel, the list of their hashes, and instructions.

The tar is uncompressed (wheels are compressed) and the same for the same commit: names sorted,
owner root, times the commit's. pip selects the wheels for the machine's Python and accepts none
whose hash is not in the list.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.packages.contents import MACHINES, PYTHONS, own_wheels
from tools.packages.debian import Package

_OLDEST_GLIBC, _NEWEST_GLIBC = 17, 28
"""The oldest glibc: that of manylinux2014, and the same as for the packages."""

_README = """\
{room} {version} for {architecture}, Python {pythons}, as wheels. No registry is asked; Debian's
python3-venv has to be there:

    tar -xf {name}.tar
    python3 -m venv /opt/thongsuot-{room}
    {command}
    /opt/thongsuot-{room}/bin/thongsuot-{room} --help

A wheel that is not the one that was built is refused: its hash stands in requirements.txt. The
tar's own hash is in SHA256SUMS beside it.
"""

_COMMAND = (
    "/opt/thongsuot-{room}/bin/pip install --no-index --find-links {name}/wheels --require-hashes "
    "-r {name}/requirements.txt"
)


def name_of(package: Package) -> str:
    """Return the name of a wheelhouse, which is also that of the folder in it."""
    return f"thongsuot-{package.room}-wheels_{package.version}_{package.architecture}"


def write_wheelhouse(
    root: Path, package: Package, out: Path, epoch: int, *, source: Sequence[str] = ()
) -> Path:
    """
    Write the wheelhouse of a room; return the file. ``source`` is where pip gets wheels from, as
    arguments of pip; empty: pip's own configuration.

    Raises:
        CalledProcessError: a wheel is not available, or its hash differs from the pinned one.
    """
    pins = root / "requirements" / f"{package.room}.txt"
    with tempfile.TemporaryDirectory(prefix="thongsuot-wheelhouse-") as made:
        folder = Path(made)
        own = own_wheels(root, package.room, folder / "own", package.architecture)
        for version in PYTHONS:
            _download(pins, package.architecture, version, folder / "wheels", source)
        wheels = {file.name: file.read_bytes() for file in own}
        wheels |= {file.name: file.read_bytes() for file in (folder / "wheels").glob("*.whl")}
    file = out / f"{name_of(package)}.tar"
    file.write_bytes(packed(package, wheels, (root / "LICENSE").read_bytes(), epoch))
    return file


def packed(package: Package, wheels: Mapping[str, bytes], license_text: bytes, epoch: int) -> bytes:
    """Return the tar of some wheels by their names."""
    name = name_of(package)
    readme = _README.format(
        name=name,
        room=package.room,
        version=package.version,
        architecture=package.architecture,
        pythons=" and ".join(PYTHONS),
        command=_COMMAND.format(name=name, room=package.room),
    )
    files = {
        "LICENSE": license_text,
        "README": readme.encode(),
        "requirements.txt": requirements(wheels).encode(),
        **{f"wheels/{wheel}": content for wheel, content in wheels.items()},
    }
    text = io.BytesIO()
    # Names of wheels that run on many systems are longer than ustar's 100 characters.
    with tarfile.open(fileobj=text, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder in (name, f"{name}/wheels"):
            tar.addfile(_entry(folder, epoch, mode=0o755, kind=tarfile.DIRTYPE))
        for path in sorted(files):
            entry = _entry(f"{name}/{path}", epoch, mode=0o644, kind=tarfile.REGTYPE)
            entry.size = len(files[path])
            tar.addfile(entry, io.BytesIO(files[path]))
    return text.getvalue()


def requirements(wheels: Mapping[str, bytes]) -> str:
    """Return the list that pip installs from: each package with the hashes of its wheels."""
    hashes: dict[str, list[str]] = {}
    for wheel in sorted(wheels):
        distribution, version, *_ = wheel.split("-")
        digest = hashlib.sha256(wheels[wheel]).hexdigest()
        hashes.setdefault(f"{distribution.replace('_', '-')}=={version}", []).append(digest)
    return (
        "\n".join(
            " \\\n    ".join((pin, *(f"--hash=sha256:{digest}" for digest in digests)))
            for pin, digests in hashes.items()
        )
        + "\n"
    )


def _entry(name: str, epoch: int, *, mode: int, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mtime, entry.mode, entry.type = epoch, mode, kind
    entry.uname = entry.gname = "root"
    return entry


def _download(
    pins: Path, architecture: str, version: str, folder: Path, source: Sequence[str]
) -> None:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(pins)),
        *("--dest", str(folder), "--implementation", "cp", "--python-version", version),
        *(word for platform in platforms(architecture) for word in ("--platform", platform)),
        *source,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)


def platforms(architecture: str) -> Iterator[str]:
    """Yield the tags of wheels that run on the oldest Debian, the newest first (PEP 600)."""
    machine = MACHINES[architecture]
    for minor in range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
    yield f"manylinux2014_{machine}"

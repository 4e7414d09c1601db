"""
A repository for ``apt``: packages, indexes and a signature, made by ``reprepro``.

``python -m tools.apt_repository FOLDER PACKAGE.deb ... --key ID`` adds packages to it.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SUITE = "stable"

_DISTRIBUTIONS = """\
Origin: Thong Suot
Label: Thong Suot
Codename: {suite}
Suite: {suite}
Architectures: amd64 arm64
Components: main
Description: Agent and collector for service points
SignWith: {key}
"""


def write_repository(packages: Sequence[Path], folder: Path, *, key: str) -> Path:
    """
    Add packages to the repository in ``folder``, creating it if necessary; return the folder.

    ``key`` identifies the secret key for GnuPG; the public part is put beside the indexes as
    ``thongsuot.asc``. Raises ``CalledProcessError`` with the output of reprepro or GnuPG.
    """
    configuration = folder / "conf" / "distributions"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(_DISTRIBUTIONS.format(suite=SUITE, key=key), encoding="utf-8")
    for package in packages:
        _run("reprepro", "--silent", "--basedir", str(folder), "includedeb", SUITE, str(package))
    public = _run("gpg", "--batch", "--armor", "--export", key)
    (folder / "thongsuot.asc").write_text(public, encoding="ascii")
    return folder


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, command[0])
    return done.stdout


def main() -> int:
    """Add packages to a repository; return the exit code."""
    parser = argparse.ArgumentParser(description="Add packages to an APT repository.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("packages", type=Path, nargs="+", metavar="PACKAGE")
    parser.add_argument("--key", required=True, help="GnuPG key that signs the indexes")
    options = parser.parse_args()
    try:
        write_repository(options.packages, options.folder, key=options.key)
    except subprocess.CalledProcessError as error:
        print(f"apt repository: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

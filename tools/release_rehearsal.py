"""
Rehearsal of a release: everything in a clone, with a repository signed by a temporary key.

The repository is tested as a device would use it: a separate apt verifies its signature and
installs the version. Nothing in this checkout changes; the files stay in the given folder.
"""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.private_apt import PrivateApt

KEY = "rehearsal@thongsuot.invalid"
_NOBODY = {"name": "Rehearsal", "email": KEY}


class RehearsalError(Exception):
    """A step of the release that would not have worked."""


@contextlib.contextmanager
def clone_of(root: Path) -> Iterator[Path]:
    """Clone a checkout's HEAD, with an identity for commits."""
    with tempfile.TemporaryDirectory(prefix="thongsuot-rehearsal-") as made:
        tree = Path(made) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--shared", str(root), str(tree)], check=True)
        for name, value in _NOBODY.items():
            subprocess.run(["git", "-C", str(tree), "config", f"user.{name}", value], check=True)
        yield tree


@contextlib.contextmanager
def throwaway_key(user: str = KEY) -> Iterator[str]:
    """Make a GnuPG key in a keyring of its own; both are deleted afterwards."""
    # gpg-agent's socket is there: the path must be short enough for a socket.
    with tempfile.TemporaryDirectory(prefix="ts-gpg-", dir="/tmp") as home:
        before = os.environ.get("GNUPGHOME")
        os.environ["GNUPGHOME"] = home
        try:
            batch = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", user]
            subprocess.run([*batch, "ed25519", "sign", "never"], check=True, capture_output=True)
            yield user
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], check=True)
            if before is None:
                del os.environ["GNUPGHOME"]
            else:
                os.environ["GNUPGHOME"] = before


def see_repository(
    repository: Path, version: str, rooms: Sequence[str], architectures: Sequence[str]
) -> None:
    """
    Check that a device installs this version of each room from the repository.

    Raises:
        RehearsalError: its apt does not trust the repository, or finds another version there.
    """
    for architecture in architectures:
        with tempfile.TemporaryDirectory(prefix="thongsuot-apt-") as made:
            apt = PrivateApt(Path(made) / "root", repository, architecture=architecture)
            updated = apt.run("apt-get", "update")
            # If a signature is wrong, apt keeps its old index and exits with 0.
            if updated.returncode or updated.stderr.strip():
                raise RehearsalError(f"apt does not take {repository}: {updated.stderr.strip()}")
            for room in rooms:
                candidate = apt.candidate(f"thongsuot-{room}")
                if candidate != version:
                    raise RehearsalError(
                        f"{repository} has {candidate or 'no version'} of thongsuot-{room} for"
                        f" {architecture}, not {version}"
                    )

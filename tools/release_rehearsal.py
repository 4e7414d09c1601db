"""
Rehearsal of a release: all of it in a clone, its repository signed by a key that is thrown away.

What a device would do with the repository is done with it: an apt of its own believes its signature
and takes the version. Nothing of this checkout changes; the files stay in the folder that is named.
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
    """What of a release would not have worked."""


@contextlib.contextmanager
def clone_of(root: Path) -> Iterator[Path]:
    """Clone a checkout's HEAD, with somebody who commits."""
    with tempfile.TemporaryDirectory(prefix="thongsuot-rehearsal-") as made:
        tree = Path(made) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--shared", str(root), str(tree)], check=True)
        for name, value in _NOBODY.items():
            subprocess.run(["git", "-C", str(tree), "config", f"user.{name}", value], check=True)
        yield tree


@contextlib.contextmanager
def throwaway_key(user: str = KEY) -> Iterator[str]:
    """Make a key of GnuPG in a keyring of its own; both are gone afterwards."""
    # The socket of gpg-agent stands there: a path that is not too long for one.
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
    See that a device takes this version of each room from the repository.

    Raises:
        RehearsalError: its apt does not believe the repository, or finds another version there.
    """
    for architecture in architectures:
        with tempfile.TemporaryDirectory(prefix="thongsuot-apt-") as made:
            apt = PrivateApt(Path(made) / "root", repository, architecture=architecture)
            updated = apt.run("apt-get", "update")
            # apt goes on with what it had where a signature is wrong, and ends with 0.
            if updated.returncode or updated.stderr.strip():
                raise RehearsalError(f"apt does not take {repository}: {updated.stderr.strip()}")
            for room in rooms:
                candidate = apt.candidate(f"thongsuot-{room}")
                if candidate != version:
                    raise RehearsalError(
                        f"{repository} has {candidate or 'no version'} of thongsuot-{room} for"
                        f" {architecture}, not {version}"
                    )

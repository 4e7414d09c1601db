"""The releases for which new roots are made, and the source of each."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """
    A release of a distribution of which mmdebstrap makes a root.

    ``archive`` is the origin of the packages: Debian's come from the mirror that this machine
    itself uses; for another distribution a mirror must be given.
    """

    name: str
    title: str
    suite: str
    archive: str = "debian"
    components: str = "main"

    def source(self, mirrors: Mapping[str, str]) -> str:
        """
        Return the line of ``sources.list``; empty leaves the mirror to mmdebstrap.

        Raises:
            LookupError: no mirror was given for another distribution.
        """
        if mirror := mirrors.get(self.archive):
            return f"deb {mirror} {self.suite} {self.components}"
        if self.archive != "debian":
            raise LookupError(
                f"no mirror of {self.archive} is given (--mirror {self.archive}=ADDRESS)"
            )
        return ""


RELEASES = (
    Release(name="debian-12", title="Debian 12", suite="bookworm"),
    Release(name="debian-13", title="Debian 13", suite="trixie"),
    # Its Python is newer than that of any released Debian.
    Release(name="debian-testing", title="Debian testing", suite="testing"),
    Release(
        name="ubuntu-24.04",
        title="Ubuntu 24.04",
        suite="noble",
        archive="ubuntu",
        components="main universe",
    ),
)


def debian_mirror() -> str:
    """Return the address of the mirror that this machine's own apt uses, if it is a Debian."""
    shown = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in shown.stdout.splitlines():
        origin, component, address = (*line.split(), "", "", "")[:3]
        if (origin, component) == ("Debian", "main") and "security" not in address:
            return address
    return ""

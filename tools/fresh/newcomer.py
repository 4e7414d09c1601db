"""
The user who runs the commands in a new root: root itself, or a plain user whose root installs
packages.

Only the standard library: this runs inside the new root.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

NAME = "newcomer"

_STOPPED_FOR = re.compile(r"\broot(?: can install)?: apt-get install (?P<packages>[\w.+ -]+)")
_GOES_WITHOUT = re.compile(r"^run: going on without: (?P<packages>[\w.+ -]+)")


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"fresh: {text}", file=sys.stderr, flush=True)


@dataclass(slots=True, kw_only=True)
class Newcomer:
    """
    The user of a clone.

    ``installed`` are the packages that root was asked for, in order; ``goes_without`` those that a
    command went on without.
    """

    is_root: bool
    installed: list[str] = field(default_factory=list)
    goes_without: set[str] = field(default_factory=set)

    def settle(self, clone: Path) -> None:
        """Create the user, and give it the clone."""
        if self.is_root:
            return
        subprocess.run(["useradd", "--create-home", NAME], check=True)
        subprocess.run(["chown", "--recursive", f"{NAME}:{NAME}", str(clone)], check=True)

    def start(
        self, command: Sequence[str], *, stdout: int | IO[bytes], stderr: int | IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own, as a terminal does."""
        environment = dict(os.environ)
        if not self.is_root:
            environment |= {"HOME": f"/home/{NAME}", "USER": NAME, "LOGNAME": NAME}
            # Not run as CI: tests that this user cannot run are skipped, and counted.
            environment.pop("CI", None)
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environment,
            start_new_session=True,
            user=None if self.is_root else NAME,
            group=None if self.is_root else NAME,
            extra_groups=None if self.is_root else (),
        )

    def install_what_is_asked_for(self, lines: Sequence[str]) -> bool:
        """
        Install as root the packages for which a plain user's command stopped; False: nothing new
        was needed.
        """
        for line in lines:
            if match := _GOES_WITHOUT.match(line):
                self.goes_without.update(match["packages"].split())
        packages = [
            package
            for line in lines
            if (match := _STOPPED_FOR.search(line))
            for package in match["packages"].split()
            if package not in self.installed
        ]
        if self.is_root or not packages:
            return False
        say(f"root is asked for: {' '.join(packages)}")
        apt = ("apt-get", "-q", "-y", "--no-install-recommends")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (("update",), ("install", *packages)):
            subprocess.run([*apt, *words], check=True, env=environment, stdout=subprocess.DEVNULL)
        self.installed += packages
        self.goes_without -= set(packages)
        return True

"""An apt that knows one repository and nothing about this machine."""

import subprocess
from pathlib import Path

from tools.apt_repository import SUITE


class PrivateApt:
    """
    Reads a repository with its own key, as a device does, without touching this machine's apt.
    """

    def __init__(self, root: Path, repository: Path, *, architecture: str = "amd64") -> None:
        for name in ("etc/apt/preferences.d", "state/lists/partial", "cache/archives/partial"):
            (root / name).mkdir(parents=True)
        (root / "state" / "status").touch()
        sources = root / "etc" / "apt" / "sources.list"
        signed = f"[signed-by={repository / 'thongsuot.asc'}]"
        sources.write_text(f"deb {signed} file:{repository} {SUITE} main\n", encoding="utf-8")
        self._options = [
            f"-oDir::Etc={root}/etc/apt",
            f"-oDir::State={root}/state",
            f"-oDir::State::status={root}/state/status",
            f"-oDir::Cache={root}/cache",
            f"-oAPT::Architecture={architecture}",
            f"-oAPT::Architectures={architecture}",
            "-oAPT::Sandbox::User=",
            "-oAcquire::Languages=none",
        ]

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run apt-get or apt-cache and return the finished process."""
        command = [program, *self._options, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def candidate(self, package: str) -> str:
        """Return the version that would be installed; empty if there is none."""
        shown = self.run("apt-cache", "policy", package).stdout
        lines = (line.strip() for line in shown.splitlines())
        return next((line[11:] for line in lines if line.startswith("Candidate: ")), "")

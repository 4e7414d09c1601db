"""Starts the parts of the stack, each with its own folder, and queries their state."""

import http.client
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import msgspec

from thongsuot_agent.status import AgentStatus
from thongsuot_lab.stack import prometheus
from thongsuot_lab.stack.documents import AgentDocument, CollectorDocument, inventory_text
from thongsuot_lab.stack.process import Process, Spawn, StackError, spawn_here
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.view import SiteView

READY_S = 240.0
"""
How long a part may take to be ready: only one that hangs takes minutes. One that ends is noticed at
once.
"""


def installed_command(name: str) -> str:
    """Return the path of one of our commands: the one installed beside this interpreter."""
    beside = Path(sys.executable).with_name(name)
    path = str(beside) if beside.exists() else shutil.which(name)
    if path is None:
        raise StackError(f"the command {name} is not installed beside {sys.executable}")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorFolder:
    """The folder of a collector: its configuration, inventory and record."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.path / "collector.toml"

    def write(self, document: CollectorDocument, inventory: Inventory) -> None:
        """Write the configuration and the inventory."""
        document.inventory_dir.mkdir(parents=True, exist_ok=True)
        document.state_dir.mkdir(parents=True, exist_ok=True)
        self.config.write_text(document.text(), encoding="utf-8")
        (document.inventory_dir / "inventory.toml").write_text(
            inventory_text(inventory), encoding="utf-8"
        )

    def create_token(self, site: str, file: Path) -> None:
        """Create a token for a site's agent and write it to a file that only the owner can read."""
        command = [installed_command("thongsuot-collector"), "token", "create"]
        command += ["--config", str(self.config), "--log-level", "warning", site]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"cannot create a token for {site}: {done.stderr.strip()}")
        file.touch(mode=0o600)
        file.write_text(done.stdout.strip() + "\n", encoding="ascii")

    def add_person(self, name: str, title: str) -> str:
        """
        Create an account that may act on the pages; return the password, which is known only now.
        """
        command = [installed_command("thongsuot-collector"), "person", "add"]
        command += ["--config", str(self.config), "--log-level", "warning", name, "--title", title]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"cannot add the person {name}: {done.stderr.strip()}")
        return done.stdout.strip()

    def create_desk_key(self, carrier: str) -> str:
        """Return a link that opens the desk of a carrier; its bearer may answer."""
        command = [installed_command("thongsuot-collector"), "desk-key", "create"]
        command += ["--config", str(self.config), "--log-level", "warning", carrier]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"cannot make a link for {carrier}: {done.stderr.strip()}")
        return done.stdout.strip()

    def start(self, logs: Path, spawn: Spawn = spawn_here) -> Process:
        """Start the collector."""
        command = [installed_command("thongsuot-collector"), "run", "--config", str(self.config)]
        return Process.start("collector", command, logs, spawn)


def write_agent(document: AgentDocument, file: Path) -> None:
    """Write an agent's configuration and make its folders."""
    document.state_dir.mkdir(parents=True, exist_ok=True)
    document.runtime_dir.mkdir(parents=True, exist_ok=True)
    file.write_text(document.text(), encoding="utf-8")


def start_agent(
    site: str,
    config: Path,
    logs: Path,
    spawn: Spawn = spawn_here,
    *,
    is_verbose: bool = False,
    recording: Path | None = None,
) -> Process:
    """
    Start an agent; ``is_verbose`` lets it log each run, ``recording`` is the file for its judge's
    input.
    """
    command = [installed_command("thongsuot-agent"), "run", "--config", str(config)]
    if is_verbose:
        command.append("--verbose")
    if recording is not None:
        command += ["--record", str(recording)]
    return Process.start(f"agent-{site}", command, logs, spawn)


def start_prometheus(
    folder: Path, logs: Path, *, listen: str, collector: str, spawn: Spawn = spawn_here
) -> Process:
    """Start Prometheus; ``collector`` is where the collector's own metrics are scraped."""
    return Process.start("prometheus", prometheus.command(folder, listen, collector), logs, spawn)


def responds(url: str) -> bool:
    """Return whether something answers at a URL with a status below 400."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status < 400)
    except (OSError, http.client.HTTPException):
        return False


def has_delivered(base: str) -> bool:
    """Return whether an agent reports that the collector has acknowledged a batch."""
    try:
        with urllib.request.urlopen(f"{base}/status.json", timeout=5) as response:
            status = msgspec.json.decode(response.read(), type=AgentStatus)
    except (OSError, http.client.HTTPException, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return status.collector.acknowledged_s_ago is not None


def fetch_site_view(base: str, site: str) -> SiteView | None:
    """Return the collector's state of a site; ``None`` while it does not answer."""
    try:
        with urllib.request.urlopen(f"{base}/sites/{site}.json", timeout=5) as response:
            return msgspec.json.decode(response.read(), type=SiteView)
    except (OSError, http.client.HTTPException, msgspec.DecodeError, UnicodeDecodeError):
        return None

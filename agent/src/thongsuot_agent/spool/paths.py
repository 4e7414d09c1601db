"""Where the record stands on the device: below the state directory and the runtime directory."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from thongsuot_agent.config.model import SpoolConfig

_STATE_DIR = "/var/lib/thongsuot-agent"
_RUNTIME_DIR = "/run/thongsuot-agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolPaths:
    """The two directories, and what stands in them."""

    state_dir: Path
    runtime_dir: Path

    @property
    def spool_file(self) -> Path:
        """The spool's file on disk."""
        return self.state_dir / "spool.db"

    @property
    def rollout_file(self) -> Path:
        """Which site configuration is run, tried, refused (see ``siteconfig.rollout_file``)."""
        return self.state_dir / "site-config.json"

    @property
    def month_file(self) -> Path:
        """The states of the last 31 days (see ``page.month``)."""
        return self.state_dir / "month.msgpack"

    @property
    def line_history_file(self) -> Path:
        """Delay and loss of each link in the last 31 days (see ``page.line_history``)."""
        return self.state_dir / "lines.msgpack"

    @property
    def sms_file(self) -> Path:
        """When text messages were sent (see ``sms.alarm``)."""
        return self.state_dir / "sms.json"

    @property
    def place_file(self) -> Path:
        """Which router and network each link leads to (see ``app.place``)."""
        return self.state_dir / "place.json"

    @property
    def rejected_dir(self) -> Path:
        """Batches that the collector will never take."""
        return self.state_dir / "rejected"

    @property
    def certificate_file(self) -> Path:
        """
        Key and certificate of the device, which the agent renews (see
        ``identity.certificate_file``).
        """
        return self.state_dir / "certificate.pem"

    @property
    def record_dir(self) -> Path:
        """One directory for each stream."""
        return self.runtime_dir / "record"

    @property
    def checkpoint_file(self) -> Path:
        """What a killed process would like to know again (see ``app.checkpoint``)."""
        return self.runtime_dir / "checkpoint"

    @property
    def route_request_file(self) -> Path:
        """Written to have routes made (see ``app.route_requests``)."""
        return self.runtime_dir / "routes-wanted"

    @property
    def layouts_dir(self) -> Path:
        """Layouts of this boot's batches."""
        return self.runtime_dir / "layouts"


def paths_from_config(config: SpoolConfig, environment: Mapping[str, str]) -> SpoolPaths:
    """
    Return the directories that a configuration means.

    systemd names them in the environment (a list separated by colons when there are several). Where
    nothing is named and the usual runtime directory takes no files, the record stands beside the
    state: it then outlives a power cut as far as the page cache was written.
    """
    state_dir = Path(config.state_dir or _first(environment, "STATE_DIRECTORY") or _STATE_DIR)
    named = config.runtime_dir or _first(environment, "RUNTIME_DIRECTORY")
    runtime_dir = Path(named or _RUNTIME_DIR)
    if not named and not _is_writable(runtime_dir):
        runtime_dir = state_dir / "runtime"
    return SpoolPaths(state_dir=state_dir, runtime_dir=runtime_dir)


def _is_writable(directory: Path) -> bool:
    nearest = directory if directory.exists() else directory.parent
    return os.access(nearest, os.W_OK | os.X_OK)


def _first(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name, "").partition(":")[0]

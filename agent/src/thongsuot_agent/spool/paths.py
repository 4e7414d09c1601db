"""The paths of the record on the device: below the state directory and the runtime directory."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from thongsuot_agent.config.model import SpoolConfig

_STATE_DIR = "/var/lib/thongsuot-agent"
_RUNTIME_DIR = "/run/thongsuot-agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolPaths:
    """The two directories, and the paths in them."""

    state_dir: Path
    runtime_dir: Path

    @property
    def spool_file(self) -> Path:
        """The spool's file on disk."""
        return self.state_dir / "spool.db"

    @property
    def stream_names_file(self) -> Path:
        """The names of the streams in the spool (see ``stream_names``)."""
        return self.state_dir / "streams.msgpack"

    @property
    def rollout_file(self) -> Path:
        """The rollout state of site configurations (see ``siteconfig.rollout_file``)."""
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
        """The times of sent text messages (see ``sms.alarm``)."""
        return self.state_dir / "sms.json"

    @property
    def place_file(self) -> Path:
        """The router and network of each link (see ``app.place``)."""
        return self.state_dir / "place.json"

    @property
    def rejected_dir(self) -> Path:
        """Batches that the collector has finally refused."""
        return self.state_dir / "rejected"

    @property
    def certificate_file(self) -> Path:
        """
        The key and certificate of the device, which the agent renews (see
        ``identity.certificate_file``).
        """
        return self.state_dir / "certificate.pem"

    @property
    def record_dir(self) -> Path:
        """One directory for each stream."""
        return self.runtime_dir / "record"

    @property
    def checkpoint_file(self) -> Path:
        """The state restored after a kill (see ``app.checkpoint``)."""
        return self.runtime_dir / "checkpoint"

    @property
    def route_request_file(self) -> Path:
        """Written to request routes (see ``app.route_requests``)."""
        return self.runtime_dir / "routes-wanted"

    @property
    def layouts_dir(self) -> Path:
        """The layouts of this boot's batches."""
        return self.runtime_dir / "layouts"


def paths_from_config(config: SpoolConfig, environment: Mapping[str, str]) -> SpoolPaths:
    """
    Return the directories of a configuration.

    systemd passes them in the environment (separated by colons if there are several). If none is
    passed and the usual runtime directory is not writable, the record is beside the state: after a
    power cut only its flushed part is left.
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

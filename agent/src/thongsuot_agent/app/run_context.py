"""Run context: everything that is decided before the agent starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from thongsuot_agent.app.judge_recorder import JudgeRecorder
from thongsuot_agent.clock import SYSTEM, Clocks, boot_id
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.profile import probes_of, targets_of
from thongsuot_agent.secret_file import TokenFile
from thongsuot_agent.spool.paths import SpoolPaths, paths_from_config
from thongsuot_agent.version import VERSION
from thongsuot_runtime import kernel_clock
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.inventory.model import ProbeSchedule, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """
    A checked configuration and its environment.

    ``config`` is what holds now: ``local_config``, the settings file, with the site configuration
    that is run.

    ``fingerprint`` changes with version and configuration: state saved under another one is not
    used.
    """

    local_config: AgentConfig
    config: AgentConfig
    targets: tuple[Target, ...]
    probes: tuple[ProbeSchedule, ...]
    paths: SpoolPaths
    clock: Clocks
    boot_id: str
    token: TokenFile
    recorder: JudgeRecorder | None = None

    @property
    def fingerprint(self) -> str:
        """Name of version and configuration together."""
        return digest_of(VERSION.encode() + msgspec.json.encode(self.config)).hex()


def run_context_from(
    config: AgentConfig,
    environment: Mapping[str, str] = os.environ,
    *,
    recording: str = "",
) -> RunContext:
    """
    Return the effective setting of a configuration on this machine.

    ``recording`` names a file for the judge's input events; empty: none.

    Raises:
        TokenUnusable: there is no token to push with.
    """
    return RunContext(
        local_config=config,
        config=config,
        targets=targets_of(config),
        probes=probes_of(config),
        paths=paths_from_config(config.spool, environment),
        clock=Clocks(
            boottime_ns=SYSTEM.boottime_ns, wall_ns=SYSTEM.wall_ns, error_s=_clock_error_s
        ),
        boot_id=boot_id(),
        token=TokenFile(token_path(config.collector.token_file, environment)),
        recorder=JudgeRecorder(Path(recording)) if recording else None,
    )


def with_config(context: RunContext, config: AgentConfig) -> RunContext:
    """Return the setting in which another configuration holds."""
    return replace(context, config=config, targets=targets_of(config), probes=probes_of(config))


_SOURCES = Path("/etc/thongsuot")


def token_path(name: str, environment: Mapping[str, str]) -> Path:
    """Return the file of a token, or of another secret, that the configuration names."""
    if "/" in name:
        return Path(name)
    credentials = environment.get("CREDENTIALS_DIRECTORY", "")
    # Outside the service, as for check-config: the file that its unit loads the credential from.
    return Path(credentials, name) if credentials else _SOURCES / f"agent.{name}"


def _clock_error_s() -> float | None:
    try:
        return kernel_clock.read().error_s
    except OSError:  # a seccomp filter: then the clock is not trusted
        return None

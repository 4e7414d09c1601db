"""
``thongsuot-agent site-config``: shows the site configuration of this device, with no agent needed.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from thongsuot_agent.app.site_configs import site_config_status
from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.status import site_config_line
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.profile import probes_of, targets_of
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import SiteConfigRefused
from thongsuot_agent.siteconfig.rollout import RolloutState
from thongsuot_agent.siteconfig.rollout_file import read_rollout as read_ledger
from thongsuot_agent.siteconfig.validate import validate_offer
from thongsuot_agent.spool.paths import paths_from_config
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.siteconfig.codec import version_of


def show_site_config(path: str) -> int:
    """Print what is on the disk; returns the exit code."""
    try:
        own = read(Path(path))
    except ConfigInvalid as error:
        sys.stderr.write(f"{error}\n")
        return WRONG
    file = paths_from_config(own.spool, os.environ).rollout_file
    try:
        rollout = read_ledger(file)
    except FileNotFoundError:
        rollout = RolloutState()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"cannot read {file}: {describe(error)}\n")
        return 1
    sys.stdout.write("\n".join((*site_config_lines(rollout, own), "")))
    return 0


def site_config_lines(rollout: RolloutState, own: AgentConfig) -> Iterator[str]:
    """Yield what there is to say of the site configuration, for a person."""
    yield site_config_line(site_config_status(rollout, is_accepting=own.site_config.accept))
    offer = rollout.active
    if offer is not None:
        made = datetime.fromtimestamp(offer.made_ns / 1e9, UTC)
        yield f"made: {made:%Y-%m-%d %H:%M:%S} UTC"
    if rollout.trial is not None:
        good = "the settings file" if rollout.good is None else version_of(rollout.good)
        yield f"before: {good}; gone back to where the collector is not reached"
    for refused in rollout.refused:
        yield f"refused: {refused.version} ({refused.ground}): {refused.reason}"
    if offer is None or not own.site_config.accept:
        return
    try:
        site_config, together = validate_offer(offer, own)
    except SiteConfigRefused as error:
        yield from (f"does not fit the settings file: {line}" for line in error.mistakes)
        return
    target_names = {configured.name for configured in site_config.targets}
    for target in targets_of(together):
        where = target.url or ", ".join(target.addresses)
        source = "collector" if target.name in target_names else "settings"
        yield f"target {target.name}: {where} ({source})"
    kinds = {scheduled.kind for scheduled in site_config.probes}
    for probe in probes_of(together):
        by = "collector" if probe.kind in kinds else "settings"
        yield f"probe {probe.kind}: every {probe.every_s:g} s ({by})"

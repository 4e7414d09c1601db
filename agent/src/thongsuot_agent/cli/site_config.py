"""
``thongsuot-agent site-config``: shows the site configuration of this device, with no agent needed.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from thongsuot_agent.app.site_configs import site_config_status
from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import cause_of, print_json, refuse
from thongsuot_agent.cli.status import site_config_line
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.profile import probes_of, targets_of
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import SiteConfigRefused
from thongsuot_agent.siteconfig.rollout import RefusalGround, RefusedVersion, RolloutState
from thongsuot_agent.siteconfig.rollout_file import read_rollout
from thongsuot_agent.siteconfig.validate import validate_offer
from thongsuot_agent.spool.paths import paths_from_config
from thongsuot_agent.status import SiteConfigStatus
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.siteconfig.codec import version_of
from thongsuot_schema.siteconfig.model import OfferedConfig
from thongsuot_schema.words.language import Text

_GROUNDS = {
    RefusalGround.INVALID: Text("agent.cli.config.ground.invalid"),
    RefusalGround.UNDECIDED: Text("agent.cli.config.ground.undecided"),
    RefusalGround.CUT_OFF: Text("agent.cli.config.ground.cut_off"),
    RefusalGround.ENDED: Text("agent.cli.config.ground.ended"),
    RefusalGround.NOT_KEPT: Text("agent.cli.config.ground.not_kept"),
}
_SOURCES = {
    "collector": Text("agent.cli.config.source.collector"),
    "settings": Text("agent.cli.config.source.settings"),
}


class ReportedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One target; ``source`` is ``collector`` or ``settings``, where it is defined."""

    name: str
    url: str
    addresses: tuple[str, ...]
    source: str


class ReportedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """How often a kind is measured; ``source`` as of a target."""

    kind: str
    every_s: float
    source: str


class SiteConfigReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The site configuration of a device, and its effect together with the settings file.

    ``before`` is the version that a trial goes back to (``None``: there is no trial; empty: the
    settings file alone), ``mistakes`` why it does not fit the settings file as that is now.
    """

    status: SiteConfigStatus
    before: str | None
    refused: tuple[RefusedVersion, ...]
    mistakes: tuple[str, ...] = ()
    targets: tuple[ReportedTarget, ...] = ()
    probes: tuple[ReportedProbe, ...] = ()


def show_site_config(path: str, *, is_json: bool = False) -> int:
    """Print the state on the disk; return the exit code."""
    try:
        own = read(Path(path))
    except ConfigInvalid as error:
        return refuse(error, WRONG, is_json=is_json)
    file = paths_from_config(own.spool, os.environ).rollout_file
    try:
        rollout = read_rollout(file)
    except FileNotFoundError:
        rollout = RolloutState()
    except (OSError, ValueError) as error:
        unreadable = Text("agent.cli.error.cannot_read", what=str(file), why=cause_of(error))
        return refuse(unreadable, 1, is_json=is_json)
    report = site_config_report(rollout, own)
    if is_json:
        print_json(report)
    else:
        sys.stdout.write("\n".join((*site_config_lines(report), "")))
    return 0


def site_config_report(rollout: RolloutState, own: AgentConfig) -> SiteConfigReport:
    """Return what there is to say of the site configuration."""
    offer = rollout.active
    report = SiteConfigReport(
        status=site_config_status(rollout, is_accepting=own.site_config.accept),
        before=None if rollout.trial is None else _version(rollout.good),
        refused=rollout.refused,
    )
    if offer is None or not own.site_config.accept:
        return report
    try:
        site_config, together = validate_offer(offer, own)
    except SiteConfigRefused as error:
        return msgspec.structs.replace(report, mistakes=error.mistakes)
    target_names = {configured.name for configured in site_config.targets}
    kinds = {scheduled.kind for scheduled in site_config.probes}
    return msgspec.structs.replace(
        report,
        targets=tuple(
            ReportedTarget(
                name=target.name,
                url=target.url,
                addresses=target.addresses,
                source="collector" if target.name in target_names else "settings",
            )
            for target in targets_of(together)
        ),
        probes=tuple(
            ReportedProbe(
                kind=probe.kind,
                every_s=probe.every_s,
                source="collector" if probe.kind in kinds else "settings",
            )
            for probe in probes_of(together)
        ),
    )


def site_config_lines(report: SiteConfigReport) -> Iterator[str]:
    """Yield the lines of a report for a person, in the language of the terminal."""
    yield site_config_line(report.status)
    yield from map(localized, _texts(report))


def _texts(report: SiteConfigReport) -> Iterator[Text]:
    if report.status.made_s is not None:
        made = datetime.fromtimestamp(report.status.made_s, UTC)
        yield Text("agent.cli.config.made", moment=f"{made:%Y-%m-%d %H:%M:%S} UTC")
    if report.before is not None:
        good = report.before or Text("agent.cli.config.settings_file")
        yield Text("agent.cli.config.before", good=good)
    for refused in report.refused:
        yield Text(
            "agent.cli.config.refused",
            version=refused.version,
            ground=_GROUNDS[refused.ground],
            reason=refused.reason,
        )
    for mistake in report.mistakes:
        yield Text("agent.cli.config.mistake", mistake=localized_sentence(mistake))
    for target in report.targets:
        yield Text(
            "agent.cli.config.target",
            name=target.name,
            where=target.url or ", ".join(target.addresses),
            source=_SOURCES[target.source],
        )
    for probe in report.probes:
        yield Text(
            "agent.cli.config.probe",
            kind=probe.kind,
            seconds=f"{probe.every_s:g}",
            source=_SOURCES[probe.source],
        )


def _version(offer: OfferedConfig | None) -> str:
    return "" if offer is None else version_of(offer)

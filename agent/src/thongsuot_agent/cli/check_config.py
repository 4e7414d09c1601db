"""``thongsuot-agent check-config``: what start-up runs, and nothing else."""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from thongsuot_agent.app.run_context import RunContext, run_context_from
from thongsuot_agent.cli.refusals import print_json, refuse
from thongsuot_agent.config import allowance
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.scheduler.job import ALL_NAMES
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

WRONG = 2


class CheckedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """One probe and its interval; ``*`` means every target of the kind."""

    kind: str
    every_s: float
    metered_every_s: float | None
    targets: tuple[str, ...]


class CheckedAllowance(msgspec.Struct, frozen=True, kw_only=True):
    """The probes' use of a metered link's allowance in 31 days."""

    link: str
    used_bytes: int
    allowance_bytes: int


class CheckedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of a configuration; no ``links``: every interface with a default route is one."""

    site: str
    links: list[str]
    probes: list[CheckedProbe]
    allowances: list[CheckedAllowance]
    runtime_dir: str
    state_dir: str


def check_config(path: str, *, is_json: bool = False) -> int:
    """Check a configuration file and print its effect; return the exit code."""
    try:
        config = read(Path(path))
        context = run_context_from(config)
    except (ConfigInvalid, TokenUnusable) as error:
        return refuse(error, WRONG, is_json=is_json)
    checked = checked_config(config, context)
    if is_json:
        print_json(checked)
    else:
        good = localized(Text("agent.cli.check.good", file=path))
        sys.stdout.write("".join(f"{line}\n" for line in (good, *_lines(checked))))
    return 0


def checked_config(config: AgentConfig, context: RunContext) -> CheckedConfig:
    """Return the effect of a configuration on this machine."""
    allowances = [
        CheckedAllowance(
            link=link.name,
            used_bytes=round(
                sum(
                    item.total_bytes
                    for item in allowance.monthly_usage(
                        link, context.probes, context.targets, push_every_s=None
                    )
                )
            ),
            allowance_bytes=link.allowance_bytes,
        )
        for link in config.links
        if link.allowance_bytes is not None
    ]
    return CheckedConfig(
        site=config.site.name,
        links=[link.name for link in config.links],
        probes=[
            CheckedProbe(
                kind=schedule.kind,
                every_s=schedule.every_s,
                metered_every_s=schedule.metered_every_s,
                targets=schedule.targets,
            )
            for schedule in context.probes
        ],
        allowances=allowances,
        runtime_dir=str(context.paths.runtime_dir),
        state_dir=str(context.paths.state_dir),
    )


def _lines(checked: CheckedConfig) -> Iterator[str]:
    yield localized(Text("agent.cli.check.site", site=checked.site))
    every_interface = Text("agent.cli.check.every_interface")
    links = ", ".join(checked.links) or localized(every_interface)
    yield localized(Text("agent.cli.check.links", links=links))
    for probe in checked.probes:
        yield _probe_line(probe)
    for link in checked.allowances:
        allowance = Text(
            "agent.cli.check.allowance",
            link=link.link,
            used=f"{link.used_bytes / 1e6:.1f}",
            whole=f"{link.allowance_bytes / 1e6:.1f}",
        )
        yield localized(allowance)
    yield localized(
        Text("agent.cli.check.record", runtime=checked.runtime_dir, state=checked.state_dir)
    )


def _probe_line(probe: CheckedProbe) -> str:
    every = localized(Text("agent.cli.check.every", seconds=f"{probe.every_s:g}"))
    if probe.metered_every_s is not None:
        metered = Text("agent.cli.check.metered", seconds=f"{probe.metered_every_s:g}")
        every = f"{every}, {localized(metered)}"
    targets = ", ".join(probe.targets)
    if ALL_NAMES in probe.targets:
        targets = localized(Text("agent.cli.check.all_targets"))
    return localized(Text("agent.cli.check.probe", kind=probe.kind, every=every, targets=targets))

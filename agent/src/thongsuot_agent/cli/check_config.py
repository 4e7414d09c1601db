"""``thongsuot-agent check-config``: what start-up runs, and nothing else."""

import sys
from pathlib import Path

from thongsuot_agent.app.run_context import run_context_from
from thongsuot_agent.config import allowance
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.scheduler.job import ALL_NAMES
from thongsuot_runtime.config_file import ConfigInvalid

WRONG = 2


def check_config(path: str) -> int:
    """Check a configuration file; returns the exit code."""
    try:
        config = read(Path(path))
        context = run_context_from(config)
    except (ConfigInvalid, TokenUnusable) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG
    links = ", ".join(link.name for link in config.links) or "every interface with a default route"
    out = sys.stdout
    out.write(f"{path}: good\nsite: {config.site.name}\nlinks: {links}\n")
    for schedule in context.probes:
        every = f"every {schedule.every_s:g} s"
        if schedule.metered_every_s is not None:
            every += f", metered every {schedule.metered_every_s:g} s"
        names = (
            "all targets it applies to"
            if ALL_NAMES in schedule.targets
            else ", ".join(schedule.targets)
        )
        out.write(f"probe {schedule.kind}: {every}, to {names}\n")
    for link in config.links:
        if link.allowance_bytes is not None:
            items = allowance.monthly_usage(
                link, context.probes, context.targets, push_every_s=None
            )
            total = sum(item.total_bytes for item in items)
            out.write(
                f"link {link.name}: probes use {total / 1e6:.1f} MB of"
                f" {link.allowance_bytes / 1e6:.1f} MB in 31 days\n"
            )
    out.write(f"record: {context.paths.runtime_dir}, {context.paths.state_dir}\n")
    return 0

"""``thongsuot-agent check-config``: what start-up runs, and nothing else."""

import sys
from pathlib import Path

from thongsuot_agent.app.setting import setting_from
from thongsuot_agent.config import allowance
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import ConfigInvalid, TokenUnusable
from thongsuot_agent.schedule.job import EVERY

WRONG = 2


def check(path: str) -> int:
    """Check a configuration file; returns the exit code."""
    try:
        config = read(Path(path))
        setting = setting_from(config)
    except (ConfigInvalid, TokenUnusable) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG
    links = ", ".join(link.name for link in config.links) or "every interface with a default route"
    out = sys.stdout
    out.write(f"{path}: good\nsite: {config.site.name}\nlinks: {links}\n")
    for plan in setting.probes:
        every = f"every {plan.every_s:g} s"
        if plan.metered_every_s is not None:
            every += f", metered every {plan.metered_every_s:g} s"
        names = "all targets it applies to" if EVERY in plan.targets else ", ".join(plan.targets)
        out.write(f"probe {plan.kind}: {every}, to {names}\n")
    for link in config.links:
        if link.allowance_bytes is not None:
            items = allowance.needs(link, setting.probes, setting.targets, push_every_s=None)
            total = sum(item.total_bytes for item in items)
            out.write(
                f"link {link.name}: probes use {total / 1e6:.1f} MB of"
                f" {link.allowance_bytes / 1e6:.1f} MB in 31 days\n"
            )
    out.write(f"record: {setting.places.runtime_dir}, {setting.places.state_dir}\n")
    return 0

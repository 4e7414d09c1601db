"""``thongsuot-agent run``: from the configuration to a running agent, and to its exit code."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from thongsuot_agent import memory
from thongsuot_agent.app.agent import Agent
from thongsuot_agent.app.run_context import RunContext, run_context_from
from thongsuot_agent.app.site_configs import ActiveSiteConfig, restore_site_config
from thongsuot_agent.app.systemd import systemd_notifier
from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.log_lines import log_to


def run(path: str, *, is_verbose: bool, recording: str) -> int:
    """
    Run until SIGTERM or SIGINT; returns the exit code.

    ``recording`` names a file for the judge's input events; empty: none.
    """
    log_to(
        sys.stderr,
        level=logging.DEBUG if is_verbose else logging.INFO,
        line_format="%(levelname)s %(name)s %(message)s",  # the journal adds the time
    )
    try:
        context = run_context_from(read(Path(path)), recording=recording)
        active = restore_site_config(context.local_config, context.paths.rollout_file)
    except (ConfigInvalid, TokenUnusable) as error:
        from thongsuot_agent.cli.refusals import refuse  # noqa: PLC0415 - catalogues, if at all

        return refuse(error, WRONG)
    asyncio.run(_run_until_signal(context, active))
    return 0


FIRST_RUNS_S = 30.0
"""By then most kinds have run, TLS was set up and the record opened."""

_GIVE_BACK_EVERY_S = 3600.0


def _give_back(loop: asyncio.AbstractEventLoop) -> None:
    """Release memory that was needed once, now and every hour: it takes some milliseconds."""
    memory.give_back()
    loop.call_later(_GIVE_BACK_EVERY_S, _give_back, loop)


async def _run_until_signal(context: RunContext, active: ActiveSiteConfig) -> None:
    with LinkMonitor(context.local_config.links or None) as monitor:
        agent = Agent(context, monitor, systemd_notifier(), active)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, agent.stop)
        memory.freeze()
        loop.call_later(FIRST_RUNS_S, _give_back, loop)
        await agent.run()

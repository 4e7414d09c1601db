"""``thongsuot-agent run``: from the configuration to a running agent, and to its exit code."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from thongsuot_agent import lean
from thongsuot_agent.app.agent import Agent
from thongsuot_agent.app.check import WRONG
from thongsuot_agent.app.notify import notifier
from thongsuot_agent.app.plans import Holding, taken_up
from thongsuot_agent.app.setting import Setting, setting_from
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import ConfigInvalid, TokenUnusable
from thongsuot_agent.links.monitor import LinkMonitor


def run(path: str, *, is_verbose: bool, recording: str) -> int:
    """
    Run until SIGTERM or SIGINT; returns the exit code.

    ``recording`` names a file to write down in what the judge is told; empty: none.
    """
    logging.basicConfig(
        level=logging.DEBUG if is_verbose else logging.INFO,
        format="%(levelname)s %(name)s %(message)s",  # the journal adds the time
        stream=sys.stderr,
    )
    try:
        setting = setting_from(read(Path(path)), recording=recording)
        holding = taken_up(setting.own, setting.places.plans)
    except (ConfigInvalid, TokenUnusable) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG
    asyncio.run(_live(setting, holding))
    return 0


async def _live(setting: Setting, holding: Holding) -> None:
    with LinkMonitor(setting.own.links or None) as monitor:
        agent = Agent(setting, monitor, notifier(), holding)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, agent.stop)
        lean.settle()
        await agent.run()

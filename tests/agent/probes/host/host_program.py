"""Run by the tests as an ordinary user on the device: the values of one host run, as JSON."""

import asyncio
import json

from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.host.probe import HostProbe, Settings
from thongsuot_agent.probing.contract import LINK_TARGET, ProbeServices
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.result import Family


async def main() -> dict[str, float]:
    with LinkMonitor((Spec(name="fixed", interface="fix0"),)) as monitor:
        finding = await HostProbe(ProbeServices())(
            monitor.links["fixed"], LINK_TARGET, Family.NONE, Settings()
        )
        return finding.values


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))  # noqa: T201 - that is its work

"""Run by the tests as an ordinary user on the device: one run, its finding as JSON."""

import asyncio
import sys

import msgspec

from tests.agent.links.device import ANCHOR4, FIXED, PATIENT_S, anchor
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.path.probe import Settings, run
from thongsuot_schema.result import Family, Finding


async def main(method: str) -> Finding:
    with LinkMonitor((FIXED,)) as monitor:
        settings = Settings(method=method, packet_size=False, timeout_s=PATIENT_S)
        return await run(monitor.links["fixed"], anchor(ANCHOR4), Family.IP4, settings)


if __name__ == "__main__":
    print(msgspec.json.encode(asyncio.run(main(sys.argv[1]))).decode())  # noqa: T201 - its work

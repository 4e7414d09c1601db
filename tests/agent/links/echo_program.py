"""Run by the tests as an ordinary user on the device: one echo per link and family, as JSON."""

import asyncio
import json
import sys

from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.result import Family


async def main(addresses: list[str]) -> list[dict[str, object]]:
    specs = (Spec(name="fixed", interface="fix0"), Spec(name="mobile", interface="wwan0"))
    reports: list[dict[str, object]] = []
    with LinkMonitor(specs) as monitor:
        for name, link in monitor.links.items():
            for address in addresses:
                family = Family.IP6 if ":" in address else Family.IP4
                try:
                    channel = link.echoes(family)
                    egress = link.egress(family, address)
                    got = await channel.echo(egress, timeout_s=60.0)
                except LinkUnusable as unusable:
                    reports.append({"reason": unusable.reason, "detail": unusable.detail})
                    continue
                reports.append(
                    {
                        "link": name,
                        "raw": channel.is_raw,
                        "reason": got.reason,
                        "rtt_s": got.rtt_s,
                        "hop_limit": got.hop_limit,
                        "doubts": sorted(got.doubts),
                    }
                )
    return reports


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1:]))))  # noqa: T201 - that is its work

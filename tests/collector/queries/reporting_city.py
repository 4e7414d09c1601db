"""Three points of three communes that push to a real collector, and one that never did."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.collector.reporting_agent import ReportingAgent
from tests.collector.running import collector, eventually, token
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Commune, Inventory, Link, Site
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence

COMMUNES = (("00070", "Hoàn Kiếm"), ("00004", "Ba Đình"), ("09619", "Ba Vì"), ("00160", "Cầu Giấy"))
INVENTORY = Inventory(
    communes=tuple(
        Commune(code=code, name=f"Phường {name}", kind="phuong", slug=code)
        for code, name in COMMUNES
    ),
    carriers=(Carrier(name="song-hong", title="Sông Hồng"), Carrier(name="cuu-long")),
    sites=tuple(
        Site(
            name=f"s{at}",
            title=f"Điểm {name}",
            commune=code,
            links=(
                Link(
                    name="fixed",
                    interface="e",
                    medium=Medium.FIBER,
                    carrier="song-hong",
                    circuit=f"HNI-{code}",
                ),
                Link(name="mobile", interface="w", medium=Medium.RADIO_5G, carrier="cuu-long"),
            ),
        )
        for at, (code, name) in enumerate(COMMUNES)
    ),
)
NEVER_HEARD = "s3"
CONFIG = "[incidents]\nhold_s = 0.2\nhold_limit_s = 0.4\n[page]\nsilent_after_s = 3600\n"
"""
Its last table may go on. Points that push once are not to be silent after 45 s: so long takes a
test on a slow machine.
"""


class ReportingCity:
    """
    The agents of some points, and a client of the collector they push to.

    ``evidence`` and ``decided_after_ns`` as of each agent.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        folder: Path,
        *,
        evidence: Sequence[Evidence] = (),
        decided_after_ns: int = 0,
    ) -> None:
        self.client = client
        self.folder = folder
        self.agents: dict[str, ReportingAgent] = {}
        self._evidence = evidence
        self._decided_after_ns = decided_after_ns

    async def push(self, site: str, **links: State) -> None:
        """Push how links are now."""
        if site not in self.agents:
            self.agents[site] = ReportingAgent(
                site,
                token(self.folder, site),
                stream=digest_of(site.encode()).hex()[:16],
                evidence=self._evidence,
                decided_after_ns=self._decided_after_ns,
            )
        await self.agents[site].report(self.client, links)

    async def cut(self, site: str) -> str:
        """Cut the fixed line of a site; return the incident that is open then."""
        await self.push(site, fixed=State.DOWN)
        names: list[str] = []

        async def is_open() -> bool:
            answer = await self.client.get("/api/v1/incidents", params={"sites": site})
            names.extend(item["id"] for item in answer.json()["items"] if item["status"] == "open")
            return bool(names)

        await eventually(is_open)
        return names[0]


@asynccontextmanager
async def reporting_city(folder: Path, config: str = CONFIG) -> AsyncIterator[ReportingCity]:
    """Run the collector, and let all but one point push that they are well."""
    async with collector(folder, config=config, inventory=INVENTORY) as client:
        city = ReportingCity(client, folder)
        for site in INVENTORY.sites:
            if site.name != NEVER_HEARD:
                await city.push(site.name, fixed=State.UP, mobile=State.UP)

        async def are_heard() -> bool:
            answer = await client.get("/api/v1/sites", params={"is_whole": "true"})
            return bool(answer.json().get("total") == len(INVENTORY.sites) - 1)

        if not config.count("password_file"):
            await eventually(are_heard)
        yield city

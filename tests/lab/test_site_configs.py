"""
The inventory is edited beside a running city: real agents watch what is new after their next push,
and one that a site configuration cuts off from the collector goes back, says so, and has lost
nothing.
"""

import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.lab.waiting import wait_for
from tests.timing import MS
from thongsuot_agent.status import AgentStatus
from thongsuot_lab import inventory
from thongsuot_lab.lab import Lab
from thongsuot_lab.stack import components
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.stack.documents import inventory_text
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.city import city
from thongsuot_schema.inventory.model import Inventory, Role, Target
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

pytestmark = [pytest.mark.lab, pytest.mark.nightly, needs_lab]

TAKEN_WITHIN_S = 20_000 * MS
"""
From an edit to the acknowledged site configuration: the inventory is read again, and an agent
pushes.
"""

REFUSED_WITHIN_S = 60_000 * MS
"""From an edit that cuts off to the word of it: two tries of ten seconds, with their time-outs."""

SITE = "s1"
NEW_PORTAL = "motcua-moi"
UNUSED_ADDRESS = "198.51.100.250"
"""An address of the lab's Internet at which nobody is, least of all a name server."""

PORTAL = Target(
    name=NEW_PORTAL,
    role=Role.SERVICE,
    segment=Segment.SERVICE,
    url="https://motcua.lab.test/",
    title_vi="Một cửa mới",
    title_en="New procedure system",
)


class SiteConfigCity:
    """A city of one site, and its inventory."""

    def __init__(self, stack: CityStack) -> None:
        self.stack = stack
        self.inventory = inventory.inventory_of(stack.lab.topology)
        self._file = stack.folder / "collector" / "inventory" / "inventory.toml"

    def edit(self, known: Inventory) -> None:
        """Write the inventory."""
        self._file.write_text(inventory_text(known), encoding="utf-8")

    def with_portal(self) -> Inventory:
        """Return the inventory with one portal more."""
        sites = tuple(
            msgspec.structs.replace(site, targets=(*site.targets, NEW_PORTAL))
            for site in self.inventory.sites
        )
        return msgspec.structs.replace(
            self.inventory, targets=(*self.inventory.targets, PORTAL), sites=sites
        )

    def with_dead_resolvers(self) -> Inventory:
        """Return that with name servers of every link that do not exist."""
        (site,) = self.with_portal().sites
        links = tuple(
            msgspec.structs.replace(link, resolvers=(UNUSED_ADDRESS,)) for link in site.links
        )
        sites = (msgspec.structs.replace(site, links=links),)
        return msgspec.structs.replace(self.with_portal(), sites=sites)

    def agent(self, path: str) -> bytes:
        """Return what the agent answers."""
        url = f"{self.stack.addresses[f'agent-{SITE}']}{path}"
        with urllib.request.urlopen(url, timeout=20) as response:
            body: bytes = response.read()
        return body

    def status(self) -> AgentStatus:
        """Return the agent's status."""
        return msgspec.json.decode(self.agent("/status.json"), type=AgentStatus)

    def site_configs(self) -> str:
        """Return the collector's line about the site."""
        command = [
            components.installed_command("thongsuot-collector"),
            "site-configs",
            SITE,
            "--log-level",
            "warning",
        ]
        config = self.stack.folder / "collector" / "collector.toml"
        done = subprocess.run(
            [*command, "--config", str(config)], capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()[-1]

    def site_config_line_with(self, *words: str) -> str | None:
        """Return the collector's line once these words stand in it."""
        line = self.site_configs()
        return line if all(word in line for word in words) else None

    def up_since(self) -> dict[str, float]:
        """Return since when each link is up, as the agent says."""
        return {
            verdict.link: verdict.since_s
            for verdict in self.status().verdicts
            if not verdict.service and verdict.state is State.UP and verdict.since_s is not None
        }

    def up_since_both(self) -> dict[str, float] | None:
        """Return that once both links are up."""
        since = self.up_since()
        return since if len(since) == 2 else None

    def portal_state(self) -> State | None:
        """Return what the agent says of the new portal for the site; ``None``: nothing."""
        states = [
            verdict
            for verdict in self.status().verdicts
            if verdict.service == NEW_PORTAL and not verdict.link
        ]
        return states[0].state if states else None


@pytest.fixture(scope="module")
def sites_city() -> Iterator[SiteConfigCity]:
    """A city that is well, its agent pushing every two seconds."""
    options = StackOptions(
        with_prometheus=False,
        push_every_s=2.0,
        site_config={"probation_s": 10.0, "probation_tries": 2},
    )
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-site-configs-") as folder,
        Lab(city(1)) as lab,
    ):
        stack = CityStack(lab, Path(folder), options)
        stack.start()
        try:
            yield SiteConfigCity(stack)
        finally:
            stack.stop()


def assert_nothing_is_lost_since(sites_city: SiteConfigCity, began: AgentStatus) -> None:
    """See that it watches as before, pushes, has lost nothing, and does not try the same again."""
    wait_for("what waited to be pushed", lambda: sites_city.status().record.waiting_batches <= 1)
    end = sites_city.status()
    assert (end.record.dropped_results, end.record.rejected_batches) == (0, 0)
    assert abs(end.started_s - began.started_s) < 1.0
    assert end.tasks == ()
    assert end.collector.acknowledged_s_ago is not None
    (view,) = sites_city.stack.views()
    assert view.backlog_batches <= 1
    wait_for("some pushes more", lambda: sites_city.status().results > end.results + 50)


def test_an_edit_is_watched_and_one_that_cuts_off_is_gone_back_from(
    sites_city: SiteConfigCity,
) -> None:
    wait_for(
        "the first site configuration to be run",
        lambda: sites_city.site_config_line_with(" 1-", "current"),
    )
    before = wait_for("both links to be up", sites_city.up_since_both)
    began = sites_city.status()

    # A portal more: it is fetched over real links after the next push.
    sites_city.edit(sites_city.with_portal())
    wait_for(
        "the new portal to be run",
        lambda: sites_city.site_config_line_with(" 2-", "current"),
        within_s=TAKEN_WITHIN_S,
    )
    wait_for("the new portal to be fetched", lambda: sites_city.portal_state() is State.UP)
    assert f'target="{NEW_PORTAL}"' in sites_city.agent("/metrics").decode()

    # Links whose definition did not change go on as they were, and so does the process.
    after = sites_city.up_since()
    assert after.keys() == before.keys()
    assert all(abs(after[link] - before[link]) < 1.0 for link in before), (before, after)
    now = sites_city.status()
    assert abs(now.started_s - began.started_s) < 1.0
    assert now.results > began.results

    # A site configuration that leaves no way to find the collector: taken, found out, gone back
    # from, told of.
    sites_city.edit(sites_city.with_dead_resolvers())
    line = wait_for(
        "the site configuration to be refused",
        lambda: sites_city.site_config_line_with(" 3-", "refused"),
        within_s=REFUSED_WITHIN_S,
    )
    assert " 2-" in line
    wait_for("why", lambda: sites_city.site_config_line_with("the collector was not reached"))
    site_config = sites_city.status().site_config
    assert site_config is not None
    assert (site_config.state, site_config.version[:2], site_config.refused[:2]) == (
        "good",
        "2-",
        "3-",
    )

    assert_nothing_is_lost_since(sites_city, began)
    assert sites_city.status().site_config == site_config

    # Mended, it takes what comes next.
    sites_city.edit(sites_city.with_portal())
    wait_for(
        "the mended site configuration to be run",
        lambda: sites_city.site_config_line_with(" 4-", "current"),
    )
    wait_for("the links to be up", sites_city.up_since_both)

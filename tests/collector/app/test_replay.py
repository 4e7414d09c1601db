"""
A bad minute of a city of 126 communes, over the real wire: its incidents are told, and no others.

150 points with 300 links of three carriers push to a real collector, which is killed twice on the
way; whoever is told is a process of its own.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.collector.app.fleet import DeviceFleet, FleetDevice
from tests.collector.app.process import CollectorProcess
from tests.collector.incidents.city import PORTAL, inventory
from tests.collector.incidents.storm import CARRIERS, COMMUNES, SITES
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import eventually
from tests.collector.timeline.boot_script import CUT, LOSSY, REFUSES, UNPLUGGED, UP
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_lab.stack.documents import inventory_text
from thongsuot_schema.inventory.communes import bundled_communes

SECRET = "sesame"
BEAT_S = 5.0
CONFIG = """
inventory_dir = "inventory"
[timeline]
calm_s = 3
[page]
silent_after_s = 30
[incidents]
degraded_hold_s = 5
silence_hold_s = 5
[notify]
channels = ["main"]
[[channels]]
kind = "webhook"
name = "main"
url = "http://127.0.0.1:{port}/"
secret_file = "secret"
"""

POWER = ("site_power", "commune:s130")
EXPECTED = {
    ("carrier_outage", "carrier:viettel"),
    ("link_fault", "carrier:vnpt"),
    ("link_fault", "carrier:mobifone"),
    ("link_fault", "commune:s123"),
    ("service_down", f"portal:{PORTAL}"),
    POWER,
}
"""What the script leads to; of vnpt's there are two: a cut, and a line that loses packets."""
OPENED = len(EXPECTED) + 1

OUT = [f"s{n}" for n in range(75) if n % 3 == 1]
"""25 points whose fibre is of viettel, and of the 5G links fifteen."""
OUT_BY_AIR = [f"s{n}" for n in range(45) if n % 3 == 0]
REFUSED = [f"s{n}" for n in range(80, 110)]


class ReplayedCity:
    """The fleet, its collector, and what was told."""

    def __init__(self, folder: Path, hook: ReceiverProcess) -> None:
        self.hook = hook
        (folder / "inventory").mkdir()
        known_inventory = inventory(SITES, CARRIERS)
        codes = [commune.code for commune in bundled_communes()]
        assert len(codes) == COMMUNES
        sites = tuple(
            msgspec.structs.replace(site, commune=codes[place % COMMUNES])
            for place, site in enumerate(known_inventory.sites)
        )
        # The communes themselves ship with the program.
        known_inventory = msgspec.structs.replace(known_inventory, sites=sites, communes=())
        text = inventory_text(known_inventory)
        (folder / "inventory" / "city.toml").write_text(text, encoding="utf-8")
        secret_file(folder, "secret", SECRET)
        self.process = CollectorProcess(folder, CONFIG.format(port=hook.port))
        store = open_store(folder / "state" / STORE_FILE)
        devices = [
            FleetDevice(site, tokens.create(store, site.name)) for site in known_inventory.sites
        ]
        store.dispose()
        self.fleet = DeviceFleet(devices, self.process, beat_s=BEAT_S)

    def device(self, site: str) -> FleetDevice:
        """Return a site's device."""
        return self.fleet.devices[site]

    async def all_arrived(self) -> None:
        """Return when all that is sealed now by those who are joined is acknowledged."""
        devices = [
            device for device in self.fleet.devices.values() if device.is_on and device.is_joined
        ]
        wanted = [(device, device.sealed) for device in devices]
        await eventually(lambda: all(device.acknowledged >= sealed for device, sealed in wanted))

    async def crash(self) -> None:
        """Kill the collector, and start it again."""
        await self.process.kill()
        await self.process.start()

    def told(self) -> list[tuple[str, str, str, str]]:
        """Return what was told, in order: what it is, of which incident and rule, to whom."""
        bodies = [
            msgspec.json.decode(request["body"], type=WebhookBody)
            for request in self.hook.folder.received()
        ]
        return [
            (
                str(body.kind),
                body.incident.incident,
                body.incident.rule,
                f"{body.audience.party}:{body.audience.name}",
            )
            for body in bodies
        ]

    def opened(self) -> set[tuple[str, str]]:
        """Return the rules of the incidents that were told, and to whom."""
        return {(rule, party) for kind, _, rule, party in self.told() if kind == "opened"}

    def count(self, kind: str) -> int:
        """Return how many messages of a kind there are."""
        return sum(entry[0] == kind for entry in self.told())


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[ReplayedCity]:
    hook = ReceiverProcess(
        "tests.collector.notify.webhook_receiver", folder / "hook", SECRET
    ).start()
    city = ReplayedCity(folder, hook)
    try:
        await city.process.start()
        pushing = asyncio.create_task(city.fleet.run())
        try:
            yield city
        finally:
            pushing.cancel()
            await asyncio.wait((pushing,))
            if not pushing.cancelled():
                pushing.result()
    finally:
        if city.process.process is not None:
            await city.process.kill()
        hook.stop()


@pytest.mark.servers
@pytest.mark.nightly
async def test_a_bad_minute_is_reported_as_its_script_says_and_nothing_else(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        for device in city.fleet.devices.values():
            device.boot()
        await city.all_arrived()
        # s140 is away: its fibre breaks and comes back before anybody hears of it.
        city.device("s140").is_joined = False
        city.device("s140").say("fiber", CUT)
        for site in OUT:
            city.device(site).say("fiber", CUT)
        for site in OUT_BY_AIR:
            city.device(site).say("5g", CUT)
        city.device("s120").say("fiber", CUT)
        city.device("s122").say("fiber", CUT)
        city.device("s125").say("5g", LOSSY)
        city.device("s123").say("fiber", UNPLUGGED)
        for site in REFUSED:
            city.device(site).say(f"/{PORTAL}", REFUSES)
        city.device("s130").is_on = False
        await city.all_arrived()
        await city.crash()
        city.device("s140").say("fiber", UP)
        city.device("s140").is_joined = True
        await eventually(lambda: city.opened() >= EXPECTED - {POWER})
        # A silence is believed 30 s after the collector listens again, and then held.
        await eventually(lambda: city.count("opened") >= OPENED and city.opened() >= EXPECTED)
        await city.crash()
        for site in OUT:
            city.device(site).say("fiber", UP)
        for site in OUT_BY_AIR:
            city.device(site).say("5g", UP)
        for site, link in (("s120", "fiber"), ("s122", "fiber"), ("s125", "5g"), ("s123", "fiber")):
            city.device(site).say(link, UP)
        for site in REFUSED:
            city.device(site).say(f"/{PORTAL}", UP)
        city.device("s130").boot(uptime_ns=20 * 1_000_000_000)
        await city.all_arrived()
        await eventually(lambda: city.count("resolved") >= city.count("opened"))
        assert await city.process.end() == 0, city.process.log()
        notifications = city.told()
    opened = [entry[1:] for entry in notifications if entry[0] == "opened"]
    assert Counter(entry[1:] for entry in opened) == Counter(
        [*EXPECTED, ("link_fault", "carrier:vnpt")]
    ), "each once, and of vnpt's links two"
    # Whoever was told of something was told of its end, once.
    assert Counter(opened) == Counter(
        entry[1:] for entry in notifications if entry[0] == "resolved"
    )
    assert {entry[0] for entry in notifications} <= {"opened", "updated", "resolved"}
    assert "Traceback" not in city.process.log()

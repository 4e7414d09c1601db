"""Real events for tests: a town in which something breaks, judged by the collector's own rules."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry

from tests.collector.incidents.town import PORTAL, Town, inventory
from tests.collector.running import let_go
from tests.collector.timeline.life import CUT, REFUSES, UNPLUGGED, UP, wall_ns
from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.incident import Event, Incident
from thongsuot_collector.incidents.ledger import Delivery
from thongsuot_collector.incidents.reducer import pending
from thongsuot_collector.notify.content.comparison import comparison_of
from thongsuot_collector.notify.telling.composer import Composer
from thongsuot_collector.notify.telling.desk import Configured, Desk
from thongsuot_collector.notify.telling.message import Message
from thongsuot_collector.notify.telling.progress import started, trying
from thongsuot_collector.notify.telling.settings import NotifySettings
from thongsuot_collector.rules import every
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.inventory.model import Contact, Inventory, Owner
from thongsuot_schema.words.language import Language

HOTLINE = "024 1022"
CITY = "so-khcn"


def city(
    sites: int = 12,
    *,
    carrier_channels: tuple[str, ...] = ("main",),
    site_channels: tuple[str, ...] = (),
    city_channels: tuple[str, ...] = (),
) -> Inventory:
    """Return a town's inventory with people in it: contacts of carriers, points and the city."""
    plan = inventory(sites, ("vnpt", "viettel", "mobifone"))
    replace = msgspec.structs.replace
    return replace(
        plan,
        carriers=tuple(
            replace(
                one,
                channels=carrier_channels,
                contacts=(Contact(name="Trực ban", email=f"noc@{one.name}.example"),),
            )
            for one in plan.carriers
        ),
        sites=tuple(
            replace(
                one,
                channels=site_channels,
                contacts=(
                    Contact(name="Công nghệ thông tin", email=f"cntt@{one.name}.example"),
                    Contact(name="Trưởng điểm", email=f"truong@{one.name}.example"),
                ),
            )
            for one in plan.sites
        ),
        owners=(
            Owner(
                name=CITY,
                title="Sở Khoa học và Công nghệ",
                channels=city_channels,
                contacts=(Contact(name="Trực mạng", email="mang@hanoi.example"),),
            ),
            Owner(
                name="vpcp",
                title="Văn phòng Chính phủ",
                channels=carrier_channels,
                contacts=(Contact(name="Vận hành", email="vanhanh@vpcp.example"),),
                services=(PORTAL,),
            ),
        ),
    )


def town(plan: Inventory) -> Town:
    """Return a town that is well, at second 30."""
    made = Town(plan)
    made.begin()
    made.run(30)
    assert made.told == []
    return made


def cut(made: Town, site: str = "s0") -> Event:
    """Cut a site's fibre, and return the telling of it."""
    return _after(made, 60, lambda: made.say(site, "fiber", CUT))


def mend(made: Town, site: str = "s0") -> Event:
    """Let a site's fibre work again, and return the telling of it."""
    return _after(made, 200, lambda: made.say(site, "fiber", UP))


def unplug(made: Town, site: str = "s0", link: str = "fiber") -> Event:
    """Pull the cable of a site's link, and return the telling of it."""
    return _after(made, 60, lambda: made.say(site, link, UNPLUGGED))


def break_portal(made: Town, sites: int = 6) -> Event:
    """Let the portal refuse everybody, and return the telling of it."""

    def refuse() -> None:
        for number in range(sites):
            made.say(f"s{number}", f"/{PORTAL}", REFUSES)

    return _after(made, 120, refuse)


def outage(made: Town, carrier: str = "vnpt") -> Event:
    """Cut all fibres of a carrier, and return the telling of it."""

    def fail() -> None:
        for site in made.directory.sites.values():
            if site.links[0].carrier == carrier:
                made.say(site.name, "fiber", CUT)

    return _after(made, 60, fail)


def _after(made: Town, within_s: float, act: object) -> Event:
    assert callable(act)
    before = len(made.told)
    act()
    until_s = made.now_s + within_s
    while len(made.told) == before and made.now_s < until_s:
        made.run(made.now_s + 1)
    assert len(made.told) == before + 1, made.lines(before)
    return made.told[-1]


def message_of(
    event: Event,
    made: Town,
    *,
    route: str = "main",
    language: Language = "vi",
    settings: NotifySettings | None = None,
    reference: str = "",
    memo: str = "",
) -> Message:
    """Return an event as the message that a channel is given for the party that must act."""
    composer = composer_of(made.directory, settings=settings, language=language, channel=route)
    comparison = comparison_of(event.incident, made.book.picture)
    fresh = started(event, event.entry.party, (route,), comparison, now_ns=event.entry.at_ns)
    message = composer.message(trying(fresh, route), route, event.entry.kind)
    # All tellings of one incident are one conversation: named by its first.
    return msgspec.structs.replace(
        message,
        conversation=f"{event.incident.id}.1",
        reference=reference,
        memo=memo,
    )


def composer_of(
    directory: Directory,
    *,
    settings: NotifySettings | None = None,
    language: Language = "vi",
    channel: str = "main",
) -> Composer:
    """Return a composer that knows a directory and all rules."""
    return Composer(
        directory,
        every(),
        settings or NotifySettings(page_url="https://thongsuot.example/"),
        languages={channel: language},
        support_hotline=HOTLINE,
    )


def secret_file(folder: Path, name: str, secret: str) -> str:
    """Write a secret into a file of its own; return the file."""
    path = folder / name
    path.write_text(f"{secret}\n", encoding="utf-8")
    return str(path)


class Keeper:
    """Keeps a town's incidents as the collector's own keeper does, in memory alone."""

    def __init__(self, made: Town) -> None:
        self._made = made
        self.book = made.book

    def pending(self) -> tuple[Event, ...]:
        return pending(self.book)

    async def deliver(
        self, name: str, number: int, delivery: Delivery | None, *, is_done: bool
    ) -> None:
        actions.deliver(self.book, name, number, delivery, is_done=is_done)

    async def acknowledge(self, name: str, owner: str, note: str = "") -> Incident:
        at_ns = wall_ns(self._made.now_s)
        return actions.acknowledge(self.book, name, owner, at_ns, note=note)

    async def remark(self, name: str, text: str) -> Incident:
        return actions.remark(self.book, name, text, wall_ns(self._made.now_s))


@asynccontextmanager
async def desk(
    made: Town,
    path: Path,
    channels: Configured,
    settings: NotifySettings,
    *,
    registry: CollectorRegistry | None = None,
) -> AsyncIterator[Desk]:
    """Run all of telling on a town's incidents, from what its store holds."""
    store = open_store(path / "store.sqlite")
    found = Desk(
        channels,
        settings,
        directory=made.directory,
        store=store,
        registry=registry or CollectorRegistry(),
        support_hotline=HOTLINE,
    )
    await found.load()
    running = asyncio.create_task(found.run(Keeper(made)))
    try:
        yield found
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await found.close()
        await let_go(store)
        if not running.cancelled():
            running.result()

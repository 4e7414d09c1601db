"""Real events for tests: a city in which something breaks, judged by the collector's own rules."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from prometheus_client import CollectorRegistry

from tests.collector.incidents.city import PORTAL, CityFixture, inventory
from tests.collector.running import let_go
from tests.collector.timeline.boot_script import CUT, REFUSES, UNPLUGGED, UP, wall_ns
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.configured import ConfiguredChannels, service_of
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.dispatch.thread import Routes
from thongsuot_collector.notify.dispatch.transitions import mark_sending, start_thread
from thongsuot_collector.notify.message import NotificationMessage
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.inventory.model import Contact, Inventory, Owner
from thongsuot_schema.words.language import Language

HOTLINE = "024 1022"
CITY = "so-khcn"


def city_inventory(
    sites: int = 12,
    *,
    carrier_channels: tuple[str, ...] = ("main",),
    site_channels: tuple[str, ...] = (),
    city_channels: tuple[str, ...] = (),
    carrier_fallbacks: tuple[str, ...] = (),
) -> Inventory:
    """Return a city's inventory with people in it: contacts of carriers, points and the city."""
    known_inventory = inventory(sites, ("vnpt", "viettel", "mobifone"))
    replace = msgspec.structs.replace
    return replace(
        known_inventory,
        carriers=tuple(
            replace(
                carrier,
                channels=carrier_channels,
                fallback_channels=carrier_fallbacks,
                contacts=(Contact(name="Trực ban", email=f"noc@{carrier.name}.example"),),
            )
            for carrier in known_inventory.carriers
        ),
        sites=tuple(
            replace(
                site,
                channels=site_channels,
                contacts=(
                    Contact(name="Công nghệ thông tin", email=f"cntt@{site.name}.example"),
                    Contact(name="Trưởng điểm", email=f"truong@{site.name}.example"),
                ),
            )
            for site in known_inventory.sites
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


def steady_city(known_inventory: Inventory) -> CityFixture:
    """Return a city that is well, at second 30."""
    made = CityFixture(known_inventory)
    made.start()
    made.run(30)
    assert made.notifications == []
    return made


def cut_fibre(made: CityFixture, site: str = "s0") -> NotificationEvent:
    """Cut a site's fibre, and return the telling of it."""
    return _after(made, 60, lambda: made.report(site, "fiber", CUT))


def restore_fibre(made: CityFixture, site: str = "s0") -> NotificationEvent:
    """Let a site's fibre work again, and return the telling of it."""
    return _after(made, 200, lambda: made.report(site, "fiber", UP))


def unplug_cable(made: CityFixture, site: str = "s0", link: str = "fiber") -> NotificationEvent:
    """Pull the cable of a site's link, and return the telling of it."""
    return _after(made, 60, lambda: made.report(site, link, UNPLUGGED))


def break_portal(made: CityFixture, sites: int = 6) -> NotificationEvent:
    """Let the portal refuse everybody, and return the telling of it."""

    def refuse() -> None:
        for number in range(sites):
            made.report(f"s{number}", f"/{PORTAL}", REFUSES)

    return _after(made, 120, refuse)


def carrier_outage(made: CityFixture, carrier: str = "vnpt") -> NotificationEvent:
    """Cut all fibres of a carrier, and return the telling of it."""

    def fail() -> None:
        for site in made.directory.sites.values():
            if site.links[0].carrier == carrier:
                made.report(site.name, "fiber", CUT)

    return _after(made, 60, fail)


def _after(made: CityFixture, within_s: float, act: object) -> NotificationEvent:
    assert callable(act)
    before = len(made.notifications)
    act()
    until_s = made.now_s + within_s
    while len(made.notifications) == before and made.now_s < until_s:
        made.run(made.now_s + 1)
    assert len(made.notifications) == before + 1, made.notification_lines(before)
    return made.notifications[-1]


def message_of(
    event: NotificationEvent,
    made: CityFixture,
    *,
    route: str = "main",
    language: Language = "vi",
    settings: NotifySettings | None = None,
    reference: str = "",
    memo: str = "",
) -> NotificationMessage:
    """Return an event as the message that a channel is given for the party that must act."""
    composer = composer_of(made.directory, settings=settings, language=language, channel=route)
    comparison = comparison_of(event.incident, made.registry.network_state)
    routes, at_ns = Routes(every=(route,)), event.record.at_ns
    fresh = start_thread(event, event.record.party, routes, comparison, now_ns=at_ns)
    message = composer.compose(mark_sending(fresh, route), route, event.record.kind)
    # All notifications of one incident are one thread, named by the first.
    return msgspec.structs.replace(
        message,
        thread_id=f"{event.incident.id}.1",
        reference=reference,
        memo=memo,
    )


def composer_of(
    directory: InventoryDirectory,
    *,
    settings: NotifySettings | None = None,
    language: Language = "vi",
    channel: str = "main",
) -> MessageComposer:
    """Return a composer that knows a directory and all rules."""
    return MessageComposer(
        directory,
        load_all(),
        settings or NotifySettings(page_url="https://thongsuot.example/"),
        languages={channel: language},
        support_hotline=HOTLINE,
    )


def secret_file(folder: Path, name: str, secret: str) -> str:
    """Write a secret into a file of its own; return the file."""
    path = folder / name
    path.write_text(f"{secret}\n", encoding="utf-8")
    return str(path)


class RecordedDelivery(NamedTuple):
    """What the service recorded of a notification."""

    incident: str
    number: int
    attempt: DeliveryAttempt | None
    is_done: bool


class IncidentRecorderFixture:
    """Keeps a city's incidents as the collector's own consumer does, in memory alone."""

    def __init__(self, city: CityFixture) -> None:
        self._city = city
        self.registry = city.registry
        self.deliveries: list[RecordedDelivery] = []

    def pending_notifications(self) -> tuple[NotificationEvent, ...]:
        # Tests hand over what they want told; a restart finds it in the store.
        return ()

    async def record_delivery(
        self, name: str, number: int, delivery: DeliveryAttempt | None, *, is_done: bool
    ) -> None:
        self.deliveries.append(RecordedDelivery(name, number, delivery, is_done))
        actions.record_delivery(self.registry, name, number, delivery, is_done=is_done)

    async def acknowledge(self, name: str, owner: str, note: str = "") -> Incident:
        at_ns = wall_ns(self._city.now_s)
        return actions.acknowledge(self.registry, name, owner, at_ns, note=note)

    async def dispute(self, name: str, dispute: Dispute) -> Incident:
        return actions.dispute(self.registry, name, dispute)

    async def add_note(self, name: str, text: str, *, event: str = "note") -> Incident:
        at_ns = wall_ns(self._city.now_s)
        return actions.add_note(self.registry, name, text, at_ns, event=event)


@asynccontextmanager
async def configured_service(
    city: CityFixture,
    path: Path,
    channels: ConfiguredChannels,
    settings: NotifySettings,
    *,
    registry: CollectorRegistry | None = None,
) -> AsyncIterator[NotificationService]:
    """Run the service of a configuration on a city's incidents, from what its store holds."""
    store = open_store(path / "store.sqlite")
    service = service_of(
        channels,
        settings,
        directory=city.directory,
        store=store,
        registry=registry or CollectorRegistry(),
        support_hotline=HOTLINE,
    )
    await service.load()
    running = asyncio.create_task(service.run(IncidentRecorderFixture(city)))
    try:
        yield service
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await service.close()
        await let_go(store)
        if not running.cancelled():
            running.result()

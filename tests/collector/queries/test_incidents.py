"""Incidents that memory and the store have: each is listed once, whatever happens in between."""

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, event

from tests.collector.batches import S
from tests.collector.correlation.consumer_world import INVENTORY, World
from tests.collector.store.in_between import once_before_reading
from thongsuot_collector.app.following import IncidentReplica
from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.incident import Incident, IncidentStatus
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.queries.city import CityState, city_from_store
from thongsuot_collector.queries.incidents import closed_of, incident_records, ongoing_of
from thongsuot_collector.queries.logs import StoredIncidents, stored_incidents
from thongsuot_collector.queries.scope import WHOLE_CITY
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.timeline.interval import Rewrite
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State

SITES = ("s0", "s1")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.consumer.load()
    for site in SITES:
        await made.push(site, ("fiber", State.UP), ("5g", State.UP))
    await made.run(60, sites=SITES)
    yield made
    await made.journal.close()
    made.store.dispose()


class Readers:
    """What a reader gets who has read the store at one moment, and reads memory now."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self) -> tuple[StoredIncidents, list[Incident]]:
        """Read the store, for the lists and for a carrier's desk."""
        store = self._world.store
        return (
            stored_incidents(store, Selection(), WHOLE_CITY),
            rows.recently_closed(store, limit=30, carrier="vnpt"),
        )

    def listed(
        self, stored: tuple[StoredIncidents, list[Incident]]
    ) -> tuple[list[tuple[str, IncidentStatus]], list[str], list[str]]:
        """Return the list of incidents, and the open and the closed ones of the desk."""
        registry = self._world.consumer.registry
        city = CityState(
            registry.network_state.directory,
            registry,
            {},
            lambda _site: (None, None),
            lambda _site: None,
        )
        records = incident_records(city, stored[0], WHOLE_CITY, "en")
        return (
            [(record.id, record.status) for record in records],
            [incident.id for incident in ongoing_of(registry, "vnpt")],
            [incident.id for incident in closed_of(registry, "vnpt", stored[1], limit=30)],
        )


async def only_incident(world: World) -> str:
    """Cut the line of a site, and return the incident."""
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(10, sites=SITES)
    (name,) = world.consumer.registry.incidents
    return name


async def test_an_incident_is_listed_once_at_every_moment_of_its_end(world: World) -> None:
    """
    It is closed in memory, and for as long as the disk takes still open in the store: a reader may
    have read the store before, during and after that.
    """
    name = await only_incident(world)
    readers = Readers(world)
    nothing: list[str] = []
    opened = [(name, IncidentStatus.OPEN)], [name], nothing
    closed = [(name, IncidentStatus.CLOSED)], nothing, [name]
    before = readers.read()
    assert readers.listed(before) == opened
    loop, begun, released = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        if not world.consumer.registry.incidents[name].is_open:
            loop.call_soon_threadsafe(begun.set)
            released.wait()

    await world.push("s0", ("fiber", State.UP))
    event.listen(world.store, "commit", hold)
    consuming = asyncio.create_task(world.run(60, sites=SITES))
    try:
        await begun.wait()
        assert not world.consumer.registry.incidents[name].is_open
        assert readers.listed(before) == closed
        during = readers.read()
        assert [incident.is_open for incident in during[0].incidents] == [True]
        assert readers.listed(during) == closed
    finally:
        released.set()
        await consuming
    after = readers.read()
    assert [incident.is_open for incident in after[0].incidents] == [False]
    assert [readers.listed(read) for read in (before, during, after)] == [closed] * 3


async def test_an_incident_that_opens_again_while_a_page_is_made_is_there_once(
    world: World,
) -> None:
    name = await only_incident(world)
    registry, readers = world.consumer.registry, Readers(world)
    ongoing = registry.incidents[name]
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=SITES)
    before = readers.read()
    assert readers.listed(before) == ([(name, IncidentStatus.CLOSED)], [], [name])
    registry.put_incident(ongoing)
    assert readers.listed(before) == ([(name, IncidentStatus.OPEN)], [name], [])


async def test_an_incident_that_memory_has_dropped_is_listed_from_the_store(world: World) -> None:
    name = await only_incident(world)
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=SITES)
    registry, readers = world.consumer.registry, Readers(world)
    before = readers.read()
    registry.purge(registry.incidents[name])
    assert readers.listed(before) == ([(name, IncidentStatus.CLOSED)], [], [name])


async def test_a_command_that_reads_the_city_first_has_each_incident_once(world: World) -> None:
    name = await only_incident(world)
    open_city = city_from_store(world.store, InventoryDirectory(INVENTORY))
    opened = stored_incidents(world.store, Selection(), WHOLE_CITY)
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=SITES)
    closed_city = city_from_store(world.store, InventoryDirectory(INVENTORY))
    closed = stored_incidents(world.store, Selection(), WHOLE_CITY)
    for first, then in ((open_city, closed), (closed_city, opened)):
        records = incident_records(first, then, WHOLE_CITY, "en")
        assert [record.id for record in records] == [name]


async def test_a_follower_shows_lines_and_incidents_of_one_moment(world: World) -> None:
    """The end of a fault that is written while it reads is in neither, and in both afterwards."""
    name = await only_incident(world)
    line = Subject("s0", "fiber")
    (ongoing,) = [each for each in world.intervals("s0", "fiber") if each.end_ns is None]
    end_ns = ongoing.start_ns + S
    up = msgspec.structs.replace(ongoing, start_ns=end_ns, state=State.UP)
    ended = msgspec.structs.replace(ongoing, end_ns=end_ns)
    closed = msgspec.structs.replace(
        world.consumer.registry.incidents[name], status=IncidentStatus.CLOSED, closed_ns=end_ns
    )
    writes = rows.IncidentWrites(
        rewrites=[
            Rewrite(subject=line, from_ns=ongoing.start_ns, until_ns=None, intervals=(ended, up))
        ],
        incidents=[closed],
    )
    registry = world.new_consumer().registry
    replica = IncidentReplica(world.store, registry)
    written = once_before_reading(
        world.store,
        "intervals",
        partial(rows.write_changes, world.store, writes, consumer="incidents"),
    )
    for is_open, state in ((True, State.DOWN), (False, State.UP)):
        await replica.refresh(world.now_ns)
        interval = registry.network_state.interval_of(line)
        assert interval is not None
        assert (registry.incidents[name].is_open, interval.state) == (is_open, state)
    assert len(written) == 1


async def test_a_closed_incident_was_asked_for_by_its_onset_and_its_name(world: World) -> None:
    name = await only_incident(world)
    incident = world.consumer.registry.incidents[name]
    at_ns = incident.opened_ns
    asked = (
        (StoredIncidents(), True),
        (StoredIncidents(since_ns=at_ns), True),
        (StoredIncidents(since_ns=at_ns + 1), False),
        (StoredIncidents(until_ns=at_ns + 1), True),
        (StoredIncidents(until_ns=at_ns), False),
        (StoredIncidents(names=(name, "other")), True),
        (StoredIncidents(names=("other",)), False),
    )
    for question, expected in asked:
        assert question.asks_for(incident) is expected, question

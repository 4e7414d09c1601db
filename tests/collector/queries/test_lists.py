"""The same lists from a running collector and from its store, and what counts in them."""

import json
import time
from pathlib import Path

import msgspec
import pytest

from tests.collector.queries.reporting_city import INVENTORY, NEVER_HEARD, reporting_city
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.queries.city import CityState, city_from_store
from thongsuot_collector.queries.incidents import maintenance_records, summary
from thongsuot_collector.queries.lists import LIST_BY_NAME, LISTS
from thongsuot_collector.queries.records import SiteRecord, SiteStatus
from thongsuot_collector.queries.scope import WHOLE_CITY, QueryScope
from thongsuot_collector.queries.selection import Page, Selection
from thongsuot_collector.queries.sites import site_records
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.state import State


def city_of(
    inventory: Inventory, states: dict[Subject, State], silent: frozenset[str] = frozenset()
) -> CityState:
    """Return a city in which subjects are as said; the others were never heard."""
    directory = InventoryDirectory(inventory)
    registry = IncidentRegistry(directory, load_all(), IncidentSettings(), calm_s=0.0)
    for subject, state in states.items():
        basis = Basis.SILENCE if subject.site in silent else Basis.RECORD
        interval = Interval(start_ns=10**9, end_ns=None, state=state, basis=basis)
        registry.network_state.set_state(subject, interval)
    return CityState(directory, registry, {}, lambda _site: (None, None), lambda _site: None)


def by_name(city: CityState) -> dict[str, SiteRecord]:
    return {record.name: record for record in site_records(city, WHOLE_CITY)}


async def test_the_store_says_what_the_running_collector_says(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        incident = await city.cut("s1")
        texts = {
            query.name: (await city.client.get(f"/api/v1/{query.name}?limit=1000")).json()
            for query in LISTS
            if query.name != "agents"
        }
    store = open_store(tmp_path / STORE_FILE)
    stored = city_from_store(store, InventoryDirectory(INVENTORY))
    for name, page in texts.items():
        records = LIST_BY_NAME[name].ask_here(stored, store, Selection(), WHOLE_CITY)
        written = json.loads(msgspec.json.encode(Page(items=records, total=len(records))))
        assert written == page, name
    store.dispose()
    assert texts["incidents"]["items"][0]["id"] == incident


def test_sites_not_installed_silent_and_retired_are_counted_separately() -> None:
    sites = tuple(
        msgspec.structs.replace(site, retired=site.name == "s2") for site in INVENTORY.sites
    )
    links = [Subject(name, link) for name in ("s0", "s1", "s2") for link in ("fixed", "mobile")]
    states = dict.fromkeys([*links, Subject("s0"), Subject("s1"), Subject("s2")], State.UP)
    states |= {Subject("s1"): State.UNKNOWN, Subject("s1", "fixed"): State.UNKNOWN}
    inventory = msgspec.structs.replace(INVENTORY, sites=sites)
    city = city_of(inventory, states, silent=frozenset({"s1"}))
    statuses = {name: record.status for name, record in by_name(city).items()}
    assert statuses == {
        "s0": SiteStatus.REPORTING,
        "s1": SiteStatus.SILENT,
        "s2": SiteStatus.RETIRED,
        NEVER_HEARD: SiteStatus.NOT_INSTALLED,
    }
    figures = summary(city, list(by_name(city).values()))
    assert (figures.sites, figures.installed, figures.whole) == (3, 2, 1)
    assert (figures.silent, figures.not_installed, figures.retired) == (1, 1, 1)


@pytest.mark.parametrize(
    ("fixed", "mobile", "state", "is_whole"),
    [
        (State.UP, State.UP, State.UP, True),
        (State.UP, State.DEGRADED, State.DEGRADED, False),
        (State.DOWN, State.UP, State.DEGRADED, False),
        (State.DOWN, State.DOWN, State.DOWN, False),
        (State.UNKNOWN, State.UP, State.UNKNOWN, False),
    ],
)
def test_a_point_is_down_when_nothing_leads_out_and_whole_when_both_lines_work(
    fixed: State, mobile: State, state: State, is_whole: bool
) -> None:
    states = {
        Subject("s0"): State.UP,
        Subject("s0", "fixed"): fixed,
        Subject("s0", "mobile"): mobile,
    }
    record = by_name(city_of(INVENTORY, states))["s0"]
    assert (record.state, record.is_whole) == (state, is_whole)
    assert (record.fixed, record.mobile) == (fixed, mobile)


def test_a_point_without_a_backup_is_never_whole() -> None:
    (first, *_) = INVENTORY.sites
    alone = msgspec.structs.replace(first, links=first.links[:1])
    inventory = msgspec.structs.replace(INVENTORY, sites=(alone,))
    states = {Subject("s0"): State.UP, Subject("s0", "fixed"): State.UP}
    record = by_name(city_of(inventory, states))["s0"]
    assert (record.state, record.mobile, record.is_whole) == (State.UP, None, False)


def test_a_carrier_sees_the_planned_work_on_its_links_and_no_other(tmp_path: Path) -> None:
    now_ns = time.time_ns()
    windows = [
        MaintenanceWindow(id=carrier, start_ns=now_ns, end_ns=now_ns + 10**12, carrier=carrier)
        for carrier in ("song-hong", "cuu-long")
    ]
    windows.append(MaintenanceWindow(id="over", start_ns=1, end_ns=2, carrier="cuu-long"))
    store = open_store(tmp_path / STORE_FILE)
    for window in windows:
        rows.put_window(store, window)
    city = city_from_store(store, InventoryDirectory(INVENTORY))
    store.dispose()

    def seen(scope: QueryScope) -> list[str]:
        return [record.id for record in maintenance_records(city, scope, now_ns=now_ns)]

    assert sorted(seen(WHOLE_CITY)) == ["cuu-long", "song-hong"]
    assert seen(QueryScope(carrier="cuu-long")) == ["cuu-long"]
    assert seen(QueryScope(carrier="nobody")) == []

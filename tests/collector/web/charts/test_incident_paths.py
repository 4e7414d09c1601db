"""Incident paths: what is evidence of an incident is drawn, and nothing of another time."""

from msgspec import structs

from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    restore_fibre,
    steady_city,
)
from tests.collector.web.charts.test_path_picture import GATEWAY, GOOD, path
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.web.charts.incident_paths import incident_paths
from thongsuot_schema.path import Path
from thongsuot_schema.result import Family
from thongsuot_schema.view import NetworkPath

ENDED = path(GATEWAY, is_reached=False)


def pictures(incident: Incident, *known: NetworkPath) -> list[tuple[str, str]]:
    directory = InventoryDirectory(city_inventory())
    return incident_paths(
        incident,
        lambda site, link: known if (site, link) == ("s0", "fiber") else (),
        directory,
        "en",
    )


def network_path(
    at_s: float, newest: Path, *, before_s: float | None = None, ended_s: float | None = None
) -> NetworkPath:
    return NetworkPath(
        target="exchange",
        family=Family.IP4,
        at_s=at_s,
        path=newest,
        previous_at_s=before_s,
        previous=None if before_s is None else GOOD,
        ended_at_s=ended_s,
        ended=None if ended_s is None else ENDED,
    )


def test_an_open_incident_shows_the_last_good_path_and_where_it_ends_now() -> None:
    event = cut_fibre(steady_city(city_inventory()))
    opened_s = event.incident.opened_ns / 1e9
    known = network_path(opened_s + 5, ENDED, before_s=opened_s - 60, ended_s=opened_s + 5)
    ((title, picture),) = pictures(event.incident, known)
    assert "IPv4" in title
    assert "Ends here" in picture
    assert "4 hops" in picture


def test_an_incident_that_is_over_still_shows_where_packets_ended() -> None:
    city = steady_city(city_inventory())
    cut_fibre(city)
    event = restore_fibre(city)
    opened_s = event.incident.opened_ns / 1e9
    now = network_path(opened_s + 900, GOOD, before_s=opened_s - 60, ended_s=opened_s + 5)
    ((_, picture),) = pictures(event.incident, now)
    assert "Ends here" in picture


def test_results_from_another_fault_are_no_evidence() -> None:
    event = cut_fibre(steady_city(city_inventory()))
    opened_s = event.incident.opened_ns / 1e9
    before = network_path(opened_s - 10, GOOD, before_s=opened_s - 600, ended_s=opened_s - 500)
    assert pictures(event.incident, before) == []
    over = structs.replace(event.incident, closed_ns=event.incident.opened_ns + 60 * 10**9)
    later = network_path(opened_s + 5000, GOOD, before_s=opened_s - 60, ended_s=opened_s + 4000)
    assert pictures(over, later) == []

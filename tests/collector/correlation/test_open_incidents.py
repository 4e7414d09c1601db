"""Open incidents as metrics: there while they go on, for each site that they concern."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.collector.correlation.consumer_world import EPOCH, INVENTORY, World
from thongsuot_collector.correlation.open_incidents import NAME, OpenIncidentCollector
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_schema.state import State

S = 1_000_000_000


def scraped(world: World, *, page_url: str = "") -> list[tuple[dict[str, str], float]]:
    """Return labels and value of each series that a scrape would get."""
    registry = CollectorRegistry()
    registry.register(
        OpenIncidentCollector(
            world.consumer.registry,
            InventoryDirectory(INVENTORY),
            page_url=page_url,
        )
    )
    text = generate_latest(registry).decode()
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == NAME
    ]


async def settle(world: World, *sites: str) -> None:
    """Let sites report that all is well for a minute."""
    for site in sites:
        await world.push(site, ("fiber", State.UP), ("5g", State.UP))
    await world.run(60, sites=sites)


async def test_a_fault_is_a_series_that_says_who_acts_and_leads_to_its_page(world: World) -> None:
    await settle(world, "s0", "s1")
    assert scraped(world) == []
    began_ns = world.now_ns
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(10, sites=("s0", "s1"))
    ((labels, value),) = scraped(world, page_url="https://centre.example/")
    assert value == began_ns / S
    assert labels == {
        "incident": labels["incident"],
        "rule": "link_fault",
        "severity": labels["severity"],
        "segment": "access",
        "party": "carrier",
        "name": "vnpt",
        "commune": "00000",
        "site": "s0",
        "link": "fiber",
        "target": "",
        "url": f"https://centre.example/incidents/{labels['incident']}",
    }
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=("s0", "s1"))
    assert scraped(world) == [], "over"


async def test_an_open_outage_has_one_series_per_site(world: World) -> None:
    sites = tuple(f"s{number}" for number in range(0, 8, 2))
    await settle(world, *sites)
    for site in sites:
        await world.push(site, ("fiber", State.DOWN))
    await world.run(20, sites=sites)
    series = scraped(world)
    assert {labels["rule"] for labels, _ in series} == {"carrier_outage"}
    assert sorted(labels["site"] for labels, _ in series) == list(sites)
    assert {value for _, value in series} == {(world.now_ns - 20 * S) / S}
    assert world.now_ns > EPOCH

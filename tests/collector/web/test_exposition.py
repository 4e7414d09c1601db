"""The text of many metrics is made while the event loop does other things."""

import asyncio
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from thongsuot_collector.web.exposition import exposition

MANY = 5_000


class Sites(Collector):
    """One series for each of many sites."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("silent_since", "When", labels=("site",))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("silent_since", "When", labels=("site",))
        for number in range(MANY):
            family.add_metric((f"site-{number}",), number)
        yield family


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Sites())
    Gauge("lag", "Entries", ("consumer",), registry=registry).labels("state").set(3)
    return registry


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("", generate_latest), ("application/openmetrics-text", openmetrics.generate_latest)],
)
async def test_it_is_what_the_library_writes(
    registry: CollectorRegistry, accept: str, expected: object
) -> None:
    assert callable(expected)
    text, content_type = await exposition(registry, accept)
    assert text == expected(registry)
    assert ("openmetrics" in content_type) is bool(accept)


@pytest.mark.parametrize(
    "accept", ["application/openmetrics-text;version=x", "text/plain;version=."]
)
async def test_an_invalid_version_gets_the_usual_format(
    registry: CollectorRegistry, accept: str
) -> None:
    text, content_type = await exposition(registry, accept)
    assert text == generate_latest(registry)
    assert content_type.startswith("text/plain")


async def test_others_have_turns_while_it_is_written(registry: CollectorRegistry) -> None:
    written = asyncio.ensure_future(exposition(registry, ""))
    turns = 0
    while not written.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 1, "it took the event loop for itself"

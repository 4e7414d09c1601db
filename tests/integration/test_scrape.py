"""``/metrics`` of agent and collector: what promtool, a strict parser and Prometheus say of it."""

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.openmetrics import parser

from tests.agent.page.test_pages import PROMETHEUS_ACCEPTS
from tests.collector.running import WITHIN_S, collector, eventually, token
from tests.collector.sinks.receiver import always, receiver
from tests.collector.sinks.sink_contract import SITE, delivered, device, push
from tests.servers import PrometheusServer, linted
from thongsuot_agent.page.exposition import Exposition
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.metric import Metric, MetricType
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict

pytestmark = pytest.mark.servers

_SINK = '[[sinks]]\nkind = "remote_write"\nname = "database"\nlinger_s = 0.0\nurl = "{url}"\n'


def read(text: str) -> dict[str, Any]:
    """Return the families of a text, as prometheus-client's strict parser of OpenMetrics does."""
    strict: Any = parser.text_string_to_metric_families
    return {family.name: family for family in strict(text)}


def plausible(metric: Metric) -> float:
    return metric.minimum if metric.minimum is not None else 1.0


def everything() -> Exposition:
    """Return the figures of an agent that measures every kind, and knows every verdict."""
    link = Link(name="5g", interface="wwan0", medium=Medium.RADIO_5G, carrier='mạng "\\số" 1')
    made = Exposition({"commune": "00004", "site": "ba-dinh"}, (link,))
    for name in catalogue.kinds():
        kind = catalogue.load(name)
        series = [
            Series(kind=name, revision=kind.revision, link="5g", target=target, family=Family.IP4)
            for target in ("a", "b")
        ]
        values = {metric: plausible(metric) for metric in kind.metrics}
        made.add_results(
            [
                Result(series=series[0], boottime_ns=1, finding=ok_finding(values)),
                Result(series=series[1], boottime_ns=1, finding=failed_finding(Reason.NO_ROUTE)),
            ]
        )
    made.add_verdicts(
        [
            Verdict(
                link="5g",
                service="",
                state=State.DOWN,
                segment=Segment.ACCESS,
                symptom=Symptom.NONE,
            )
        ]
    )
    made.add_agent_metric(
        "thongsuot_agent_results_total", 'Results "so far"', 7, MetricType.COUNTER
    )
    return made


def test_promtool_has_nothing_to_say_about_the_whole_catalogue() -> None:
    assert linted(everything().text()) == ""


def test_an_objection_by_promtool_is_reported() -> None:
    made = Exposition({}, ())
    made.add_agent_metric("thongsuot_agent_hops_count", "Hops", 3)
    objection, ending = linted(made.text()).splitlines()
    assert objection.startswith("thongsuot_agent_hops_count non-histogram")
    assert ending == "exit 3"


def test_an_agent_says_the_same_as_openmetrics() -> None:
    families = read(everything().open_metrics())
    results = families["thongsuot_agent_results"]
    assert (results.type, results.documentation) == ("counter", 'Results "so far"')
    assert [(sample.name, sample.value) for sample in results.samples] == [
        ("thongsuot_agent_results_total", 7.0)
    ]
    for name in catalogue.kinds():
        for metric in catalogue.load(name).metrics:
            family = families[metric.full_name.removesuffix("_total")]
            assert family.type == metric.type.value
            assert family.samples[0].labels["carrier"] == 'mạng "\\số" 1'


async def test_promtool_has_nothing_to_say_about_a_collector(tmp_path: Path) -> None:
    async with (
        receiver(always(204)) as there,
        collector(tmp_path, config=_SINK.format(url=there.url)) as client,
    ):
        await push(client, token(tmp_path, SITE), device(), 2)
        await eventually(lambda: delivered(client))
        plain = await client.get("/metrics")
        strict = await client.get("/metrics", headers={"Accept": PROMETHEUS_ACCEPTS})
    assert plain.headers["content-type"].startswith("text/plain")
    assert linted(plain.text) == ""
    assert strict.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert read(strict.text)["thongsuot_collector_pushes"].type == "counter"


async def test_a_prometheus_scrapes_a_collector(
    own_prometheus: PrometheusServer, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    async with collector(state) as client:
        target = urlsplit(str(client.base_url)).netloc
        job = {
            "job_name": "collector",
            "scrape_interval": "1s",
            "scrape_timeout": "1s",
            "static_configs": [{"targets": [target]}],
        }
        config = tmp_path / "own-prometheus" / "prometheus.yml"
        config.write_text(json.dumps({"scrape_configs": [job]}))
        own_prometheus.start()

        async def scraped() -> bool:
            async with httpx.AsyncClient(timeout=WITHIN_S) as asking:
                answer = await asking.get(
                    f"{own_prometheus.url}/api/v1/query",
                    params={
                        "query": "thongsuot_collector_journal_bytes and on(job) up == 1",
                        "time": f"{time.time():.3f}",
                    },
                )
            return bool(answer.json()["data"]["result"])

        await eventually(scraped)

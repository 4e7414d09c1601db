"""The table of open incidents: a collector in a fault, a Prometheus, and each board asked."""

import json
import time
from pathlib import Path

import pytest

from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.dashboards.board_queries import Json, Prometheus, QuerySeries, fill_variables
from tests.servers import PrometheusServer
from thongsuot_collector.correlation.open_incidents import LABELS, NAME
from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.generated import load_boards
from thongsuot_dashboards.open_incidents import SEVERITIES
from thongsuot_dashboards.text import Language
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Inventory, Link, Site
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

TITLE = "Open incidents"
BOARDS = {"city", "carriers", "link", "services", "site"}
FIBER = Link(name="fiber", interface="e", medium=Medium.FIBER, carrier="vnpt")
INVENTORY = Inventory(sites=(Site(name="s0", commune="00070", links=(FIBER,)),))
SCRAPE = """\
scrape_configs:
  - job_name: {job}
    scrape_interval: 1s
    file_sd_configs: [{{files: ["{targets}"]}}]
"""
CHOSEN = {"commune": "00070", "site": "s0", "link": "fiber", "carrier": "vnpt", "target": ".*"}
UP_NS, DOWN_NS = 1_000 * S, 1_060 * S


def test_the_metric_is_the_one_that_boards_name_with_the_labels_that_they_show() -> None:
    assert collector_metrics.INCIDENT_START == NAME
    for name in BOARDS:
        by = panel_of(name)["targets"][0]["expr"].partition("max by (")[2].partition(")")[0]
        assert set(by.split(", ")) <= set(LABELS), name


def panel_of(board: str) -> Json:
    """Return a board's table of open incidents."""
    panels = json.loads(load_boards()[board].to_json(Language.EN))["panels"]
    (panel,) = [panel for panel in panels if panel["title"] == TITLE]
    assert isinstance(panel, dict)
    return panel


@pytest.mark.servers
async def test_a_fault_is_a_row_on_each_board_that_leads_to_its_page(tmp_path: Path) -> None:
    targets = tmp_path / "targets.json"
    scrape = SCRAPE.format(job=collector_metrics.JOB, targets=targets)
    server = PrometheusServer(tmp_path, more_config=scrape).start()
    state = tmp_path / "collector"
    state.mkdir()
    # The point pushes twice, and is not to be an incident of its own while a board is waited for.
    config = '[notify]\npage_url = "https://centre.example"\n[page]\nsilent_after_s = 3600\n'
    try:
        async with collector(state, config=config, inventory=INVENTORY) as client:
            targets.write_text(
                json.dumps([{"targets": [str(client.base_url.netloc, "ascii")]}]), encoding="utf-8"
            )
            sealer = BatchSealer("s0", epoch_ns=0)
            agent = Pusher(client, sealer, token(state, "s0"))
            up = change(UP_NS, State.UP)
            down = change(
                DOWN_NS,
                State.DOWN,
                before=State.UP,
                segment=Segment.ACCESS,
                symptom=Symptom.ACCESS_SILENT,
            )
            for moment_ns, news in ((UP_NS, up), (DOWN_NS, down)):
                batch = sealer.batch(moment_ns, [icmp_result(moment_ns)], changes=[news])
                answer = await agent.batch(batch, boottime_ns=DOWN_NS)
                assert answer.status_code == 200, answer.text
            for board in sorted(BOARDS):
                (row,) = await found(server, board)
                assert row.labels["party"] == "carrier", board
                assert (row.labels["name"], row.labels["site"]) == ("vnpt", "s0")
                assert row.labels["severity"] in SEVERITIES
                assert row.labels["url"].startswith("https://centre.example/incidents/")
                assert 0 <= row.last < 600
    finally:
        server.stop()


async def found(server: PrometheusServer, board: str) -> list[QuerySeries]:
    """
    Return what a board's table shows once it shows something.

    That answer, not the next one: after a scrape that took longer than the second between two of
    them, Prometheus shows nothing until one is in time again.
    """
    seen: list[QuerySeries] = []

    def is_shown() -> bool:
        seen[:] = rows(server, board)
        return bool(seen)

    await eventually(is_shown)
    return seen


def rows(server: PrometheusServer, board: str) -> list[QuerySeries]:
    """Return what the table of a board shows now."""
    (target,) = panel_of(board)["targets"]
    expr = fill_variables(target["expr"], CHOSEN)
    return Prometheus(server.url).instant(expr, "", time.time())

"""A generated month: given to a real collector, shown by its pages, told to nobody, accounted."""

import asyncio
import json
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from tests.collector.running import collector, eventually, token
from thongsuot_lab import inventory
from thongsuot_lab.history.faults import DAY_S, DAYS, PastFault
from thongsuot_lab.history.push import HistoryRefused, push_record
from thongsuot_lab.history.record import PastRecord, past_records
from thongsuot_lab.topology.city import city
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.state import State

CITY = city(sites=3)
SITES = ("s1", "s2", "s3")
CHANNEL = """
[[channels]]
kind = "alertmanager"
name = "desk"
urls = ["http://127.0.0.1:9"]

[notify]
channels = ["desk"]
"""


def records(now_ns: int) -> list[PastRecord]:
    return list(past_records(CITY, SITES, now_ns=now_ns))


def faults_of_site(place: int) -> Sequence[PastFault]:
    return records(0)[place].faults


@pytest.mark.parametrize("place", range(3))
def test_every_fault_is_over_and_none_reaches_into_a_power_cut(place: int) -> None:
    faults = faults_of_site(place)
    cuts = [fault for fault in faults if fault.is_power_cut]
    for fault in faults:
        assert fault in cuts or all(
            fault.end_s < cut.start_s or fault.start_s > cut.end_s for cut in cuts
        )
        assert -DAYS * DAY_S < fault.start_s < fault.end_s < 0.0


@pytest.mark.parametrize("place", range(3))
def test_a_record_covers_its_month_and_ends_with_everything_well(place: int) -> None:
    now_ns = time.time_ns()
    record = records(now_ns)[place]
    layouts = dict([decode_layout(record.layout)])
    stretches = []
    for body in record.batches():
        batch = decode_batch(body, layouts.get)
        epoch_ns = batch.clock.wall_ns - batch.clock.boottime_ns
        (dropped,) = [each for each in batch.notices if each.code is NoticeCode.DROPPED]
        assert dropped.from_boottime_ns is not None
        assert dropped.boottime_ns == batch.clock.boottime_ns
        stretches.append((epoch_ns + dropped.from_boottime_ns, epoch_ns + dropped.boottime_ns))
        states: dict[tuple[str, str], State] = {}
        for change in batch.changes:
            subject = (change.verdict.link, change.verdict.service)
            assert states.get(subject, State.UNKNOWN) is change.before
            states[subject] = change.verdict.state
        assert set(states.values()) == {State.UP}
    stretches.sort()
    assert stretches[-1][1] == pytest.approx(now_ns, abs=1000)
    covered_s = sum(until - begin for begin, until in stretches) / 1e9
    dark_s = sum(fault.length_s for fault in record.faults if fault.is_power_cut)
    assert covered_s == pytest.approx(DAYS * DAY_S - dark_s, abs=1.0)


async def test_the_collector_shows_the_played_month_and_notifies_nobody(tmp_path: Path) -> None:
    known = inventory.inventory_of(CITY)
    secrets = {site: token(tmp_path, site) for site in SITES}
    async with collector(tmp_path, config=CHANNEL, inventory=known) as client:

        def connect() -> HTTPConnection:
            return HTTPConnection(client.base_url.host, client.base_url.port, timeout=60)

        for record in records(time.time_ns()):
            count = await asyncio.to_thread(push_record, record, secrets[record.site], connect)
            assert count == (2 if record.site == "s3" else 1), "a batch of each boot"
        await eventually(lambda: _has_incidents(client, 8))
        for site in SITES:
            vietnamese = (await client.get(f"/sites/{site}?lang=vi&period=30d")).text
            english = (await client.get(f"/sites/{site}?lang=en&period=30d")).text
            assert "số liệu minh hoạ" in vietnamese
            assert "generated history" in english
            assert english.count('class="median"') == 2, "a chart of each link"
        for page in ("/", "/wall", "/sites", "/links", "/incidents", "/desk/cuu-long"):
            shown = await client.get(page, params={"lang": "en"})
            assert shown.text.count("are generated history for this demonstration") == 1, page
        listed = (await client.get("/incidents?lang=en&status=closed")).text
        assert '<span class="tag">generated</span>' in listed
        incidents = (await client.get("/api/v1/incidents?status=closed&limit=200")).json()
        assert all(record["is_generated"] for record in incidents["items"])
        assert {record["status"] for record in incidents["items"]} == {"closed"}
        rules = {record["rule"] for record in incidents["items"]}
        assert {"carrier_outage", "link_fault", "service_down", "site_power"} <= rules
        assert not {"agent_silent", "many_silent"} & rules, "a month is no silence"
        for record in incidents["items"]:
            evidence = (await client.get(f"/incidents/{record['id']}.json")).json()
            assert evidence["notifications"] == [], json.dumps(evidence, indent=1)
            page = (await client.get(f"/incidents/{record['id']}?lang=en")).text
            assert "Generated history" in page
        statement = await _statement(client)
        assert "generated history" in statement
        account = (await client.get("/account?lang=en")).text
        assert "unexplained" not in account


async def test_a_collector_that_refuses_says_why(tmp_path: Path) -> None:
    async with collector(tmp_path, inventory=inventory.inventory_of(CITY)) as client:

        def connect() -> HTTPConnection:
            return HTTPConnection(client.base_url.host, client.base_url.port, timeout=60)

        with pytest.raises(HistoryRefused, match="401"):
            await asyncio.to_thread(push_record, records(time.time_ns())[0], "wrong", connect)


async def _has_incidents(client: httpx.AsyncClient, count: int) -> bool:
    answer = (await client.get("/api/v1/incidents?status=closed&limit=200")).json()
    return len(answer["items"]) >= count


async def _statement(client: httpx.AsyncClient) -> str:
    """Return the page of a circuit whose month is under way or was the last."""
    circuit = inventory.links_of(CITY, "s1")[0].circuit
    month = time.strftime("%Y-%m", time.gmtime(time.time() + 7 * 3600))
    answer = await client.get(f"/sla/{month}/{circuit}?lang=en")
    if answer.status_code == 404:
        answer = await client.get(f"/sla/{month}?lang=en")
    return answer.raise_for_status().text

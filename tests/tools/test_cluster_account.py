"""The account in the verdict of ``./run cluster``: each thing that does not close is named."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from bench.cluster.account import RunAccount
from bench.cluster.load import Backlog, LoadOrder, play
from msgspec.structs import replace

from tests.collector.running import collector, eventually, token
from thongsuot_collector.accounts.overview import accounts_in
from thongsuot_collector.accounts.site_account import SinkProgress
from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.cli.record_reports import (
    CityAccountReport,
    SiteReport,
    VerificationReport,
)
from thongsuot_collector.journal.hash_chain import StreamAudit
from thongsuot_collector.journal.journal import LostRange
from thongsuot_collector.store import record_accounts
from thongsuot_collector.store.engine import open_store

MADE = {"s0": 3, "s1": 2}
WHOLE = RunAccount(
    verification=VerificationReport(
        streams=[
            StreamAudit(
                site=site,
                stream="0" * 16,
                kept=((1, made),),
                trimmed=(),
                missing=(),
                loose=0,
                signed=0,
                flaws=(),
            )
            for site, made in MADE.items()
        ]
    ),
    city=CityAccountReport(
        sites=[
            SiteReport(site=site, made=made, fates={BatchFate.KEPT: made}, closes=True)
            for site, made in MADE.items()
        ],
        sinks=[
            SinkProgress(
                sink="victoria-m1", behind=0, delivered=5, dead_letters=0, lost=0, skipped=0
            )
        ],
    ),
)


def test_an_account_that_closes_has_no_flaw() -> None:
    assert WHOLE.flaws(MADE, 5) == []
    assert WHOLE.lines() == [
        "account: made 5, of these {'kept': 5}",
        "  victoria-m1: delivered 5, waiting 0, set aside 0, lost 0, passed over 0",
    ]


@pytest.mark.parametrize("field", ["behind", "delivered", "dead_letters", "lost", "skipped"])
def test_a_sink_that_lacks_something_is_named(field: str) -> None:
    sink = replace(WHOLE.city.sinks[0], **{field: 1})
    account = replace(WHOLE, city=replace(WHOLE.city, sinks=[sink]))
    assert account.flaws(MADE, 5) == [str(sink)]


def test_journal_devices_and_verify_must_agree() -> None:
    assert WHOLE.flaws(MADE, 6)[0] == "kept 5, and 6 in the journal"
    assert WHOLE.flaws({**MADE, "s0": 4}, 5) == ["s0 has made 4 batches, the account says 3"]
    waits = SiteReport(site="s1", made=2, fates={BatchFate.WAITING: 2}, closes=True)
    account = replace(WHOLE, city=replace(WHOLE.city, sites=[WHOLE.city.sites[0], waits]))
    assert f"s1: {waits.fates}" in account.flaws(MADE, 5)
    lost = VerificationReport(
        is_intact=False,
        lost=[LostRange(first=1, last=1, entries=1)],
        streams=WHOLE.verification.streams,
    )
    (flaw,) = replace(WHOLE, verification=lost).flaws(MADE, 5)
    assert flaw.startswith("verify: 1 flaws, [LostRange(")


async def test_devices_of_the_load_say_how_far_their_record_is(tmp_path: Path) -> None:
    state, finish = tmp_path / "state", tmp_path / "finish"
    state.mkdir()
    secrets = {site: token(state, site) for site in MADE}
    async with collector(state, config="[ingest]\npushes_per_s = 10000\n") as client:
        order = LoadOrder(
            urls=(str(client.base_url),),
            secrets=secrets,
            falls={},
            down_s=1.0,
            every_s=0.05,
            seed=1,
            record="",
            finish=str(finish),
        )
        playing = asyncio.create_task(play(order))
        await eventually(lambda: are_accepted(client, 10))
        finish.touch()
        record = await playing
    store = open_store(state / STORE_FILE)
    try:
        accounts = list(accounts_in(store, record_accounts.streams(store)))
    finally:
        store.dispose()
    assert all(account.is_reported for account in accounts)
    assert {account.site: account.counts() for account in accounts} == {
        site: {BatchFate.KEPT: made} for site, made in record.made.items()
    }
    assert {site: len(batches) for site, batches in record.acknowledged.items()} == record.made


async def test_devices_of_the_load_end_at_once_when_little_is_left(tmp_path: Path) -> None:
    """Otherwise the first device would be silent before the last one has pushed."""
    backlog = Backlog(tmp_path / "finish", devices=2)
    following = asyncio.create_task(backlog.follow_finish())
    backlog.add(3)
    (tmp_path / "finish").touch()
    assert not await backlog.is_over_within(0.0)
    ends = [asyncio.create_task(backlog.is_over_within(3600.0)) for _ in range(2)]
    backlog.add(-1)
    assert await asyncio.gather(*ends) == [True, True]
    await following


async def are_accepted(client: httpx.AsyncClient, batches: int) -> bool:
    count = re.compile(r'^thongsuot_collector_pushes_total{reason="accepted"} (\S+)', re.MULTILINE)
    found = count.search((await client.get("/metrics")).text)
    return found is not None and float(found[1]) >= batches

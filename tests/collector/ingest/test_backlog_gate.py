"""The backlog of the agents waits while fresh batches are judged."""

import time
from pathlib import Path

import pytest

from tests.collector.batches import BOOT, BatchSealer, icmp_result
from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.ingest.asgi import STATUS
from thongsuot_collector.ingest.backlog_gate import BacklogGate
from thongsuot_collector.ingest.batch_dating import PushClock
from thongsuot_collector.ingest.device_clock import BootClocks
from thongsuot_collector.ingest.push_handler import PushCallbacks, PushHandler
from thongsuot_collector.ingest.settings import IngestSettings
from thongsuot_collector.ingest.site_budgets import SiteBudgets
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.metrics import Metrics
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.inventory.model import Inventory

S = 1_000_000_000
SITE = "hoan-kiem"
UPTIME = 5000 * S

LAG_ENTRIES = 500
# As documented: the code's own figure would follow any change of it.
BACKLOG_S = 60


def gate(lag: int) -> BacklogGate:
    return BacklogGate(lambda: lag, LAG_ENTRIES, draw=lambda least, most: (least + most) / 2)


@pytest.mark.parametrize("lag", [0, LAG_ENTRIES])
def test_backlog_is_accepted_while_judging_keeps_up(lag: int) -> None:
    gate(lag).check(3600 * S)


@pytest.mark.parametrize("age_s", [-10, 0, BACKLOG_S - 1])
def test_a_fresh_batch_is_always_accepted(age_s: int) -> None:
    gate(1_000_000).check(age_s * S)


@pytest.mark.parametrize("age_s", [BACKLOG_S, 86_400])
def test_an_old_batch_is_to_come_again_while_judging_is_behind(age_s: int) -> None:
    with pytest.raises(PushRefused, match="501 fresh batches") as refused:
        gate(LAG_ENTRIES + 1).check(age_s * S)
    assert refused.value.why is RefusalReason.BACKLOG_DEFERRED
    assert refused.value.retry_after_s == 15.0
    assert STATUS[refused.value.why] == 503, "the device keeps it"


def test_agents_come_again_at_different_times() -> None:
    waits_s = set()
    for _ in range(20):
        with pytest.raises(PushRefused) as refused:
            BacklogGate(lambda: LAG_ENTRIES + 1, LAG_ENTRIES).check(3600 * S)
        waits_s.add(refused.value.retry_after_s)
    assert all(10.0 <= wait_s <= 20.0 for wait_s in waits_s)
    assert len(waits_s) > 1


@pytest.mark.parametrize(
    ("age_s", "present_boot", "is_refused", "is_free"),
    [
        (BACKLOG_S - 1, BOOT, False, False),
        # Its own boot says how old it is.
        (BACKLOG_S, BOOT, True, True),
        # Of an earlier boot: its age is known when it has been dated.
        (BACKLOG_S + 5, "another", True, False),
        (BACKLOG_S - 5, "another", False, False),
        (BACKLOG_S + 5, "", True, False),
    ],
)
async def test_a_batch_that_waits_costs_neither_budget_nor_verification_if_its_age_is_known(
    age_s: int, present_boot: str, *, is_refused: bool, is_free: bool, tmp_path: Path
) -> None:
    verified: list[bytes] = []

    async def verify(body: bytes) -> bytes:
        verified.append(body)
        return b""

    received_ns = time.time_ns()
    sealer = BatchSealer(SITE, epoch_ns=received_ns - UPTIME)
    old, fresh = (
        sealer.sealed(sealer.batch(sealed_ns, [icmp_result(sealed_ns - S)]))
        for sealed_ns in (UPTIME - age_s * S, UPTIME)
    )
    moment = PushClock(
        received_ns=received_ns,
        boot_id=present_boot,
        boottime_ns=UPTIME if present_boot else None,
    )
    journal = open_journal(tmp_path / "journal.sqlite", committed=lambda _jobs, _took_s: None)
    handler = handler_of(journal, values=4)
    try:
        await handler.accept_layout(old[1], SITE, moment)
        if is_refused:
            with pytest.raises(PushRefused) as refused:
                await handler.accept_batch(old[0], SITE, moment, verify)
            assert refused.value.why is RefusalReason.BACKLOG_DEFERRED
        else:
            assert (await handler.accept_batch(old[0], SITE, moment, verify)).number == 1
        assert (not verified) == is_free
        # The budget of the site is for one of these.
        if is_free:
            assert (await handler.accept_batch(fresh[0], SITE, moment, verify)).number == 2
        else:
            with pytest.raises(PushRefused) as refused:
                await handler.accept_batch(fresh[0], SITE, moment, verify)
            assert refused.value.why is RefusalReason.OVER_BUDGET
    finally:
        await journal.close()


def handler_of(journal: Journal, *, values: int) -> PushHandler:
    """Return a handler with a gate that is closed, and a budget of so many values for a site."""
    layouts = LayoutCache(journal, LIMITS)
    return PushHandler(
        journal,
        layouts=layouts,
        reader=BatchReader(layouts, LIMITS),
        clocks=BootClocks(),
        limits=LIMITS,
        metrics=Metrics(),
        budgets=SiteBudgets(
            IngestSettings(values_per_s=1e-9, values_burst=values),
            InventoryDirectory(Inventory()),
            on_refusal=lambda _budget: None,
            on_quarantine=lambda _site, _budget: None,
        ),
        callbacks=PushCallbacks(
            conflicting=lambda _entry: None,
            badly_signed=lambda _entry: None,
            damaged=lambda _error: None,
            not_stored=lambda _reason: None,
            check_age=gate(LAG_ENTRIES + 1).check,
        ),
    )

"""Pushes are dated near what the journal has beside them, and without that if it cannot be read."""

from pathlib import Path

from tests.collector.batches import BOOT, BatchSealer, S, icmp_result
from tests.collector.ingest.test_backlog_gate import handler_of
from thongsuot_collector.ingest.batch_dating import PushClock
from thongsuot_collector.journal.sqlite import open_journal

SITE = "hoan-kiem"
EPOCH = 1_795_540_000 * S
SPAN_NS = 15 * S
SLEW_NS = SPAN_NS // 100


async def test_a_collector_that_was_restarted_dates_a_push_near_the_one_before(
    tmp_path: Path,
) -> None:
    async def verify(_body: bytes) -> bytes:
        return b""

    epochs_ns: list[int] = []
    sealer = BatchSealer(SITE, epoch_ns=EPOCH, error_s=None)
    for delay_ns in (S, S // 1000):
        sealed_ns = (sealer.number + 1) * SPAN_NS
        results = [icmp_result(sealed_ns - SPAN_NS), icmp_result(sealed_ns - S)]
        body, layout = sealer.sealed(sealer.batch(sealed_ns, results))
        moment = PushClock(
            received_ns=EPOCH + sealed_ns + delay_ns, boot_id=BOOT, boottime_ns=sealed_ns
        )
        journal = open_journal(tmp_path / "journal.sqlite", committed=lambda _jobs, _took_s: None)
        try:
            handler = handler_of(journal, values=100)
            await handler.accept_layout(layout, SITE, moment)
            await handler.accept_batch(body, SITE, moment, verify)
            kept = await journal.read(0, through=2, limit=2, size_bytes=1 << 20)
            epochs_ns = [stored.entry.epoch_ns for stored in kept]
        finally:
            await journal.close()
    assert epochs_ns == [EPOCH + S, EPOCH + S - SLEW_NS]

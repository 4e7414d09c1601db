"""
Somebody with a site's token pushes under the next numbers of its device.

A real agent's record and uplink against a real collector: what the device measured is all there,
once, and the device says that its numbers were taken.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.agent.spool.making import change, places, result, spool_at
from tests.collector.batches import BatchSealer
from tests.collector.running import Pusher, collector, token
from tests.integration.device import drain, pushing
from thongsuot_agent.clock import boot_id
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_lab.matrix.journal_reader import StoredBatch, stored_batches
from thongsuot_schema.batch.model import NoticeCode

SITE = "site-1"
TAKEN = 8
SERIALS = range(1, 1 + 3 * TAKEN)


def serials_in(batches: list[StoredBatch]) -> Counter[int]:
    return Counter(
        round(kept.boottime_ns / 1e6) for stored in batches for kept in stored.batch.results
    )


@pytest.mark.parametrize("restarts", [False, True], ids=["at once", "after a restart"])
async def test_measurements_are_kept_although_their_numbers_were_taken(
    tmp_path: Path, restarts: bool
) -> None:
    state = tmp_path / "collector"
    state.mkdir()
    async with collector(state) as client:
        secret = token(state, SITE)
        spool = spool_at(tmp_path / "device")
        await spool.open()
        thief = Pusher(
            client,
            BatchSealer(SITE, epoch_ns=10**18, stream=spool.status().stream, boot_id=boot_id()),
            secret,
        )
        for number in range(1, 1 + TAKEN):
            response = await thief.batch(thief.agent.batch(number))
            assert response.status_code == 200, response.text
        for serial in SERIALS:
            spool.add_entry(result(serial))
            if serial == TAKEN // 2:
                spool.add_entry(change(serial))
            spool.seal()
        await spool.maintain()
        if restarts:
            await spool.close()
            spool = spool_at(tmp_path / "device")
            await spool.open()
        async with pushing(spool, str(client.base_url), secret) as uplink:
            await drain(spool, uplink)
            # What comes afterwards goes where nobody waits for it.
            spool.add_entry(result(1000))
            spool.seal()
            await drain(spool, uplink)
            spool.seal()
            await drain(spool, uplink)
        assert spool.status().rejected_batches == 0
        assert spool.status().dropped_batches == 0
        await spool.close()
    stored = list(stored_batches(state / JOURNAL_FILE))
    assert serials_in(stored) == Counter(dict.fromkeys((*SERIALS, 1000), 1))
    assert sum(len(kept.batch.changes) for kept in stored) == 1
    notices = [
        notice
        for kept in stored
        for notice in kept.batch.notices
        if notice.code is NoticeCode.NUMBER_TAKEN
    ]
    assert len(notices) == TAKEN
    assert not list(places(tmp_path / "device").rejected_dir.glob("*"))

"""
The whole agent on a device whose disk fails: every durable file of it is known, each failure is
said, and the record has no hole.
"""

import errno
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST,
    FIXED,
    GATEWAY,
    HOST,
    RunningAgent,
    agent_on,
    collecting,
    results,
    until,
)
from tests.agent.app.test_agent import check_record
from tests.disk_faults import Fault, FaultyDisk
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_schema.batch.model import NoticeCode

pytestmark = [pytest.mark.lab, needs_lab]

DURABLE = {
    r"state/spool\.db(-wal|-shm|-journal)?": "the record beyond a power cut",
    r"state/site-config\.json\.new": "which configuration is run, tried, refused",
    r"state/(month|lines)\.msgpack\.tmp": "the past that the page shows",
    r"state/streams\.msgpack\.tmp": "which batches are gone if the spool is",
    r"state/place\.json\.tmp": "which router and network each link leads to",
    r"state/sms\.json\.tmp": "when text messages were sent",
    r"state/rejected/[\d-]+\.json\.tmp": "batches that the collector will never take",
    r"state/certificate\.pem(\.next)?\.half": "the device's key and certificate",
    r"run/record/\w+/(identity|\d+\.batch|\d+\.open|\d+)\.tmp": "the record beyond a kill",
    r"run/record/\w+/\d+\.open": "what is not sealed yet",
    r"run/layouts/\w+\.tmp": "what the batches refer to",
    r"run/checkpoint\.tmp": "what a killed process would like to know again",
    r"run/recording(-\d+)?\.jsonl": "what the judge was told, where that is asked for",
}
"""Every file that a running agent writes, by how it is opened; one more has to join them here."""

FAULTS = [
    Fault(operation=operation, number=number, part=part)
    for part in ("/state/", "/run/record", "/run/layouts", "/run/checkpoint")
    for operation, number in (
        ("write", errno.ENOSPC),
        ("torn", errno.EIO),
        ("fsync", errno.EIO),
        ("rename", errno.EIO),
        ("open", errno.EMFILE),
    )
    if operation != "fsync" or part == "/state/"
]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


@pytest.fixture
def disk(folder: Path) -> FaultyDisk:
    return FaultyDisk(folder)


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    async with agent_on(lab, folder, FIXED, GATEWAY, FIRST, ECHOES, HOST) as agent:
        yield agent


async def test_a_device_whose_disk_fails_continues_measuring_and_leaves_no_hole_in_its_record(
    lab: Lab, device: RunningAgent, disk: FaultyDisk, folder: Path
) -> None:
    async with collecting(lab) as receiver:
        with disk.preloaded():
            device.start()
        await until(lambda: len(receiver.batches) >= 2, device)
        for fault in FAULTS:
            before = len(results(receiver, "icmp"))
            with disk.failing(fault):
                await until(lambda: len(results(receiver, "icmp")) > before + 4, device)  # noqa: B023
        with disk.failing(Fault(operation="write", number=errno.ENOSPC, part="/state/")):
            assert await device.end(signal.SIGTERM) == 0
        with disk.preloaded():
            device.start()
        before = len(receiver.batches)
        await until(lambda: len(receiver.batches) > before + 2, device)
        await until(lambda: device.status().record.waiting_batches == 0, device)
        assert await device.end(signal.SIGTERM) == 0
    check_record(receiver.batches)
    codes = [notice.code for batch in receiver.batches for notice in batch.notices]
    assert not {NoticeCode.GAP, NoticeCode.BATCHES_LOST} & set(codes)
    log = device.log()
    assert "Traceback" not in log
    for name in ("month.msgpack", "lines.msgpack", "run/record", "run/checkpoint"):
        assert re.search(rf"^WARNING .*cannot .*{re.escape(name)}", log, re.MULTILINE), name
    written = disk.written(folder)
    unknown = {name for name in written if not any(re.fullmatch(known, name) for known in DURABLE)}
    assert unknown == set()
    assert {"state/spool.db", "state/month.msgpack.tmp", "run/checkpoint.tmp"} <= written

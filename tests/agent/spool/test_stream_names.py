"""A spool whose file has lost everything still names the batches that are gone with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent.spool.making import (
    CollectedRecord,
    change,
    clock_of,
    places,
    result,
    spool_at,
)
from tests.fakes.clock import FakeClock
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.spool import Spool

BOOTS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")
PLENTY = 300
"""More batches than an hour has."""


def emptied(root: Path) -> None:
    places(root).spool_file.write_bytes(b"")


def removed(root: Path) -> None:
    places(root).spool_file.unlink()


def without_log(root: Path) -> None:
    for companion in ("-wal", "-shm"):
        places(root).spool_file.with_name(f"spool.db{companion}").unlink(missing_ok=True)


async def opened(root: Path, clock: FakeClock, boot: str = BOOTS[0]) -> Spool:
    config = SpoolConfig(disk_after_s=1.0)
    spool = spool_at(root, config=config, clock=clock_of(clock), boot=boot)
    await spool.open()
    return spool


async def filled(root: Path, clock: FakeClock, batches: int, first: int = 1) -> Spool:
    """Return a record of so many batches on the disk."""
    spool = await opened(root, clock)
    for serial in range(first, first + batches):
        spool.add_entry(result(serial))
        spool.seal()
        clock.advance(15)
        await spool.maintain()
    return spool


async def lost_in(spool: Spool) -> list[str]:
    """Return the batches that a record gives up, in its own words; all of it is accepted."""
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    await spool.close()
    return collected.notices("batches_lost")


@pytest.mark.parametrize("lose", [emptied, removed])
async def test_after_a_reboot_the_streams_of_a_lost_file_are_named(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    clock = FakeClock()
    spool = await filled(tmp_path, clock, PLENTY)
    stream = spool.status().stream
    without_log(tmp_path)
    lose(tmp_path)
    for path in places(tmp_path).record_dir.glob("*/*"):
        path.unlink()  # as the power was cut
    everything, numbered = await lost_in(await opened(tmp_path, clock, BOOTS[1]))
    assert everything == f"unreadable {stream} 1-"
    last = int(numbered.removeprefix(f"unreadable {stream} 1-"))
    assert PLENTY - 240 <= last <= PLENTY, "no older than an hour"


@pytest.mark.parametrize("lose", [emptied, removed])
async def test_a_stream_that_goes_on_names_the_numbers_that_only_the_file_had(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    clock = FakeClock()
    killed = await filled(tmp_path, clock, 5)
    stream = killed.status().stream
    killed.add_entry(result(6))
    killed.seal()
    without_log(tmp_path)
    lose(tmp_path)
    spool = await opened(tmp_path, clock)
    assert spool.status().stream == stream
    spool.add_entry(change(7))
    assert await lost_in(spool) == [f"unreadable {stream} 1-5"]


async def test_a_file_that_is_there_has_lost_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    for boot in BOOTS:
        spool = await opened(tmp_path, clock, boot)
        spool.add_entry(result(1))
        assert await lost_in(spool) == []


async def test_a_healthy_device_writes_the_names_once(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = await filled(tmp_path, clock, 1)
    file = places(tmp_path).stream_names_file
    file.unlink()
    spool.add_entry(result(2))
    spool.seal()
    clock.advance(15)
    await spool.maintain()
    assert not file.exists()
    await spool.close()

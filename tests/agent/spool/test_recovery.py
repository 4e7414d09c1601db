"""What cannot be read after a kill or a power cut is named in a gap, and stops nothing else."""

import shutil
from pathlib import Path
from zlib import crc32

from tests.agent.spool.making import (
    CollectedRecord,
    change,
    clock_of,
    numbers,
    opened,
    places,
    result,
    spool_at,
)
from tests.fakes.clock import NS_PER_S, FakeClock
from thongsuot_agent.spool.frame import pack_entry

BOOTS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")


def only(root: Path, pattern: str) -> Path:
    """Return the one file of the record that a pattern names."""
    (file,) = places(root).record_dir.glob(pattern)
    return file


def strange_frame() -> bytes:
    """Return an entry of a kind that no version of today writes."""
    frame = bytearray(pack_entry(result(1)))
    frame[8:9] = b"z"
    frame[4:8] = crc32(frame[8:]).to_bytes(4, "little")
    return bytes(frame)


async def test_a_batch_without_its_bytes_is_a_gap_and_the_others_are_there(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    for serial in (1, 2, 3):
        spool.add_entry(result(serial))
        spool.seal()
    stream = spool.status().stream
    torn = only(tmp_path, "*/00000002.batch")
    torn.write_bytes(b"")
    after = await opened(tmp_path)
    assert not torn.exists()
    after.add_entry(result(4))
    after.seal()
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert collected.serials() == [1, 3, 4]
    assert collected.notices("gap") == [f"batch 2 of stream {stream} could not be read"]
    assert numbers(collected.ordered)[stream] == [1, 3, 4, 5], "the stream goes on"
    await after.close()
    await spool.close()


async def test_an_open_log_that_begins_with_garbage_is_a_gap_and_its_stream_continues(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    spool.seal()
    spool.add_entry(result(2))
    stream = spool.status().stream
    only(tmp_path, "*/*.open").write_bytes(b"garbage, and more of it")
    after = await opened(tmp_path)
    after.add_entry(result(3))
    after.seal()
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert collected.serials() == [1, 3]
    assert collected.notices("gap") == [f"open log of stream {stream} could not be read"]
    assert list(numbers(collected.ordered)) == [stream]
    await after.close()
    await spool.close()


async def test_entries_of_an_unknown_kind_are_counted_in_a_gap(tmp_path: Path) -> None:
    for boot in BOOTS:
        # Of the same boot the open log is gone on with; of a former one it becomes a batch.
        root = tmp_path / boot
        spool = spool_at(root, boot=BOOTS[0])
        await spool.open()
        spool.add_entry(result(1))
        stream = spool.status().stream
        log = only(root, "*/*.open")
        log.write_bytes(log.read_bytes() + strange_frame() + strange_frame())
        after = spool_at(root, boot=boot)
        await after.open()
        after.seal()
        collected = CollectedRecord()
        await collected.accept_all(after)
        assert collected.serials() == [1]
        text = f"2 entries in the open log of stream {stream} are of an unknown kind"
        assert collected.notices("gap") == [text]
        await after.close()
        await spool.close()


async def test_intervals_left_open_by_a_former_boot_are_dated_by_its_own_clocks(
    tmp_path: Path,
) -> None:
    fake = FakeClock()
    spool = spool_at(tmp_path, boot=BOOTS[0], clock=clock_of(fake))
    await spool.open()
    opened_at = fake.boottime_ns(), fake.wall_ns()
    fake.advance(30)
    spool.add_entry(result(1))
    spool.add_entry(change(2))
    later = FakeClock(boottime_ns=5, wall_ns=fake.wall_ns() + 86_400 * NS_PER_S)
    after = spool_at(tmp_path, boot=BOOTS[1], clock=clock_of(later))
    await after.open()
    collected = CollectedRecord()
    await collected.accept_all(after)
    (batch,) = collected.ordered
    assert batch.boot_id == BOOTS[0]
    assert (batch.clock.boottime_ns, batch.clock.wall_ns) == opened_at
    assert batch.clock.error_s is None, "nobody can say how wrong that clock was"
    assert (len(batch.results), len(batch.changes)) == (1, 1)
    await after.close()
    await spool.close()


async def test_streams_of_a_device_are_numbered_by_age(tmp_path: Path) -> None:
    keys = []
    for boot in (BOOTS[0], BOOTS[1], BOOTS[0]):
        spool = spool_at(tmp_path, boot=boot)
        await spool.open()
        spool.add_entry(result(1))
        spool.seal()
        pending = spool.newest_recent()
        assert pending is not None
        keys.append(pending.key)
        await spool.close()
    ordinals = [key.ordinal for key in keys]
    assert ordinals == [ordinals[0], ordinals[0] + 1, ordinals[0] + 2]
    assert [key.number for key in keys] == [1, 1, 1]


async def test_a_stream_delivered_completely_is_no_gap_after_a_power_cut(
    tmp_path: Path,
) -> None:
    killed = spool_at(tmp_path, boot=BOOTS[0])
    await killed.open()
    killed.add_entry(result(1))
    spool = spool_at(tmp_path, boot=BOOTS[1])
    await spool.open()
    await CollectedRecord().accept_all(spool)
    await spool.maintain()
    shutil.rmtree(places(tmp_path).runtime_dir)
    after = spool_at(tmp_path, boot=BOOTS[0])
    await after.open()
    collected = CollectedRecord()
    await collected.accept_all(after)
    (gap,) = collected.notices("gap")
    assert gap.startswith(f"stream {spool.status().stream} ended without notice")
    for each in (after, spool, killed):
        await each.close()

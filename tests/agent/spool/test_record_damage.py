"""Damaged files of the record in the runtime directory: nothing is lost unnamed, or sent as two."""

import logging
import struct
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import msgspec
import pytest

from tests.agent.spool.making import SERIES, CollectedRecord, places, result, spool_at
from thongsuot_agent.spool.frame import LogHeading, pack_heading
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.record_report import LossReason, LostBatches, format_lost

BOOTS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")


HEADING_BYTES = len(
    pack_heading(LogHeading(number=6, previous=bytes(16), boottime_ns=1 << 40, wall_ns=1 << 60))
)


async def opened_in(root: Path, boot: str = BOOTS[0]) -> Spool:
    spool = spool_at(root, boot=boot)
    await spool.open(SERIES)
    return spool


async def killed(root: Path, collected: CollectedRecord) -> str:
    """
    Make a record and let its process be killed: of its batches 1 to 5 the newest three were
    acknowledged, and one entry is in the open log. Return the name of the stream.
    """
    spool = await opened_in(root)
    for serial in range(1, 6):
        spool.add_entry(result(serial))
        spool.seal()
    for _ in range(3):
        newest = spool.newest_recent()
        assert newest is not None
        await collected.accept_batch(spool, newest)
    spool.add_entry(result(6))
    return spool.status().stream


async def drained(root: Path, collected: CollectedRecord, boot: str = BOOTS[0]) -> None:
    """Start again, go on, and hand over all that there is; each number is one batch."""
    after = await opened_in(root, boot)
    after.add_entry(result(7))
    after.seal()
    await collected.accept_all(after)
    await after.close()
    assert collected.repeats == 0, "no number is used twice"


def file_of(root: Path, pattern: str) -> Path:
    (file,) = places(root).record_dir.glob(pattern)
    return file


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda whole: whole[: len(whole) // 2],
    "no JSON": lambda whole: b"\xa5" * len(whole),
    "no text": lambda whole: whole.replace(b"site-1", b"s\xff\xfe-1"),
    "no number": lambda whole: whole.replace(b'"ordinal":1', b'"ordinal":x'),
    "another stream's": lambda whole: whole.replace(b'"name":"', b'"name":"0')[:-2] + b"}",
}


@pytest.mark.parametrize("boot", BOOTS, ids=["same boot", "next boot"])
@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_stream_with_a_damaged_identity_is_sent_completely(
    tmp_path: Path, damage: str, boot: str
) -> None:
    collected = CollectedRecord()
    stream = await killed(tmp_path, collected)
    identity = file_of(tmp_path, "*/identity")
    whole = identity.read_bytes()
    identity.write_bytes(DAMAGES[damage](whole))
    assert identity.read_bytes() != whole
    await drained(tmp_path, collected, boot)
    assert collected.serials() == list(range(1, 8))
    assert (stream, 6) in collected.batches
    assert collected.notices("batches_lost") == []


async def test_a_stream_that_nobody_can_identify_is_set_aside_and_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    collected = CollectedRecord()
    stream = await killed(tmp_path, collected)
    file_of(tmp_path, "*/identity").unlink()
    for path in places(tmp_path).state_dir.iterdir():
        path.unlink()
    with caplog.at_level(logging.ERROR):
        await drained(tmp_path, collected)
        await drained(tmp_path, collected)
    assert f"{stream}; set aside as {stream}.damaged" in caplog.text
    assert [
        path.name for path in sorted((places(tmp_path).record_dir / f"{stream}.damaged").iterdir())
    ] == ["00000001.batch", "00000002.batch", "00000006.open"]
    lost = [
        format_lost(LostBatches(reason=LossReason.UNREADABLE, stream=stream, first=each, last=each))
        for each in (1, 2)
    ]
    assert collected.notices("batches_lost") == lost
    assert collected.notices("gap") == [f"stream {stream} could not be identified"]


async def test_a_stream_without_identity_waits_for_a_disk_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    collected = CollectedRecord()
    await killed(tmp_path, collected)
    file_of(tmp_path, "*/identity").write_bytes(b"")
    state, away = places(tmp_path).state_dir, tmp_path / "away"
    state.rename(away)
    state.write_text("a file stands where the directory should be")
    without = await opened_in(tmp_path)
    await without.close()
    state.unlink()
    away.rename(state)
    await drained(tmp_path, collected)
    assert collected.serials() == list(range(1, 8))
    assert collected.notices("batches_lost") == []


@pytest.mark.parametrize("boot", BOOTS, ids=["same boot", "next boot"])
async def test_an_open_log_damaged_anywhere_in_its_heading_lets_no_number_be_used_twice(
    tmp_path: Path, boot: str
) -> None:
    for position in range(0, HEADING_BYTES, 4):
        root = tmp_path / str(position)
        collected = CollectedRecord()
        stream = await killed(root, collected)
        log = file_of(root, "*/*.open")
        body = bytearray(log.read_bytes())
        body[position] ^= 0xFF
        log.write_bytes(body)
        await drained(root, collected, boot)
        assert collected.serials() == [1, 2, 3, 4, 5, 7]
        assert collected.notices("gap") == [f"open log of stream {stream} could not be read"]


async def test_a_stream_without_an_open_log_gets_no_more_numbers(tmp_path: Path) -> None:
    collected = CollectedRecord()
    stream = await killed(tmp_path, collected)
    file_of(tmp_path, "*/*.open").unlink()
    await drained(tmp_path, collected)
    assert collected.serials() == [1, 2, 3, 4, 5, 7]
    assert [number for name, number in sorted(collected.batches) if name == stream] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert collected.notices("gap") == [f"stream {stream} ended without its last entries"]


async def test_a_stream_of_a_former_boot_has_no_open_log_and_no_gap(tmp_path: Path) -> None:
    collected = CollectedRecord()
    await killed(tmp_path, collected)
    await opened_in(tmp_path, BOOTS[1])
    await drained(tmp_path, collected, BOOTS[1])
    assert collected.serials() == list(range(1, 8))
    assert collected.notices("gap") == []


@pytest.mark.parametrize("name", ["00000001 (copy).batch", "lost+found.open", ".batch", "7.batch"])
async def test_files_of_other_names_are_not_of_the_record(tmp_path: Path, name: str) -> None:
    collected = CollectedRecord()
    stream = await killed(tmp_path, collected)
    (places(tmp_path).record_dir / stream / name).write_bytes(b"not ours")
    await drained(tmp_path, collected)
    assert collected.serials() == list(range(1, 8))
    assert collected.notices("gap") == []


async def test_a_heading_of_another_version_is_a_gap(tmp_path: Path) -> None:
    collected = CollectedRecord()
    stream = await killed(tmp_path, collected)
    body = b"h" + msgspec.msgpack.encode({"number": "x"})
    frame = struct.pack("<II", len(body), crc32(body)) + body
    file_of(tmp_path, "*/*.open").write_bytes(frame)
    await drained(tmp_path, collected)
    assert collected.serials() == [1, 2, 3, 4, 5, 7]
    assert collected.notices("gap") == [f"open log of stream {stream} could not be read"]

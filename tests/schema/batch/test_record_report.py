"""An agent's report of its record is read back unchanged, and invalid ones are refused."""

import pytest

from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.record_report import (
    STREAMS_REPORTED,
    LossReason,
    LostBatches,
    RecordReport,
    StreamProgress,
    format_lost,
    format_report,
    parse_lost,
    parse_report,
)

STREAM = "00112233445566aa"


def progress(number: int) -> StreamProgress:
    return StreamProgress(stream=f"{number:016x}", highest=number * 10, waiting=number)


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_report_comes_back_unchanged(is_complete: bool) -> None:
    report = RecordReport(streams=(progress(1), progress(2)), is_complete=is_complete)
    assert parse_report(format_report(report)) == report


def test_a_report_of_too_many_streams_says_that_there_are_more() -> None:
    whole = tuple(map(progress, range(STREAMS_REPORTED + 1)))
    parsed = parse_report(format_report(RecordReport(streams=whole)))
    assert parsed == RecordReport(streams=whole[:-1], is_complete=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        f"{STREAM}:1",
        f"{STREAM}:1:-1",
        f"{STREAM}:1:0;",
        f"{STREAM}:{'9' * 16}:0",
        ",".join([f"{STREAM}:1:0"] * (STREAMS_REPORTED + 1)),
    ],
)
def test_an_invalid_report_is_none(text: str) -> None:
    assert parse_report(text) is None


@pytest.mark.parametrize("last", [7, None])
def test_lost_batches_come_back_unchanged(last: int | None) -> None:
    lost = LostBatches(reason=LossReason.DROPPED, stream=STREAM, first=3, last=last)
    notice = Notice(code=NoticeCode.BATCHES_LOST, boottime_ns=1, text=format_lost(lost))
    assert parse_lost(notice) == lost


@pytest.mark.parametrize("text", ["dropped x 1-2", f"melted {STREAM} 1-2", f"dropped {STREAM} 1"])
def test_a_loss_in_words_that_are_not_known_is_none(text: str) -> None:
    assert parse_lost(Notice(code=NoticeCode.BATCHES_LOST, boottime_ns=1, text=text)) is None


def test_another_notice_speaks_of_no_loss() -> None:
    assert parse_lost(Notice(code=NoticeCode.GAP, boottime_ns=1, text=f"dropped {STREAM} 1-2")) is (
        None
    )

"""Lines about the record: one each, in the language of the terminal."""

import json
from collections.abc import Iterator

import pytest

from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_collector.cli import account, record_lines
from thongsuot_collector.cli.evidence import EvidenceCheck
from thongsuot_collector.cli.record_reports import MissingBatches, UndeliveredEntries
from thongsuot_collector.cli.results import json_text
from thongsuot_collector.journal.hash_chain import BatchFlaw, StreamAudit
from thongsuot_collector.journal.journal import LostRange
from thongsuot_runtime.terminal import localized
from thongsuot_schema.localizable import Localizable


@pytest.fixture
def vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")


STREAM = StreamAudit(
    site="ba-dinh",
    stream="a1",
    kept=((3, 3), (5, 9)),
    trimmed=((1, 2),),
    missing=((4, 4),),
    loose=1,
    signed=5,
    flaws=(BatchFlaw(number=5, text=Localizable("does not follow the previous batch")),),
)
MISSING = MissingBatches(
    site="ba-dinh",
    stream="a1",
    first=4,
    last=6,
    why=Localizable("was stored, but is not in the journal"),
)


def test_losses_by_a_broken_disk_are_one_line_each() -> None:
    lost = LostRange(
        first=4, last=6, entries=3, site="ba-dinh", stream="a1", first_number=8, last_number=10
    )
    assert record_lines.lost_line(lost) == "LOST: ba-dinh a1: batch 8 to 10, to a broken disk"
    nobody = LostRange(
        first=4, last=6, entries=3, site="", stream="", first_number=0, last_number=0
    )
    assert "3 entries (sequences 4 to 6) of sites unknown" in record_lines.lost_line(nobody)


def forgotten_lines() -> Iterator[str]:
    for table in record_lines.FORGOTTEN:
        yield record_lines.lost_line(LostRange(first=0, last=0, entries=0, forgotten=table))


def test_a_table_that_lost_rows_is_listed_without_the_name_of_the_table() -> None:
    for text in forgotten_lines():
        assert text.startswith("LOST: ")
        assert text.endswith(", to a broken disk")
        assert "whole journal" not in text


@pytest.mark.usefixtures("vietnamese")
def test_a_person_reads_them_in_vietnamese() -> None:
    assert record_lines.stream_lines(STREAM).splitlines() == [
        (
            "ba-dinh a1: 3, 5 đến 9; đã xoá vì quá cũ: 1 đến 2; chưa đến: 4; "
            "không nối chuỗi: 1; có chữ ký: 5; KHÔNG NGUYÊN VẸN"
        ),
        "  lô 5 không nối tiếp lô trước nó",
    ]
    assert record_lines.missing_line(MISSING) == (
        "THIẾU: ba-dinh a1: lô 4 đến 6 đã lưu, nhưng không có trong nhật ký"
    )
    passed_over = UndeliveredEntries(sink="db", entries=7, why=Localizable("passed over"))
    assert record_lines.undelivered_line(passed_over) == ("KHÔNG CHUYỂN TỚI db: 7 mục, bị bỏ qua")
    check = EvidenceCheck(
        site="ba-dinh",
        stream="a1",
        number=4,
        is_intact=None,
        text=Localizable("neither it nor the batch after it is in the journal any more"),
    )
    assert record_lines.evidence_line(check) == (
        "ba-dinh a1/4: không xác định được; nhật ký không còn cả lô này lẫn lô ngay sau"
    )
    assert all(
        line.startswith("MẤT: ") and line.endswith(", vì đĩa hỏng") for line in forgotten_lines()
    )


@pytest.mark.usefixtures("vietnamese")
def test_a_program_reads_the_same_in_english_whatever_the_terminal_speaks() -> None:
    assert json.loads(json_text(MISSING))["why"] == "was stored, but is not in the journal"
    (flaw,) = json.loads(json_text(STREAM))["flaws"]
    assert (flaw["number"], flaw["text"]) == (5, "does not follow the previous batch")


def test_only_the_first_ten_ranges_are_written_out() -> None:
    many = StreamAudit(
        site="s0",
        stream="a1",
        kept=tuple((number, number) for number in range(1, 25, 2)),
        trimmed=(),
        missing=(),
        loose=0,
        signed=0,
        flaws=(),
    )
    assert record_lines.stream_lines(many) == (
        "s0 a1: 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and 2 more; intact"
    )


@pytest.mark.usefixtures("vietnamese")
def test_every_fate_has_its_word() -> None:
    assert set(account.FATES) == set(BatchFate) - {BatchFate.KEPT, BatchFate.WAITING}
    read = {fate: localized(text) for fate, text in account.FATES.items()}
    assert not [fate for fate, word in read.items() if word == fate.value]

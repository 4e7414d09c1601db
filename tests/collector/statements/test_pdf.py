"""The PDF as a carrier's desk reads it: its text, its sums, the CSV inside it; always the same."""

import io
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from tests.collector.sla.examples import first, second, statement
from tests.collector.sla.reference_count import PLAIN
from tests.collector.sla.test_csv_table import milliseconds, rows_of
from tests.collector.sla.test_dispute import disputed
from tests.collector.sla.test_switch_over import with_switch_overs
from thongsuot_collector.errors import PrintFailed
from thongsuot_collector.sla.csv_table import fingerprint, table_of
from thongsuot_collector.sla.dispute import DisputeOutcome
from thongsuot_collector.sla.revision import IssuedStatement, draft_of
from thongsuot_collector.sla.statement_lines import LISTED_CLASSES
from thongsuot_collector.statements import pdf_printer
from thongsuot_collector.statements.pdf import render
from thongsuot_collector.statements.pdf_printer import PdfPrinter
from thongsuot_collector.typesetting.pdf import UNPRINTABLE


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return render(second())


def pages_of(pdf: bytes) -> list[str]:
    return [
        unicodedata.normalize("NFC", page.extract_text())
        for page in PdfReader(io.BytesIO(pdf)).pages
    ]


def text_of(pdf: bytes) -> str:
    return " ".join("\n".join(pages_of(pdf)).split())


def length(amount_ms: int) -> str:
    """Write a duration as the PDF does, reckoned here again."""
    minutes, rest_ms = divmod(amount_ms, 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest_ms // 1_000:02},{rest_ms % 1_000:03}"


def test_totals_on_paper_are_those_that_follow_from_the_csv_inside_it(pdf: bytes) -> None:
    ((name, (table, *_)),) = PdfReader(io.BytesIO(pdf)).attachments.items()
    assert name == "sla-2026-11-FTTH-0042-r2.csv"
    assert table == table_of(second().statement)
    rows = rows_of(table)

    def total(**wanted: str) -> int:
        return sum(
            milliseconds(row["duration_s"])
            for row in rows
            if all(row[key] == value for key, value in wanted.items())
        )

    text = text_of(pdf)
    whole = sum(milliseconds(row["duration_s"]) for row in rows)
    service = total(time_class="up") + total(time_class="degraded") + total(time_class="down")
    down, notified = total(time_class="down"), total(time_class="down", notified="1")
    for mark, label, amount in (
        ("a", "Tổng thời gian của kỳ", whole),
        ("c", "Loại trừ: Bảo trì theo kế hoạch", total(time_class="maintenance")),
        ("d", "Loại trừ: Mất điện tại điểm", total(time_class="power")),
        ("e", "Loại trừ: Thiết bị, mạng nội bộ của điểm", total(time_class="customer")),
        ("f", "Loại trừ: Không đủ số liệu", total(time_class="unknown")),
        ("g", "Thời gian xét chất lượng", service),
        ("h", "Thời gian gián đoạn kể từ khi phát hiện", down),
        ("i", "Thời gian gián đoạn kể từ khi báo nhà mạng", notified),
        ("k", "Chậm/chập chờn (có trong g)", total(time_class="degraded")),
    ):
        assert re.search(rf"\b{mark} {re.escape(label)} .*?{length(amount)}", text), label
    for label, amount in (("phát hiện", down), ("báo nhà mạng", notified)):
        cut = (service - amount) * 1_000_000 // service
        share = f"{cut // 10_000},{cut % 10_000:04} %"
        assert re.search(rf"Độ khả dụng kể từ khi {label} .*?{share}", text), share
    assert f"Cộng / Sum {length(down)} {length(notified)}" in text
    assert f"SHA-256 {fingerprint(table)}" in text


def test_every_interruption_and_every_stretch_that_is_not_counted_has_its_row(pdf: bytes) -> None:
    text = text_of(pdf)
    made = second().statement
    for interruption in made.interruptions:
        assert length(interruption.down_ms) in text
        assert interruption.incident in text
    for time_class in LISTED_CLASSES:
        for period in (period for period in made.periods if period.time_class is time_class):
            assert period.time_class.value == "maintenance" or length(period.length_ms) in text


def test_it_is_vietnamese_numbered_and_says_what_it_replaces(pdf: bytes) -> None:
    pages = pages_of(pdf)
    for number, page in enumerate(pages, 1):
        assert "Số / No. 2026-11/FTTH-0042/2" in page
        assert f"Trang / Page {number}/{len(pages)}" in page
    text = text_of(pdf)
    for words in (
        "BIÊN BẢN ĐỐI SOÁT CHẤT LƯỢNG DỊCH VỤ",
        "Điểm phục vụ Hoàn Kiếm, Phường Hoàn Kiếm",
        "Lần phát hành 2, 04/12/2026 00:00:00, thay thế lần 1 / Revision 2, replaces 1",
        "Không đạt: 99,1809 % (chỉ tiêu 99,5 %)",
        "Đạt: 3/3 lần đúng hạn",
        "Thay đổi so với lần phát hành trước",
        "Đại diện nhà mạng",
    ):
        assert words in text, words


def test_its_fonts_are_our_own_and_it_is_an_archive_file(pdf: bytes) -> None:
    reader = PdfReader(io.BytesIO(pdf))
    pages: list[Any] = list(reader.pages)
    fonts = {
        font["/BaseFont"].partition("+")[2]: font["/DescendantFonts"][0]["/FontDescriptor"]
        for page in pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert set(fonts) == {"NotoSans-Regular", "NotoSans-Bold"}
    assert all("/FontFile2" in descriptor for descriptor in fonts.values())
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert (metadata.pdfaid_part, metadata.pdfaid_conformance) == ("3", "U")
    assert metadata.dc_title == {
        "x-default": "Biên bản đối soát chất lượng dịch vụ 2026-11/FTTH-0042/2"
    }
    # The date of issue, not of printing.
    assert metadata.xmp_create_date == metadata.xmp_modify_date == datetime(2026, 12, 3, 17)  # noqa: DTZ001 - UTC


def test_a_screen_reader_finds_headings_and_tables(pdf: bytes) -> None:
    root: Any = PdfReader(io.BytesIO(pdf)).root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "vi"
    kinds: Counter[str] = Counter()

    def walk(element: object) -> None:
        if isinstance(element, IndirectObject):
            element = element.get_object()
        if isinstance(element, list):
            for child in element:
                walk(child)
        elif isinstance(element, dict):
            kinds[str(element.get("/S"))] += 1
            walk(element.get("/K"))

    walk(root["/StructTreeRoot"]["/K"])
    assert kinds["/H1"] == 8
    assert kinds["/Table"] >= 6
    assert kinds["/TH"] >= 13


async def test_another_process_prints_the_same_bytes(pdf: bytes) -> None:
    printer = PdfPrinter()
    assert await printer.pdf(second()) == pdf
    assert await printer.pdf(second()) is await printer.pdf(second())


def test_a_draft_is_marked_as_one() -> None:
    text = text_of(render(draft_of(statement(known_s=86_400 * 20))))
    assert "BẢN TẠM TÍNH đến 21/11/2026 00:00:00, chưa phát hành / Draft, not issued" in text
    assert "2026-11/FTTH-0042/draft" in text


def test_insufficient_data_is_stated_on_paper_and_in_the_table() -> None:
    asks_for_all = msgspec.structs.replace(PLAIN, coverage_ratio=1.0)
    made = statement(terms=asks_for_all)
    text = text_of(render(draft_of(made)))
    assert "chưa đủ để kết luận (cần 100 %)" in text
    assert "Không đạt" not in text
    assert {row["availability_result"] for row in rows_of(table_of(made))} == {"not_enough_data"}


def test_a_first_revision_lists_no_changes() -> None:
    text = text_of(render(first()))
    assert "Lần phát hành 1, 02/12/2026 00:00:00 / Revision 1" in text
    assert "Thay đổi so với" not in text


async def test_a_process_that_fails_is_reported_and_the_next_is_tried(
    monkeypatch: pytest.MonkeyPatch, pdf: bytes
) -> None:
    printer = PdfPrinter()
    with monkeypatch.context() as patched:
        patched.setattr(pdf_printer, "MODULE", "thongsuot_collector.no_such_module")
        with pytest.raises(PrintFailed, match=r"cannot print .*-11/FTTH-0042/2: .*no_su"):
            await printer.pdf(second())
    assert await printer.pdf(second()) == pdf


def test_an_invalid_issue_is_not_printed() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", pdf_printer.MODULE], input=b"\x81", capture_output=True, check=False
    )
    assert outcome.returncode != 0
    assert outcome.stdout == b""


def test_a_statement_is_read_back_unchanged_after_encoding() -> None:
    packed = msgspec.msgpack.encode(second())
    assert msgspec.msgpack.decode(packed, type=IssuedStatement) == second()


def test_a_letter_that_the_font_lacks_does_not_keep_a_statement_from_being_printed() -> None:
    issue = second()
    names = msgspec.structs.replace(issue.statement.names, site="Điểm 漢 Ђ ♥ №1")
    statement = msgspec.structs.replace(issue.statement, names=names)
    assert "Điểm ? ? ? №1, Phường" in text_of(
        render(msgspec.structs.replace(issue, statement=statement))
    )


@pytest.mark.parametrize("first_letter", range(0x20, 0x2220, 0x100))
def test_every_letter_that_is_let_through_has_a_glyph(first_letter: int) -> None:
    letters = "".join(chr(code) for code in range(first_letter, first_letter + 0x100))
    printable = UNPRINTABLE.sub("", letters)
    issue = second()
    names = msgspec.structs.replace(issue.statement.names, carrier=printable)
    statement = msgspec.structs.replace(issue.statement, names=names)
    assert render(msgspec.structs.replace(issue, statement=statement)).startswith(b"%PDF")


def test_a_disputed_interval_is_on_paper_with_both_sides_and_the_decision() -> None:
    marked, interval = disputed(DisputeOutcome.CARRIER_RESPONSIBLE, "Đèn LOS đỏ")
    text = text_of(render(draft_of(marked)))
    for words in ("Khoảng thời gian tranh chấp", interval.incident, "ONT mất điện", "Đèn LOS đỏ"):
        assert words in text
    assert "Khoảng thời gian tranh chấp" not in text_of(render(draft_of(statement())))


def test_when_the_computers_left_the_circuit_is_on_paper_beside_the_figures() -> None:
    text = text_of(render(draft_of(with_switch_overs())))
    assert "Máy tại quầy chuyển sang đường khác" in text
    assert "sang 5g, không truy cập được trong 20,0 s, trở về sau 2 giờ 43 phút." in text
    assert "to 5g, nothing could be opened for 4.5 s, not back within the month." in text
    assert "Máy tại quầy chuyển" not in text_of(render(draft_of(statement())))

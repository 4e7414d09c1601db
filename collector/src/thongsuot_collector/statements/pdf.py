"""
A statement as PDF/A-3: Vietnamese with English beside it, the CSV attached.

The same issue gives the same bytes, whenever and wherever it is printed. Imports fpdf2 and what
that needs, 40 MiB: only the press and the command line import this.
"""

from datetime import datetime
from importlib.resources import as_file, files

from fpdf import FPDF, FontFace
from fpdf.enums import (
    Align,
    AssociatedFileRelationship,
    DocumentCompliance,
    TableBordersLayout,
    VAlign,
    XPos,
    YPos,
)

from thongsuot_collector.sla import statement_lines
from thongsuot_collector.sla.csv_table import fingerprint, table_of
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.sla.statement import Interruption, Statement
from thongsuot_collector.sla.statement_lines import StatementLine
from thongsuot_collector.sla.words import (
    TIME_CLASSES,
    TITLE,
    cause,
    day_time,
    length,
    moment,
    month_title,
)
from thongsuot_collector.statements.file_name import file_name
from thongsuot_collector.statements.xmp import xmp_of
from thongsuot_schema.words.dates import VIETNAM
from thongsuot_schema.words.language import Text

_MAKER = "Thông Suốt"
_FONT = "Noto Sans"
_WIDTH_MM = 182.0
_INK = (27, 31, 36)
_SOFT = (95, 103, 112)
_RULE = (190, 196, 203)
_BAND = FontFace(fill_color=(238, 241, 244))
_NUMBERS = (Align.R, Align.L, Align.L, Align.R, Align.L, Align.R, Align.R, Align.L)


class StatementPdf(FPDF):
    """A4 with the statement's number and the page's at the foot."""

    def __init__(self, issue: IssuedStatement) -> None:
        super().__init__(format="A4", enforce_compliance=DocumentCompliance.PDFA_3U)
        self._number = issue.number
        folder = files("thongsuot_collector.statements") / "fonts"
        for style, name in (("", "NotoSans-Regular.ttf"), ("B", "NotoSans-Bold.ttf")):
            with as_file(folder / name) as path:
                self.add_font(_FONT, style, path)
        self.set_margin(14)
        self.set_auto_page_break(auto=True, margin=16)
        title = f"{TITLE.vi} {issue.number}"
        self.set_creation_date(datetime.fromtimestamp(issue.issued_ms // 1_000, VIETNAM))
        self.set_lang("vi")
        self.set_title(title)
        self.set_author(_MAKER)
        self.set_producer(_MAKER)
        self.set_xmp_metadata(xmp_of(title, _MAKER, issue.issued_ms))
        self.alias_nb_pages()
        self.set_draw_color(*_RULE)
        self.set_line_width(0.15)
        self.add_page()

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-11)
        self.pen(7, _SOFT)
        self.cell(_WIDTH_MM / 2, 4, f"Số/No. {self._number}")
        self.cell(_WIDTH_MM / 2, 4, f"Trang/Page {self.page_no()}/{{nb}}", align=Align.R)

    def pen(
        self, size_pt: float, colour: tuple[int, int, int] = _INK, *, is_bold: bool = False
    ) -> None:
        """Take a pen."""
        self.set_font(_FONT, "B" if is_bold else "", size_pt)
        self.set_text_color(*colour)

    def line_of(self, text: str, height_mm: float, align: Align = Align.L) -> None:
        """Write one paragraph over the whole width."""
        self.multi_cell(
            _WIDTH_MM, height_mm, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def section(self, number: int, title: Text, room_mm: float = 30.0) -> None:
        """Begin a section; on a new page where there is no room for its beginning."""
        if self.will_page_break(room_mm):
            self.add_page()
        self.ln(2.5)
        self.pen(10, is_bold=True)
        self.cell(self.get_string_width(f"{number}. {title.vi}  ") + 1, 6, f"{number}. {title.vi}")
        self.pen(8, _SOFT)
        self.cell(0, 6, title.en, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def render(issue: IssuedStatement) -> bytes:
    """Return the PDF of an issue, its CSV attached."""
    table = table_of(issue.statement)
    paper = StatementPdf(issue)
    paper.embed_file(
        bytes=table,
        basename=file_name(issue, "csv"),
        mime_type="text/csv",
        modification_date=paper.creation_date,
        associated_file_relationship=AssociatedFileRelationship.DATA.value,
        compress=True,
    )
    _heading(paper, issue, fingerprint(table))
    made = issue.statement
    paper.section(1, Text("Kênh truyền", "Circuit"))
    _pairs(paper, statement_lines.circuit_lines(issue))
    paper.section(2, Text("Điều khoản", "Terms"))
    _pairs(paper, list(statement_lines.terms_lines(made.terms)))
    paper.section(3, Text("Kết quả trong kỳ", "Result"))
    _sums(paper, list(statement_lines.total_lines(made)))
    paper.section(4, Text("Đối chiếu với điều khoản", "Held against the terms"))
    _results(paper, list(statement_lines.result_lines(made)))
    paper.section(5, Text("Các lần gián đoạn do nhà mạng", "Interruptions by the carrier's fault"))
    _interruptions(paper, made)
    paper.section(6, Text("Thời gian không tính và chậm/chập chờn", "Not counted, and slow"))
    _stretches(paper, made)
    at = 7
    if issue.changes:
        paper.section(at, Text("Thay đổi so với lần phát hành trước", "Changes"))
        _changes(paper, issue)
        at += 1
    paper.section(at, Text("Cách tính và xác nhận", "How it is reckoned; signatures"), room_mm=66)
    _ending(paper, made)
    return bytes(paper.output())


def _heading(paper: StatementPdf, issue: IssuedStatement, digest: str) -> None:
    made = issue.statement
    paper.pen(15, is_bold=True)
    paper.line_of(TITLE.vi.upper(), 8, Align.C)
    paper.pen(9, _SOFT)
    paper.line_of(TITLE.en, 5, Align.C)
    paper.pen(11, is_bold=True)
    month = month_title(made.month, "vi")
    paper.line_of(month[:1].upper() + month[1:], 6.5, Align.C)
    paper.pen(9)
    paper.line_of(f"Số/No. {issue.number}", 5, Align.C)
    paper.line_of(_revision(issue), 5, Align.C)
    paper.pen(6.5, _SOFT)
    paper.line_of(f"CSV (đính kèm/attached) SHA-256 {digest}", 4, Align.C)


def _revision(issue: IssuedStatement) -> str:
    at = day_time(issue.issued_ms)
    if issue.is_draft:
        return f"BẢN TẠM TÍNH đến {at}, chưa phát hành / Draft, not issued"
    vi, en = f"Lần phát hành {issue.revision}, {at}", f"Revision {issue.revision}"
    if issue.revision > 1:
        before = issue.revision - 1
        return f"{vi}, thay thế lần {before} / {en}, replaces {before}"
    return f"{vi} / {en}"


def _pairs(paper: StatementPdf, lines: list[StatementLine]) -> None:
    with paper.table(
        col_widths=(38, 38, 106),
        text_align=(Align.L, Align.L, Align.L),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        first_row_as_headings=False,
        line_height=3.9,
        padding=(0.7, 1),
        width=_WIDTH_MM,
        v_align=VAlign.T,
    ) as rows:
        for line in lines:
            row = rows.row()
            paper.pen(8.5)
            row.cell(line.label.vi)
            paper.pen(7.5, _SOFT)
            row.cell(line.label.en)
            paper.pen(8.5)
            figures = str.maketrans(",", ".")
            is_same = line.value.vi.translate(figures) == line.value.en.translate(figures)
            row.cell(line.value.vi if is_same else f"{line.value.vi}\n{line.value.en}")


def _sums(paper: StatementPdf, lines: list[StatementLine]) -> None:
    with paper.table(
        col_widths=(7, 68, 55, 25, 27),
        text_align=(Align.L, Align.L, Align.L, Align.L, Align.R),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        first_row_as_headings=False,
        line_height=3.9,
        padding=(0.6, 1),
        width=_WIDTH_MM,
    ) as rows:
        for line in lines:
            row = rows.row()
            is_heavy = bool(line.formula)
            paper.pen(8.5, is_bold=is_heavy)
            row.cell(line.mark)
            row.cell(line.label.vi)
            paper.pen(7, _SOFT)
            row.cell(line.label.en)
            paper.pen(7.5, _SOFT)
            row.cell(line.formula)
            paper.pen(8.5, is_bold=is_heavy)
            row.cell(line.value.vi)


def _results(paper: StatementPdf, lines: list[StatementLine]) -> None:
    _sums(paper, [line for line in lines if not line.is_result])
    with paper.table(
        col_widths=(38, 38, 106),
        text_align=(Align.L, Align.L, Align.L),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        first_row_as_headings=False,
        line_height=3.9,
        padding=(0.8, 1),
        width=_WIDTH_MM,
    ) as rows:
        for line in lines:
            if line.is_result:
                row = rows.row()
                paper.pen(8.5)
                row.cell(line.label.vi)
                paper.pen(7.5, _SOFT)
                row.cell(line.label.en)
                paper.pen(9, is_bold=True)
                row.cell(line.value.vi)


def _interruptions(paper: StatementPdf, made: Statement) -> None:
    if not made.interruptions:
        _none(paper)
        return
    heads = (
        ("TT", "No."),
        ("Bắt đầu", "Began"),
        ("Kết thúc", "Ended"),
        ("Gián đoạn", "Downtime"),
        ("Báo nhà mạng lúc", "Carrier told"),
        ("Từ khi báo", "Since told"),
        ("Khắc phục", "To restore"),
        ("Hiện tượng; sự cố", "What; incident"),
    )
    paper.pen(6.5)
    with paper.table(
        col_widths=(8, 25, 24, 22, 24, 20, 22, 37),
        text_align=_NUMBERS,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", fill_color=(238, 241, 244)),
        line_height=3.4,
        padding=(0.7, 1.1),
        width=_WIDTH_MM,
    ) as rows:
        row = rows.row()
        for vi, en in heads:
            row.cell(f"{vi}\n{en}")
        for one in made.interruptions:
            row = rows.row()
            for text in _interruption(one):
                row.cell(text)
        paper.pen(6.5, is_bold=True)
        row = rows.row(style=_BAND)
        down_ms = sum(one.down_ms for one in made.interruptions)
        told_ms = sum(one.down_notified_ms for one in made.interruptions)
        restore_ms = sum(one.restore_ms or 0 for one in made.interruptions)
        row.cell("Cộng / Sum", colspan=3, align=Align.L)
        for text in (length(down_ms, "vi"), "", length(told_ms, "vi"), length(restore_ms, "vi")):
            row.cell(text)
        row.cell("")


def _interruption(one: Interruption) -> tuple[str, ...]:
    ended = "chưa kết thúc trong kỳ" if one.until_ms is None else _broken(one.until_ms)
    told = "không báo trong lúc gián đoạn" if one.notified_ms is None else _broken(one.notified_ms)
    what = cause(one.symptom, TimeClass.DOWN, "vi")
    incident = " / ".join(filter(None, (one.incident, one.reference)))
    before = "\ntừ kỳ trước" if one.is_from_before else ""
    error = "" if one.error_s is None else f"\n±{one.error_s:.3f} s".replace(".", ",")
    return (
        str(one.number),
        f"{_broken(one.from_ms)}{error}{before}",
        ended,
        length(one.down_ms, "vi"),
        told,
        length(one.down_notified_ms, "vi"),
        "–" if one.restore_ms is None else length(one.restore_ms, "vi"),
        f"{what}\n{incident}" if incident else what,
    )


def _broken(at_ms: int) -> str:
    """Return a moment on two lines, day and time."""
    return moment(at_ms, "vi").replace(" ", "\n")


def _stretches(paper: StatementPdf, made: Statement) -> None:
    listed = [
        (one, statement_lines.listed_periods(made, one)) for one in statement_lines.LISTED_CLASSES
    ]
    if not any(tiles for _, tiles in listed):
        _none(paper)
        return
    paper.pen(7)
    with paper.table(
        col_widths=(10, 40, 40, 28, 64),
        text_align=(Align.R, Align.L, Align.L, Align.R, Align.L),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", fill_color=(238, 241, 244)),
        line_height=3.6,
        padding=(0.6, 1.5),
        width=_WIDTH_MM,
    ) as rows:
        row = rows.row()
        for text in ("TT", "Từ / From", "Đến / Until", "Thời gian / Time", "Ghi chú / Note"):
            row.cell(text)
        for account, tiles in listed:
            for number, tile in enumerate(tiles, 1):
                paper.pen(7)
                row = rows.row()
                row.cell(str(number))
                row.cell(moment(tile.from_ms, "vi"))
                row.cell(moment(tile.until_ms, "vi"))
                row.cell(length(tile.length_ms, "vi"))
                row.cell(tile.work or cause(tile.symptom, account, "vi"))
            if tiles:
                paper.pen(7, is_bold=True)
                row = rows.row(style=_BAND)
                title = TIME_CLASSES[account]
                row.cell(f"Cộng: {title.vi} / {title.en}", colspan=3, align=Align.L)
                row.cell(length(sum(one.length_ms for one in tiles), "vi"))
                row.cell("")


def _changes(paper: StatementPdf, issue: IssuedStatement) -> None:
    paper.pen(8)
    for change in issue.changes:
        text = statement_lines.change_text(change)
        paper.line_of(f"– {text.vi}", 4.2)


def _none(paper: StatementPdf) -> None:
    paper.pen(8.5)
    paper.line_of("Không có. / None.", 5)


def _ending(paper: StatementPdf, made: Statement) -> None:
    for note in statement_lines.method_notes(made):
        paper.pen(7.5)
        paper.line_of(f"– {note.vi}", 3.8)
        paper.pen(7, _SOFT)
        paper.line_of(f"   {note.en}", 3.6)
    paper.ln(4)
    half = _WIDTH_MM / 2
    sides = (
        Text("Đơn vị sử dụng dịch vụ", "The customer"),
        Text("Đại diện nhà mạng", "The carrier"),
    )
    paper.pen(8.5, is_bold=True)
    for side in sides:
        paper.cell(half, 4.5, side.vi, align=Align.C)
    paper.ln(4.5)
    paper.pen(7, _SOFT)
    for side in sides:
        paper.cell(half, 4, f"{side.en} (ký, ghi rõ họ tên)", align=Align.C)
    paper.ln(22)
    at = paper.get_y()
    for left in (paper.l_margin + half * 0.2, paper.l_margin + half * 1.2):
        paper.line(left, at, left + half * 0.6, at)

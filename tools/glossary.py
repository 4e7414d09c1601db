"""The glossary: the product's terms in code, in Vietnamese and in English."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from thongsuot_collector.notify.render.names import SEVERITIES
from thongsuot_collector.sla.words import TIME_CLASSES
from thongsuot_collector.web.incident.labels import ANSWER_KINDS, KINDS, OUTCOMES
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.states import LINK_STATES, PARTIES, SEGMENTS, SERVICE_STATES

TERMS_FILE: Final = Path(__file__).with_name("terms.toml")
"""Terms that pages use beside plain words, and terms that they avoid."""

_HEAD = """\
# Glossary

What things are called: in code, metrics and APIs, in Vietnamese (the reference) and in English.
Made from the message catalogues and the catalogue of metrics by `./run reference`; do not edit.
"""

_TABLES: tuple[tuple[str, str, Iterable[tuple[str, Text]]], ...] = (
    ("States of a link", "Trạng thái đường truyền", LINK_STATES.items()),
    ("States of a service", "Trạng thái dịch vụ", SERVICE_STATES.items()),
    ("Segments: where a fault is", "Phân đoạn lỗi", SEGMENTS.items()),
    ("Parties: who acts", "Đơn vị xử lý", PARTIES.items()),
    ("Severities (ITU-T X.733)", "Mức độ", SEVERITIES.items()),
    ("What a notification says", "Loại thông báo", KINDS.items()),
    ("How an incident ends", "Cách kết thúc sự cố", OUTCOMES.items()),
    ("What a party answers", "Trả lời của đơn vị xử lý", ANSWER_KINDS.items()),
    (
        "Classes of time in a statement",
        "Loại thời gian trong biên bản đối soát",
        TIME_CLASSES.items(),
    ),
)


def glossary_page() -> str:
    """Return the page."""
    lines = [_HEAD]
    for title, title_vi, words in _TABLES:
        lines += [f"## {title}\n", f"*{title_vi}*\n", *_table(_entries(words))]
    spoken = tomllib.loads(TERMS_FILE.read_text(encoding="utf-8"))
    lines += ["## Terms that pages and messages use\n", "*Từ chuyên môn*\n"]
    lines += _table((term, vi, en) for term, (vi, en) in spoken["terms"].items())
    lines += ["## What pages and messages do not say\n", "*Từ không dùng*\n"]
    lines += ["| not | but |", "| --- | --- |"]
    for avoided in spoken["avoided"].values():
        lines += (f"| {words} | {better} |" for words, better in avoided.items())
    lines.append("")
    lines += ["## Metrics\n", "*Số đo*; units and ranges: [metrics](metrics.md).\n"]
    lines += _table(_metrics())
    return "\n".join(lines).rstrip() + "\n"


def _entries(words: Iterable[tuple[str, Text]]) -> Iterator[tuple[str, str, str]]:
    for code, text in words:
        yield str(code), text.read("vi"), text.read("en")


def _metrics() -> Iterator[tuple[str, str, str]]:
    for kind in map(catalogue.load, catalogue.kinds()):
        for metric in kind.metrics:
            yield metric.full_name, metric.help_vi, metric.help_en


def _table(entries: Iterator[tuple[str, str, str]]) -> list[str]:
    rows = [
        f"| `{code}` | {_cell(vietnamese)} | {_cell(english)} |"
        for code, vietnamese, english in entries
    ]
    return ["| in code | tiếng Việt | English |", "| --- | --- | --- |", *rows, ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

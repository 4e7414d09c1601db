"""
The worked example of docs/reference/batch-format.md, made from the code.

``python -m tests.schema.batch.reference`` writes it into the page; a test compares. A block of the
page is the fenced text after the line ``<!-- example: NAME -->``.
"""

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from tests.schema.batch.json_form import encode_json
from tests.schema.batch.vectors import example
from thongsuot_schema.batch import frame
from thongsuot_schema.batch.columns import unpack_numbers
from thongsuot_schema.batch.encode import encode_batch, encode_layout, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS
from thongsuot_schema.batch.wire import BatchWire

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "batch-format.md"
WIDTH = 24
"""Bytes on a line of hexadecimal digits."""

_BLOCK = re.compile(
    r"(?<=<!-- example: )(?P<name>[a-z-]+)( -->\n```[a-z]*\n)(?P<text>.*?)(?=^```)",
    re.MULTILINE | re.DOTALL,
)


def blocks() -> dict[str, str]:
    """Return the text of each block of the example by its name."""
    batch = example()
    index = index_layout(sorted_layout(result.series for result in batch.results))
    layout_text = frame.unpack(encode_layout(index.layout), DEFAULT_LIMITS)
    body = encode_batch(batch, index)
    text = frame.unpack(body, DEFAULT_LIMITS)
    return {
        "layout": _annotated(layout_text, _layout_names(msgspec.msgpack.decode(layout_text))),
        "layout-name": index.layout_id.hex() + "\n",
        "batch": _annotated(text, list(BatchWire.__struct_fields__)),
        "numbers": _numbers(msgspec.msgpack.decode(text)),
        "body": _hex(body) + "\n",
        "json": json.dumps(json.loads(encode_json(batch)), indent=1, ensure_ascii=False) + "\n",
    }


def page(text: str) -> str:
    """Return a page with the blocks of the example as they are today."""
    made = blocks()
    return _BLOCK.sub(lambda match: match["name"] + match[2] + made[match["name"]], text)


def names(text: str) -> set[str]:
    """Return the names of the blocks that a page has."""
    return {match["name"] for match in _BLOCK.finditer(text)}


def _hex(octets: bytes) -> str:
    lines = (octets[at : at + WIDTH] for at in range(0, len(octets), WIDTH))
    return "\n".join(line.hex(" ") for line in lines)


def _annotated(text: bytes, labels: Sequence[str]) -> str:
    """Return an array's head and elements in hexadecimal digits, each with its name and value."""
    elements = msgspec.msgpack.decode(text, type=list[msgspec.Raw])
    size = len(text) - sum(len(bytes(element)) for element in elements)
    lines = [f"{text[:size].hex(' '):<{3 * WIDTH}}  array of {len(elements)}"]
    for label, raw in zip(labels, elements, strict=True):
        value = msgspec.msgpack.decode(raw)
        shown = value.hex() if isinstance(value, bytes) else json.dumps(value)
        note = label if len(shown) > WIDTH else f"{label}: {shown}"
        first, *rest = _hex(bytes(raw)).split("\n")
        lines += [f"{first:<{3 * WIDTH}}  {note}", *rest]
    return "\n".join(lines) + "\n"


def _layout_names(arrays: list[Any]) -> list[str]:
    kinds = ", ".join(kind[0] for kind in arrays[1])
    return ["version", f"kinds ({kinds})"]


def _numbers(arrays: list[Any]) -> str:
    """Return how the numbers of the example come out of their planes, column by column."""
    planes = arrays[11]
    rows = sum(arrays[8])
    count = 2 * rows + 3 + 3 * 3 - 2
    values = unpack_numbers(planes, count)
    width = len(planes) // count
    lines = [f"{count} numbers, {width} planes of {count} bytes", ""]
    lines.append(f"{'column':<28}{'differences':<28}sums")
    columns = (
        ("times", rows),
        ("dns_lookup_seconds", 1),
        ("dns_answers", 1),
        ("dns_ttl_seconds", 1),
        ("icmp_rtt_seconds", 2),
        ("icmp_loss_ratio", 3),
        ("icmp_reply_hop_limit_number", 2),
        ("costs", rows),
    )
    at = 0
    for name, size in columns:
        part = values[at : at + size]
        differences = ", ".join(map(str, part))
        sums = ", ".join(map(str, accumulate(part)))
        lines.append(f"{name:<28}{differences:<28}{sums}")
        at += size
    assert at == count
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")

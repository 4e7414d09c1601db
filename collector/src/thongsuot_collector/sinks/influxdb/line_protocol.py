r"""
Batches as InfluxDB line protocol: one line for each result, at its own time.

    thongsuot_icmp,link=fiber,site=ba-dinh success=1.0,rtt_seconds=0.021 1795540000000

Measurement and field together are the metric's name in Prometheus (VictoriaMetrics joins them with
``_``), the tags are its labels. For each result exactly one of ``success`` (1 ok, 0 failed) and
``unmeasured`` (1) is a field. A missing value has no field, because the protocol has no
representation for it. Writing a line twice results in one point, which is identified by
measurement, tags and time.

Source: InfluxDB line protocol reference (v2); times are in milliseconds.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from thongsuot_collector.samples.labels import (
    LabelsOf,
    LayoutLabels,
    labels_of_series,
    labels_of_subject,
)
from thongsuot_collector.samples.series import EncodedSeries, times_of
from thongsuot_collector.samples.verdicts import verdict_points
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.batch.columns import ColumnBlock, Columns
from thongsuot_schema.batch.layout import CompiledLayout, KindBlock
from thongsuot_schema.catalogue.verdict import KIND, SEGMENT, STATE
from thongsuot_schema.metric import PREFIX
from thongsuot_schema.outcome import Outcome

_ESCAPES = str.maketrans(
    {",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": "/"}
)
"""Escapes of tag values. A trailing backslash would escape the next comma."""

_UNUSUAL = re.compile("[^A-Za-z0-9_]")
"""Characters in no name of the catalogue, but possibly in those of a newer or hostile agent."""


class LinePrefixCache:
    """Line prefixes (measurement and tags) of all series of the layouts in use."""

    def __init__(self, labels_of: LabelsOf) -> None:
        self._labels_of = labels_of
        self._labels = LayoutLabels(self._label, labels_of)

    def for_layout(self, site: str, layout_id: bytes, compiled: CompiledLayout) -> tuple[str, ...]:
        """Return the line prefix of each series of a layout, by its position."""
        return self._labels.for_layout(site, layout_id, compiled)

    def of_verdict(self, site: str, link: str, service: str) -> str:
        """Return the line prefix of verdicts."""
        labels = labels_of_subject(self._labels_of, site, link, service)
        return _beginning(KIND.name, labels)

    def _label(self, site: str, compiled: CompiledLayout) -> tuple[str, ...]:
        return tuple(
            _beginning(series.kind, labels_of_series(self._labels_of, site, series))
            for series in compiled.layout.series
        )


class LinePoint:
    """One line extracted from a request: one point, which is refused as a whole."""

    __slots__ = ("count", "text", "time_ms")

    def __init__(self, text: bytes) -> None:
        _, fields, time = text.rsplit(b" ", 2)
        self.text = text
        self.count = fields.count(b"=")
        self.time_ms = int(time)


def lines_in(request: bytes) -> list[LinePoint]:
    """Return the lines of a request made by this module."""
    return [LinePoint(text) for text in request.splitlines()]


def request_of_lines(lines: Iterable[LinePoint]) -> bytes:
    """Return a request with lines."""
    return b"".join([line.text + b"\n" for line in lines])


def encode_lines(columns: Columns, lines: Sequence[str], *, epoch_ns: int) -> EncodedSeries | None:
    """Return all results of a batch, ``None`` when it has none; ``lines`` are those of its site."""
    if not columns.times_ms:
        return None
    times = times_of(columns, epoch_ns=epoch_ns)
    encoded: list[str] = []
    samples = 0
    bad_rows = sorted(columns.not_ok)
    for block in columns.blocks:
        at = bisect_left(bad_rows, block.first_row)
        if block.whole and (at == len(bad_rows) or bad_rows[at] >= block.last_row):
            encoded += _whole(columns, block, lines, times.ms)
            samples += (block.last_row - block.first_row) * (1 + len(block.columns))
        else:
            for line, fields in _partial(columns, block, lines, times.ms):
                encoded.append(line)
                samples += fields
    return EncodedSeries(
        body="".join(encoded).encode(),
        samples=samples,
        earliest_ms=times.earliest_ms,
        latest_ms=times.latest_ms,
    )


def verdict_lines(
    site: str,
    columns: Columns,
    standing: Iterable[StandingVerdict],
    *,
    cache: LinePrefixCache,
    epoch_ns: int,
) -> EncodedSeries | None:
    """Return the verdicts of a batch; the state ``unknown`` has no number, and so no line."""
    lines: list[str] = []
    times_ms: list[int] = []
    state, segment = (_field(KIND.name, metric.name) for metric in (STATE, SEGMENT))
    subjects = verdict_points(columns, standing, epoch_ns=epoch_ns)
    for (link, service), points in subjects.items():
        begin = cache.of_verdict(site, link, service)
        for time_ms, values in sorted(points.items()):
            if values is not None:
                lines.append(f"{begin} {state}={values[0]!r},{segment}={values[1]!r} {time_ms}\n")
                times_ms.append(time_ms)
    if not lines:
        return None
    return EncodedSeries(
        body="".join(lines).encode(),
        samples=2 * len(lines),
        earliest_ms=min(times_ms),
        latest_ms=max(times_ms),
    )


def _beginning(kind: str, labels: Mapping[str, str]) -> str:
    tags = [
        f",{name}={value.translate(_ESCAPES)}" for name, value in sorted(labels.items()) if value
    ]
    return PREFIX + _UNUSUAL.sub("_", kind) + "".join(tags)


def _field(kind: str, metric: str) -> str:
    """Return the name of a metric without that of its kind, which is the measurement's."""
    return _UNUSUAL.sub("_", metric.removeprefix(f"{kind}_"))


def _fields(block: KindBlock) -> list[str]:
    return [_field(block.kind, metric) for metric in block.metrics]


def _whole(
    columns: Columns, block: ColumnBlock, lines: Sequence[str], times_ms: Sequence[int]
) -> list[str]:
    """Return the lines of a block whose rows are all ok and have every value."""
    begins: list[str] = []
    for rows in columns.series_of(block):
        begins += [lines[rows.position]] * (rows.last_row - rows.first_row)
    fields = "".join(f",{name}=%r" for name in _fields(block.block))
    pattern = f"%s success=1.0{fields} %d\n"
    times = times_ms[block.first_row : block.last_row]
    return [pattern % row for row in zip(begins, *block.columns, times, strict=True)]


def _partial(
    columns: Columns, block: ColumnBlock, lines: Sequence[str], times_ms: Sequence[int]
) -> Iterable[tuple[str, int]]:
    """Yield the lines of a block with failed, unmeasured or incomplete rows, row by row."""
    names = _fields(block.block)
    for rows in columns.series_of(block):
        for row in range(rows.first_row, rows.last_row):
            row_outcome = columns.not_ok.get(row)
            if row_outcome is None:
                fields = ["success=1.0"]
            elif row_outcome.outcome is Outcome.FAILED:
                fields = ["success=0.0"]
            else:
                fields = ["unmeasured=1.0"]
            for name, column in zip(names, block.columns, strict=True):
                value = column[row - block.first_row]
                if value is not None:
                    fields.append(f"{name}={value!r}")
            yield f"{lines[rows.position]} {','.join(fields)} {times_ms[row]}\n", len(fields)

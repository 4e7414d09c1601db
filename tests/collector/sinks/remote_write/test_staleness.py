"""A series ends where it has no value any more: once, and only if it ever had one."""

import logging
import struct
from pathlib import Path

import pytest

from tests.collector.batches import S, failed, icmp_result, unmeasured
from tests.collector.sinks.remote_write.test_encode import EPOCH, SITE
from tests.schema.batch.layout_builder import LayoutBuilder
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.samples.labels import LabelsOf
from thongsuot_collector.samples.series import EncodedSeries
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.sinks.remote_write.protobuf import STALE, varint_at
from thongsuot_collector.sinks.remote_write.snappy import samples_of
from thongsuot_collector.sinks.remote_write.staleness import (
    LiveSeries,
    LiveSeriesBySite,
    StalenessMarkers,
    load_checkpoint,
    save_checkpoint,
)
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.encode import encode_batch, encode_layout
from thongsuot_schema.batch.layout import CompiledLayout, compile_layout
from thongsuot_schema.batch.model import Batch, ClockReading
from thongsuot_schema.result import Result

Ended = set[tuple[str, str, str, float]]
"""Metric, link, carrier, second of boottime."""

RTT, LOSS, HOPS, SUCCESS, UNMEASURED = (
    f"thongsuot_icmp_{name}"
    for name in (
        "rtt_seconds",
        "loss_ratio",
        "reply_hop_limit_number",
        "success",
        "unmeasured",
    )
)


class SealedSite:
    """One agent's batches, one after the other, as a sink packs them."""

    def __init__(self, memory: LiveSeriesBySite | None = None, carrier: str = "vnpt") -> None:
        self.labels_of: LabelsOf = lambda _site, link: {"carrier": carrier if link else ""}
        self.endings = StalenessMarkers(self.labels_of, memory)
        self.cache = LabelCache(self.labels_of)
        self.layouts = LayoutBuilder()
        self.compiled: dict[bytes, CompiledLayout] = {}

    def push(self, sealed: int, *results: Result) -> Ended:
        index = self.layouts.index_for(results)
        layout_id, layout = decode_layout(encode_layout(index.layout))
        compiled = self.compiled.setdefault(layout_id, compile_layout(layout))
        clock = ClockReading(boottime_ns=sealed * S, wall_ns=EPOCH + sealed * S)
        batch = Batch(
            site=SITE,
            stream="00112233445566aa",
            number=sealed,
            boot_id="7f3c1a52-93f4-4f0e-8d53-0c2f6a1b9e77",
            clock=clock,
            results=results,
        )
        body = encode_batch(batch, index)
        columns = decode_columns(body, self.compiled.get)
        entry = JournalEntry(
            site=SITE,
            stream=batch.stream,
            number=sealed,
            digest=b"",
            layout=layout_id,
            received_ns=0,
            epoch_ns=EPOCH,
            clock=ClockQuality.TRUSTED,
            body=body,
        )
        encoded = self.endings.markers_of(
            entry, columns, self.cache.for_layout(SITE, layout_id, compiled)
        )
        return set() if encoded is None else ended(encoded)


def texts_of(labels: bytes) -> list[bytes]:
    """Return names and values of labels, one after the other."""
    texts: list[bytes] = []
    at = 0
    while at < len(labels):
        _, at = varint_at(labels, at + 1)
        for _ in range(2):
            length, at = varint_at(labels, at + 1)
            texts.append(labels[at : at + length])
            at += length
    return texts


def ended(encoded: EncodedSeries) -> Ended:
    series: Ended = set()
    for sample in samples_of(encoded):
        assert sample.value == struct.pack("<d", STALE)
        texts = [text.decode() for text in texts_of(sample.labels)]
        labels = dict(zip(texts[::2], texts[1::2], strict=True))
        second = (sample.time_ms - EPOCH // 1_000_000) / 1000
        series.add((labels["__name__"], labels["link"], labels["carrier"], second))
    return series


def test_a_link_measured_again_after_a_gap_can_end_again() -> None:
    site = SealedSite()
    assert site.push(15, icmp_result(5 * S), icmp_result(10 * S)) == set()
    # Sealed long after its last run.
    assert site.push(200, icmp_result(20 * S)) == {
        (metric, "fiber", "vnpt", 200) for metric in (RTT, LOSS, HOPS, SUCCESS)
    }
    assert site.push(215, icmp_result(210 * S)) == set()
    assert site.push(230, failed(220 * S)) == {
        (RTT, "fiber", "vnpt", 220),
        (HOPS, "fiber", "vnpt", 220),
    }


def test_a_missing_value_ends_its_series_once() -> None:
    site = SealedSite()
    assert site.push(15, icmp_result(5 * S), icmp_result(10 * S)) == set()
    assert site.push(30, failed(20 * S), failed(25 * S)) == {
        (RTT, "fiber", "vnpt", 20),
        (HOPS, "fiber", "vnpt", 20),
    }
    assert site.push(45, failed(35 * S)) == set()


def test_a_link_that_disappears_ends_all_but_the_word_that_it_cannot_be_measured() -> None:
    site = SealedSite()
    both = icmp_result(10 * S), icmp_result(11 * S, link="5g")
    site.push(15, *both)
    gone = unmeasured(26 * S, link="5g")
    assert site.push(30, icmp_result(25 * S), gone) == {
        (name, "5g", "vnpt", 26) for name in (RTT, LOSS, HOPS, SUCCESS)
    }
    back = icmp_result(41 * S, link="5g")
    assert site.push(45, icmp_result(40 * S), back) == {(UNMEASURED, "5g", "vnpt", 41)}


def test_a_series_also_ends_within_a_batch() -> None:
    site = SealedSite()
    stale = site.push(30, icmp_result(5 * S), unmeasured(10 * S), icmp_result(15 * S))
    assert stale == {(name, "fiber", "vnpt", 10) for name in (RTT, LOSS, HOPS, SUCCESS)} | {
        (UNMEASURED, "fiber", "vnpt", 15)
    }


def test_a_series_that_never_had_a_value_is_not_created() -> None:
    site = SealedSite()
    assert site.push(15, unmeasured(5 * S), unmeasured(10 * S)) == set()


def test_a_backlog_does_not_end_series() -> None:
    site = SealedSite()
    site.push(1000, icmp_result(990 * S))
    assert site.push(500, failed(490 * S)) == set()
    assert site.push(1015, failed(1010 * S)) == {
        (RTT, "fiber", "vnpt", 1010),
        (HOPS, "fiber", "vnpt", 1010),
    }


def test_a_link_that_is_no_longer_measured_ends_after_a_while() -> None:
    site = SealedSite()
    site.push(15, icmp_result(10 * S), icmp_result(11 * S, link="5g"))
    assert site.push(90, icmp_result(85 * S)) == set()
    assert site.push(105, icmp_result(100 * S)) == {
        (name, "5g", "vnpt", 105) for name in (RTT, LOSS, HOPS, SUCCESS)
    }
    assert site.push(120, icmp_result(115 * S)) == set()


def test_a_layout_that_grows_keeps_what_is_known() -> None:
    site = SealedSite()
    site.push(15, icmp_result(10 * S))
    grown = failed(25 * S), icmp_result(26 * S, target="abroad")
    assert site.push(30, *grown) == {(RTT, "fiber", "vnpt", 25), (HOPS, "fiber", "vnpt", 25)}


def test_with_other_labels_the_old_series_ends_before_the_new_one_begins() -> None:
    before = SealedSite()
    before.push(15, icmp_result(10 * S))
    after = SealedSite(before.endings.live, carrier="viettel")
    assert after.push(30, icmp_result(25 * S)) == {
        (name, "fiber", "vnpt", 24.999) for name in (RTT, LOSS, HOPS, SUCCESS)
    }
    assert after.push(45, failed(40 * S)) == {
        (RTT, "fiber", "viettel", 40),
        (HOPS, "fiber", "viettel", 40),
    }


def test_with_the_same_labels_a_restart_changes_nothing() -> None:
    before = SealedSite()
    before.push(15, icmp_result(10 * S))
    after = SealedSite(before.endings.live)
    assert after.push(30, icmp_result(25 * S)) == set()
    assert after.push(45, failed(40 * S)) == {
        (RTT, "fiber", "vnpt", 40),
        (HOPS, "fiber", "vnpt", 40),
    }


KNOWN = {"ba-dinh": LiveSeries(b"layout", 1000, [31, 0], {"5g": {"carrier": "vnpt"}}, {"5g": 990})}


def test_a_saved_checkpoint_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "sink-a.msgpack"
    assert load_checkpoint(path) == {}
    save_checkpoint(path, KNOWN)
    assert load_checkpoint(path) == KNOWN
    assert [file.name for file in tmp_path.iterdir()] == ["sink-a.msgpack"]


def test_a_broken_file_is_reported_and_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sink-a.msgpack"
    path.write_bytes(b"torn")
    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(path) == {}
    assert "starting empty" in caplog.text


def test_a_disk_that_takes_nothing_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        save_checkpoint(tmp_path / "gone" / "sink-a.msgpack", KNOWN)
    assert "cannot write the state of a sink" in caplog.text

"""Remote write 2.0 says the same as 1.0, and what the catalogue says beside it."""

from tests.collector.batches import S, failed, unmeasured, usual_results
from tests.collector.samples.protobuf_v2 import read
from tests.collector.samples.test_remote_write import EPOCH, SITE, decoded
from thongsuot_collector.samples.labels import LabelCache
from thongsuot_collector.samples.protobuf import STALE, labels_field, samples_in, series
from thongsuot_collector.samples.remote_write import EncodedSeries, encode_results
from thongsuot_collector.samples.version2 import request_of_version1
from thongsuot_schema.catalogue import host, icmp
from thongsuot_schema.result import Result

COUNTER, GAUGE = 1, 2


def parcel_of(results: list[Result]) -> EncodedSeries:
    columns = decoded(results)
    labels = LabelCache(lambda _site, _link: {"commune": "00070"}).for_layout(
        SITE, b"x", columns.layout
    )
    found = encode_results(columns, labels, epoch_ns=EPOCH)
    assert found is not None
    return found


def test_every_sample_of_every_parcel_is_in_the_request() -> None:
    parcels = [
        parcel_of(usual_results(9_985 * S)),
        parcel_of([failed(9_990 * S), unmeasured(9_995 * S)]),
    ]
    found = [
        (labels_field(one.labels), time_ms, value)
        for one in read(request_of_version1(parcel.body for parcel in parcels))
        for time_ms, value in one.samples
    ]
    expected = [
        (one.labels, one.time_ms, one.value)
        for parcel in parcels
        for one in samples_in(parcel.body)
    ]
    assert found == expected


def test_type_help_and_unit_are_those_of_the_catalogue() -> None:
    (rtt,) = (
        one
        for one in read(request_of_version1([parcel_of([failed(9_990 * S)]).body]))
        if one.labels["__name__"] == icmp.LOSS.full_name
    )
    assert (rtt.type, rtt.help, rtt.unit) == (GAUGE, icmp.LOSS.help_en, "ratio")
    counters = [one for one in host.KIND.metrics if one.type == "counter"]
    assert counters
    body = series(labels_field({"__name__": counters[0].full_name}), [(EPOCH // 1_000_000, 1.0)])
    (found,) = read(request_of_version1([body]))
    assert (found.type, found.help) == (COUNTER, counters[0].help_en)


def test_a_metric_that_a_newer_agent_measures_goes_without_description() -> None:
    labels = labels_field({"__name__": "thongsuot_smell_intensity_ratio", "site": "Điểm Ba Đình"})
    (found,) = read(request_of_version1([series(labels, [(EPOCH // 1_000_000, STALE)])]))
    assert found.labels["site"] == "Điểm Ba Đình"
    assert (found.type, found.help, found.unit) == (0, "", "")

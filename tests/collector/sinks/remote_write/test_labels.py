"""Labels are those of the inventory, in the order that remote write wants, without empty ones."""

from tests.collector.batches import BatchSealer, S, icmp_result, series
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.sinks.remote_write.protobuf import SAMPLE_HEAD, labels_field
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.layout import CompiledLayout, compile_layout, sorted_layout
from thongsuot_schema.catalogue import host
from thongsuot_schema.result import Family


def compiled() -> CompiledLayout:
    return compile_layout(
        sorted_layout([icmp_result(S).series, series(host.KIND, link="5g", family=Family.NONE)])
    )


def test_a_series_carries_site_link_target_family_and_what_the_inventory_says() -> None:
    def labels_of(site: str, link: str) -> dict[str, str]:
        return {"commune": "00070", "carrier": f"carrier of {site}/{link}", "medium": ""}

    labels = LabelCache(labels_of).for_layout("ba-dinh", b"x", compiled())
    host_labels, icmp_labels = labels.series
    assert icmp_labels.metrics[0] == SAMPLE_HEAD.join(
        [
            labels_field(
                {
                    "__name__": "thongsuot_icmp_rtt_seconds",
                    "carrier": "carrier of ba-dinh/fiber",
                    "commune": "00070",
                    "family": "ip4",
                    "link": "fiber",
                    "site": "ba-dinh",
                    "target": "exchange",
                }
            ),
            b"",
        ]
    )
    # A link as such has neither target nor family.
    assert b"target" not in host_labels.success
    assert b"family" not in host_labels.success
    assert b"thongsuot_host_success" in host_labels.success
    assert b"thongsuot_host_unmeasured" in host_labels.unmeasured
    assert len(host_labels.metrics) == len(host.KIND.metrics)


def test_labels_of_a_layout_are_made_once_and_again_when_the_inventory_says_otherwise() -> None:
    carrier_of = {"fiber": "vnpt", "5g": "viettel"}
    cache = LabelCache(lambda _site, link: {"carrier": carrier_of[link]})
    first = cache.for_layout("ba-dinh", b"x", compiled())
    assert cache.for_layout("ba-dinh", b"x", compiled()) is first
    assert cache.for_layout("tay-ho", b"x", compiled()) is not first
    carrier_of["fiber"] = "fpt"
    after = cache.for_layout("ba-dinh", b"x", compiled())
    carriers = [b"fpt" in labels.success for labels in after.series]
    assert any(carriers)
    assert [b"vnpt" in labels.success for labels in first.series] == carriers
    assert cache.for_layout("ba-dinh", b"x", compiled()) is after


def test_a_layout_that_travelled_gives_the_same_labels() -> None:
    agent = BatchSealer("ba-dinh", epoch_ns=0)
    _, body = agent.sealed(agent.batch(2 * S, [icmp_result(S)]))
    _, layout = decode_layout(body)
    cache = LabelCache(lambda _site, _link: {})
    (travelled,) = cache.for_layout("ba-dinh", b"y", compile_layout(layout)).series
    _, direct = cache.for_layout("ba-dinh", b"x", compiled()).series
    assert (travelled.metrics, travelled.success) == (direct.metrics, direct.success)

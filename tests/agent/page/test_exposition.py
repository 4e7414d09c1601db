"""What ``/metrics`` says is read back by Prometheus' own parser, under the catalogue's names."""

from prometheus_client.parser import text_string_to_metric_families

from thongsuot_agent.page.exposition import Exposition
from thongsuot_schema.catalogue import host, icmp
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.metric import MetricType
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict

LINKS = (Link(name="fiber", interface="eth0", medium=Medium.FIBER, carrier="song-hong"),)
SITE = {"commune": "00004", "site": "ba-dinh"}


def result(kind: str, finding: Finding, target: str = "anchor") -> Result:
    family = Family.NONE if kind == "host" else Family.IP4
    series = Series(kind=kind, revision=1, link="fiber", target=target, family=family)
    return Result(series=series, boottime_ns=1, finding=finding)


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    by_name: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            by_name.setdefault(sample.name, []).append((sample.labels, sample.value))
    return by_name


def test_values_success_and_labels_are_those_of_the_catalogue_and_the_inventory() -> None:
    exposition = Exposition(SITE, LINKS)
    exposition.add_results(
        [
            result("icmp", ok_finding({icmp.RTT: 0.003, icmp.LOSS: 0.0})),
            result("icmp", failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0}), "far"),
            result("icmp", failed_finding(Reason.NO_ROUTE), "nowhere"),
        ]
    )
    by_name = samples(exposition.text())
    labels = {
        **SITE,
        "link": "fiber",
        "medium": "fiber",
        "carrier": "song-hong",
        "target": "anchor",
        "family": "ip4",
    }
    kind = catalogue.load("icmp")
    assert by_name[icmp.RTT.full_name] == [(labels, 0.003)]
    assert [value for _, value in by_name[kind.success_name]] == [1.0, 0.0]
    assert [value for _, value in by_name[icmp.LOSS.full_name]] == [0.0, 1.0]
    assert by_name[kind.unmeasured_name] == [(labels | {"target": "nowhere"}, 1.0)]


def test_each_metric_stands_together_with_its_help_and_type() -> None:
    exposition = Exposition(SITE, LINKS)
    for target in ("a", "b"):
        exposition.add_results(
            [result("host", ok_finding({host.RECEIVED: 7.0, host.UPTIME: 1.0}), target)]
        )
    families = {family.name: family for family in text_string_to_metric_families(exposition.text())}
    counter = families[host.RECEIVED.full_name.removesuffix("_total")]
    assert counter.type == MetricType.COUNTER
    assert counter.documentation == host.RECEIVED.help_en
    assert len(counter.samples) == 2
    assert families[host.UPTIME.full_name].type == MetricType.GAUGE


def test_verdicts_are_numbers_and_what_is_unknown_is_absent() -> None:
    exposition = Exposition(SITE, LINKS)
    exposition.add_verdicts(
        [
            Verdict(
                link="fiber",
                service="",
                state=State.DOWN,
                segment=Segment.CARRIER,
                symptom=Symptom.CARRIER_SILENT,
            ),
            Verdict(link="", service="portal", state=State.UP),
            Verdict(link="mobile", service="", state=State.UNKNOWN),
        ]
    )
    by_name = samples(exposition.text())
    states = {
        (labels.get("link"), labels.get("target")): value
        for labels, value in by_name["thongsuot_verdict_state_number"]
    }
    segments = {
        labels.get("link"): value for labels, value in by_name["thongsuot_verdict_segment_number"]
    }
    assert states == {("fiber", None): 2.0, (None, "portal"): 0.0}
    assert segments == {"fiber": 4.0, None: 0.0}


def test_label_values_may_hold_anything() -> None:
    strange = 'quote " backslash \\ newline \n tiếng Việt'
    exposition = Exposition({"site": strange}, ())
    exposition.add_agent_metric(
        "thongsuot_agent_results_total", "Made\nso far", 3, MetricType.COUNTER
    )
    ((labels, value),) = samples(exposition.text())["thongsuot_agent_results_total"]
    assert (labels["site"], value) == (strange, 3.0)


def test_nothing_measured_is_an_empty_page() -> None:
    assert Exposition(SITE, LINKS).text() == ""

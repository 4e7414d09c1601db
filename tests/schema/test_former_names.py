"""A former name leads to a metric of today, in today's unit, and never shadows one."""

from thongsuot_schema import catalogue
from thongsuot_schema.former_names import PRESENT_NAMES, present_name
from thongsuot_schema.metric import MetricType, Unit

METRICS = {
    metric.name: metric for kind in catalogue.kinds() for metric in catalogue.load(kind).metrics
}


def test_a_former_name_leads_to_a_metric_of_the_catalogue_and_is_none_itself() -> None:
    assert {present.name for present in PRESENT_NAMES.values()} <= set(METRICS)
    assert set(PRESENT_NAMES) & set(METRICS) == set()


def test_former_names_of_two_metrics_are_two() -> None:
    names = [present.name for present in PRESENT_NAMES.values()]
    assert len(names) == len(set(names))


def test_what_was_in_bits_is_in_bytes_and_all_else_is_as_it_was() -> None:
    for former, present in PRESENT_NAMES.items():
        in_bits = former.endswith("_bits_per_second")
        assert present.divisor == (8 if in_bits else 1)
        assert (METRICS[present.name].unit is Unit.BYTES_PER_SECOND) == in_bits
        is_counter = METRICS[present.name].type is MetricType.COUNTER
        assert former.endswith("_total") == is_counter


def test_a_name_that_never_changed_is_its_own() -> None:
    assert present_name("icmp_rtt_seconds") == ("icmp_rtt_seconds", 1)

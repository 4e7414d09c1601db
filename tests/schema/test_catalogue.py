"""Laws of the catalogue."""

import unicodedata
from importlib import import_module
from pathlib import Path

import pytest

from thongsuot_schema.batch.layout import metric_column
from thongsuot_schema.batch.limits import COLUMNS, NAME_CHARACTERS
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.metric import PREFIX, Metric, MetricType, ProbeKind, Unit

KINDS = [catalogue.load(name) for name in catalogue.kinds()]
METRICS = [(kind, metric) for kind in KINDS for metric in kind.metrics]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_metric = pytest.mark.parametrize(
    ("kind", "metric"), METRICS, ids=[metric.name for _, metric in METRICS]
)


def test_a_kind_is_a_module_and_a_module_a_kind() -> None:
    folder = Path(catalogue.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "loader"}
    assert {kind.name for kind in KINDS} == set(catalogue.kinds()) == modules


def test_an_unknown_kind_is_reported_with_those_that_there_are() -> None:
    known = "counter, dns, egress, failover, fresh_echo, host, http, icmp"
    with pytest.raises(KeyError, match=f"no kind 'icmq'; known: {known}"):
        catalogue.load("icmq")


@each_kind
def test_a_kind_has_a_revision_titles_and_columns_that_can_travel(kind: ProbeKind) -> None:
    assert kind.revision >= 1
    assert kind.title_en.strip()
    assert kind.title_vi.strip()
    assert 1 <= len(kind.metrics) <= COLUMNS


@each_kind
def test_every_metric_constant_of_a_kind_is_among_its_metrics(kind: ProbeKind) -> None:
    module = import_module(f"{catalogue.__package__}.{kind.name}")
    constants = [value for value in vars(module).values() if isinstance(value, Metric)]
    assert sorted(constants, key=repr) == sorted(kind.metrics, key=repr)


@each_metric
def test_a_metric_name_consists_of_kind_quantity_and_unit(kind: ProbeKind, metric: Metric) -> None:
    assert metric.name.startswith(f"{kind.name}_")
    ending = "_total" if metric.type is MetricType.COUNTER else ""
    assert metric.name.endswith(f"{metric.unit.ending}{ending}")
    assert metric.name.isascii()
    assert metric.name.replace("_", "a").isalnum()
    assert metric.name == metric.name.lower()
    assert metric.full_name == PREFIX + metric.name
    assert len(metric.full_name) <= NAME_CHARACTERS


@each_metric
def test_only_counters_end_in_total(kind: ProbeKind, metric: Metric) -> None:
    assert metric.name.endswith("_total") == (metric.type is MetricType.COUNTER), kind.name


@each_metric
def test_help_is_there_in_both_languages(kind: ProbeKind, metric: Metric) -> None:
    for text in (metric.help_en, metric.help_vi):
        assert text.strip() == text != "", kind.name
        assert unicodedata.is_normalized("NFC", text)
        assert not text.endswith(".")
    assert metric.help_en != metric.help_vi


@each_metric
def test_a_range_is_one_and_its_bounds_travel(kind: ProbeKind, metric: Metric) -> None:
    column = metric_column(metric)
    low, high = metric.minimum, metric.maximum
    assert low is None or high is None or low < high, kind.name
    for bound in (low, high):
        if bound is not None:
            steps = round(bound * column.denominator / column.numerator)
            assert steps * column.numerator / column.denominator == bound
    if metric.unit is Unit.RATIO:
        assert (low, high) == (0.0, 1.0)
    if metric.type is MetricType.COUNTER:
        assert (low, high) == (0.0, None)


def test_no_two_metrics_share_a_name() -> None:
    names = [metric.full_name for _, metric in METRICS]
    names += [name for kind in KINDS for name in (kind.success_name, kind.unmeasured_name)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "metric", [metric for _, metric in METRICS], ids=lambda metric: metric.name
)
def test_limits_lie_in_the_range_and_the_bad_one_beyond_the_warning(metric: Metric) -> None:
    limits = metric.limits
    if limits is None:
        return
    thresholds = [value for value in (limits.warn, limits.bad) if value is not None]
    assert thresholds, metric.name
    assert thresholds == sorted(thresholds, reverse=limits.low_is_bad), metric.name
    for value in thresholds:
        assert metric.minimum is None or value >= metric.minimum
        assert metric.maximum is None or value <= metric.maximum

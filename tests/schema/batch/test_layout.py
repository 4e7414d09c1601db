"""Layouts: canonical, complete, and named by what they say."""

import pytest

from tests.schema.batch.layout_builder import LayoutBuilder
from tests.schema.batch.realistic import all_series
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.encode import encode_layout, index_layout
from thongsuot_schema.batch.layout import compile_layout, metric_column, sorted_layout
from thongsuot_schema.batch.model import KindColumns, Layout, MetricColumn
from thongsuot_schema.catalogue import host, icmp
from thongsuot_schema.catalogue.loader import kinds, load
from thongsuot_schema.metric import Metric, Unit
from thongsuot_schema.result import Family, Result, Series, ok_finding

FUTURE = KindColumns(
    kind="tcp",
    revision=3,
    columns=(
        MetricColumn(metric="tcp_connect_seconds", denominator=1_000_000),
        MetricColumn(metric="tcp_x"),
    ),
)


def series(kind: str = "icmp", target: str = "a", revision: int = 1) -> Series:
    return Series(kind=kind, revision=revision, link="fiber", target=target, family=Family.IP4)


def identity(layout: Layout) -> bytes:
    return index_layout(layout).layout_id


def test_the_order_in_which_series_come_does_not_matter() -> None:
    forward = list(all_series())
    assert sorted_layout(forward) == sorted_layout(reversed(forward))
    assert identity(sorted_layout(forward)) == identity(
        sorted_layout([*reversed(forward), *forward])
    )


def test_layouts_that_differ_in_one_series_or_scale_have_different_ids() -> None:
    first = sorted_layout([series(target="a")])
    other = sorted_layout([series(target="b")])
    kind = first.kinds[0]
    finer = KindColumns(
        kind=kind.kind,
        revision=kind.revision,
        columns=(MetricColumn(metric="icmp_rtt_seconds", denominator=10**9), *kind.columns[1:]),
    )
    names = {
        identity(layout) for layout in (first, other, Layout(series=first.series, kinds=(finer,)))
    }
    assert len(names) == 3


def test_columns_left_out_are_the_catalogues() -> None:
    full = sorted_layout(all_series())
    bare = Layout(series=full.series)
    assert identity(bare) == identity(full)
    assert compile_layout(bare) == compile_layout(full)


def test_a_layout_comes_back_with_its_name() -> None:
    layout = sorted_layout([*all_series(), series(kind="tcp", revision=3)], [FUTURE])
    assert decode_layout(encode_layout(layout)) == (identity(layout), layout)


def test_every_metric_of_the_catalogue_has_a_column() -> None:
    for name in kinds():
        for metric in load(name).metrics:
            column = metric_column(metric)
            assert column.numerator / column.denominator == metric.resolution


def test_columns_scale_as_the_resolution_says() -> None:
    assert metric_column(icmp.RTT) == MetricColumn(
        metric=icmp.RTT.name, numerator=1, denominator=1_000_000
    )
    assert metric_column(host.RESIDENT) == MetricColumn(metric=host.RESIDENT.name, numerator=4096)


@pytest.mark.parametrize("resolution", [0.0, -1.0, 0.3, 1.5, 1e-17, 1e300])
def test_a_resolution_that_is_not_a_fraction_is_refused(resolution: float) -> None:
    metric = Metric(
        name="x_seconds", unit=Unit.SECONDS, help_en="", help_vi="", resolution=resolution
    )
    with pytest.raises(ValueError, match="resolution"):
        metric_column(metric)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (Layout(series=(series(target="b"), series(target="a"))), "not sorted"),
        (Layout(series=(series(), series())), "there twice"),
        (Layout(series=(series(kind="icmq"),)), "no kind 'icmq'; known: .*icmp"),
        (Layout(series=(series(revision=9),)), "revision 1 in the catalogue, not 9"),
        (Layout(series=(series(),), kinds=(FUTURE,)), "kinds of a layout are not those"),
        (Layout(series=(), kinds=(FUTURE,)), "kinds of a layout are not those"),
    ],
)
def test_a_layout_that_is_not_canonical_is_refused(layout: Layout, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        index_layout(layout)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((MetricColumn(metric="x"), MetricColumn(metric="x")), "one column twice"),
        (
            tuple(MetricColumn(metric=f"x{number}") for number in range(65)),
            "65 columns; 64 are possible",
        ),
        ((MetricColumn(metric="x", denominator=0),), "scale outside"),
        ((MetricColumn(metric="x", numerator=2**53 + 1),), "scale outside"),
    ],
)
def test_columns_that_cannot_travel_are_refused(
    columns: tuple[MetricColumn, ...], message: str
) -> None:
    kind = KindColumns(kind="icmp", revision=1, columns=columns)
    with pytest.raises(ValueError, match=message):
        index_layout(Layout(series=(series(),), kinds=(kind,)))


def test_columns_at_the_bounds_travel() -> None:
    columns = (
        MetricColumn(metric="x0", numerator=2**53, denominator=2**53),
        *(MetricColumn(metric=f"x{number}") for number in range(1, 64)),
    )
    kind = KindColumns(kind="icmp", revision=1, columns=columns)
    layout = Layout(series=(series(),), kinds=(kind,))
    assert decode_layout(encode_layout(layout)) == (identity(layout), layout)


def test_a_layout_with_too_many_series_is_refused() -> None:
    with pytest.raises(ValueError, match="layout has 4097 series; receivers take 4096"):
        encode_layout(sorted_layout(series(target=str(number)) for number in range(4097)))


def result(target: str) -> Result:
    return Result(series=series(target=target), boottime_ns=0, finding=ok_finding({}))


def test_a_builder_keeps_its_layout_while_no_series_is_new() -> None:
    builder = LayoutBuilder()
    first = builder.index_for([result("b")])
    assert builder.index_for([result("b"), result("b")]) is first
    assert builder.index_for([]) is first


def test_a_builder_grows_and_never_shrinks() -> None:
    builder = LayoutBuilder()
    first = builder.index_for([result("b")])
    second = builder.index_for([result("a")])
    assert second.layout_id != first.layout_id
    assert set(second.positions) == {series(target="a"), series(target="b")}
    assert second.layout == sorted_layout([series(target="b"), series(target="a")])


@pytest.mark.parametrize("side", ["numerator", "denominator"])
def test_a_scale_is_a_ratio_of_numbers_that_a_float_holds_exactly(side: str) -> None:
    def compiled(steps: int) -> object:
        scale = {"numerator": 1, "denominator": 1} | {side: steps}
        column = MetricColumn(metric="icmp_rtt_seconds", **scale)
        kind = KindColumns(kind="icmp", revision=1, columns=(column,))
        return compile_layout(Layout(series=(series(),), kinds=(kind,)))

    for steps in (1, 2**53):
        assert compiled(steps)
    for steps in (-1, 0, 2**53 + 1):
        with pytest.raises(ValueError, match="scale outside"):
            compiled(steps)

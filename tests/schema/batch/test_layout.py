"""Layouts: canonical, complete, and named by what they say."""

import pytest

from tests.schema.batch.realistic import all_series
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.encode import LayoutBuilder, encode_layout, index_of, layout_id
from thongsuot_schema.batch.layout import column_of, layout_of, plan_of
from thongsuot_schema.batch.model import Column, KindColumns, Layout
from thongsuot_schema.catalogue import host, icmp, kinds, load
from thongsuot_schema.metric import Metric, Unit
from thongsuot_schema.result import Family, Result, Series, ok

FUTURE = KindColumns(
    kind="tcp",
    revision=3,
    columns=(Column(metric="tcp_connect_seconds", denominator=1_000_000), Column(metric="tcp_x")),
)


def series(kind: str = "icmp", target: str = "a", revision: int = 1) -> Series:
    return Series(kind=kind, revision=revision, link="fiber", target=target, family=Family.IP4)


def test_the_order_in_which_series_come_does_not_matter() -> None:
    forward = list(all_series())
    assert layout_of(forward) == layout_of(reversed(forward))
    assert layout_id(layout_of(forward)) == layout_id(layout_of([*reversed(forward), *forward]))


def test_a_layout_has_another_name_when_one_series_or_scale_differs() -> None:
    one = layout_of([series(target="a")])
    other = layout_of([series(target="b")])
    kind = one.kinds[0]
    finer = KindColumns(
        kind=kind.kind,
        revision=kind.revision,
        columns=(Column(metric="icmp_rtt_seconds", denominator=10**9), *kind.columns[1:]),
    )
    names = {
        layout_id(layout) for layout in (one, other, Layout(series=one.series, kinds=(finer,)))
    }
    assert len(names) == 3


def test_columns_left_out_are_the_catalogues() -> None:
    full = layout_of(all_series())
    bare = Layout(series=full.series)
    assert layout_id(bare) == layout_id(full)
    assert plan_of(bare) == plan_of(full)


def test_a_layout_comes_back_with_its_name() -> None:
    layout = layout_of([*all_series(), series(kind="tcp", revision=3)], [FUTURE])
    assert decode_layout(encode_layout(layout)) == (layout_id(layout), layout)


def test_every_metric_of_the_catalogue_has_a_column() -> None:
    for name in kinds():
        for metric in load(name).metrics:
            column = column_of(metric)
            assert column.numerator / column.denominator == metric.resolution


def test_columns_scale_as_the_resolution_says() -> None:
    assert column_of(icmp.RTT) == Column(metric=icmp.RTT.name, numerator=1, denominator=1_000_000)
    assert column_of(host.RESIDENT) == Column(metric=host.RESIDENT.name, numerator=4096)


@pytest.mark.parametrize("resolution", [0.0, -1.0, 0.3, 1.5, 1e-17, 1e300])
def test_a_resolution_that_is_no_fraction_is_refused(resolution: float) -> None:
    metric = Metric(
        name="x_seconds", unit=Unit.SECONDS, help_en="", help_vi="", resolution=resolution
    )
    with pytest.raises(ValueError, match="resolution"):
        column_of(metric)


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
        index_of(layout)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((Column(metric="x"), Column(metric="x")), "one column twice"),
        (tuple(Column(metric=f"x{number}") for number in range(65)), "65 columns; 64 are possible"),
        ((Column(metric="x", denominator=0),), "scale outside"),
        ((Column(metric="x", numerator=2**60),), "scale outside"),
    ],
)
def test_columns_that_cannot_travel_are_refused(columns: tuple[Column, ...], message: str) -> None:
    kind = KindColumns(kind="icmp", revision=1, columns=columns)
    with pytest.raises(ValueError, match=message):
        index_of(Layout(series=(series(),), kinds=(kind,)))


def test_more_series_than_receivers_take_are_refused() -> None:
    with pytest.raises(ValueError, match="layout has 4097 series; receivers take 4096"):
        encode_layout(layout_of(series(target=str(number)) for number in range(4097)))


def result(target: str) -> Result:
    return Result(series=series(target=target), boottime_ns=0, finding=ok({}))


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
    assert second.layout == layout_of([series(target="b"), series(target="a")])

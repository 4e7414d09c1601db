"""Batches aggregated late give the same figures as batches aggregated at once."""

from array import array

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.collector.batches import BatchSealer, S, icmp_result, unmeasured
from tests.collector.state.test_site import EPOCH, SITE, opened
from thongsuot_collector.state.echoes import LatestEchoes, record_echoes
from thongsuot_collector.state.site import SiteState
from thongsuot_schema.line import RECENT_RUNS
from thongsuot_schema.result import Result

TARGETS = ("hop", "resolver", "abroad")

runs = st.lists(
    st.tuples(
        st.sampled_from(TARGETS),
        st.integers(0, 90),
        st.sampled_from((0.0, 0.0, 0.0, 0.333, 1.0, None)),
    ),
    min_size=1,
    max_size=3 * RECENT_RUNS,
)
"""Targets, seconds and losses of a batch's runs; those without one could not be made."""

batches = st.lists(st.tuples(st.integers(0, 12), runs), min_size=1, max_size=12)
"""When each batch was sealed (in units of 15 s, in whatever order), and its runs."""


def results(at_s: int, of_batch: list[tuple[str, int, float | None]]) -> list[Result]:
    return [
        unmeasured((at_s + after_s) * S, target=target)
        if loss is None
        else icmp_result((at_s + after_s) * S, target=target, loss=loss, rtt_s=0.001 * after_s)
        for target, after_s, loss in of_batch
    ]


@given(batches)
def test_the_losses_of_the_latest_runs_do_not_depend_on_when_they_are_read(
    came: list[tuple[int, list[tuple[str, int, float | None]]]],
) -> None:
    device, state = BatchSealer(SITE, epoch_ns=EPOCH), SiteState()
    at_once: dict[str, LatestEchoes] = {}
    for place, of_batch in came:
        at_s = 5000 + 15 * place
        entry, columns = opened(device, device.batch((at_s + 100) * S, results(at_s, of_batch)))
        state.apply(entry, columns)
        keys = tuple(
            f"{series.link}\n{series.target}\n{series.family}"
            for series in columns.layout.layout.series
        )
        for block in columns.blocks:
            record_echoes(at_once, keys, block, columns, EPOCH // 1_000_000)
        assert state.latest_echoes == at_once
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=SiteState)
    assert state.latest_echoes == at_once


def test_a_site_that_measures_on_keeps_no_more_than_the_last_minute() -> None:
    device, state = BatchSealer(SITE, epoch_ns=EPOCH), SiteState()
    for sealed_s in range(1000, 2500, 15):
        of_batch = [
            icmp_result((sealed_s - 14 + 5 * run) * S, target=target)
            for target in TARGETS
            for run in range(3)
        ]
        state.apply(*opened(device, device.batch(sealed_s * S, of_batch)))
        assert len(state.tail.batches) <= 6
    assert not state.echoes
    assert {len(echoes.runs) for echoes in state.latest_echoes.values()} == {RECENT_RUNS}


def test_a_backlog_behind_fresh_results_costs_a_site_nothing() -> None:
    device, state = BatchSealer(SITE, epoch_ns=EPOCH), SiteState()
    sealed = [
        device.batch(at_s * S, [icmp_result((at_s - 5) * S, target=target) for target in TARGETS])
        for at_s in range(1000, 1300, 15)
    ]
    *backlog, fresh = sealed
    state.apply(*opened(device, fresh))
    tail = state.tail
    for each in backlog:
        state.apply(*opened(device, each))
        assert state.tail is tail


@pytest.mark.parametrize(("claimed", "shown"), [(70.0, 1.0), (-2.0, 0.0)])
def test_an_impossible_loss_ratio_is_limited_and_the_batch_is_kept(
    claimed: float, shown: float
) -> None:
    device, state = BatchSealer(SITE, epoch_ns=EPOCH), SiteState()
    sealed = device.batch(1000 * S, [icmp_result(990 * S, loss=0.333), icmp_result(995 * S)])
    entry, columns = opened(device, sealed)
    (block,) = columns.blocks
    values = tuple(
        array("d", [claimed if value == 0.333 else value or 0.0 for value in column])
        for column in block.columns
    )
    lying = replace(columns, blocks=(replace(block, columns=values),))
    state.apply(entry, lying)
    (echoes,) = state.latest_echoes.values()
    assert [run.loss_ratio for run in echoes.runs] == [shown, 0.0]

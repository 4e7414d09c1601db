"""The state of a site from its batches: coverage, backlog, figures, and taking it up again."""

from functools import partial

import msgspec

from tests.collector.batches import BOOT, STREAM, BatchSealer, S, change, icmp_result
from tests.collector.timeline.test_cost import steps_of
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.state.site import SERIES_KEPT, TRANSITIONS_KEPT, SiteState, joined
from thongsuot_schema.batch.columns import Columns, decode_columns
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.layout import compile_layout
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.path import Hop, Path, path_evidence
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.state import State

SITE = "hoan-kiem"
EPOCH = 1_795_540_000 * S
MS = 1_000_000


def opened(
    agent: BatchSealer, batch: Batch, *, received_ns: int | None = None
) -> tuple[JournalEntry, Columns]:
    body, layout_body = agent.sealed(batch)
    layout_id, layout = decode_layout(layout_body)
    columns = decode_columns(body, {layout_id: compile_layout(layout)}.get)
    sealed_ns = batch.clock.boottime_ns
    entry = JournalEntry(
        site=agent.site,
        stream=agent.stream,
        number=batch.number,
        digest=b"",
        layout=columns.header.layout,
        received_ns=agent.epoch_ns + sealed_ns + S if received_ns is None else received_ns,
        epoch_ns=agent.epoch_ns,
        clock=ClockQuality.TRUSTED,
        body=body,
    )
    return entry, columns


def agent(stream: str = STREAM, boot_id: str = BOOT, epoch_ns: int = EPOCH) -> BatchSealer:
    return BatchSealer(SITE, stream=stream, boot_id=boot_id, epoch_ns=epoch_ns)


def test_a_batch_covers_the_time_from_its_first_result_until_it_was_sealed() -> None:
    device, state = agent(), SiteState()
    for sealed in (1000, 1015, 1030):
        results = [icmp_result((sealed - 14) * S), icmp_result((sealed - 4) * S)]
        state.apply(*opened(device, device.batch(sealed * S, results)))
    assert state.covered == (((EPOCH + 986 * S) // MS, (EPOCH + 1030 * S) // MS),)


def test_a_hole_in_the_record_is_a_hole_in_the_coverage_until_the_backlog_fills_it() -> None:
    device, state = agent(), SiteState()
    batches = [
        device.batch(sealed * S, [icmp_result((sealed - 14) * S)])
        for sealed in range(1000, 1600, 15)
    ]
    for batch in (*batches[:3], batches[-1]):
        state.apply(*opened(device, batch))
    assert (len(state.covered), state.backlog()) == (2, len(batches) - 4)
    for batch in batches[3:-1]:
        state.apply(*opened(device, batch))
    assert (len(state.covered), state.backlog()) == (1, 0)


def test_a_collector_that_meets_an_old_stream_expects_no_backlog() -> None:
    device, state = agent(), SiteState()
    device.number = 4711
    state.apply(*opened(device, device.batch(1000 * S)))
    assert state.backlog() == 0


def test_the_newest_figures_of_each_series_are_kept() -> None:
    device, state = agent(), SiteState()
    newer = device.batch(1030 * S, [icmp_result(1020 * S, rtt_s=0.033)])
    older = device.batch(1015 * S, [icmp_result(1010 * S, rtt_s=0.011)])
    for batch in (newer, older):
        state.apply(*opened(device, batch))
    (figures,) = state.latest_echoes.values()
    assert (figures.rtt_s, figures.losses_permille) == (0.033, (0,))


def test_the_losses_of_the_latest_runs_are_kept_across_batches() -> None:
    device, state = agent(), SiteState()
    for sealed in range(1000, 1120, 15):
        shares = (1.0, 0.0) if sealed == 1000 else (0.333, 0.0)
        runs = [icmp_result((sealed - 9 + 5 * n) * S, loss=loss) for n, loss in enumerate(shares)]
        state.apply(*opened(device, device.batch(sealed * S, runs)))
    (figures,) = state.latest_echoes.values()
    assert figures.losses_permille == (333, 0) * 6


def test_a_boot_after_another_is_the_newest_stream() -> None:
    first, state = agent(), SiteState()
    state.apply(*opened(first, first.batch(1000 * S, changes=[change(900 * S, State.UP)])))
    second = agent("ffffffffffffffff", "00000000-0000-4000-8000-000000000000", EPOCH + 2000 * S)
    notice = Notice(code=NoticeCode.STARTED, boottime_ns=30 * S, text="0.2.0")
    state.apply(*opened(second, second.batch(40 * S, notices=[notice])))
    newest = state.newest()
    assert newest is state.streams["ffffffffffffffff"]
    assert state.version == "0.2.0"
    # The backlog of the first boot arrives; it is history, not news.
    state.apply(*opened(first, first.batch(1100 * S, changes=[change(1050 * S, State.DOWN)])))
    assert state.newest() is newest


def test_entries_older_than_three_days_are_forgotten() -> None:
    device, state = agent(), SiteState()
    for hour in range(24 * 5):
        at = hour * 3600 * S
        batch = device.batch(
            at, [icmp_result(at)], changes=[change(at, State.UP if hour % 2 else State.DOWN)]
        )
        state.apply(*opened(device, batch))
    newest_ms = (EPOCH + 119 * 3600 * S) // MS
    assert all(newest_ms - end_ms <= 104 * 3600 * 1000 for _, end_ms in state.covered)
    assert len(state.covered) < 105
    turns = list(state.streams[STREAM].verdicts.all_transitions())
    assert 72 <= len(turns) <= 105


def test_an_agent_that_floods_fills_no_memory_but_its_share() -> None:
    state = SiteState()
    for round_ in range(128):
        at = (round_ + 1) * 60 * S
        # Numbers with gaps, subjects and series that never come again.
        device = agent()
        device.number = 3 * round_
        batch = device.batch(
            at,
            [icmp_result(at, target=f"t-{round_}-{n}") for n in range(60)],
            changes=[
                change(at + n, State.UP, link=f"l-{round_}-{n}" if n % 2 else "fiber")
                for n in range(80)
            ],
        )
        state.apply(*opened(device, batch))
    (stream,) = state.streams.values()
    # A few more where several were decided at the same moment.
    assert len(list(stream.verdicts.all_transitions())) <= TRANSITIONS_KEPT + 80
    assert len(state.echoes) <= SERIES_KEPT
    newest = {
        (verdict.link, verdict.transition.state)
        for verdict in stream.verdicts.at(stream.sealed_ns + S)
    }
    assert ("fiber", State.UP) in newest


def test_a_saved_state_continues_as_if_nothing_had_happened() -> None:
    device = agent()
    batches = [
        device.batch(
            sealed * S,
            [icmp_result((sealed - 5) * S)],
            changes=[change(sealed * S, State.UP if sealed % 2 else State.DOWN)],
        )
        for sealed in range(1000, 1300, 15)
    ]
    whole, cut = SiteState(), SiteState()
    for place, batch in enumerate(batches):
        whole.apply(*opened(device, batch))
        cut.apply(*opened(device, batch))
        if place % 3 == 0:
            cut = msgspec.msgpack.decode(msgspec.msgpack.encode(cut), type=SiteState)
            # And a crash before the next snapshot has some batches applied again.
            cut.apply(*opened(device, batch))
    assert cut == whole


def test_spans_that_nearly_touch_are_joined() -> None:
    assert joined([(50, 60), (0, 10), (15, 20)], within_ms=5) == ((0, 20), (50, 60))
    assert joined([(0, 100), (10, 20)], within_ms=5) == ((0, 100),)


def test_the_ways_of_a_link_are_kept_before_and_now() -> None:
    device, state = agent(), SiteState()
    good = Path(hops=(_hop(1, "192.168.1.1"), _hop(2, "203.0.113.1")), is_reached=True)
    cut = Path(hops=(_hop(1, "192.168.1.1"),))
    series = Series(kind="path", revision=1, link="fiber", target="exchange", family=Family.IP4)
    findings = (
        ok_finding({}, evidence=path_evidence(good)),
        failed_finding(Reason.TIMED_OUT, evidence=path_evidence(cut)),
        failed_finding(Reason.INTERFACE_DOWN),
    )
    for at_s, finding in zip((1000, 1100, 1200), findings, strict=True):
        result = Result(series=series, boottime_ns=at_s * S, finding=finding)
        results = [icmp_result((at_s - 5) * S), result]
        state.apply(*opened(device, device.batch((at_s + 5) * S, results)))
    (routes,) = state.routes.values()
    assert routes.latest.path == cut
    assert routes.latest.at_ns == EPOCH + 1100 * S
    assert routes.before is not None
    assert routes.before.path == good
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=SiteState)
    assert again == state


def _hop(number: int, address: str) -> Hop:
    return Hop(number=number, sent=3, answered=3, addresses=(address,), rtt_s=0.001)


def test_a_batch_of_many_runs_costs_as_much_as_one_of_few() -> None:
    steps = []
    for count in (500, 20_000):
        device = agent()
        results = [icmp_result(4_000 * S + place * MS) for place in range(count)]
        steps.append(
            steps_of(partial(SiteState().apply, *opened(device, device.batch(5_000 * S, results))))
        )
    few, many = steps
    assert many < 1.35 * few, steps

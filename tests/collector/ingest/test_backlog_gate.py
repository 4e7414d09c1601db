"""The backlog of the agents waits while fresh batches are judged."""

import pytest

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.ingest.asgi import STATUS
from thongsuot_collector.ingest.backlog_gate import BacklogGate

S = 1_000_000_000
NOW = 1_800_000_000 * S

LAG_ENTRIES = 500
# As documented: the code's own figure would follow any change of it.
BACKLOG_S = 60


def gate(lag: int) -> BacklogGate:
    return BacklogGate(lambda: lag, LAG_ENTRIES, draw=lambda least, most: (least + most) / 2)


@pytest.mark.parametrize("lag", [0, LAG_ENTRIES])
def test_backlog_is_accepted_while_judging_keeps_up(lag: int) -> None:
    gate(lag).check(NOW - 3600 * S, NOW)


@pytest.mark.parametrize("age_s", [-10, 0, BACKLOG_S - 1])
def test_a_fresh_batch_is_always_accepted(age_s: int) -> None:
    gate(1_000_000).check(NOW - age_s * S, NOW)


@pytest.mark.parametrize("age_s", [BACKLOG_S, 86_400])
def test_an_old_batch_is_to_come_again_while_judging_is_behind(age_s: int) -> None:
    with pytest.raises(PushRefused, match="501 fresh batches") as refused:
        gate(LAG_ENTRIES + 1).check(NOW - age_s * S, NOW)
    assert refused.value.why is RefusalReason.BACKLOG_DEFERRED
    assert refused.value.retry_after_s == 15.0
    assert STATUS[refused.value.why] == 503, "the device keeps it"


def test_agents_come_again_at_different_times() -> None:
    waits_s = set()
    for _ in range(20):
        with pytest.raises(PushRefused) as refused:
            BacklogGate(lambda: LAG_ENTRIES + 1, LAG_ENTRIES).check(0, NOW)
        waits_s.add(refused.value.retry_after_s)
    assert all(10.0 <= wait_s <= 20.0 for wait_s in waits_s)
    assert len(waits_s) > 1

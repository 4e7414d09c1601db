"""Adding impairments, and their plain form."""

import pytest

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.model import PERFECT, Impairment
from thongsuot_lab.wires.impairments import combine, from_json, to_json


def test_combining_no_impairments_gives_a_perfect_wire() -> None:
    assert combine([]) == PERFECT
    assert combine([PERFECT, PERFECT]).is_perfect


def test_delays_add_losses_multiply_and_the_slowest_rate_rules() -> None:
    total = combine(
        [
            Impairment(delay_s=0.25, loss_ratio=0.5, rate_bps=1e6, queue_s=1.0),
            Impairment(delay_s=0.5, loss_ratio=0.5, rate_bps=1e5, queue_s=0.5),
            Impairment(jitter_s=0.125, rate_bps=1e7),
        ]
    )
    assert total == Impairment(
        delay_s=0.75, jitter_s=0.125, loss_ratio=0.75, rate_bps=1e5, queue_s=0.5
    )


def test_the_plain_form_is_read_back() -> None:
    impairment = Impairment(delay_s=0.01, rate_bps=1e6, reorder_ratio=0.1)
    assert from_json(to_json(impairment)) == impairment


@pytest.mark.parametrize("data", [{"delay_s": "long"}, {"loss_ratio": 2}, 7])
def test_nonsense_is_refused(data: object) -> None:
    with pytest.raises(TopologyError):
        from_json(data)

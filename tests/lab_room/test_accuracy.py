"""The lab's own accuracy, with bounds that hold on a busy machine."""

import pytest

from thongsuot_lab import accuracy
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.mark.parametrize("family", ["v4", "v6"])
def test_a_delay_is_never_short_and_hardly_long(family: str) -> None:
    stats = accuracy.measure_delay(0.020, family, count=60, gap_s=0.002)
    assert stats["frames"] == 60
    # Stamps of one clock: nothing can be early by more than a rounding of them.
    assert stats["error_p50_s"] > -1e-6
    # 0.04 ms here at rest and with eight busy loops; a machine ten times slower is still well in.
    assert stats["error_p50_s"] < 0.002


def test_the_wire_counts_exactly_what_is_missing() -> None:
    losses = accuracy.measure_loss(0.1, count=2000)
    assert losses["sent"] == 2000
    assert losses["missing"] == losses["lost_by_wire"]
    # Six standard deviations of a binomial.
    assert abs(losses["missing"] - 200) < 6 * (2000 * 0.1 * 0.9) ** 0.5

"""The most expensive runs are reduced first, and a reduced schedule keeps the allowance."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.scheduler.budget_arithmetic import (
    MAX_STRIDE,
    RESERVE_RATIO,
    VERDICT_KINDS,
    MonthUsage,
    UsageRate,
    add_usage,
    day_of,
    days_in_month,
    month_of,
    seconds_left,
    strides_for,
)

DAY_S = 86_400.0
RATES = {
    "icmp": UsageRate(run_bytes=128, bytes_per_s=68.0),
    "dns": UsageRate(run_bytes=300, bytes_per_s=10.0),
    "http": UsageRate(run_bytes=20_000, bytes_per_s=130.0),
}


def _ns(year: int, month: int, day: int, hour: int) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp()) * 1_000_000_000


def test_enough_for_the_rest_of_the_month_runs_everything() -> None:
    assert strides_for(10**9, 30 * DAY_S, RATES) == {"icmp": 1, "dns": 1, "http": 1}


def test_the_dear_kind_is_thinned_out_first_and_stopped_next() -> None:
    need = sum(rate.bytes_per_s for rate in RATES.values()) * DAY_S
    strides = strides_for(round(need * 0.7), DAY_S, RATES)
    assert strides["icmp"] == strides["dns"] == 1
    assert strides["http"] > 1
    cheap = (RATES["icmp"].bytes_per_s + RATES["dns"].bytes_per_s) * DAY_S
    assert strides_for(round(cheap / (1 - RESERVE_RATIO)) + 1, DAY_S, RATES)["http"] == 0


def test_echoes_are_reduced_last() -> None:
    strides = strides_for(round(RATES["icmp"].bytes_per_s * DAY_S * 0.5), DAY_S, RATES)
    assert strides == {"icmp": 3, "dns": 0, "http": 0}


def test_evidence_of_verdicts_is_thinned_out_last() -> None:
    """A run of test packets costs less than a page and is reduced first."""
    rates = RATES | {"stamp": UsageRate(run_bytes=9000, bytes_per_s=15.0)}
    whole = sum(rate.bytes_per_s for rate in RATES.values()) * DAY_S / (1 - RESERVE_RATIO)
    strides = strides_for(round(whole) + 1, DAY_S, rates)
    assert strides == {"icmp": 1, "dns": 1, "http": 1, "stamp": 0}


def test_nothing_runs_without_any_allowance_left() -> None:
    assert strides_for(0, DAY_S, RATES) == {"icmp": 0, "dns": 0, "http": 0}
    assert strides_for(-5, DAY_S, RATES) == {"icmp": 0, "dns": 0, "http": 0}


@given(
    left_bytes=st.integers(min_value=0, max_value=10**10),
    left_s=st.floats(min_value=1.0, max_value=31 * DAY_S),
    rates=st.dictionaries(
        st.text(min_size=1, max_size=3),
        st.builds(
            lambda run, rate: UsageRate(run_bytes=run, bytes_per_s=rate),
            st.integers(min_value=1, max_value=100_000),
            st.floats(min_value=0.01, max_value=10_000.0),
        ),
        max_size=6,
    ),
)
def test_a_reduced_schedule_stays_within_the_allowance(
    left_bytes: int, left_s: float, rates: dict[str, UsageRate]
) -> None:
    strides = strides_for(left_bytes, left_s, rates)
    used = sum(
        rate.bytes_per_s * left_s / strides[kind] for kind, rate in rates.items() if strides[kind]
    )
    assert used <= left_bytes * (1 - RESERVE_RATIO) * (1 + 1e-9)
    assert all(0 <= stride <= MAX_STRIDE for stride in strides.values())
    ordered = sorted(rates, key=lambda kind: (kind not in VERDICT_KINDS, rates[kind].run_bytes))
    dearer = [strides[kind] for kind in ordered]
    # After the first kind that is not whole, nothing dearer is.
    first_cut = next((n for n, stride in enumerate(dearer) if stride != 1), len(dearer))
    assert all(stride == 0 for stride in dearer[first_cut + 1 :])


def test_a_month_is_that_of_the_carriers_bill() -> None:
    assert month_of(_ns(2026, 11, 30, 16)) == "2026-11"
    assert month_of(_ns(2026, 11, 30, 17)) == "2026-12"
    assert seconds_left(_ns(2026, 11, 30, 16)) == 3600.0
    assert seconds_left(_ns(2026, 12, 31, 17)) == 31 * DAY_S
    assert seconds_left(_ns(2028, 1, 31, 17)) == 29 * DAY_S


def test_days_are_those_of_the_carriers_bill_too() -> None:
    assert day_of(_ns(2026, 11, 30, 16)) == 30
    assert day_of(_ns(2026, 11, 30, 17)) == 1
    assert [days_in_month(month) for month in ("2026-11", "2026-12", "2028-02")] == [30, 31, 29]
    spent = add_usage(add_usage(MonthUsage(month="2026-11"), 5, "2026-11", 3), 7, "2026-11", 3)
    assert add_usage(spent, 1, "2026-11", 4).days == {3: 12, 4: 1}
    assert add_usage(spent, 1, "2026-12", 1) == MonthUsage(
        other_months={"2026-11": 12}, month="2026-12", spent_bytes=1, days={1: 1}
    )


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("2026-11", MonthUsage(month="2026-11", spent_bytes=150)),
        ("2026-12", MonthUsage(month="2026-12", spent_bytes=50, other_months={"2026-11": 100})),
        (None, MonthUsage(month="2026-11", spent_bytes=150)),
    ],
)
def test_usage_restarts_with_a_new_month_and_never_by_a_clock_in_doubt(
    month: str | None, expected: MonthUsage
) -> None:
    assert add_usage(MonthUsage(month="2026-11", spent_bytes=100), 50, month) == expected

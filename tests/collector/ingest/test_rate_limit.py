"""Clients that ask too often have to wait, and no others."""

from thongsuot_collector.ingest.rate_limit import RateLimiter, network_of


def test_a_reserve_is_spent_at_once_and_refills_with_time() -> None:
    pace = RateLimiter(per_second=2.0, reserve=3.0)
    assert [pace.acquire("a", now_s=0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert pace.acquire("a", now_s=0.0) == 0.5
    assert pace.is_exhausted("a", now_s=0.0)
    assert pace.acquire("a", now_s=0.25) == 0.25
    assert pace.acquire("a", now_s=0.5) == 0.0
    assert not pace.is_exhausted("a", now_s=100.0)
    assert [pace.acquire("a", now_s=100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_one_sender_costs_no_other() -> None:
    pace = RateLimiter(per_second=1.0, reserve=1.0)
    assert pace.acquire("a", now_s=0.0) == 0.0
    assert pace.acquire("a", now_s=0.0) > 0.0
    assert pace.acquire("b", now_s=0.0) == 0.0
    assert not pace.is_exhausted("never seen", now_s=0.0)


def test_refused_requests_cost_nothing() -> None:
    pace = RateLimiter(per_second=1.0, reserve=1.0)
    pace.acquire("a", now_s=0.0)
    for moment in range(1, 10):
        assert pace.acquire("a", now_s=moment / 10) > 0.0
    assert pace.acquire("a", now_s=1.0) == 0.0


def test_a_cost_above_the_whole_reserve_is_taken_when_the_reserve_is_full() -> None:
    pace = RateLimiter(per_second=10.0, reserve=100.0)
    assert pace.acquire("a", now_s=0.0, cost=60.0) == 0.0
    assert pace.acquire("a", now_s=0.0, cost=60.0) == 2.0
    assert pace.acquire("a", now_s=0.0, cost=1000.0) == 6.0
    assert pace.acquire("a", now_s=6.0, cost=1000.0) == 0.0


def test_costs_above_the_reserve_are_paid_off_over_time() -> None:
    pace = RateLimiter(per_second=10.0, reserve=100.0)
    assert pace.pay("a", now_s=0.0, cost=60.0) == 0.0
    assert pace.pay("a", now_s=0.0, cost=60.0) == 2.0
    assert pace.pay("a", now_s=2.0, cost=60.0) == 0.0
    assert pace.pay("a", now_s=2.0, cost=0.0) == 0.0
    assert pace.pay("a", now_s=12.0, cost=150.0) == 0.0
    assert pace.pay("a", now_s=12.0, cost=0.0) == 5.0
    assert pace.wait_s("a", now_s=12.0, cost=10.0) == 6.0


def test_a_network_of_ipv6_is_one_sender() -> None:
    assert network_of("203.0.113.9") == "203.0.113.9"
    assert network_of("::ffff:203.0.113.9") == "203.0.113.9"
    assert network_of("2001:db8:0:1::5") == network_of("2001:db8:0:1:ffff::") != ""
    assert network_of("2001:db8:0:2::5") != network_of("2001:db8:0:1::5")
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("not: an address") == "not: an address"
    pace = RateLimiter(per_second=1.0, reserve=1.0, sender_of=network_of)
    assert pace.acquire("2001:db8::1", now_s=0.0) == 0.0
    assert pace.is_exhausted("2001:db8::2", now_s=0.0)
    assert pace.acquire("2001:db8::3", now_s=0.0) > 0.0

from thongsuot_collector.reflector.sessions import IDLE_NS, Sessions

A, B = ("192.0.2.1", 1000, 0), ("192.0.2.1", 1001, 0)
S = 1_000_000_000


def test_each_sender_is_counted_from_0() -> None:
    sessions = Sessions(10)
    assert [sessions.count_request(A, number, 0) for number in (0, 1, 5)] == [0, 1, 2]
    assert sessions.count_request(B, 0, 0) == 0


def test_a_session_that_was_silent_for_long_starts_again() -> None:
    sessions = Sessions(10)
    sessions.count_request(A, 0, 0)
    assert sessions.count_request(A, 1, IDLE_NS) == 1
    assert sessions.count_request(A, 2, 2 * IDLE_NS + 1) == 0


def test_a_sender_that_restarts_at_0_starts_again_but_a_copy_does_not() -> None:
    """Tools keep their port from one call to the next."""
    sessions = Sessions(10)
    sessions.count_request(A, 0, 0)
    assert sessions.count_request(A, 0, S // 10) == 1
    assert sessions.count_request(A, 0, 3 * S) == 0


def test_a_flood_of_senders_takes_no_more_than_its_room() -> None:
    sessions = Sessions(2)
    for port in range(100):
        sessions.count_request(("192.0.2.1", port, 0), 0, 0)
    assert len(sessions) == 2

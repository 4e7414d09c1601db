"""Sessions in the store: bounded for each person, and gone when they are over."""

import time
from pathlib import Path

from thongsuot_collector.store import sessions
from thongsuot_collector.store.engine import open_store


def test_a_person_keeps_thirty_sessions_at_most_and_what_is_over_goes(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite")

    def start(name: str, lasts_s: float) -> None:
        sessions.start(
            store,
            name,
            stamp=b"",
            stage=sessions.SessionStage.OPEN,
            lasts_s=lasts_s,
            address="203.0.113.9",
            browser="x" * 5_000,
        )

    start("minh", 0.0)
    for _ in range(sessions.MOST + 5):
        start("lan", 3600.0)
    assert len(sessions.listed(store, "lan")) == sessions.MOST
    assert sessions.listed(store, "minh") == []
    assert max(session.expires_ns for session in sessions.listed(store)) > time.time_ns()
    assert len(sessions.listed(store)[0].browser) == 200
    store.dispose()

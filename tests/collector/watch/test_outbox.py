"""What the watcher keeps in its file: who was told, what waits, and the channels' memos."""

from pathlib import Path

import msgspec

from thongsuot_collector.watch.absence import Absence, AbsenceChange
from thongsuot_collector.watch.outbox import WatchOutbox

BEGUN = AbsenceChange(absence=Absence(since_ns=7, problem="no", is_told=True), is_over=False)
ENDED = AbsenceChange(absence=BEGUN.absence, is_over=True)


def test_what_waits_is_there_after_a_restart_in_order_until_its_end_is_accepted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "watch.json"
    outbox = WatchOutbox(file)
    outbox.put("centre", BEGUN, ["mail", "desk"], 8)
    outbox.set_memo("centre", "desk", "ticket 5")
    outbox.put("centre", ENDED, ["mail", "desk"], 9)
    sent: list[tuple[str, bool, str | None]] = []
    for channel in ("mail", "desk"):
        while (waiting := (outbox := WatchOutbox(file)).next_for("centre", channel)) is not None:
            sent.append((channel, waiting.change.is_over, outbox.memo("centre", channel)))
            outbox.remove(waiting)
    assert sent == [
        ("mail", False, None),
        ("mail", True, None),
        ("desk", False, "ticket 5"),
        ("desk", True, "ticket 5"),
    ]
    outbox = WatchOutbox(file)
    assert (outbox.told, outbox.pairs(), outbox.memo("centre", "desk")) == ({}, set(), None)


def test_a_file_with_absences_alone_is_understood_and_a_broken_one_is_empty(
    tmp_path: Path,
) -> None:
    file = tmp_path / "watch.json"
    file.write_bytes(msgspec.json.encode({"centre": BEGUN.absence}))
    assert WatchOutbox(file).told == {"centre": BEGUN.absence}
    for broken in (b"{", b'{"told":{"\xff\xfe":1}}'):
        file.write_bytes(broken)
        assert WatchOutbox(file).told == {}

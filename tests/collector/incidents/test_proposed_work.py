"""Work proposed by a carrier waits for the city's decision until it would be over."""

from msgspec.structs import replace

from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.proposed_work import ProposedWork, WorkDecision

PROPOSED = ProposedWork(
    carrier="vnpt",
    window=MaintenanceWindow(id="w1", start_ns=100, end_ns=200, carrier="vnpt"),
    person="Nguyễn Văn An",
    proposed_ns=10,
)


def test_proposed_work_is_pending_until_decided_or_over() -> None:
    assert PROPOSED.is_pending(10)
    assert PROPOSED.is_pending(199), "late is not over"
    assert not PROPOSED.is_pending(200)
    for is_confirmed in (True, False):
        decided = WorkDecision(is_confirmed=is_confirmed, by="city", at_ns=20)
        assert not replace(PROPOSED, decision=decided).is_pending(30)


def test_a_proposal_and_its_window_have_the_same_id() -> None:
    assert PROPOSED.id == PROPOSED.window.id == "w1"

"""Disputed intervals in a statement: marked, said, and no figure changes by them."""

import msgspec

from tests.collector.sla.examples import first, statement
from tests.collector.sla.test_csv_table import rows_of
from thongsuot_collector.sla.csv_table import table_of
from thongsuot_collector.sla.dispute import (
    DisputedInterval,
    DisputeOutcome,
    outcome_text,
    statement_text,
)
from thongsuot_collector.sla.revision import digest_of, next_revision
from thongsuot_collector.sla.statement import Statement
from thongsuot_collector.sla.text import text_of


def disputed(
    outcome: DisputeOutcome = DisputeOutcome.OPEN, decision: str = ""
) -> tuple[Statement, DisputedInterval]:
    """Return a statement whose first interruption is disputed, and the dispute."""
    plain = statement()
    interruption = plain.interruptions[0]
    interval = DisputedInterval(
        from_ms=interruption.from_ms,
        until_ms=interruption.until_ms,
        incident="20261102-0a1b2c3d",
        reference="TT-7",
        person="Bình",
        reason="ONT mất điện",
        outcome=outcome,
        decided_by="Trần Thị Lan" if decision else "",
        decision=decision,
    )
    return msgspec.structs.replace(plain, disputes=(interval,)), interval


def test_only_the_dead_rows_of_the_interval_are_marked_and_no_sum_changes() -> None:
    marked, interval = disputed()
    rows, before = rows_of(table_of(marked)), rows_of(table_of(statement()))
    assert [row | {"dispute": "", "disputed_incident": ""} for row in rows] == before
    shown = [row for row in rows if row["dispute"]]
    assert shown
    for row in shown:
        assert (row["dispute"], row["disputed_incident"]) == ("open", interval.incident)
        assert row["time_class"] in {"down", "degraded"}
        assert row["interruption"] == "1"
    assert marked.totals == statement().totals


def test_both_sides_and_the_decision_are_reported_in_both_languages() -> None:
    _, interval = disputed(DisputeOutcome.CARRIER_RESPONSIBLE, "Đèn LOS đỏ")
    assert "ONT mất điện" in statement_text(interval).read("vi")
    assert "Bình, TT-7" in statement_text(interval).read("vi")
    decided = outcome_text(interval)
    assert "lỗi thuộc trách nhiệm của nhà mạng. Lý do: Đèn LOS đỏ" in decided.read("vi")
    assert "Trần Thị Lan" in decided.read("en")
    for outcome in DisputeOutcome:
        texts = {outcome_text(disputed(outcome, "x")[1]).read(name) for name in ("vi", "en")}
        assert len(texts) == 2


def test_a_dispute_and_its_decision_are_each_a_revision_and_none_is_the_same_as_before() -> None:
    issued = first()
    plain = issued.statement
    assert b"disputes" not in msgspec.msgpack.encode(plain), "old statements keep their digests"
    marked, interval = disputed()
    marked = msgspec.structs.replace(plain, disputes=marked.disputes)
    second = next_revision(marked, issued, issued.issued_ms + 1)
    assert second is not None
    assert [change.subject for change in second.changes] == ["disputes"]
    assert "Khoảng thời gian tranh chấp" in text_of(second, "vi")
    assert "ONT mất điện" in text_of(second, "vi")
    ruled = msgspec.structs.replace(interval, outcome=DisputeOutcome.CARRIER_UPHELD, decision="x")
    settled = msgspec.structs.replace(marked, disputes=(ruled,))
    assert digest_of(settled) != second.digest
    third = next_revision(settled, second, issued.issued_ms + 2)
    assert third is not None
    assert third.revision == second.revision + 1

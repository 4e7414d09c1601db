"""Switch-overs on a statement: of this circuit and month, with the way back; no figure moves."""

import msgspec

from tests.collector.sla.examples import BASE, DAY, HOUR, first, statement
from tests.collector.sla.reference_count import S
from thongsuot_collector.sla.revision import digest_of, next_revision
from thongsuot_collector.sla.statement import Statement
from thongsuot_collector.sla.switch_over import CircuitSwitchOver, switch_overs_of
from thongsuot_collector.sla.switch_over_text import switch_over_texts
from thongsuot_collector.sla.text import text_of
from thongsuot_schema.counter_path import SwitchOver

MONTH = (BASE, BASE + 30 * DAY * S)


def at_ms(second: float) -> int:
    return BASE + round(second * S)


def moved(second: float, before: str, after: str, took_s: float = 12.3) -> SwitchOver:
    return SwitchOver(at_s=at_ms(second) / S, from_link=before, to_link=after, took_s=took_s)


def with_switch_overs() -> Statement:
    """Return a month in which the computers left the circuit twice and came back once."""
    switch_overs = switch_overs_of(
        (
            moved(5 * DAY + 80, "fiber", "5g", 20.0),
            moved(5 * DAY + 9_900, "5g", "fiber", 0.0),
            moved(20 * DAY, "fiber", "5g", 4.5),
        ),
        "fiber",
        MONTH,
    )
    return msgspec.structs.replace(statement(), switch_overs=switch_overs)


def test_a_return_ends_a_switch_over_and_is_not_one_itself() -> None:
    moves = (moved(HOUR, "fiber", "5g"), moved(2 * HOUR, "5g", "fiber", 0.0))
    assert switch_overs_of(moves, "fiber", MONTH) == (
        CircuitSwitchOver(at_ms=at_ms(HOUR), to_link="5g", took_ms=12_300, back_ms=at_ms(2 * HOUR)),
    )
    assert switch_overs_of(moves, "5g", MONTH) == ()


def test_a_return_from_last_months_switch_over_is_not_a_switch_over() -> None:
    moves = (moved(-HOUR, "fiber", "5g"), moved(HOUR, "5g", "fiber"))
    assert switch_overs_of(moves, "5g", MONTH) == ()
    assert switch_overs_of(moves, "fiber", MONTH) == ()


def test_a_return_in_the_next_month_does_not_count_in_this_one() -> None:
    moves = (moved(29 * DAY, "fiber", "5g"), moved(31 * DAY, "5g", "fiber"))
    (only,) = switch_overs_of(moves, "fiber", MONTH)
    assert only.back_ms is None


def test_the_text_begins_with_the_total_and_gives_the_downtime_of_each_switch_over() -> None:
    total, left, stayed = (
        text.read("vi") for text in switch_over_texts(with_switch_overs().switch_overs)
    )
    assert (
        total == "2 lần; lần lâu nhất không truy cập được trong 20,0 s; 1 lần đã trở về trong kỳ."
    )
    assert "sang 5g, không truy cập được trong 20,0 s, trở về sau 2 giờ 43 phút" in left
    assert stayed.endswith("không truy cập được trong 4,5 s, chưa trở về trong kỳ.")
    english = [text.read("en") for text in switch_over_texts(with_switch_overs().switch_overs)]
    assert "nothing could be opened for 4.5 s, not back within the month." in english[2]


def test_switch_overs_change_no_totals_and_their_absence_is_not_encoded() -> None:
    plain, marked = statement(), with_switch_overs()
    assert marked.totals == plain.totals
    assert b"switch_overs" not in msgspec.msgpack.encode(plain)
    assert digest_of(marked) != digest_of(plain)


def test_a_switch_over_that_arrives_late_makes_a_revision_that_reports_it() -> None:
    revision = next_revision(with_switch_overs(), first(), BASE + 33 * DAY * S)
    assert revision is not None
    (change,) = revision.changes
    assert (change.subject, change.before, change.after) == ("switch_overs", 0, 2)
    text = text_of(revision, "en")
    assert "How often the computers at the counter went over to another line: from 0 to 2" in text
    assert "→ How often: 2, and 1 of them back within the month" in text

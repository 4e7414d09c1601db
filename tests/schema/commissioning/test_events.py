"""Events of a commissioning run as they travel, and the run that they make again."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.batch.limits import TEXT_CHARACTERS
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.commissioning.events import (
    RUN_ID_LIMIT,
    CommissioningEvent,
    DatedEvent,
    EventCode,
    counter_text,
    format_event,
    parse_event,
    run_from_events,
)
from thongsuot_schema.commissioning.run import (
    TEXT_LIMIT,
    AttemptOutcome,
    CounterProof,
    LinkStage,
)

S = 1_000_000_000


def notice(text: str, code: NoticeCode = NoticeCode.COMMISSIONING) -> Notice:
    return Notice(code=code, boottime_ns=1, text=text)


def dated(at_s: int, event: EventCode, link: str = "", text: str = "") -> DatedEvent:
    event_of_line = CommissioningEvent(run="ab12", event=event, link=link, text=text)
    return DatedEvent(at_ns=at_s * S, event=event_of_line)


def test_an_event_travels_in_the_text_of_a_notice() -> None:
    event = CommissioningEvent(run="ab12", event=EventCode.PULLED, link="fixed", text="mobile")
    assert parse_event(notice(format_event(event))) == event


@given(text=st.text(max_size=200))
def test_an_event_with_any_label_stays_within_its_notice(text: str) -> None:
    event = CommissioningEvent(
        run="a" * RUN_ID_LIMIT, event=EventCode.CIRCUIT_DIFFERS, link="l" * 128, text=text
    )
    line = format_event(event)
    assert len(line) <= TEXT_CHARACTERS
    read = parse_event(notice(line))
    assert read is not None
    assert len(read.text) == min(len(text), TEXT_LIMIT)


def test_an_invalid_event_is_none() -> None:
    line = format_event(CommissioningEvent(run="ab12", event=EventCode.ENDED))
    assert parse_event(notice(line, NoticeCode.OTHER)) is None
    assert parse_event(notice(line.replace("ended", "crowned"))) is None
    assert parse_event(notice(line.replace("ab12", "../../x"))) is None
    assert parse_event(notice(line[:-1])) is None
    assert parse_event(notice(line.replace("ab12", "a" * 17))) is None


def test_a_run_is_the_same_whatever_order_its_events_come_in() -> None:
    events = [
        dated(1, EventCode.LINK, "fixed", "HN-1"),
        dated(2, EventCode.LINK, "mobile"),
        dated(3, EventCode.PULL_ASKED, "fixed"),
        dated(4, EventCode.FAILED, "fixed", "other_lost mobile"),
        dated(5, EventCode.PULLED, "fixed", "mobile"),
        dated(6, EventCode.RETURNED, "fixed", "203.0.113.9"),
        dated(7, EventCode.CIRCUIT_DIFFERS, "fixed", "HN-2"),
        dated(8, EventCode.SKIPPED, "mobile"),
        dated(9, EventCode.COUNTER, text=counter_text(CounterProof(at_s=9, is_alive=True))),
        dated(10, EventCode.ENDED),
    ]
    run = run_from_events(events)
    assert run is not None
    assert run == run_from_events([*reversed(events), *events])
    fixed, mobile = run.links
    assert (fixed.lost_s, fixed.returned_s, fixed.stage) == (5, 6, LinkStage.PROVEN)
    assert (fixed.circuit, fixed.circuit_read, fixed.is_circuit_same) == ("HN-1", "HN-2", False)
    assert mobile.stage is LinkStage.SKIPPED
    assert (run.failures[0].outcome, run.failures[0].lost) == (
        AttemptOutcome.OTHER_LOST,
        ("mobile",),
    )
    assert (run.begun_s, run.ended_s, run.is_complete) == (1, 10, False)
    assert run_from_events([]) is None


def test_a_given_up_run_ends_and_is_not_complete() -> None:
    run = run_from_events([dated(1, EventCode.LINK, "fixed"), dated(2, EventCode.ABANDONED)])
    assert run is not None
    assert (run.is_abandoned, run.is_complete, run.ended_s) == (True, False, 2)

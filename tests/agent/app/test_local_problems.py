"""Problems that people report on the device's page are recorded, at most one a minute."""

from thongsuot_agent.app.local_problems import COOLDOWN_NS, LocalProblems
from thongsuot_agent.clock import Clocks
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.problem import ProblemKind


class NoticeList:
    """A record that keeps notices in a list, on a clock that is set by hand."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000
        self.notices: list[tuple[NoticeCode, str, int]] = []
        self.pushes = 0
        self.problems = LocalProblems(
            Clocks(boottime_ns=lambda: self.now_ns, wall_ns=lambda: self.now_ns),
            self.keep,
            self.push,
        )

    def keep(self, code: NoticeCode, text: str, count: int) -> None:
        self.notices.append((code, text, count))

    def push(self) -> None:
        self.pushes += 1


def test_a_report_is_on_the_record_and_pushed_at_once_where_there_is_a_way() -> None:
    record = NoticeList()
    assert record.problems.report(ProblemKind.SLOW)
    assert record.notices == [(NoticeCode.PROBLEM_REPORTED, "slow", 0)]
    assert record.pushes == 1
    (shown,) = record.problems.recent(lambda at_ns: at_ns / 1e9)
    assert (shown.kind, shown.at_s) == (ProblemKind.SLOW, 1.0)


def test_the_buttons_rest_after_one_was_pressed() -> None:
    record = NoticeList()
    assert record.problems.report(ProblemKind.SLOW)
    record.now_ns += COOLDOWN_NS - 1
    assert not record.problems.report(ProblemKind.OTHER)
    record.now_ns += 1
    assert record.problems.report(ProblemKind.OTHER)
    assert [text for _, text, _ in record.notices] == ["slow", "other"]


def test_the_page_shows_the_latest_of_a_day() -> None:
    record = NoticeList()
    for kind in ProblemKind:
        assert record.problems.report(kind)
        record.now_ns += COOLDOWN_NS
    shown = record.problems.recent(lambda at_ns: at_ns / 1e9)
    assert [problem.kind for problem in shown] == list(ProblemKind)[:-4:-1]
    record.now_ns += 25 * 3600 * 1_000_000_000
    assert record.problems.recent(lambda at_ns: at_ns / 1e9) == ()

"""The form on which staff at a point report a problem."""

import re

from tests.schema.page.healthy_site import NOW_S
from thongsuot_schema.page.problem_form import problem_part, reported_note
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.view import ReportedProblem
from thongsuot_schema.words.translations import REFERENCE


def test_each_kind_of_problem_is_one_press_and_the_token_goes_along() -> None:
    part = problem_part("/sites/a&b/problems", REFERENCE, token='t"1')
    addresses = re.findall(r'formaction="([^"]+)"', part)
    assert addresses == [f"/sites/a&amp;b/problems/{kind}?lang={REFERENCE}" for kind in ProblemKind]
    assert '<input type="hidden" name="form_token" value="t&quot;1">' in part
    assert "form_token" not in problem_part("/problems", REFERENCE)


def test_there_is_no_form_where_nothing_takes_it() -> None:
    assert problem_part("", REFERENCE) == ""


def test_notifications_are_shown_with_their_times() -> None:
    problem = ReportedProblem(kind=ProblemKind.SLOW, at_s=NOW_S - 600)
    note = reported_note(problem, NOW_S, REFERENCE)
    assert "11:48" in note
    assert "rất chậm" in note

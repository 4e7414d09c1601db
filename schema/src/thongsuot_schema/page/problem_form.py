"""The form by which somebody at a point reports a problem that the page does not show."""

from typing import Final

from thongsuot_schema.page.escape import escape
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.view import ReportedProblem
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.language import Language, Text

KINDS: Final[dict[ProblemKind, Text]] = {
    ProblemKind.PAGE_FAILS: Text("schema.page.problem.page_fails"),
    ProblemKind.SLOW: Text("schema.page.problem.slow"),
    ProblemKind.DROPS: Text("schema.page.problem.drops"),
    ProblemKind.ONE_COMPUTER: Text("schema.page.problem.one_computer"),
    ProblemKind.OTHER: Text("schema.page.problem.other"),
}
_REPORTED: Final = Text("schema.page.problem.reported")
_TITLE: Final = Text("schema.page.problem.title")
_WHAT: Final = Text("schema.page.problem.what")


def reported_note(problem: ReportedProblem, now_s: float, language: Language) -> str:
    """Return the note that a problem was reported here, and goes to the city with the record."""
    when = relative_moment(problem.at_s, now_s, language)
    return _REPORTED.read(language, when=when, problem=KINDS[problem.kind])


def problem_part(action: str, language: Language, *, token: str = "") -> str:
    """
    Return a button for each kind of problem, folded away; empty without an ``action``, the URL to
    which a kind is added. ``token`` is sent along.
    """
    if not action:
        return ""
    buttons = "".join(
        f'<button class="call" formaction="{escape(f"{action}/{kind}?lang={language}")}">'
        f"{escape(text.read(language))}</button>"
        for kind, text in KINDS.items()
    )
    hidden = f'<input type="hidden" name="form_token" value="{escape(token)}">' if token else ""
    return (
        f'<details id="problem"><summary>{_TITLE.read(language)}</summary>'
        f'<form method="post">{hidden}<p class="who">{_WHAT.read(language)}</p>{buttons}</form>'
        "</details>"
    )

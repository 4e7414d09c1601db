"""Requested tests on the device's own page: the button, the progress, the results."""

from typing import Final

from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.view import SiteView, TestProgress, TestRun
from thongsuot_schema.words import requested_tests
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.titles import subject_title, target_titles

REFRESH_UNDER_WAY_S: Final = 5
"""The refresh interval of the page while a test is in progress."""

_TOGETHER_S: Final = 120.0
"""A button requests tests of several kinds, which begin within this time."""

_UNFOLDED: Final = 4
"""A test with more runs shows their summary, and each run when it is unfolded."""


def is_under_way(view: SiteView) -> bool:
    """Return whether a test has not ended."""
    return any(not test.is_over for test in view.tests)


def tests_part(view: SiteView, action: str, language: Language) -> str:
    """
    Return the button and the latest tests as HTML; empty if the page has neither.

    ``action`` is the URL of the button; empty: there is none.
    """
    if not (action or view.tests):
        return ""
    rows = "".join(_row(test, f"t{at}", view, language) for at, test in enumerate(view.tests))
    conclusion = escape(_conclusion(view, language))
    shown = f'<p class="note"><b>{conclusion}</b></p>' if conclusion else ""
    shown += f'<ul class="card rows told">{rows}</ul>' if rows else ""
    title = labels.TEST_NOW.read(language)
    return (
        f'<section aria-labelledby="tests"><h2 id="tests">{title}</h2>'
        f"{_button(view, action, language) if action else ''}{shown}</section>"
    )


def _button(view: SiteView, action: str, language: Language) -> str:
    if is_under_way(view):
        return f'<p class="note" role="status">{labels.TESTING.read(language)}</p>'
    if view.next_test_s > 0:
        text = labels.TEST_AGAIN_IN.read(language, after=duration(view.next_test_s, language))
        return f'<p class="note">{escape(text)}</p>'
    return (
        f'<form method="post" action="{escape(f"{action}?lang={language}")}">'
        f'<p class="who">{labels.TEST_WHAT.read(language)}</p>'
        f'<button class="call">{labels.TEST_NOW.read(language)}</button></form>'
    )


def _conclusion(view: SiteView, language: Language) -> str:
    """
    Return the results of the latest tests in one sentence with a figure of each link; nothing while
    one is running, or if there was none.
    """
    latest_s = max((test.at_s for test in view.tests), default=0.0)
    together = [test for test in view.tests if latest_s - test.at_s <= _TOGETHER_S]
    runs = [run for test in together for run in test.runs]
    if is_under_way(view) or not runs:
        return ""
    titles = {link.name: subject_title(link, language) for link in view.links}
    names = [name for name in titles if any(run.link == name for run in runs)]
    figures = []
    for name in names:
        of_link = [run for run in runs if run.link == name]
        words = [requested_tests.count_good(of_link, language)]
        words += [text for run in of_link for text in requested_tests.rates_of(run, language)]
        figures.append(f"{titles[name]} {', '.join(words)}")
    return requested_tests.conclude(runs, "; ".join(figures), language)


def _row(test: TestProgress, key: str, view: SiteView, language: Language) -> str:
    word = requested_tests.TEST_TITLES.get(test.kind)
    name = test.kind if word is None else word.read(language)
    titles = target_titles(view, language)
    titles |= {link.name: subject_title(link, language) for link in view.links}
    if test.link:
        name = f"{name}, {titles.get(test.link, test.link)}"
    by = labels.REQUESTED_LOCALLY if test.is_local else labels.REQUESTED_BY_CENTRE
    descriptions = [f"{by.read(language)} · {_progress(test, language)}"]
    if test.refusal:
        descriptions.append(requested_tests.describe_refusal(test.refusal, language))
    runs = [_run(run, titles, language) for run in test.runs]
    lines = "".join(f"<span>{escape(line)}</span>" for line in descriptions)
    shown = "".join(f"<span>{escape(line)}</span>" for line in runs)
    if len(runs) > _UNFOLDED:
        summary = escape(requested_tests.count_good(test.runs, language))
        shown = f'<details id="{key}"><summary>{summary}</summary>{shown}</details>'
    when = f"<time>{moment(test.at_s)}</time>"
    return f"<li>{when}<div><b>{escape(name)}</b>{lines}{shown}</div></li>"


def _run(run: TestRun, titles: dict[str, str], language: Language) -> str:
    subject = ", ".join(titles.get(name, name) for name in (run.link, run.target) if name)
    return requested_tests.describe_run(run, subject, language)


def _progress(test: TestProgress, language: Language) -> str:
    if test.refusal:
        return requested_tests.REFUSED.read(language)
    if test.is_over:
        return requested_tests.DONE.read(language)
    under_way = requested_tests.UNDER_WAY.read(language)
    return f"{under_way} ({len(test.runs)}/{test.count})" if test.count else under_way

"""The page of test requests: the buttons, and the progress of each test. Pure."""

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.names import link_name
from thongsuot_collector.store.test_requests import NS_PER_S, OPEN, RequestedTest
from thongsuot_collector.test_requests.request import new_id
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.test_request import labels
from thongsuot_schema.state import State
from thongsuot_schema.view import TestRun
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, capitalised
from thongsuot_schema.words.requested_tests import TEST_TITLES, describe_refusal, describe_run
from thongsuot_schema.words.titles import title_in


def describe_result(
    request: RequestedTest, directory: InventoryDirectory, language: Language
) -> list[str]:
    """Return the result of a test: one line per run, or why there is none."""
    if request.refusal:
        return [describe_refusal(request.refusal, language)]
    return [_line(request.site, run, directory, language) for run in request.runs]


def link_title(site: str, link: str, directory: InventoryDirectory, language: Language) -> str:
    """Return the display name of a link for the start of a line; empty for all of them."""
    return capitalised(link_name(site, link, directory, language)) if link else ""


def _line(site: str, run: TestRun, directory: InventoryDirectory, language: Language) -> str:
    link = link_title(site, run.link, directory, language)
    subject = ", ".join(part for part in (link, _title(run.target, directory, language)) if part)
    return describe_run(run, subject, language)


def _title(name: str, directory: InventoryDirectory, language: Language) -> str:
    target = directory.target(name)
    if target is None:
        return name
    return title_in(language, target.title_vi, target.title_en) or name


REFRESH_S = 5


def request_page(
    site: str, requested: list[RequestedTest], directory: InventoryDirectory, language: Language
) -> str:
    """Return the whole page, which refreshes itself while a test is waiting or in progress."""
    frame = Frame(
        title=labels.TITLE.read(language),
        state=State.UNKNOWN,
        url_in=lambda other: f"/sites/{site}/tests?lang={other}",
        home_url=f"/sites/{site}?lang={language}",
        place=directory.site(site).title or site,
        refresh_s=REFRESH_S if any(test.state in OPEN for test in requested) else 0,
    )
    content = {
        "labels": labels,
        "site": site,
        "request_id": new_id(),
        "links": [
            (link.name, link_title(site, link.name, directory, language))
            for link in directory.site(site).links
        ],
        "kinds": TEST_TITLES,
        "heads": (labels.WHEN, labels.TEST, labels.BY, labels.PROGRESS, labels.RESULT),
        "rows": [_row(test, directory, language) for test in requested],
    }
    return render("test_request", frame, language, content)


def _row(test: RequestedTest, directory: InventoryDirectory, language: Language) -> list[str]:
    title = TEST_TITLES.get(test.kind)
    name = test.kind if title is None else title.read(language)
    link = link_title(test.site, test.link, directory, language)
    return [
        moment(test.requested_ns / NS_PER_S),
        ", ".join(part for part in (name, link, test.target) if part),
        test.requested_by or labels.AT_SITE.read(language),
        labels.STAGES[test.state].read(language),
        "\n".join(describe_result(test, directory, language)),
    ]

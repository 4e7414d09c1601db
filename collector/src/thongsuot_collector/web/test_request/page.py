"""The page where tests are asked for: the buttons, and how far each test is. Pure."""

from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.store.test_requests import NS_PER_S, OPEN, RequestedTest
from thongsuot_collector.test_requests.request import new_id
from thongsuot_collector.web.layout import page, section, table
from thongsuot_collector.web.test_request import labels
from thongsuot_collector.web.test_request.results import describe_result, link_title
from thongsuot_schema.page.escape import escape
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.requested_tests import TEST_TITLES

REFRESH_S = 5


def test_request_page(
    site: str, asked: list[RequestedTest], directory: InventoryDirectory, language: Language
) -> str:
    """Return the whole page; it renews itself while a test waits or is under way."""
    other: Language = "en" if language == "vi" else "vi"
    title = labels.TITLE.read(language)
    body = _form(site, directory, language) + section(
        "asked",
        labels.ASKED.read(language),
        table(
            labels.ASKED.read(language),
            [
                one.read(language)
                for one in (labels.WHEN, labels.TEST, labels.BY, labels.PROGRESS, labels.RESULT)
            ],
            [_row(one, directory, language) for one in asked],
        ),
    )
    return page(
        title,
        body,
        language=language,
        state=State.UNKNOWN,
        other_url=f"/sites/{site}/ask?lang={other}",
        home_url=f"/sites/{site}?lang={language}",
        place=directory.site(site).title or site,
        refresh_s=REFRESH_S if any(one.state in OPEN for one in asked) else 0,
    )


def _form(site: str, directory: InventoryDirectory, language: Language) -> str:
    links = "".join(
        f'<option value="{escape(one.name)}">'
        f"{escape(link_title(site, one.name, directory, language))}</option>"
        for one in directory.site(site).links
    )
    # Pressed twice, it is one test: the id is of this page.
    buttons = "".join(
        f'<button class="button" name="kind" value="{kind}">{word.read(language)}</button>'
        for kind, word in TEST_TITLES.items()
    )
    url = escape(f"/sites/{site}/ask?lang={language}")
    return (
        f'<form class="card form" method="post" action="{url}">'
        f"<p>{labels.HOW.read(language)}</p>"
        f'<input type="hidden" name="id" value="{new_id()}">'
        f'<label for="link">{labels.LINK.read(language)}</label>'
        f'<select id="link" name="link"><option value="">{labels.ALL_LINKS.read(language)}'
        f'</option>{links}</select><p class="acts">{buttons}</p></form>'
    )


def _row(ask: RequestedTest, directory: InventoryDirectory, language: Language) -> list[str]:
    word = TEST_TITLES.get(ask.kind)
    test = ask.kind if word is None else word.read(language)
    link = link_title(ask.site, ask.link, directory, language)
    return [
        moment(ask.asked_ns / NS_PER_S),
        ", ".join(part for part in (test, link, ask.target) if part),
        ask.asked_by or labels.AT_SITE.read(language),
        labels.STAGES[ask.state].read(language),
        "\n".join(describe_result(ask, directory, language)),
    ]
